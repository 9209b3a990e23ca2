import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Payment } from '../lib/client';
import { freshFor, freshness } from './freshness';
import { add, DayTotal, type Total } from './totals';

const noon = Date.parse('2026-11-23T12:00:00+07:00');
const payment = (version: number, amount: string, more: Partial<Payment> = {}): Payment => ({
  id: String(version),
  amount,
  currency: 'VND',
  occurred_at: new Date(noon - 2000).toISOString(),
  recorded_at: new Date(noon - 1000).toISOString(),
  reference: 'FT1',
  memo_code: null,
  version,
  state: 'posted',
  precision: 'second',
  ...more,
});

beforeEach(() => {
  vi.useFakeTimers({ now: noon });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('add', () => {
  const total: Total = { day: '2026-11-23', count: 568, amount: '9007199254740993', version: 600, at: 0 };

  it('adds exactly, takes back, and leaves other days alone', () => {
    expect(add(total, [payment(601, '1')], 5)).toEqual({
      ...total,
      count: 569,
      amount: '9007199254740994',
      version: 601,
      at: 5,
    });
    expect(add(total, [payment(601, '-993', { state: 'reversal' })], 5)).toMatchObject({
      count: 567,
      amount: '9007199254740000',
    });
    expect(add(total, [payment(601, '5000', { occurred_at: '2026-11-22T23:59:59+07:00' })], 5)).toMatchObject({
      count: 568,
      amount: total.amount,
    });
  });

  it('adds nothing that is in it', () => {
    expect(add(total, [payment(599, '1'), payment(600, '1')], 5)).toEqual({ ...total, at: 5 });
    const once = add(total, [payment(601, '1')], 5);
    expect(add(once, [payment(601, '1')], 5)).toEqual(once);
  });
});

describe('DayTotal', () => {
  /** A server that counts, and a screen. */
  function day(server = { count: 568, amount: '29579750', version: 600 }) {
    const seen: Total[] = [];
    const reads = { n: 0, wait: 0 };
    const totals = new DayTotal(
      async () => {
        reads.n++;
        const answer = { ...server };
        if (reads.wait) await new Promise((done) => setTimeout(done, reads.wait));
        return answer;
      },
      (t) => {
        seen.push(t);
      },
    );
    /** posted is a payment that the server counts. */
    const posted = (amount: string) => {
      server.count++;
      server.amount = String(BigInt(server.amount) + BigInt(amount));
      return payment(++server.version, amount);
    };
    return { totals, server, seen, reads, posted, shown: () => seen.at(-1)! };
  }

  it("shows the server's count, and what comes at once", async () => {
    const { totals, posted, shown } = day();
    await totals.start();
    expect(shown()).toMatchObject({ day: '2026-11-23', count: 568, amount: '29579750' });
    totals.came([posted('45000')]);
    expect(shown()).toMatchObject({ count: 569, amount: '29624750' });
  });

  it('asks once for many payments', async () => {
    const { totals, posted, reads, shown } = day();
    await totals.start();
    for (let n = 0; n < 10; n++) totals.came([posted('1000')]);
    expect(reads.n).toBe(1);
    expect(shown()).toMatchObject({ count: 578, amount: '29589750' });
    await totals.refresh();
    expect(shown()).toMatchObject({ count: 578, amount: '29589750' });
  });

  it('counts a payment once whether it comes before the question, with the answer or after it', async () => {
    const { totals, posted, reads, seen } = day();
    await totals.start();
    const early = posted('45000'); // in the next answer, and in the stream only after it
    reads.wait = 500;
    void totals.refresh();
    await vi.advanceTimersByTimeAsync(100);
    const crossed = posted('45000'); // not in the answer
    totals.came([crossed]);
    await vi.advanceTimersByTimeAsync(1000);
    totals.came([early]);
    totals.came([crossed]);
    expect(seen.at(-1)!.count).toBe(570);
    await vi.advanceTimersByTimeAsync(1000);
    expect(seen.at(-1)).toMatchObject({ count: 570, amount: '29669750' });
  });

  it('counts payments before the first answer once, and shows the stored total', async () => {
    const { totals, posted, reads, seen } = day();
    const first = posted('45000');
    reads.wait = 500;
    void totals.start({ day: '2026-11-23', count: 569, amount: '29624750', version: first.version, at: 0 });
    totals.came([first]);
    expect(seen.map((t) => t.count)).toEqual([569, 569]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(seen.at(-1)).toMatchObject({ count: 569, amount: '29624750' });
  });

  it("keeps what it knows without an answer, begins anew at midnight, and takes only today's from the phone", async () => {
    const { totals, server, shown } = day();
    await totals.start({ day: '2026-11-22', count: 3, amount: '3', version: 1, at: 1 });
    vi.setSystemTime(noon + 12 * 3600_000);
    Object.assign(server, { count: 0, amount: '0' });
    totals.tick();
    await vi.advanceTimersByTimeAsync(10);
    expect(shown()).toMatchObject({ day: '2026-11-24', count: 0 });
    const broken = new DayTotal(
      async () => {
        throw new Error('offline');
      },
      (t) => totalsShown.push(t),
    );
    const totalsShown: Total[] = [];
    const today: Total = { day: '2026-11-24', count: 7, amount: '70000', version: 9, at: 1 };
    await broken.start(today);
    expect(totalsShown).toEqual([today]);
    await broken.start({ ...today, version: undefined } as unknown as Total); // as an earlier program stored it
    expect(totalsShown).toEqual([today]);
  });
});

describe('freshness', () => {
  it.each([
    [5000, true, 'Vừa nhận · 5 giây trước'],
    [59_000, true, 'Vừa nhận · 59 giây trước'],
    [61_000, true, 'Vừa nhận · 1 phút trước'],
    [freshFor, false, 'Khoản gần nhất · 11:59'],
    [3 * 3600_000, false, 'Khoản gần nhất · 11:59'],
    [24 * 3600_000, false, 'Khoản gần nhất · 11:59 23/11/2026'],
  ])('after %d ms: fresh %s, %s', (ms, fresh, text) => {
    expect(freshness(payment(1, '45000'), noon + ms, noon)).toMatchObject({ fresh, late: false, text });
  });

  it("says when a late one was sent, and does not trust a phone's clock that runs behind", () => {
    const sent = { occurred_at: '2026-11-23T11:35:00+07:00' };
    expect(freshness(payment(1, '45000', sent), noon + 5000, noon).text).toBe('Vừa báo · chuyển lúc 11:35');
    expect(freshness(payment(1, '45000', sent), noon + 3600_000, noon).text).toBe('Khoản gần nhất · chuyển lúc 11:35');
    expect(freshness(payment(1, '45000'), noon - 3600_000).text).toBe('Khoản gần nhất · 11:59');
    expect(freshness(payment(1, '-45000', { state: 'reversal' }), noon + 5000, noon).text).toBe(
      'Ngân hàng rút lại · 5 giây trước',
    );
  });
});
