// The stream of a stall's payments: Server-Sent Events read by fetch. A stream that continues after the app was closed must name the last
// version it saw, which EventSource cannot do.
import { isRefusal, type Payment } from '../lib/client';
import type { Standing } from './soundboxes';

/** Line is the state of the connection to the stream; refused: the server answered that this phone may not read it. */
export type Line = 'connecting' | 'open' | 'lost' | 'refused';

export interface Listener {
  /** New payments, in the order of their versions, each once. missed: the server had them before this connection was open. */
  payments(list: Payment[], missed: boolean): void;
  /** The state changed. since: when the connection was last known to be open; status: the server's answer to a refused one. */
  line(state: Line, since: number, status?: number): void;
  /** The state of the stall's soundboxes; called before the payments that they may take, and again for each connection. */
  speaker(now: Standing): void;
}

/** A connection that is silent for so long is lost, in milliseconds. The server pings every 4 seconds (payments/stream.go). */
export const silence = 9000;
/** The pauses between attempts, in milliseconds. */
const pauses = [500, 1000, 2000, 4000];
/** The pause after a refusal, in milliseconds: the user may sign in again in another tab. */
const refusedPause = 10_000;

/** Live reads the stream of one stall. */
export class Live {
  private stop = new AbortController();
  private cut = new AbortController();
  private wake?: () => void;
  private seen = 0;
  /** The connection was closed to open it again: it is not lost. */
  private renewed = false;

  constructor(
    private stall: string,
    private last: number,
    private to: Listener,
  ) {}

  /** start reads the stream, reconnecting, until close. */
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
        // The server ended the stream and may say why: an ended session is not a lost network. A stream that ends again at once is lost.
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

  /** renew closes the connection and opens it again at once, to get the server's present answer. */
  renew(): void {
    this.renewed = !this.wake;
    this.again();
  }

  private again(): void {
    this.cut.abort();
    this.wake?.();
  }

  /** look closes a connection that was silent for too long: timers do not run while a phone sleeps. */
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
      const newest = Number(answer.headers.get('Newest-Version'));
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
        this.take(events, newest);
      }
    } finally {
      clearTimeout(watch);
      cut.abort();
      removeEventListener('offline', cutNow);
    }
  }

  /** take passes on the new ones of some events; those up to version newest were missed. */
  private take(events: string[], newest: number): void {
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
      (payment.version <= newest ? missed : fresh).push(payment);
    }
    if (missed.length) this.to.payments(missed, true);
    if (fresh.length) this.to.payments(fresh, false);
  }
}

/** Refused is the server's own refusal of the stream. */
class Refused extends Error {
  constructor(readonly status: number) {
    super(String(status));
  }
}

/** check throws unless the answer is the stream. An answer that is neither the stream nor the server's own refusal is a lost connection. */
function check(answer: Response): void {
  const type = answer.headers.get('Content-Type') ?? '';
  if (isRefusal(answer)) throw new Refused(answer.status);
  if (!answer.ok || !answer.body || !type.includes('text/event-stream')) throw new Error(String(answer.status));
}
