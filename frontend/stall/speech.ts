// The queue of announcements. Payments that could not be announced when they came are announced later, as a count and a sum.
import type { Payment } from '../lib/client';
import { announce } from './announce';
import type { Came } from './soundboxes';

/** How long payments are collected before they are announced, in milliseconds: after a gap they come all at once. */
const gather = 200;
/** How many missed payments are announced at most; the screen shows all. */
const mostMissed = 1000;

export interface Mouth {
  /** Whether sentences can be played now. */
  ready(): boolean;
  /** Plays clips and reports whether they were heard. */
  say(clips: string[]): Promise<boolean>;
  /** Returns the payments that no soundbox takes. */
  unheard(list: Came[]): Promise<Payment[]>;
  /** All payments up to a version were announced, or need not be. */
  said(version: number): void;
}

export class Speech {
  private waiting: (Came & { missed: boolean })[] = [];
  private missed: Payment[] = [];
  private speaking = false;
  private newest = 0;

  constructor(
    private mouth: Mouth,
    private now: () => number = Date.now,
  ) {}

  /** How many payments are not announced yet. */
  get unsaid(): number {
    return this.missed.length + this.waiting.length;
  }

  /** add queues payments; missed: they came while this phone was not connected. */
  add(list: Payment[], missed = false): void {
    this.newest = Math.max(this.newest, ...list.map((p) => p.version));
    this.waiting.push(...list.map((payment) => ({ payment, at: this.now(), missed })));
    void this.speak();
  }

  /** clear drops the queue, because selling has ended. */
  clear(): void {
    this.waiting = [];
    this.missed = [];
    if (this.newest) this.mouth.said(this.newest);
  }

  /** speak announces the queue if sentences can be played. */
  async speak(): Promise<void> {
    if (this.speaking) return;
    this.speaking = true;
    await new Promise((done) => setTimeout(done, gather));
    while (this.waiting.length) {
      const batch = this.waiting.splice(0);
      const left = await this.mouth.unheard(batch);
      const late = this.missed.length > 0 || batch.some((c) => c.missed && left.includes(c.payment));
      if (this.mouth.ready() && !late) await this.say(left, false);
      else this.miss(left);
    }
    if (this.missed.length && this.mouth.ready()) await this.say(this.missed.splice(0), true);
    this.speaking = false;
    if (!this.unsaid && this.newest) this.mouth.said(this.newest);
    else if (this.mouth.ready() && this.unsaid) void this.speak();
  }

  private async say(list: Payment[], missed: boolean): Promise<void> {
    for (const { clips, of } of announce(list, this.now(), missed)) {
      if (!(await this.mouth.say(clips))) this.miss(of);
    }
  }

  private miss(list: Payment[]): void {
    this.missed = [...this.missed, ...list].slice(-mostMissed);
  }
}
