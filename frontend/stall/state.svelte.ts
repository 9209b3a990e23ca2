// The state that the screens show, and the events that change it. One stall is open at a time.
import {
  api,
  ask,
  isProblem,
  offline,
  sentence,
  session,
  toProblem,
  type AccountChange,
  type Me,
  type Order,
  type Payment,
  type Problem,
} from '../lib/client';
import { setLanguage, ui } from '../lib/language.svelte';
import { readChanges } from './changes';
import { readDays, readTotal } from './days';
import { hearing, listening, StateVoice, type Listening } from './listening';
import type { Line } from './stream';
import { orderSentence } from './orders';
import { renew, type PushState } from './push';
import { Shared } from './shared_stream';
import { Sound } from './sound';
import { Speaker } from './soundboxes';
import { Speech } from './speech';
import { readCheck, readStall, readStalls } from './read_stall';
import {
  clearPrivate,
  clearStore,
  maxPayments,
  readPayments,
  readValue,
  savePayments,
  writeValue,
  type MyStall,
} from './store';
import { DayTotal, type Total } from './totals';

/** How often a stall's feed and changes are read again, in milliseconds. */
const lookEvery = 60_000;
/** How often the time of the last open connection is stored, in milliseconds. */
const storeSeenEvery = 20_000;
/** The pauses between attempts to open the stall, in milliseconds. */
const openPauses = [1000, 2000, 4000, 8000];
/** How long a phone waits for the server before it shows the stored stall, in milliseconds. */
const storePatience = 8000;
/** How many arrivals are shown over another screen at most. */
const mostArrivals = 3;

/** ShownOrder is the order on the screen: with its drawn code, and its end by this phone's clock, which may be wrong. */
export type ShownOrder = Order & { svg: string; until: number };

/** Arrival is a payment with the time of its arrival by this phone's clock. */
export interface Arrival {
  payment: Payment;
  at: number;
  /** It pays the order on the screen. */
  ordered: boolean;
}

class State {
  /** Who is signed in; role staff sees its own shift. */
  me = $state<Me>();
  stalls = $state<{ id: string; number: string }[]>([]);
  mine = $state<MyStall>();
  payments = $state<Payment[]>([]);
  /** The present day's count and sum; undefined: not known. */
  total = $state<Total>();
  line = $state<Line>('connecting');
  lineSince = $state(0);
  /** The server's answer to a refused line. */
  refusal = $state(0);
  selling = $state(false);
  starting = $state(false);
  /** The page was closed while the stall sold: payments since then are announced when selling begins again. */
  broken = $state(false);
  soundReady = $state(false);
  arrivals = $state<Arrival[]>([]);
  order = $state<ShownOrder>();
  changes = $state<AccountChange[]>([]);
  push = $state<PushState>('unknown');
  /** When the sticker was last found in order; null: never. */
  checkedAt = $state<string | null>();
  failed = $state<Problem>();
  ready = $state(false);
  now = $state(Date.now());

  listening: Listening = $derived(
    listening({ line: this.line, selling: this.selling, sound: this.soundReady, accounts: this.accounts }),
  );

  private live?: Shared;
  private totals?: DayTotal;
  /** The soundboxes that announce payments instead of this phone. */
  private box = new Speaker();
  private voice = new StateVoice(
    (clips) => sound.say(clips),
    () => sound.tone(),
  );
  private speech = new Speech({
    ready: () => this.selling && sound.ready,
    say: (clips) => sound.say(clips),
    unheard: (list) => this.box.unheard(list),
    said: (version) => void writeValue(`spoken:${this.tenancy}`, version),
  });
  private wakeLock?: WakeLockSentinel;
  private storedSeen = 0;

  get tenancy(): string {
    return this.mine?.stall.tenancy?.id ?? '';
  }

  get accounts() {
    return this.mine?.stall.accounts ?? [];
  }

  /** speaks reports whether payments are to be announced, now or once the sound is ready. */
  private get speaks(): boolean {
    return this.selling || this.starting || this.broken;
  }

  get owner(): boolean {
    return this.me?.role === 'merchant';
  }

  /**
   * open reads who is signed in and opens their stall. Without the server's own answer it opens the stall that the phone stored, and the
   * stream reconnects by itself. If nothing is stored, open tries again.
   */
  async open(): Promise<void> {
    const leave = session.ended;
    session.ended = () => (this.mine ? this.renewLine() : leave());
    this.watch();
    setLanguage((await readValue<string>('language')) ?? 'vi');
    this.broken = (await readValue<boolean>('selling')) ?? false;
    for (let tries = 0; !(await this.openOnce()); tries++) {
      this.ready = true;
      await new Promise((done) => setTimeout(done, openPauses[Math.min(tries, openPauses.length - 1)]));
    }
    this.ready = true;
  }

  /** openOnce reports whether an attempt is final: the stall is open, from the server or the store, or the server refused it. */
  private async openOnce(): Promise<boolean> {
    try {
      await this.readWho((await readValue<MyStall>('mine')) ? storePatience : Infinity);
      const chosen = (await readValue<string>('stall')) ?? '';
      const stall = this.stalls.find((s) => s.id === chosen) ?? this.stalls[0];
      if (stall) await this.choose(stall.id);
      this.failed = undefined;
      return true;
    } catch (caught) {
      const refused = isProblem(caught) && !caught.unanswered;
      if (!refused && (await this.openStored())) return true;
      this.failed = { ...toProblem(caught), detail: sentence(caught) };
      return refused;
    }
  }

  private async readWho(patience = Infinity): Promise<void> {
    const tooLong = new Promise<never>((_, fail) => {
      if (patience < Infinity) setTimeout(() => fail(offline()), patience);
    });
    tooLong.catch(() => {});
    this.me = await Promise.race([ask(api.GET('/api/v1/me')), tooLong]);
    this.stalls = await readStalls();
  }

  /** watch starts the timers and listens for touches and for the page becoming visible. */
  private watch(): void {
    setInterval(() => {
      this.now = Date.now();
      this.totals?.tick();
      this.lookAtSound();
    }, 1000);
    setInterval(() => {
      if (this.mine && this.line === 'open') void this.refresh();
    }, lookEvery);
    document.addEventListener('visibilitychange', () => {
      this.lookAtSound();
      if (this.selling && !document.hidden) void this.stayAwake();
    });
    document.addEventListener('pointerdown', () => {
      if (this.selling && !sound.ready) void sound.unlock();
    });
  }

  private lookAtSound(): void {
    if (this.selling) sound.look();
    this.sayState();
  }

  /** soundChanged is called when the sound has become ready or mute. */
  soundChanged(): void {
    this.soundReady = sound.ready;
    this.sayState();
    void this.speech.speak();
  }

  private sayState(): void {
    if (this.line !== 'connecting')
      this.voice.update({ state: this.listening, accounts: this.accounts, selling: this.selling });
  }

  /** openStored shows the stored stall, and reports whether there is one. */
  private async openStored(): Promise<boolean> {
    this.me = await readValue('me'); // first: screens need it at once
    this.mine = await readValue<MyStall>('mine');
    if (!this.mine) return false;
    this.payments = await readPayments(this.tenancy);
    this.lineSince = (await readValue<number>('seen')) ?? 0;
    await this.follow();
    return true;
  }

  /** choose opens a stall. */
  async choose(id: string): Promise<void> {
    this.live?.close();
    this.box.reset();
    if (this.mine) this.speech.clear();
    this.arrivals = [];
    this.total = undefined;
    this.changes = [];
    this.push = 'unknown';
    await this.read(id);
    await writeValue('stall', id);
    await writeValue('me', $state.snapshot(this.me));
    const newest = await ask(
      api.GET('/api/v1/stalls/{id}/payments', {
        params: { path: { id }, query: { limit: maxPayments, from: this.mine!.stall.tenancy?.since ?? undefined } },
      }),
    );
    const spoken = await readValue<number>(`spoken:${this.tenancy}`);
    // Payments since the app was last open come through the stream, so that they are announced once.
    await savePayments(
      this.tenancy,
      newest.items.filter((p) => spoken === undefined || p.version <= spoken),
    );
    this.payments = await readPayments(this.tenancy);
    this.lineSince = Date.now();
    await writeValue('seen', this.lineSince);
    if (this.owner) void readDays(id, this.tenancy).catch(() => {});
    void renew(id).then((state) => {
      this.push = state;
    });
    void this.readChanges();
    await this.follow();
  }

  private async read(id: string): Promise<void> {
    const [mine, checkedAt] = [await readStall(id), await readCheck(id)];
    this.checkedAt = checkedAt;
    this.mine = mine;
  }

  private async refresh(): Promise<void> {
    const stall = await ask(api.GET('/api/v1/stalls/{id}', { params: { path: { id: this.mine!.stall.id } } })).catch(
      () => undefined,
    );
    if (stall && this.mine?.stall.id === stall.id) this.mine.stall = stall;
    void this.totals?.refresh();
    await this.readChanges();
  }

  /** readChanges reads the changes of the owner's accounts; helpers may not see them. */
  async readChanges(): Promise<void> {
    const id = this.mine!.stall.id;
    if (!this.owner) return;
    const changes = await readChanges(id).catch(() => undefined);
    if (changes && this.mine?.stall.id === id) this.changes = changes;
  }

  private async follow(): Promise<void> {
    const { tenancy } = this;
    const stall = this.mine!.stall.id;
    const last = Math.max(0, ...this.payments.map((p) => p.version));
    await this.recallUnsaid(last);
    this.totals?.stop();
    this.totals = new DayTotal(
      (day) => readTotal(stall, day, this.owner),
      (total) => {
        this.total = total;
        void writeValue(`total:${tenancy}`, total);
      },
    );
    void this.totals.start(await readValue<Total>(`total:${tenancy}`));
    this.line = 'connecting';
    this.live = new Shared(stall, last, {
      payments: (list, missed) => void this.came(list, missed),
      line: (state, since, status) => this.lineChanged(state, since, status),
      speaker: (now) => this.box.update(now),
    });
    void this.live.start();
  }

  /** recallUnsaid announces payments that came before the page was closed and were not announced. */
  private async recallUnsaid(last: number): Promise<void> {
    const spoken = await readValue<number>(`spoken:${this.tenancy}`);
    const unsaid = spoken === undefined ? [] : this.payments.filter((p) => p.version > spoken);
    if (this.speaks) this.speech.add(unsaid.toReversed(), true);
    else await writeValue(`spoken:${this.tenancy}`, last);
  }

  private lineChanged(state: Line, since: number, status = 0): void {
    const was = this.line;
    this.line = state;
    this.refusal = state === 'refused' ? status : 0;
    if (since) this.lineSince = since;
    if (state === 'open' && since - this.storedSeen > storeSeenEvery) {
      this.storedSeen = since;
      void writeValue('seen', since);
    }
    if (state === was) return;
    if (state === 'open') void this.heardAgain(was);
    if (status === 401) void clearPrivate();
    this.sayState();
  }

  /** heardAgain reads what may have changed while there was no connection. */
  private async heardAgain(was: Line): Promise<void> {
    if (was === 'connecting') return;
    if (!this.stalls.length) void this.readWho().catch(() => {}); // it was opened from the store
    if (was === 'lost') return this.refresh();
    const me = await ask(api.GET('/api/v1/me')).catch(() => undefined);
    if (me && me.id !== this.me?.id)
      location.reload(); // another person signed in
    else if (me) await this.read(this.mine!.stall.id).catch(() => {});
  }

  /** renewLine opens the stream again, to show the server's present answer. */
  private renewLine(): void {
    if (this.line === 'open') this.live?.renew();
  }

  /** came stores, shows and announces payments. */
  private async came(list: Payment[], missed: boolean): Promise<void> {
    const at = Date.now();
    await savePayments(this.tenancy, list);
    this.payments = [...list.toReversed(), ...this.payments].slice(0, maxPayments);
    this.totals?.came(list);
    if (this.accounts.some((a) => hearing(a) !== 'heard')) void this.refresh();
    const ordered = list.filter((p) => p.memo_code && p.memo_code === this.order?.code);
    if (!missed)
      this.arrivals = [
        ...list.toReversed().map((payment) => ({ payment, at, ordered: ordered.includes(payment) })),
        ...this.arrivals,
      ].slice(0, mostArrivals);
    const others = ordered.length && !missed ? await this.lookAtOrder(list) : list;
    if (this.speaks) this.speech.add(others, missed);
    else void writeValue(`spoken:${this.tenancy}`, list[list.length - 1]!.version);
  }

  /** arrivedAt returns when a payment came to this phone; undefined: the phone was not connected. */
  arrivedAt(p: Payment): number | undefined {
    return this.arrivals.find((a) => a.payment.version === p.version)?.at;
  }

  /**
   * lookAtOrder reads the order on the screen again: only a bank's notice turns it green. Its payment is announced even if the stall does
   * not sell, because a shopper waits for it. It returns the payments that are still to be announced.
   */
  private async lookAtOrder(list: Payment[]): Promise<Payment[]> {
    const of = this.order!;
    try {
      this.order = { ...of, ...(await ask(api.GET('/api/v1/orders/{id}', { params: { path: { id: of.id } } }))) };
    } catch {
      return list;
    }
    const others: Payment[] = [];
    for (const p of list) {
      const clips = orderSentence(this.order, p);
      if (!clips) others.push(p);
      else
        void sound.say(clips).then((sounded) => {
          if (!sounded && this.selling) this.speech.add([p], true);
        });
    }
    return others;
  }

  /** sell starts selling: unlocks the sound and holds the screen on. Call it in a touch. */
  async sell(): Promise<void> {
    this.starting = true;
    await sound.unlock();
    this.starting = false;
    this.selling = true;
    this.broken = false;
    await writeValue('selling', true);
    this.soundChanged();
    await this.stayAwake();
  }

  async stayAwake(): Promise<void> {
    try {
      this.wakeLock = await navigator.wakeLock?.request('screen');
    } catch {
      // low battery: the screen goes dark, the sound continues
    }
  }

  /** mayDim lets the screen go dark again, unless the stall sells. */
  mayDim(): void {
    if (!this.selling) void this.wakeLock?.release();
  }

  /** rest ends selling and announces that. */
  rest(): void {
    void sound.say(['correction', 'resting']);
    this.selling = false;
    void writeValue('selling', false);
    this.speech.clear();
    this.sayState();
    this.mayDim();
  }

  /** setLanguage stores the language before it shows it, so that a page opened right after has it. */
  async setLanguage(language: 'vi' | 'en'): Promise<void> {
    try {
      await writeValue('language', language);
    } finally {
      setLanguage(language);
    }
  }

  /** leave signs out and clears the phone. */
  async leave(): Promise<void> {
    try {
      await ask(api.DELETE('/api/v1/sessions/{id}', { params: { path: { id: 'current' } } }));
    } catch (problem) {
      if (toProblem(problem).status !== 401) throw problem;
    }
    this.live?.close();
    await clearStore();
    location.assign(`/sign-in?next=/stall/&lang=${ui.language}`);
  }
}

export const sound = new Sound(() => app.soundChanged());
export const app = new State();
