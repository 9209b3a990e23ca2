// Which payments are still to be said. What could not sound when it came is said once it can, as a count and a sum.
import type { Payment } from '../lib/client';
import { announce } from './announce';
import type { Came } from './speaker';

/** How long payments are gathered before they are said: after a gap they come at once, in milliseconds. */
const gather = 200;
/** So many missed payments are remembered at most; the screen shows them all. */
const mostMissed = 1000;

export interface Mouth {
  /** Whether sentences can sound now. */
  ready(): boolean;
  /** Says clips and reports whether they sounded. */
  say(clips: string[]): Promise<boolean>;
  /** Those of some payments that no soundbox takes. */
  unheard(list: Came[]): Promise<Payment[]>;
  /** Everything up to a version was said, or need not be. */
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

  /** How many payments came that are still to be said. */
  get unsaid(): number {
    return this.missed.length + this.waiting.length;
  }

  /** add has payments said; missed: they came while this phone did not hear. */
  add(list: Payment[], missed = false): void {
    this.newest = Math.max(this.newest, ...list.map((p) => p.version));
    this.waiting.push(...list.map((payment) => ({ payment, at: this.now(), missed })));
    void this.speak();
  }

  /** forget leaves unsaid what waits: selling has ended. */
  forget(): void {
    this.waiting = [];
    this.missed = [];
    if (this.newest) this.mouth.said(this.newest);
  }

  /** speak says what waits, if it can sound. */
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
