// Figures as people here write them: 83,5 %, 1.234.567 đ, 31/10/2026. Values are decimal strings and stay exact.
import { t } from '../lib/language.svelte';
import { dong } from '../lib/money';
import type { Evidence, Figure, Quantity, Share, Unit } from './figures';

const grouped = new Intl.NumberFormat('vi-VN');

/** rounded is a decimal string shifted by ten to the shift and rounded half away from zero to places, with a decimal comma: ("0.5833", 2, 1) → "58,3". */
export function rounded(value: string, shift: number, places: number): string {
  const [, sign = '', whole = '0', part = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value) ?? [];
  const digits = part.length;
  let number = BigInt(whole + part) * 10n ** BigInt(shift + places);
  const scale = 10n ** BigInt(digits);
  number = (2n * number + scale) / (2n * scale);
  const unit = 10n ** BigInt(places);
  const rest = places > 0 ? `,${String(number % unit).padStart(places, '0')}` : '';
  return `${sign && number > 0n ? '−' : ''}${grouped.format(number / unit)}${rest}`;
}

/** "0.8350" → "83,5 %" */
export const percent = (value: string): string => `${rounded(value, 2, 1)} %`;

/** 1234 → "1.234"; of money "1.234 đ". */
export function quantity(n: Quantity | null | undefined): string {
  if (n === null || n === undefined) return none();
  return typeof n === 'string' ? dong(n) : grouped.format(n).replace('-', '−');
}

/** What stands where nothing is known: never 0. */
export const none = (): string => t('chưa có dữ liệu', 'no data yet');

/** What stands in a hidden cell. */
export const hidden = '<5';

/** What stands for a total that is hidden for the sake of its parts: it is large, and under five would be wrong. */
export const hiddenTotal = (): string => t('ẩn', 'hidden');

/** valueOf is a value in its unit. */
export function valueOf(value: string, unit: Unit): string {
  switch (unit) {
    case 'points': return `${rounded(value, 2, 1)} ${t('điểm', 'points')}`;
    case 'vnd': return `${rounded(value, 0, 0)} đ`;
    case 'per_merchant': case 'per_10000': return rounded(value, 0, 1);
    default: return percent(value);
  }
}

/** shown is a figure in short: its value, <5 in a hidden cell, or that nothing is known. */
export function shown(figure: Figure | null | undefined, unit: Unit = 'share'): string {
  if (!figure) return none();
  if (figure.suppressed) return hidden;
  return figure.value === null ? none() : valueOf(figure.value, unit);
}

/** shownTotal is a total in short. */
export const shownTotal = (figure: Figure | null | undefined, unit: Unit = 'share'): string => (figure?.suppressed ? hiddenTotal() : shown(figure, unit));

/** shareOf is a coverage or the like in short. */
export function shareOf(share: Share | null | undefined): string {
  if (!share || share.denominator === 0) return none();
  return share.value === null ? hidden : percent(share.value);
}

/** "A 18, B 21, C 55, D 6": how many are counted on what; a letter is not parted from its number. */
export function mix(evidence: Evidence | null | undefined): string {
  return evidence && evidence.A + evidence.B + evidence.C + evidence.D > 0 ? (['A', 'B', 'C', 'D'] as const).map((level) => `${level}\u00a0${grouped.format(evidence[level])}`).join(', ') : '';
}

/** "01/11/2026, bằng chứng A 18, B 21, C 55, D 6": what a chart says of its day and of what it is counted on. */
export const dated = (day: string, evidence?: Evidence | null): string => [date(day), mix(evidence) && `${t('bằng chứng', 'evidence')} ${mix(evidence)}`].filter(Boolean).join(', ');

/** "62 % (A 18, B 21, C 55, D 6)" */
export function withMix(figure: Figure | null | undefined, unit: Unit = 'share'): string {
  const levels = mix(figure?.evidence);
  return levels && figure?.value ? `${shown(figure, unit)} (${levels})` : shown(figure, unit);
}

/** "2026-10-31" → "31/10/2026"; the day of a time is Vietnam's. */
export function date(day: string | null | undefined): string {
  if (!day) return '–';
  const of = day.length > 10 ? new Intl.DateTimeFormat('sv', { timeZone: 'Asia/Ho_Chi_Minh' }).format(new Date(day)) : day;
  const [year, month, dayOfMonth] = of.split('-');
  return `${dayOfMonth}/${month}/${year}`;
}

/** "31/10/2026 09:05" */
export function moment(time: string | null | undefined): string {
  if (!time) return '–';
  return `${date(time)} ${new Intl.DateTimeFormat('vi', { hour: '2-digit', minute: '2-digit', timeZone: 'Asia/Ho_Chi_Minh' }).format(new Date(time))}`;
}

/** "2026-10" → "10/2026" */
export const month = (of: string): string => `${of.slice(5, 7)}/${of.slice(0, 4)}`;

/** part is a value as a number from 0 to 1, to draw with. */
export const part = (value: string | null | undefined): number => Math.min(1, Math.max(0, Number(value ?? 0)));

/** folded is a text as search compares it: without diacritics, đ as d, hoà as hòa, small. */
export const folded = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase().trim();
