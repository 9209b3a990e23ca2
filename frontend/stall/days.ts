// A stall's days as the phone keeps them: counts and sums, with when they were read.
import { api, ask, type Day, type Payment } from '../lib/client';
import { isoDay } from '../lib/time';
import { plus, type Counted, type Total } from './totals';
import { readValue, writeValue } from './store';

export interface KeptDays {
  /** When the server told them, in milliseconds. */
  at: number;
  items: Day[];
}

const place = (tenancy: string) => `days:${tenancy}`;

/** keptDays are the days on the phone. */
export function keptDays(tenancy: string): Promise<KeptDays | undefined> {
  return readValue<KeptDays>(place(tenancy));
}

/** readDays reads the last 30 days and keeps them. */
export async function readDays(stall: string, tenancy: string): Promise<KeptDays> {
  const list = await ask(
    api.GET('/api/v1/stalls/{id}/days', { params: { path: { id: stall }, query: { limit: 60 } } }),
  );
  const days = { at: Date.now(), items: list.items ?? [] };
  await writeValue(place(tenancy), days);
  return days;
}

/** How many pages of payments a helper's own total may take. */
const mostPages = 20;

/**
 * readTotal reads a day's count and sum with the newest version that they count: an owner's as the server counts them, a helper's from
 * the payments of the shift.
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
  for await (const page of pages(stall, day, mostPages)) total = plus(total, page);
  return total;
}

/** pages reads the payments of a day, newest first, some at a time. */
export async function* pages(stall: string, day: string, most: number): AsyncGenerator<Payment[]> {
  const to = isoDay(new Date(Date.parse(`${day}T12:00:00+07:00`) + 86_400_000));
  for (let after: string | undefined, n = 0; n < most; n++) {
    const page = await ask(
      api.GET('/api/v1/stalls/{id}/payments', {
        params: { path: { id: stall }, query: { from: day, to, limit: 200, after } },
      }),
    );
    yield page.items ?? [];
    after = page.next ?? undefined;
    if (!after) return;
  }
}
