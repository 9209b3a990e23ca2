// The stall's payments as they come: Server-Sent Events read by fetch, because a stream that is taken up again after the app
// was closed has to name the last version it saw, and EventSource cannot.
import { isRefusal, type Payment } from '../lib/client';
import type { Standing } from './speaker';

/** The line to the server; refused: the server answered that this phone may not hear the stall. */
export type Line = 'connecting' | 'open' | 'lost' | 'refused';

export interface Listener {
  /** New payments, in the order of their versions, each once. Missed: they came to the server before this line was open. */
  payments(list: Payment[], missed: boolean): void;
  /** The line changed; since is when it was last known to be open, status is the server's answer to a refused one. */
  line(state: Line, since: number, status?: number): void;
  /** How the stall's soundboxes stand; told before the payments that they may take, and anew with each line. */
  speaker(now: Standing): void;
}

/** The server pings every 4 seconds (payments/stream.go): a line that is silent for so long is lost, in milliseconds. */
export const silence = 9000;
/** The pauses between tries, in milliseconds. */
const pauses = [500, 1000, 2000, 4000];
/** The pause after a refusal: who signs in again in another tab is heard again here, in milliseconds. */
const refusedPause = 10_000;

/** Live holds the line of one stall. */
export class Live {
  private stop = new AbortController();
  private cut = new AbortController();
  private wake?: () => void;
  private seen = 0;
  /** The line was cut to ask for it anew: nothing is lost yet. */
  private renewed = false;

  constructor(
    private stall: string,
    private last: number,
    private to: Listener,
  ) {}

  /** start keeps the line until close. */
  async start(): Promise<void> {
    const look = () => this.look();
    document.addEventListener('visibilitychange', look);
    let atOnce = false;
    for (let tries = 0; !this.stop.signal.aborted; tries++) {
      let pause = pauses[Math.min(tries, pauses.length - 1)] ?? 4000;
      const began = Date.now();
      try {
        await this.follow(() => {
          tries = 0;
        });
        if (this.stop.signal.aborted) break;
        // The server ended it, and may say why: a session that is over is no lost network. A line that it ends at once again is lost.
        const again = !atOnce || Date.now() - began > pause;
        atOnce = true;
        if (again) continue;
        this.to.line('lost', this.seen);
      } catch (failure) {
        if (this.stop.signal.aborted) break;
        atOnce = this.renewed;
        this.renewed = false;
        if (atOnce) continue;
        const status = failure instanceof Refused ? failure.status : 0;
        if (status) pause = refusedPause;
        this.to.line(status ? 'refused' : 'lost', this.seen, status || undefined);
      }
      if (!this.stop.signal.aborted) await this.pause(pause);
    }
    document.removeEventListener('visibilitychange', look);
  }

  close(): void {
    this.stop.abort();
    this.again();
  }

  /** renew cuts the line and asks for it at once: what the server answers then holds. */
  renew(): void {
    this.renewed = !this.wake;
    this.again();
  }

  private again(): void {
    this.cut.abort();
    this.wake?.();
  }

  /** look cuts a line that was silent for too long: timers do not run while a phone sleeps. */
  private look(): void {
    if (!document.hidden && this.seen && Date.now() - this.seen > silence) this.again();
  }

  private pause(ms: number): Promise<void> {
    return new Promise((done) => {
      const finish = () => {
        clearTimeout(timer);
        removeEventListener('online', finish);
        this.wake = undefined;
        done();
      };
      const timer = setTimeout(finish, ms);
      addEventListener('online', finish);
      this.wake = finish;
    });
  }

  private async follow(opened: () => void): Promise<void> {
    const cut = (this.cut = new AbortController());
    const cutNow = () => cut.abort();
    addEventListener('offline', cutNow);
    let watch = setTimeout(cutNow, silence);
    try {
      const answer = await fetch(`/api/v1/stalls/${this.stall}/payments/stream`, {
        headers: { Accept: 'text/event-stream', 'Last-Event-ID': String(this.last) },
        signal: cut.signal,
        cache: 'no-store',
      });
      check(answer);
      opened();
      this.to.speaker({ active: false, heard: 0 });
      const openedAt = Date.parse(answer.headers.get('Date') ?? '');
      const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ''; ;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(watch);
        watch = setTimeout(cutNow, silence);
        this.seen = Date.now();
        this.to.line('open', this.seen);
        const events = (rest + value).split('\n\n');
        rest = events.pop() ?? '';
        this.take(events, openedAt);
      }
    } finally {
      clearTimeout(watch);
      cut.abort();
      removeEventListener('offline', cutNow);
    }
  }

  /** take passes on what is new of some events of a line that the server opened at a time. */
  private take(events: string[], openedAt: number): void {
    const missed: Payment[] = [];
    const fresh: Payment[] = [];
    for (const event of events) {
      const lines = event.split('\n');
      const data = lines.find((line) => line.startsWith('data: '));
      if (!data) continue;
      if (lines.includes('event: speaker')) {
        this.to.speaker(JSON.parse(data.slice('data: '.length)) as Standing);
        continue;
      }
      if (!lines.includes('event: payment')) continue;
      const payment = JSON.parse(data.slice('data: '.length)) as Payment;
      if (payment.version <= this.last) continue;
      this.last = payment.version;
      (Date.parse(payment.recorded_at) < openedAt ? missed : fresh).push(payment);
    }
    if (missed.length) this.to.payments(missed, true);
    if (fresh.length) this.to.payments(fresh, false);
  }
}

/** Refused is the server's own answer that this line is not to be had. */
class Refused extends Error {
  constructor(readonly status: number) {
    super(String(status));
  }
}

/** check throws unless the answer is the server's stream. What is neither that nor the server's own refusal is a lost line. */
function check(answer: Response): void {
  const type = answer.headers.get('Content-Type') ?? '';
  if (isRefusal(answer)) throw new Refused(answer.status);
  if (!answer.ok || !answer.body || !type.includes('text/event-stream')) throw new Error(String(answer.status));
}
