// What the screens show, and what makes it change. One stall is open at a time.
import { api, ask, type Order, type Payment, type Problem } from '../lib/api';
import { setLanguage, ui } from '../lib/language.svelte';
import { announce } from './announce';
import { readDays } from './days';
import { differs } from '../voice/words';
import { Live, type Line } from './live';
import { Sound } from './sound';
import { Speaker, type Came } from './speaker';
import { forget, keep, kept, recall, remember, type Mine } from './store';

/** How often a stall's feed is asked for again, in milliseconds. */
const lookEvery = 60_000;
/** How long payments are gathered before they are said: after a gap they come at once. */
const gather = 200;

export const sound = new Sound();

/** An order on the screen: its code as drawn, and until when by this phone's clock, which may be wrong. */
export type ShownOrder = Order & { svg: string; until: number };

class State {
  /** Who is signed in; role staff sees its own shift. */
  me = $state<{ id: string; role: string; full_name: string; merchant_id?: string | null }>();
  stalls = $state<{ id: string; number: string; market: string }[]>([]);
  mine = $state<Mine>();
  payments = $state<Payment[]>([]);
  line = $state<Line>('connecting');
  lineSince = $state(0);
  selling = $state(false);
  order = $state<ShownOrder>();
  /** When the sticker was last found in order; null: never. */
  checkedAt = $state<string | null>();
  failed = $state<Problem>();
  ready = $state(false);
  now = $state(Date.now());

  private live?: Live;
  private waiting: Came[] = [];
  /** The soundbox that speaks in this phone's place, if there is one. */
  private box = new Speaker();
  private speaking = false;
  private saidLost = false;
  private wakeLock?: WakeLockSentinel;

  /** open finds who is signed in and which stall is theirs; without a network, what the phone keeps. */
  async open(): Promise<void> {
    setInterval(() => { this.now = Date.now(); }, 1000);
    setInterval(() => { if (this.mine && this.line === 'open') void this.refresh(); }, lookEvery);
    document.addEventListener('visibilitychange', () => { if (this.selling && !document.hidden) void this.stayAwake(); });
    setLanguage((await recall<string>('language')) ?? 'vi');
    try {
      this.me = await ask(api.GET('/api/v1/me')) as State['me'];
      const codes = await ask(api.GET('/api/v1/codes', { params: { query: { limit: 200 } } }));
      const names = new Map<string, string>();
      for (const c of codes.items ?? []) if (!c.ended_at) names.set(c.stall_id, c.stall_number);
      this.stalls = [...names].map(([id, number]) => ({ id, number, market: '' })).sort((a, b) => a.number.localeCompare(b.number, 'vi', { numeric: true }));
      const chosen = (await recall<string>('stall')) ?? '';
      const stall = this.stalls.find((s) => s.id === chosen) ?? this.stalls[0];
      if (stall) await this.choose(stall.id);
    } catch (problem) {
      if ((problem as Problem).code !== 'offline') {
        this.failed = problem as Problem;
      } else {
        await this.openKept();
      }
    }
    this.ready = true;
  }

  /** openKept shows what the phone keeps. */
  private async openKept(): Promise<void> {
    this.mine = await recall<Mine>('mine');
    this.me = await recall('me');
    if (!this.mine) return;
    this.payments = await kept(this.tenancy);
    this.lineSince = (await recall<number>('seen')) ?? 0;
    this.follow();
  }

  get tenancy(): string {
    return this.mine?.stall.tenancy?.id ?? '';
  }

  /** choose opens a stall. */
  async choose(id: string): Promise<void> {
    this.live?.close();
    this.box.forget();
    await this.read(id);
    await remember('stall', id);
    await remember('me', $state.snapshot(this.me));
    this.payments = await kept(this.tenancy);
    const newest = await ask(api.GET('/api/v1/stalls/{id}/payments', { params: { path: { id }, query: { limit: 200, from: this.mine!.stall.tenancy?.since ?? undefined } } }));
    const spoken = await recall<number>(`version:${this.tenancy}`);
    // What came since the app was last open is heard through the stream: it is said once.
    const known = (newest.items ?? []).filter((p) => spoken === undefined || p.version <= spoken);
    await keep(this.tenancy, known);
    this.payments = await kept(this.tenancy);
    this.lineSince = Date.now();
    await remember('seen', this.lineSince);
    if (this.me?.role === 'merchant') void readDays(id, this.tenancy).catch(() => {});
    this.follow();
  }

  /** read reads the stall and keeps its codes, so that they can be shown without a network. */
  private async read(id: string): Promise<void> {
    const stall = await ask(api.GET('/api/v1/stalls/{id}', { params: { path: { id } } }));
    const listed = await ask(api.GET('/api/v1/stalls/{id}/codes', { params: { path: { id } } }));
    const codes = [];
    for (const c of (listed.items ?? []).filter((c) => c.state === 'current')) {
      const image = await fetch(`${c.url}.svg`);
      if (image.ok) codes.push({ code: c.code, account_id: c.account_id, svg: await image.text() });
    }
    const place = (account: string) => (stall.accounts ?? []).findIndex((a) => a.id === account);
    codes.sort((a, b) => place(a.account_id) - place(b.account_id)); // the stall's first account first, not the newest code
    const market = await ask(api.GET('/api/v1/markets/{id}', { params: { path: { id: stall.market_id } } }));
    const mine = { stall, market: market.name, codes };
    await remember('mine', mine);
    this.mine = mine;
    const checks = await ask(api.GET('/api/v1/stalls/{id}/checks', { params: { path: { id }, query: { limit: 1 } } }));
    const last = checks.items?.[0];
    this.checkedAt = last?.verdict === 'official' ? last.checked_at : null;
  }

  private async refresh(): Promise<void> {
    const stall = await ask(api.GET('/api/v1/stalls/{id}', { params: { path: { id: this.mine!.stall.id } } })).catch(() => undefined);
    if (stall && this.mine) this.mine.stall = stall;
  }

  private follow(): void {
    const last = Math.max(0, ...this.payments.map((p) => p.version));
    const stall = this.mine!.stall.id;
    this.live = new Live(stall, last, {
      payments: (list) => void this.came(list),
      line: (state, since) => this.lineChanged(state, since),
      speaker: (now) => this.box.stands(now),
    });
    void this.live.start();
  }

  private lineChanged(state: Line, since: number): void {
    const was = this.line;
    this.line = state;
    if (since) this.lineSince = since;
    if (state === 'open' && since) void remember('seen', since);
    if (this.selling && state !== was) void sound.say(() => this.lineNews());
  }

  /** lineNews says that the line was lost or is back, if who listens does not know it. */
  private lineNews(): string[] {
    const lost = this.line === 'lost';
    if (lost === this.saidLost) return [];
    this.saidLost = lost;
    return lost ? ['lost', 'offline'] : ['online'];
  }

  /** came keeps what came, shows it, and has it said. */
  private async came(list: Payment[]): Promise<void> {
    await keep(this.tenancy, list);
    await remember(`version:${this.tenancy}`, list[list.length - 1]!.version);
    this.payments = [...list.toReversed(), ...this.payments].slice(0, 200);
    if (this.mine?.stall.feed?.state !== 'live') void this.refresh();
    if (list.some((p) => p.memo_code && p.memo_code === this.order?.code)) await this.lookAtOrder(list);
    else this.wait(...list);
    void this.speak();
  }

  private wait(...list: Payment[]): void {
    this.waiting.push(...list.map((payment) => ({ payment, at: Date.now() })));
  }

  /** lookAtOrder asks what came for the order on the screen: only a bank's notice turns it green. */
  private async lookAtOrder(list: Payment[]): Promise<void> {
    const of = this.order!;
    try {
      this.order = { ...of, ...await ask(api.GET('/api/v1/orders/{id}', { params: { path: { id: of.id } } })) };
    } catch {
      this.wait(...list);
      return;
    }
    for (const p of list) {
      if (p.memo_code !== of.code || this.order.state === 'paid' || p.state === 'reversal') this.wait(p);
      else if (this.selling) void sound.say(differs(BigInt(p.amount), BigInt(this.order.missing)));
    }
  }

  private async speak(): Promise<void> {
    if (this.speaking) return;
    this.speaking = true;
    await new Promise((done) => setTimeout(done, gather));
    while (this.waiting.length) {
      const batch = await this.box.unheard(this.waiting.splice(0));
      if (this.selling) for (const clips of announce(batch, Date.now())) await sound.say(clips);
    }
    this.speaking = false;
  }

  /** sell unlocks sound and keeps the screen on; call it in a touch. */
  async sell(): Promise<void> {
    await sound.unlock();
    this.selling = true;
    void sound.say(this.mine?.stall.feed?.state === 'none' ? ['alarm', 'no_feed'] : ['chime', 'ready']);
    await this.stayAwake();
  }

  async stayAwake(): Promise<void> {
    try {
      this.wakeLock = await navigator.wakeLock?.request('screen');
    } catch {
      // low battery: the screen goes dark, the sound goes on
    }
  }

  /** mayDim lets the screen go dark again, unless the stall sells. */
  mayDim(): void {
    if (!this.selling) void this.wakeLock?.release();
  }

  /** rest ends selling. */
  rest(): void {
    this.selling = false;
    this.mayDim();
  }

  /** setLanguage keeps the language before it shows it: who opens the page again right after finds it. */
  async setLanguage(language: 'vi' | 'en'): Promise<void> {
    try {
      await remember('language', language);
    } finally {
      setLanguage(language);
    }
  }

  /** leave signs out and clears the phone. */
  async leave(): Promise<void> {
    await ask(api.DELETE('/api/v1/sessions/{id}', { params: { path: { id: 'current' } } }));
    this.live?.close();
    await forget();
    location.assign(`/sign-in?next=/stall/&lang=${ui.language}`);
  }
}

export const app = new State();
