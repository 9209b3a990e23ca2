// One stream for all tabs of a browser: over HTTP/1.1 a browser opens six connections to a host, so a stream for each tab would leave the
// sixth tab without an answer. The tab that holds the lock leads: it reads the stream and passes payments on. When it is closed or hangs,
// another tab leads from the last version that it saw.
import type { Payment } from '../lib/client';
import { Live, silence, type Line, type Listener } from './stream';
import type { Standing } from './soundboxes';

/** How many payments the leading tab can pass on to a tab that is opened later. */
const mostRecent = 500;
/** How often the leading tab sends a heartbeat, in milliseconds. */
const beatEvery = 3000;

type Message =
  | { kind: 'hello'; last: number }
  | { kind: 'renew' }
  | { kind: 'line'; state: Line; since: number; status?: number }
  | { kind: 'speaker'; now: Standing }
  | { kind: 'payments'; list: Payment[]; missed: boolean };

/** Source is a stream: Live, or a fake one in tests. */
export interface Source {
  start(): Promise<void>;
  close(): void;
  renew(): void;
}

/** Means are the features of a browser; without locks or channels each tab has its own stream. */
export interface Means {
  locks?: Pick<LockManager, 'request'>;
  channel?: (name: string) => BroadcastChannel;
  live: (stall: string, last: number, to: Listener) => Source;
}

const browser = (): Means => ({
  locks: navigator.locks,
  channel: 'BroadcastChannel' in globalThis ? (name) => new BroadcastChannel(name) : undefined,
  live: (stall, last, to) => new Live(stall, last, to),
});

/** Shared is the stream of one stall in this tab. */
export class Shared implements Source {
  private name: string;
  private channel?: BroadcastChannel;
  private live?: Source;
  private recent: Payment[] = [];
  /** The version after which recent begins. */
  private from = 0;
  private line: { state: Line; since: number; status?: number } = { state: 'connecting', since: 0 };
  private standing: Standing = { active: false, heard: 0 };
  private closed = false;
  private queued?: AbortController;
  private release?: () => void;
  private watch?: ReturnType<typeof setTimeout>;
  private beat?: ReturnType<typeof setInterval>;

  constructor(
    private stall: string,
    private last: number,
    private to: Listener,
    private means: Means = browser(),
  ) {
    this.name = `market40-stall-1:${stall}`;
  }

  /** start leads if no tab leads, and follows otherwise. */
  async start(): Promise<void> {
    if (!this.means.locks || !this.means.channel) {
      this.lead();
      return;
    }
    this.channel = this.means.channel(this.name);
    this.channel.onmessage = ({ data }: MessageEvent<Message>) => this.heard(data);
    this.wait();
    this.post({ kind: 'hello', last: this.last });
    this.expect();
  }

  close(): void {
    this.closed = true;
    this.yield();
    this.queued?.abort();
    clearTimeout(this.watch);
    this.channel?.close();
  }

  renew(): void {
    if (this.live) this.live.renew();
    else this.post({ kind: 'renew' });
  }

  private post(message: Message): void {
    this.channel?.postMessage(message);
  }

  /** wait leads once the leading tab is gone. */
  private wait(): void {
    const queued = (this.queued = new AbortController());
    void this.hold({ signal: queued.signal });
  }

  private async hold(options: LockOptions): Promise<void> {
    try {
      await this.means.locks!.request(
        this.name,
        options,
        () =>
          new Promise<void>((done) => {
            if (this.closed) {
              done();
              return;
            }
            this.release = done;
            this.lead();
          }),
      );
    } catch {
      // another tab leads because this one was silent, or the request was aborted
      if (this.closed || options.signal?.aborted) return;
      this.yield();
      this.wait();
      this.expect();
    }
  }

  private lead(): void {
    clearTimeout(this.watch);
    this.from = this.last;
    this.recent = [];
    this.open();
    this.beat = setInterval(() => this.post({ kind: 'line', ...this.line }), beatEvery);
  }

  private yield(): void {
    this.live?.close();
    this.live = undefined;
    clearInterval(this.beat);
    this.release?.();
    this.release = undefined;
  }

  private open(): void {
    const live = (this.live = this.means.live(this.stall, this.from, {
      payments: (list, missed) => {
        if (live !== this.live) return;
        this.buffer(list);
        this.post({ kind: 'payments', list, missed });
        this.take(list, missed);
      },
      line: (state, since, status) => {
        if (live !== this.live) return;
        this.post({ kind: 'line', state, since, status });
        this.changed(state, since, status);
      },
      speaker: (now) => {
        if (live !== this.live) return;
        this.standing = now;
        this.post({ kind: 'speaker', now });
        this.to.speaker(now);
      },
    }));
    void live.start();
  }

  /** buffer stores payments for tabs that are opened later; from is the version before the first of them. */
  private buffer(list: Payment[]): void {
    this.recent.push(...list);
    const gone = this.recent.splice(0, Math.max(0, this.recent.length - mostRecent));
    if (gone.length) this.from = gone[gone.length - 1]!.version;
  }

  private take(list: Payment[], missed: boolean): void {
    const fresh = list.filter((p) => p.version > this.last);
    if (!fresh.length) return;
    this.last = fresh[fresh.length - 1]!.version;
    this.to.payments(fresh, missed);
  }

  private changed(state: Line, since: number, status?: number): void {
    this.line = { state, since, status };
    this.to.line(state, since, status);
  }

  private heard(message: Message): void {
    if (this.live) {
      if (message.kind === 'hello') this.welcome(message.last);
      if (message.kind === 'renew') this.live.renew();
      return;
    }
    if (message.kind === 'hello' || message.kind === 'renew') return;
    this.expect();
    if (message.kind === 'line') this.changed(message.state, message.since, message.status);
    if (message.kind === 'speaker') this.to.speaker(message.now);
    if (message.kind === 'payments') this.take(message.list, message.missed);
  }

  /** welcome sends a new tab what it has missed. Payments older than this stream are read from the server again. */
  private welcome(last: number): void {
    this.post({ kind: 'speaker', now: this.standing });
    this.post({ kind: 'line', ...this.line });
    if (last >= this.from) {
      const list = this.recent.filter((p) => p.version > last);
      if (list.length) this.post({ kind: 'payments', list, missed: true });
      return;
    }
    this.from = last;
    this.recent = [];
    this.live?.close();
    this.open();
  }

  /** expect takes the lead from a tab that is silent for too long: it was frozen, or its connection hangs. */
  private expect(): void {
    clearTimeout(this.watch);
    if (this.closed) return;
    this.watch = setTimeout(() => {
      if (this.live || this.closed) return;
      this.changed('lost', this.line.since);
      this.queued?.abort();
      void this.hold({ steal: true });
    }, silence);
  }
}
