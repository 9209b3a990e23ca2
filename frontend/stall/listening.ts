// Whether this phone announces the stall's payments: one state, and the announcement of it. Silence must mean "not paid", so every state
// in which the phone cannot announce has a tone, a sentence and a repetition.
import type { Stall } from '../lib/client';
import { t } from '../lib/language.svelte';
import type { Line } from './stream';

export type Listening = 'live' | 'no_network' | 'signed_out' | 'no_sound' | 'not_linked' | 'selling_off';

export type Account = Stall['accounts'][number];

/** Facts are the inputs of the state. */
export interface Facts {
  line: Line;
  selling: boolean;
  /** The recordings are loaded and the browser plays them. */
  sound: boolean;
  accounts: Account[];
}

/** listening returns the first state that applies. */
export function listening(f: Facts): Listening {
  if (f.line === 'refused') return 'signed_out';
  if (f.line !== 'open') return 'no_network';
  if (!f.selling) return 'selling_off';
  if (!f.sound) return 'no_sound';
  return f.accounts.some((a) => ['none', 'unproven'].includes(hearing(a))) ? 'not_linked' : 'live';
}

/** Hearing is the state of an account's notices; unproven: a connection covers the account, and no notice of it ever came. */
export type Hearing = 'heard' | 'quiet' | 'unproven' | 'none';

/** hearing returns the state of an account's notices. */
export function hearing(a: Account): Hearing {
  if (!a.feed || a.feed.state === 'none') return 'none';
  if (a.feed.state === 'live') return 'heard';
  return a.feed.last_notice_at ? 'quiet' : 'unproven';
}

/** accountName returns the bank and the last digits of an account. */
export function accountName(a?: Account): string {
  return `${a?.bank_name || t('Ví điện tử', 'E-wallet')} ••••${a?.account_number.slice(-4) ?? ''}`;
}

/** hearingText returns a warning about an account's notices; empty: they arrive. */
export function hearingText(a: Account): string {
  const name = accountName(a);
  const texts: Record<Hearing, () => string> = {
    heard: () => '',
    quiet: () =>
      t(
        `${name}: bảy ngày nay ngân hàng chưa báo khoản nào. Hãy chuyển thử 1.000 đ trước khi tin vào loa.`,
        `${name}: the bank has reported nothing for seven days. Send 1.000 đ as a test before you trust the speaker.`,
      ),
    unproven: () =>
      t(
        `${name}: ngân hàng chưa từng báo khoản nào. Hãy chuyển thử 1.000 đ, loa kêu rồi mới tin.`,
        `${name}: the bank has never reported a payment. Send 1.000 đ as a test, and trust the speaker once it has spoken.`,
      ),
    none: () => t(`${name}: chưa nối báo có, loa sẽ không kêu.`, `${name}: not linked, the speaker will stay silent.`),
  };
  return texts[hearing(a)]();
}

/** Warning is the announcement of a state: its clips, and after how many milliseconds they are repeated. */
interface Warning {
  clips: string[];
  again: number;
}

/** warning returns the announcement of a state in which the phone cannot announce payments; undefined for the others. */
export function warning(state: Listening, accounts: Account[]): Warning | undefined {
  switch (state) {
    case 'no_network':
      return { clips: ['lost', 'offline'], again: 60_000 };
    case 'signed_out':
      return { clips: ['alarm', 'signed_out'], again: 30_000 };
    case 'no_sound':
      return { clips: ['alarm'], again: 20_000 };
    case 'not_linked':
      return accounts.every((a) => hearing(a) === 'none')
        ? { clips: ['alarm', 'no_feed'], again: 5 * 60_000 }
        : { clips: ['alarm', 'unproven'], again: 10 * 60_000 };
  }
  return undefined;
}

/** Current is the state that StateVoice announces. */
interface Current {
  state: Listening;
  accounts: Account[];
  /** The stall sells: people rely on this phone. */
  selling: boolean;
}

/** Said is what was announced since selling began. */
export interface Said {
  state?: Listening;
  /** "Ready" was announced. */
  ready: boolean;
}

/** sentences returns the announcements of a state after those that were made. */
export function sentences({ state: before, ready }: Said, state: Listening, accounts: Account[]): string[][] {
  const deaf = warning(state, accounts)?.clips;
  if (state !== 'live' && deaf?.[1] !== 'unproven') return deaf ? [deaf] : [];
  const good: string[][] = [];
  if (before === 'no_network') good.push(['online']);
  if (!ready) good.push(['chime', 'ready']);
  else if (before === 'no_sound' || before === 'signed_out') good.push(['chime', 'sound_back']);
  return deaf ? [...good, deaf] : good;
}

/** StateVoice announces the state when it changes, and repeats it while the phone cannot announce payments. */
export class StateVoice {
  private current: Current = { state: 'selling_off', accounts: [], selling: false };
  private said: Said = { ready: false };
  private due = 0;
  private speaking = false;

  /** say plays clips in their turn and reports whether they were heard; tone plays without recordings, or only vibrates. */
  constructor(
    private say: (clips: () => string[]) => Promise<boolean>,
    private tone: () => void,
    private now: () => number = Date.now,
  ) {}

  /** update is called at each change and every second. */
  update(current: Current): void {
    this.current = current;
    if (!current.selling) {
      this.said = { ready: false };
      return;
    }
    if (this.speaking || (current.state === this.said.state && this.now() < this.due)) return;
    void this.speak(current);
  }

  private async speak({ state, accounts }: Current): Promise<void> {
    this.speaking = true;
    const deaf = warning(state, accounts);
    for (const clips of sentences(this.said, state, accounts)) {
      let held = false;
      const sounded = await this.say(() => {
        held = this.current.selling && this.current.state === state;
        return held ? clips : [];
      });
      if (!held) break; // a state that changed before its turn is not announced
      if (!sounded && deaf) this.tone();
      this.said = { state, ready: this.said.ready || (sounded && clips[1] === 'ready') };
    }
    this.speaking = false;
    if (this.current.selling && this.current.state === state) {
      this.said = { ...this.said, state };
      this.due = deaf ? this.now() + deaf.again : Infinity;
    } else {
      this.update(this.current);
    }
  }
}
