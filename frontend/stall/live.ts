// The stall's payments as they come: Server-Sent Events read by fetch, because a stream that is taken up again after the app
// was closed has to name the last version it saw, and EventSource cannot.
import type { Payment } from '../lib/api';
import type { Standing } from './speaker';

/** How the line to the server stands. */
export type Line = 'connecting' | 'open' | 'lost' | 'refused';

export interface Listener {
  /** New payments, in the order of their versions; each comes once. */
  payments(list: Payment[]): void;
  /** The line changed; since is when it was last known to be open. */
  line(state: Line, since: number): void;
  /** How the stall's soundboxes stand; told before the payments that they may take, and anew with each line. */
  speaker(now: Standing): void;
}

/** The server pings every 15 seconds: a line that says nothing for so long is lost, in milliseconds. */
const silence = 25_000;
/** The pauses between tries, in milliseconds. */
const pauses = [500, 1000, 2000, 4000];

/** Live holds the line of one stall. */
export class Live {
  private stop = new AbortController();
  private seen = 0;

  constructor(private stall: string, private last: number, private to: Listener) {}

  /** start keeps the line until close. */
  async start(): Promise<void> {
    for (let tries = 0; !this.stop.signal.aborted; tries++) {
      try {
        await this.follow(() => { tries = 0; });
      } catch (refused) {
        if (refused instanceof Refused) {
          this.to.line('refused', this.seen);
          return;
        }
      }
      if (this.stop.signal.aborted) return;
      this.to.line('lost', this.seen);
      await this.pause(pauses[Math.min(tries, pauses.length - 1)] ?? 4000);
    }
  }

  close(): void {
    this.stop.abort();
  }

  private pause(ms: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(finish, ms);
      function finish() {
        clearTimeout(timer);
        removeEventListener('online', finish);
        done();
      }
      addEventListener('online', finish);
      this.stop.signal.addEventListener('abort', finish, { once: true });
    });
  }

  private async follow(opened: () => void): Promise<void> {
    const cut = new AbortController();
    const cutNow = () => cut.abort();
    this.stop.signal.addEventListener('abort', cutNow);
    addEventListener('offline', cutNow);
    let watch = setTimeout(cutNow, silence);
    try {
      const answer = await fetch(`/api/v1/stalls/${this.stall}/payments/stream`, {
        headers: { Accept: 'text/event-stream', 'Last-Event-ID': String(this.last) }, signal: cut.signal, cache: 'no-store',
      });
      if (answer.status >= 400 && answer.status < 500 && answer.status !== 429 && answer.status !== 408) throw new Refused();
      if (!answer.ok || !answer.body) throw new Error(String(answer.status));
      opened();
      this.to.speaker({ active: false, heard: 0 });
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let kept = ''; ;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(watch);
        watch = setTimeout(cutNow, silence);
        this.seen = Date.now();
        this.to.line('open', this.seen);
        const events = (kept + value).split('\n\n');
        kept = events.pop() ?? '';
        this.take(events);
      }
    } finally {
      clearTimeout(watch);
      removeEventListener('offline', cutNow);
      this.stop.signal.removeEventListener('abort', cutNow);
    }
  }

  /** take passes on what is new of some events. */
  private take(events: string[]): void {
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
      fresh.push(payment);
    }
    if (fresh.length) this.to.payments(fresh);
  }
}

/** Refused: the server answered that this line is not to be had. */
class Refused extends Error {}
