// What a day has brought, by the server's own count: a phone keeps the last payments only. The server says up to which payment it has
// counted, so that what comes later is added once.
import type { Payment } from '../lib/client';
import { isoDay } from '../lib/time';

/** Counted is a count and sum of payments; amount is a decimal string of đồng. */
export interface Counted {
  count: number;
  amount: string;
  /** The version of the newest payment in it. */
  version: number;
}

/** Total is what a day has brought. */
export interface Total extends Counted {
  day: string;
  /** When it was last known to be right, in milliseconds. */
  at: number;
}

/** plus returns a total with payments of its day more; a reversal falls on the day of what it reverses. */
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

/** add is plus of those payments that the total does not count yet, each once. */
export function add(total: Total, list: Payment[], at: number): Total {
  const later = new Map(list.filter((p) => p.version > total.version).map((p) => [p.version, p]));
  return { ...plus(total, [...later.values()]), at };
}

/** DayTotal keeps the total of the present day. */
export class DayTotal {
  private shown?: Total;
  /** What came since the server was asked last. */
  private since: Payment[] = [];
  private reading = false;
  private stopped = false;

  /** read asks the server for the total of a day; show is given every change. */
  constructor(
    private read: (day: string) => Promise<Counted>,
    private show: (total: Total) => void,
    private now: () => number = Date.now,
  ) {}

  /** start begins with what the phone remembers, if that is of today, and asks the server. */
  start(known?: Total): Promise<void> {
    if (known?.day === this.today() && known.version !== undefined) this.set(known); // earlier programs kept no version
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

  /** tick notes that a new day has begun. */
  tick(): void {
    if (this.shown && this.shown.day !== this.today()) void this.refresh();
  }

  /** refresh asks the server, and adds what came later than its answer. */
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
      // what is shown stays, with its time
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
