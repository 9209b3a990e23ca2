// The days of a stall as the phone stores them: counts and sums, with the time when they were read.
import { api, ask, type Day, type Payment } from '../lib/client';
import { isoDay, noon } from '../lib/time';
import { plus, type Counted, type Total } from './totals';
import { readValue, writeValue } from './store';

export interface StoredDays {
  /** When they were read, in milliseconds. */
  at: number;
  items: Day[];
}

const storeName = (tenancy: string) => `days:${tenancy}`;

/** storedDays returns the days on the phone. */
export function storedDays(tenancy: string): Promise<StoredDays | undefined> {
  return readValue<StoredDays>(storeName(tenancy));
}

/** readDays reads the last 30 days and stores them. */
export async function readDays(stall: string, tenancy: string): Promise<StoredDays> {
  const list = await ask(
    api.GET('/api/v1/stalls/{id}/days', { params: { path: { id: stall }, query: { limit: 60 } } }),
  );
  const days = { at: Date.now(), items: list.items };
  await writeValue(storeName(tenancy), days);
  return days;
}

/** How many pages of payments are read for a helper's own total, at most. */
const mostPages = 20;

/**
 * readTotal reads the count and sum of a day, with the newest version in them. An owner gets them from the server; for a helper they are
 * added up from the payments of the shift.
 */
export async function readTotal(stall: string, day: string, owner: boolean): Promise<Counted> {
  if (owner) {
    const list = await ask(
      api.GET('/api/v1/stalls/{id}/days', { params: { path: { id: stall }, query: { from: day, to: day } } }),
    );
    const { count, amount } = list.items?.[0] ?? { count: 0, amount: '0' };
    return { count, amount, version: list.version };
  }
  let total: Total = { day, count: 0, amount: '0', version: 0, at: 0 };
  for await (const page of paymentPages(stall, day, mostPages)) total = plus(total, page);
  return total;
}

/** How many pages of a day's payments are read for its list, at most; the count and sum come from the server. */
const mostListedPages = 10;

/** readDayPayments reads the payments of a day, newest first. */
export async function readDayPayments(stall: string, day: string): Promise<Payment[]> {
  const found: Payment[] = [];
  for await (const page of paymentPages(stall, day, mostListedPages)) found.push(...page);
  return found;
}

/** paymentPages reads the payments of a day page by page, newest first. */
export async function* paymentPages(stall: string, day: string, most: number): AsyncGenerator<Payment[]> {
  const to = isoDay(new Date(Date.parse(noon(day)) + 86_400_000));
  for (let after: string | undefined, n = 0; n < most; n++) {
    const page = await ask(
      api.GET('/api/v1/stalls/{id}/payments', {
        params: { path: { id: stall }, query: { from: day, to, limit: 200, after } },
      }),
    );
    yield page.items;
    after = page.next ?? undefined;
    if (!after) return;
  }
}
