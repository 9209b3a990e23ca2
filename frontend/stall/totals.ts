// The total of a day, as the server counts it: the phone stores the last payments only. The server says up to which version it has
// counted, so that each later payment is added once.
import type { Payment } from '../lib/client';
import { isoDay } from '../lib/time';

/** Counted is a count and sum of payments; amount is a decimal string of đồng. */
export interface Counted {
  count: number;
  amount: string;
  /** The version of the newest payment in it. */
  version: number;
}

/** Total is the count and sum of one day. */
export interface Total extends Counted {
  day: string;
  /** When it was last known to be right, in milliseconds. */
  at: number;
}

/** plus returns a total with further payments of its day. A reversal belongs to the day of the payment that it reverses. */
export function plus(total: Total, list: Payment[]): Total {
  let { count, version } = total;
  let amount = BigInt(total.amount);
  for (const p of list) {
    version = Math.max(version, p.version);
    if (isoDay(p.occurred_at) !== total.day) continue;
    count += p.state === 'reversal' ? -1 : 1;
    amount += BigInt(p.amount);
  }
  return { ...total, count, amount: String(amount), version };
}

/** add returns a total with those payments that it does not count yet, each once. */
export function add(total: Total, list: Payment[], at: number): Total {
  const later = new Map(list.filter((p) => p.version > total.version).map((p) => [p.version, p]));
  return { ...plus(total, [...later.values()]), at };
}

/** DayTotal holds the total of the present day up to date. */
export class DayTotal {
  private shown?: Total;
  /** Payments that came since the last answer of the server. */
  private since: Payment[] = [];
  private reading = false;
  private stopped = false;

  /** read reads the total of a day from the server; show is called at every change. */
  constructor(
    private read: (day: string) => Promise<Counted>,
    private show: (total: Total) => void,
    private now: () => number = Date.now,
  ) {}

  /** start shows the total that the phone stored, if it is of today, and asks the server. */
  start(known?: Total): Promise<void> {
    if (known?.day === this.today() && known.version !== undefined) this.set(known); // earlier programs stored no version
    return this.refresh();
  }

  stop(): void {
    this.stopped = true;
  }

  /** came adds payments. */
  came(list: Payment[]): void {
    this.since.push(...list);
    if (this.shown?.day === this.today()) this.set(add(this.shown, list, this.now()));
    else void this.refresh();
  }

  /** tick reads the total of a new day; called every second. */
  tick(): void {
    if (this.shown && this.shown.day !== this.today()) void this.refresh();
  }

  /** refresh reads the total from the server and adds the payments that came after its answer. */
  async refresh(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    const day = this.today();
    const before = this.since.length;
    try {
      const answer = await this.read(day);
      this.set(add({ day, ...answer, at: 0 }, this.since, this.now()));
      this.since = this.since.slice(before);
    } catch {
      // the shown total stays, with its time
    }
    this.reading = false;
  }

  private set(total: Total): void {
    if (this.stopped) return;
    this.shown = total;
    this.show(total);
  }

  private today(): string {
    return isoDay(new Date(this.now()));
  }
}
