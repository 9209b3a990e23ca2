import { describe, expect, it } from 'vitest';
import type { Payment } from '../lib/client';
import { text } from '../voice/words';
import { announce, isLate } from './announce';

const now = Date.parse('2026-11-23T10:45:00+07:00');

function payment(version: number, amount: string, more: Partial<Payment> = {}): Payment {
  return {
    id: String(version),
    amount,
    currency: 'VND',
    occurred_at: new Date(now - 5000).toISOString(),
    recorded_at: new Date(now - 1000).toISOString(),
    reference: 'FT1',
    memo_code: null,
    version,
    state: 'posted',
    precision: 'second',
    ...more,
  };
}

const said = (list: Payment[]) => announce(list, now).map((s) => text(s.clips));

describe('announce', () => {
  it('says one to three payments one by one', () => {
    expect(said([payment(1, '45000'), payment(2, '12000')])).toEqual([
      'đã nhận bốn mươi lăm nghìn đồng',
      'đã nhận mười hai nghìn đồng',
    ]);
  });

  it('says a count and a sum after a gap, and hides no small amount in it', () => {
    const list = [payment(1, '45000'), payment(2, '12000'), payment(3, '200'), payment(4, '3000'), payment(5, '1000')];
    expect(said(list)).toEqual([
      'có năm khoản tổng cộng sáu mươi mốt nghìn hai trăm đồng',
      'chú ý, chỉ nhận hai trăm đồng',
    ]);
  });

  it('warns of small amounts and says what is taken back', () => {
    expect(announce([payment(1, '200')], now)[0]!.clips[0]).toBe('alarm');
    expect(announce([payment(2, '-45000', { state: 'reversal', precision: null })], now).map((s) => s.clips)).toEqual([
      ['correction', 'taken_back', '4', 'tens', 'five_after_tens', 'thousand', 'dong'],
    ]);
  });

  it('says what was missed as a count and a sum from two on', () => {
    const missed = announce([payment(1, '45000'), payment(2, '12000'), payment(3, '200')], now, true);
    expect(missed.map((s) => text(s.clips))).toEqual([
      'có ba khoản tổng cộng năm mươi bảy nghìn hai trăm đồng',
      'chú ý, chỉ nhận hai trăm đồng',
    ]);
    expect(missed.map((s) => s.of.map((p) => p.version))).toEqual([[1, 2], [3]]);
    expect(announce([payment(1, '45000')], now, true).map((s) => text(s.clips))).toEqual([
      'đã nhận bốn mươi lăm nghìn đồng',
    ]);
  });

  it('says when a late one was paid', () => {
    expect(said([payment(1, '45000', { occurred_at: '2026-11-23T10:42:00+07:00' })])).toEqual([
      'đã nhận bốn mươi lăm nghìn đồng khoản lúc mười giờ bốn mươi hai',
    ]);
  });
});

describe('isLate', () => {
  const at = (seconds: number, precision: Payment['precision']) =>
    payment(1, '1000', { occurred_at: new Date(now - 1000 - seconds * 1000).toISOString(), precision });

  it.each([
    [120, 'second', false],
    [121, 'second', true],
    [121, 'minute', false],
    [180, 'minute', false],
    [181, 'minute', true],
    [86_400, 'day', false],
    [86_400, null, false],
  ] as const)('%d seconds after, exact to the %s: %s', (seconds, precision, late) => {
    expect(isLate(at(seconds, precision), now)).toBe(late);
  });

  it('is late too when it is heard after a gap', () => {
    const heard = now + 10 * 60_000;
    expect(isLate(at(1, 'second'), heard)).toBe(true);
    expect(isLate(at(1, 'day'), heard)).toBe(false);
  });

  it("does not trust the phone's clock for what is heard at once", () => {
    expect(isLate(at(1, 'second'), now - 3_600_000)).toBe(false);
  });
});
