// How new a payment is, in words. A payment that is minutes old must not look new, or the next shopper with the same price seems to have
// paid already.
import type { Payment } from '../lib/client';
import { t } from '../lib/language.svelte';
import { clock, day, isoDay } from '../lib/time';
import { isLate } from './announce';

/** For how long a payment is "just received", in milliseconds. */
export const freshFor = 5 * 60_000;

export interface Freshness {
  /** It came in the last minutes. */
  fresh: boolean;
  /** It was sent well before it came. */
  late: boolean;
  text: string;
}

/** freshness returns how new a payment is now, measured from its arrival on this phone, else on the server. */
export function freshness(p: Payment, now: number, arrived?: number): Freshness {
  const age = now - (arrived ?? Date.parse(p.recorded_at));
  const late = p.state !== 'reversal' && isLate(p, arrived ?? Date.parse(p.recorded_at));
  const fresh = age >= 0 && age < freshFor;
  const time = timeOf(p, now);
  if (p.state === 'reversal')
    return { fresh, late, text: `${t('Ngân hàng rút lại', 'Taken back')} · ${fresh ? ago(age) : time}` };
  if (late)
    return {
      fresh,
      late,
      text: `${fresh ? t('Vừa báo', 'Just reported') : t('Khoản gần nhất', 'Last payment')} · ${t('chuyển lúc', 'sent at')} ${time}`,
    };
  return {
    fresh,
    late,
    text: fresh
      ? `${t('Vừa nhận', 'Just received')} · ${ago(age)}`
      : `${t('Khoản gần nhất', 'Last payment')} · ${time}`,
  };
}

/** settled returns when a payment was, in words that do not change while they are read. */
export function settled(p: Payment, now: number): string {
  return `${p.state === 'reversal' ? t('Ngân hàng rút lại', 'Taken back') : t('Khoản gần nhất', 'Last payment')} · ${timeOf(p, now)}`;
}

function timeOf(p: Payment, now: number): string {
  return isoDay(p.occurred_at) === isoDay(new Date(now))
    ? clock(p.occurred_at)
    : `${clock(p.occurred_at)} ${day(p.occurred_at)}`;
}

function ago(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return t(`${seconds} giây trước`, `${seconds} s ago`);
  const minutes = Math.floor(seconds / 60);
  return t(`${minutes} phút trước`, `${minutes} min ago`);
}
