import { describe, expect, it } from 'vitest';
import type { Day, Payment } from '../../../lib/client';
import { countPayments, dayCount, matches, spread, withNewer } from './day_payments';

const payment = (version: number, amount = '45000', more: Partial<Payment> = {}) =>
  ({
    version,
    amount,
    reference: 'FT26300A7788',
    occurred_at: '2026-10-31T10:42:00+07:00',
    state: 'normal',
    ...more,
  }) as Payment;

describe('the search in the payments of a day', () => {
  it.each(['', ' ', '45', '45000', '45.000 đ', '10:42', '7788', 'a7788'])('finds a payment by “%s”', (typed) =>
    expect(matches(payment(1), typed)).toBe(true),
  );
  it.each(['46', '11:42', '7789'])('does not find it by “%s”', (typed) =>
    expect(matches(payment(1), typed)).toBe(false),
  );
});

describe('the hours of a day', () => {
  it('are those of the market, at least', () =>
    expect([spread([]).at(0)?.hour, spread([]).at(-1)?.hour]).toEqual([5, 18]));
  it('are more where payments came earlier or later', () => {
    const hours = spread([
      { hour: 3, count: 1 },
      { hour: 21, count: 2 },
    ]);
    expect([hours.at(0), hours.at(-1)]).toEqual([
      { hour: 3, count: 1 },
      { hour: 21, count: 2 },
    ]);
  });
  it('have no count below zero', () => expect(spread([{ hour: 9, count: -1 }])[4]).toEqual({ hour: 9, count: 0 }));
});

describe('the count of a day', () => {
  const list = countPayments([payment(1), payment(2), payment(3, '-45000', { state: 'reversal' })]);
  const server = { count: 3, amount: '99000' };

  it('takes back what was reversed', () => expect(list).toMatchObject({ count: 1, total: 45000n }));
  it('is the list without an answer of the server', () =>
    expect(dayCount(list, { server: undefined, wasRead: true })).toBe(list));
  it("is the server's", () =>
    expect(dayCount(list, { server, wasRead: true })).toEqual({ count: 3, total: 99000n, hours: list.hours }));
  it('is the list that was read, if it is newer', () =>
    expect(dayCount(list, { server: { count: 0, amount: '0' }, wasRead: true })).toBe(list));
  it("has the server's hours if they count more", () => {
    const stored = { day: '2026-10-31', count: 3, amount: '99000', hours: [{ hour: 20, count: 3 }] } as unknown as Day;
    expect(dayCount(list, { server, stored, wasRead: false }).hours.at(-1)).toEqual({ hour: 20, count: 3 });
  });
  it('has each payment once', () =>
    expect(withNewer([payment(3), payment(2)], [payment(2), payment(1)]).map((p) => p.version)).toEqual([3, 2, 1]));
});
