// The payments of a day: how they are searched, counted and spread over its hours.
import type { Day, Payment } from '../../../lib/client';
import { sum } from '../../../lib/money';
import { clock, hourMinute } from '../../../lib/time';

/** Hour is an hour of a day with its count of payments. */
export interface Hour {
  hour: number;
  count: number;
}

/** DayCount is the count and sum of a day, and its hours. */
export interface DayCount {
  count: number;
  total: bigint;
  hours: Hour[];
}

/** The hours that are always shown, though nothing came then. */
const marketHours = { first: 5, last: 18 };

/** countOf returns what a payment counts: a reversal takes one back. */
const countOf = (p: Payment) => (p.state === 'reversal' ? -1 : 1);

/** spread returns the hours of a day with their counts of payments. */
export function spread(counts: Hour[]): Hour[] {
  const hours = Array.from({ length: 24 }, (_, hour) => ({ hour, count: 0 }));
  for (const { hour, count } of counts) hours[hour]!.count = Math.max(0, hours[hour]!.count + count);
  const used = hours.filter((h) => h.count > 0).map((h) => h.hour);
  return hours.slice(Math.min(marketHours.first, ...used), Math.max(marketHours.last, ...used) + 1);
}

/** countPayments counts payments. */
export function countPayments(payments: Payment[]): DayCount {
  return {
    count: payments.reduce((n, p) => n + countOf(p), 0),
    total: sum(payments.map((p) => p.amount)),
    hours: spread(payments.map((p) => ({ hour: hourMinute(p.occurred_at)[0], count: countOf(p) }))),
  };
}

/**
 * dayCount returns the count of a day to show: the server's count, unless there is none or the list was read from the server and has more
 * payments, which are newer. The hours are the server's if it has counted more payments than the list has.
 */
export function dayCount(
  list: DayCount,
  { server, stored, wasRead }: { server: Pick<Day, 'count' | 'amount'> | undefined; stored?: Day; wasRead: boolean },
): DayCount {
  if (!server || (wasRead && list.count > server.count)) return list;
  const hours = stored && stored.count > list.count ? spread(stored.hours) : list.hours;
  return { count: server.count, total: BigInt(server.amount), hours };
}

/** withNewer returns the payments that were read, after those on the phone that came since. */
export function withNewer(onPhone: Payment[], read: Payment[]): Payment[] {
  const versions = new Set(read.map((p) => p.version));
  return [...onPhone.filter((p) => !versions.has(p.version)), ...read];
}

/** matches searches by amount (45 or 45000), time (10:42) or the last digits of the reference. */
export function matches(p: Payment, typed: string): boolean {
  const text = typed
    .trim()
    .toLowerCase()
    .replace(/[.\sđ]/g, '');
  return (
    !text ||
    p.amount === text ||
    p.amount === `${text}000` ||
    clock(p.occurred_at).includes(typed.trim()) ||
    p.reference.toLowerCase().endsWith(text)
  );
}
