// What a day has brought, by the server's own count: a phone keeps the last payments only. What comes meanwhile is added to it, and
// the server is asked again, but not for each payment.
import type { Payment } from '../lib/api';
import { isoDay } from '../lib/time';

/** A day's count and sum; amount is a decimal string of đồng. */
export interface Total {
  day: string;
  count: number;
  amount: string;
  /** When it was last known to be right, in milliseconds. */
  at: number;
}

/** The shortest time between two questions, in milliseconds. */
const readEvery = 3000;

/** add returns a total with some payments more; a reversal falls on the day of what it reverses. */
export function add(total: Total, list: Payment[], at: number): Total {
  let { count } = total;
  let amount = BigInt(total.amount);
  for (const p of list) {
    if (isoDay(p.occurred_at) !== total.day) continue;
    count += p.state === 'reversal' ? -1 : 1;
    amount += BigInt(p.amount);
  }
  return { ...total, count, amount: String(amount), at };
}

/** DayTotal keeps the total of the present day. */
export class DayTotal {
  private shown?: Total;
  /** What came before the first answer: it may or may not be in it, so it is asked again. */
  private arrived = 0;
  private reading = false;
  private timer?: ReturnType<typeof setTimeout>;
  private stopped = false;

  /** read asks the server for the total of a day; show is given every change, and whether the server counted it. */
  constructor(private read: (day: string) => Promise<{ count: number; amount: string }>, private show: (total: Total, counted: boolean) => void, private now: () => number = Date.now) {}

  /** start begins with what the phone remembers, if that is of today, and asks the server. */
  start(known?: Total): Promise<void> {
    if (known?.day === this.today()) this.set(known, false);
    return this.refresh();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** came adds payments, and has the server asked soon. */
  came(list: Payment[]): void {
    this.arrived += list.length;
    if (this.shown?.day === this.today()) this.set(add(this.shown, list, this.now()), false);
    this.later();
  }

  /** tick notes that a new day has begun. */
  tick(): void {
    if (this.shown && this.shown.day !== this.today()) void this.refresh();
  }

  /** refresh asks the server; an answer that a payment crossed is not shown, but asked for again. */
  async refresh(): Promise<void> {
    if (this.reading) return this.later();
    this.reading = true;
    const { arrived } = this;
    const day = this.today();
    try {
      const answer = await this.read(day);
      if (this.arrived === arrived || this.shown?.day !== day) this.set({ day, count: answer.count, amount: answer.amount, at: this.now() }, true);
      if (this.arrived !== arrived) this.later();
    } catch {
      // what is shown stays, with its time
    }
    this.reading = false;
  }

  private later(): void {
    if (this.stopped) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.refresh();
    }, readEvery);
  }

  private set(total: Total, counted: boolean): void {
    if (this.stopped) return;
    this.shown = total;
    this.show(total, counted);
  }

  private today(): string {
    return isoDay(new Date(this.now()));
  }
}
