import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Payment } from '../lib/api';
import { freshFor, freshness } from './freshness';
import { add, DayTotal, type Total } from './totals';

const noon = Date.parse('2026-11-23T12:00:00+07:00');
const payment = (version: number, amount: string, more: Partial<Payment> = {}): Payment => ({
  id: String(version), amount, currency: 'VND', occurred_at: new Date(noon - 2000).toISOString(), recorded_at: new Date(noon - 1000).toISOString(),
  reference: 'FT1', memo_code: null, version, state: 'posted', precision: 'second', ...more,
});

beforeEach(() => { vi.useFakeTimers({ now: noon }); });
afterEach(() => { vi.useRealTimers(); });

describe('add', () => {
  const total: Total = { day: '2026-11-23', count: 568, amount: '9007199254740993', at: 0 };

  it('adds exactly, takes back, and leaves other days alone', () => {
    expect(add(total, [payment(1, '1')], 5)).toEqual({ ...total, count: 569, amount: '9007199254740994', at: 5 });
    expect(add(total, [payment(1, '-993', { state: 'reversal' })], 5)).toMatchObject({ count: 567, amount: '9007199254740000' });
    expect(add(total, [payment(1, '5000', { occurred_at: '2026-11-22T23:59:59+07:00' })], 5)).toMatchObject({ count: 568, amount: total.amount });
  });
});

describe('DayTotal', () => {
  /** A server that counts, and a screen. */
  function day(server = { count: 568, amount: '29579750' }) {
    const seen: Total[] = [];
    const counted: boolean[] = [];
    const reads = { n: 0, wait: 0 };
    const totals = new DayTotal(async () => {
      reads.n++;
      const answer = { ...server };
      if (reads.wait) await new Promise((done) => setTimeout(done, reads.wait));
      return answer;
    }, (t, byServer) => {
      seen.push(t);
      counted.push(byServer);
    });
    return { totals, server, counted, seen, reads, shown: () => seen.at(-1)! };
  }

  it('shows the server\'s count, and what comes at once', async () => {
    const { totals, shown } = day();
    await totals.start();
    expect(shown()).toMatchObject({ day: '2026-11-23', count: 568, amount: '29579750' });
    totals.came([payment(1, '45000')]);
    expect(shown()).toMatchObject({ count: 569, amount: '29624750' });
  });

  it('says which totals the server counted: only these are kept', async () => {
    const { totals, counted } = day();
    await totals.start({ day: '2026-11-23', count: 567, amount: '1', at: 0 });
    totals.came([payment(1, '45000')]); // may be in the answer already
    expect(counted).toEqual([false, true, false]);
  });

  it('asks few times for many payments, and ends with the server\'s figure', async () => {
    const { totals, server, reads, shown } = day();
    await totals.start();
    for (let n = 0; n < 10; n++) {
      server.count++;
      server.amount = String(BigInt(server.amount) + 1000n);
      totals.came([payment(n, '1000')]);
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reads.n).toBeLessThanOrEqual(3);
    expect(shown()).toMatchObject({ count: 578, amount: '29589750' });
  });

  it('never falls back behind a payment that crossed the answer', async () => {
    const { totals, seen, reads, server } = day();
    await totals.start();
    reads.wait = 500;
    void totals.refresh();
    await vi.advanceTimersByTimeAsync(100);
    server.count++;
    server.amount = '29624750';
    totals.came([payment(1, '45000')]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(seen.map((t) => t.count)).toEqual([568, 569, 569]);
  });

  it('keeps what it knows without an answer, begins anew at midnight, and takes only today\'s from the phone', async () => {
    const { totals, server, shown } = day();
    await totals.start({ day: '2026-11-22', count: 3, amount: '3', at: 1 });
    vi.setSystemTime(noon + 12 * 3600_000);
    Object.assign(server, { count: 0, amount: '0' });
    totals.tick();
    await vi.advanceTimersByTimeAsync(10);
    expect(shown()).toMatchObject({ day: '2026-11-24', count: 0 });
    const broken = new DayTotal(async () => { throw new Error('offline'); }, (t) => kept.push(t));
    const kept: Total[] = [];
    await broken.start({ day: '2026-11-24', count: 7, amount: '70000', at: 1 });
    expect(kept).toEqual([{ day: '2026-11-24', count: 7, amount: '70000', at: 1 }]);
  });
});

describe('freshness', () => {
  it.each([
    [5000, true, 'Vừa nhận · 5 giây trước'], [59_000, true, 'Vừa nhận · 59 giây trước'], [61_000, true, 'Vừa nhận · 1 phút trước'],
    [freshFor, false, 'Khoản gần nhất · 11:59'], [3 * 3600_000, false, 'Khoản gần nhất · 11:59'], [24 * 3600_000, false, 'Khoản gần nhất · 11:59 23/11/2026'],
  ])('after %d ms: fresh %s, %s', (ms, fresh, text) => {
    expect(freshness(payment(1, '45000'), noon + ms, noon)).toMatchObject({ fresh, late: false, text });
  });

  it('says when a late one was sent, and does not trust a phone\'s clock that runs behind', () => {
    const sent = { occurred_at: '2026-11-23T11:35:00+07:00' };
    expect(freshness(payment(1, '45000', sent), noon + 5000, noon).text).toBe('Vừa báo · chuyển lúc 11:35');
    expect(freshness(payment(1, '45000', sent), noon + 3600_000, noon).text).toBe('Khoản gần nhất · chuyển lúc 11:35');
    expect(freshness(payment(1, '45000'), noon - 3600_000).text).toBe('Khoản gần nhất · 11:59');
    expect(freshness(payment(1, '-45000', { state: 'reversal' }), noon + 5000, noon).text).toBe('Ngân hàng rút lại · 5 giây trước');
  });
});
