// Figures as people here write them: 83,5 %, 1.234.567 đ, 31/10/2026. Values are decimal strings and stay exact.
import { t } from '../lib/language.svelte';
import { dong } from '../lib/money';
import { clock, isoDay } from '../lib/time';
import type { Evidence, Figure, Quantity, Revised, Share, ValueUnit } from './figures';

const grouped = new Intl.NumberFormat('vi-VN');

/** Fraction is a value before it is rounded: rounding twice would make 59,0 % of 504/855, which is 58,9 %. */
interface Fraction {
  over: bigint;
  under: bigint;
}

/** divided returns a quotient, rounded half away from zero to an integer. */
function divided(over: bigint, under: bigint): bigint {
  const size = (2n * (over < 0n ? -over : over) + under) / (2n * under);
  return over < 0n ? -size : size;
}

function decimal(value: string): Fraction {
  const [, sign = '', whole = '0', part = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value) ?? [];
  return { over: BigInt(sign + whole + part), under: 10n ** BigInt(part.length) };
}

/** fractionOf returns the exact quotient of a rounded value. Weighted estimates and medians are not quotients and stay rounded. */
function fractionOf(
  value: string,
  numerator: Quantity | null | undefined,
  denominator: Quantity | null | undefined,
  unit: ValueUnit,
): Fraction {
  const rounded = decimal(value);
  if (unit === 'hours' || unit === 'vnd' || ![numerator, denominator].every((n) => /^-?\d+$/.test(String(n))))
    return rounded;
  const exact = { over: BigInt(numerator!) * (unit === 'per_10000' ? 10_000n : 1n), under: BigInt(denominator!) };
  return exact.under > 0n && divided(exact.over * rounded.under, exact.under) === rounded.over ? exact : rounded;
}

/** written formats a fraction times 10 to the power of shift, rounded to some places, with a decimal comma. */
function written({ over, under }: Fraction, shift: number, places: number): string {
  const number = divided(over * 10n ** BigInt(shift + places), under);
  const size = number < 0n ? -number : number;
  const unit = 10n ** BigInt(places);
  const rest = places > 0 ? `,${String(size % unit).padStart(places, '0')}` : '';
  return `${number < 0n ? '−' : ''}${grouped.format(size / unit)}${rest}`;
}

/** rounded is a decimal string as written: ("0.5833", 2, 1) → "58,3". */
export const rounded = (value: string, shift: number, places: number): string => written(decimal(value), shift, places);

/** "0.8350" → "83,5 %" */
export const percent = (value: string): string => `${rounded(value, 2, 1)} %`;

/** 1234 → "1.234"; of money "1.234 đ". */
export function quantity(n: Quantity | null | undefined): string {
  if (n === null || n === undefined) return none();
  return typeof n === 'string' ? dong(n) : grouped.format(n).replace('-', '−');
}

/** signedQuantity returns a difference of counts with its sign. */
export const signedQuantity = (n: number): string => (n > 0 ? `+${quantity(n)}` : quantity(n));

/** none returns the text for an unknown value, which is never 0. */
export const none = (): string => t('chưa có dữ liệu', 'no data yet');

/** hiddenIn returns the text of a hidden cell. It is never "<5": a number that is hidden to protect a small one may be large. */
export const hiddenIn = (_total: boolean): string => t('ẩn', 'hidden');

/** whyHidden returns why a figure of an indicator is hidden; amounts and merchants have different rules. */
export function whyHidden(code?: string): string {
  switch (code) {
    case 'I08':
      return t(
        'ẩn: doanh thu chỉ nêu khi có từ 10 tiểu thương và không ai chiếm quá 50 %',
        'hidden: turnover is shown for at least 10 merchants, none of them above 50 %',
      );
    case 'I11':
    case 'I12':
      return t('ẩn: số tiền chỉ nêu khi có từ 10 tiểu thương', 'hidden: amounts are shown for at least 10 merchants');
    case 'I23':
      return t(
        'ẩn: số tiền chỉ nêu khi có từ 10 tiểu thương, và không để lộ số dưới 5',
        'hidden: amounts are shown for at least 10 merchants, and must not reveal fewer than 5',
      );
    default:
      return t(
        'số liệu nói về dưới 5 người, hoặc giúp tính ra số liệu như vậy',
        'a figure about fewer than 5 people, or one from which such a figure could be derived',
      );
  }
}

function inUnit(value: Fraction, unit: ValueUnit): string {
  switch (unit) {
    case 'points':
      return `${written(value, 2, 1)} ${t('điểm', 'points')}`;
    case 'vnd':
      return `${written(value, 0, 0)} đ`;
    case 'hours':
      return `${written(value, 0, 1)} ${t('giờ', 'hours')}`;
    case 'per_merchant':
    case 'per_10000':
      return written(value, 0, 1);
    case 'count':
      return written(value, 0, 0);
    default:
      return `${written(value, 2, 1)} %`;
  }
}

/** valueOf formats a value in its unit. */
export const valueOf = (value: string, unit: ValueUnit): string => inUnit(decimal(value), unit);

/** shown formats a figure: its value, "hidden" or "no data yet". A counted figure shows its number. */
export function shown(figure: Figure | null | undefined, unit: ValueUnit = 'share', total = false): string {
  if (!figure) return none();
  if (figure.suppressed) return hiddenIn(total);
  if (unit === 'count') return quantity(figure.numerator);
  return figure.value === null
    ? none()
    : inUnit(fractionOf(figure.value, figure.numerator, figure.denominator, unit), unit);
}

/** counted formats a numerator or denominator, hidden if its figure is hidden and the server sends no number. */
export const counted = (figure: Figure | null | undefined, of: 'numerator' | 'denominator', total = false): string =>
  figure?.suppressed && figure[of] === null ? hiddenIn(total) : quantity(figure?.[of]);

/** shareOf formats a coverage or a similar share. */
export function shareOf(share: Share | null | undefined, total = false): string {
  if (!share || share.denominator === 0) return none();
  return share.value === null
    ? hiddenIn(total)
    : inUnit(fractionOf(share.value, share.numerator, share.denominator, 'share'), 'share');
}

/** "A 18, B 21, C 55, D 6": how many are counted on what; a letter is not parted from its number. */
export function mix(evidence: Evidence | null | undefined): string {
  return evidence && evidence.A + evidence.B + evidence.C + evidence.D > 0
    ? (['A', 'B', 'C', 'D'] as const).map((level) => `${level}\u00a0${grouped.format(evidence[level])}`).join(', ')
    : '';
}

/** "01/11/2026, bằng chứng A 18, B 21, C 55, D 6": what a chart says of its day and of what it is counted on. */
export const dated = (day: string, evidence?: Evidence | null): string =>
  [date(day), mix(evidence) && `${t('bằng chứng', 'evidence')} ${mix(evidence)}`].filter(Boolean).join(', ');

/** "62 % (A 18, B 21, C 55, D 6)" */
export function withMix(figure: Figure | null | undefined, unit: ValueUnit = 'share', total = false): string {
  const levels = mix(figure?.evidence);
  return levels && figure?.value ? `${shown(figure, unit, total)} (${levels})` : shown(figure, unit, total);
}

/** "2026-10-31" → "31/10/2026"; the day of a time is Vietnam's. */
export function date(day: string | null | undefined): string {
  if (!day) return '–';
  const [year, month, dayOfMonth] = (day.length > 10 ? isoDay(day) : day).split('-');
  return `${dayOfMonth}/${month}/${year}`;
}

/** "31/10/2026 09:05" */
export function moment(time: string | null | undefined): string {
  return time ? `${date(time)} ${clock(time)}` : '–';
}

/** revisedText says that the figures of a past day changed after it; empty: they did not. */
export const revisedText = (revised: Revised | null | undefined): string =>
  !revised
    ? ''
    : t(
        `Số liệu của ngày này đã thay đổi sau ${moment(revised.after)}: ${revised.merchants} tiểu thương được ghi bổ sung với ngày trong quá khứ`,
        `The figures of this day changed after ${moment(revised.after)}: ${revised.merchants} ${revised.merchants === 1 ? 'merchant was' : 'merchants were'} added with dates in the past`,
      );

/** revisedShort is revisedText for small spaces. */
export const revisedShort = (revised: Revised): string =>
  t(`đã thay đổi sau ${moment(revised.after)}`, `changed after ${moment(revised.after)}`);

/** "2026-10" → "10/2026" */
export const month = (of: string): string => `${of.slice(5, 7)}/${of.slice(0, 4)}`;

/** part returns a value as a number from 0 to 1 for drawings. */
export const part = (value: string | null | undefined): number => Math.min(1, Math.max(0, Number(value ?? 0)));

/** unmarked returns a text without the marks of Markdown. */
export const unmarked = (text: string): string =>
  text.replace(/\*{1,2}([^\s*](?:[^*]*[^\s*])?)\*{1,2}/g, '$1').replaceAll('`', '');

/** folded returns a text as the search compares it: lower case, without diacritics, đ as d. */
export const folded = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase().trim();

/** amount returns a sum of money; null is hidden. */
export const amount = (n: Quantity | null): string => (n === null ? hiddenIn(false) : dong(String(n)));

/** merchantCount returns a number of merchants; null is hidden. */
export const merchantCount = (n: number | null): string => (n === null ? hiddenIn(false) : quantity(n));

/** amountShare returns a part of an amount in per cent, exact; null is hidden. */
export function amountShare(whole: Quantity | null, part: Quantity | null): string {
  if (whole === null || part === null) return hiddenIn(false);
  if (BigInt(whole) === 0n) return none();
  const tenThousandths = (BigInt(part) * 10_000n) / BigInt(whole);
  return percent(`${tenThousandths / 10_000n}.${String(tenThousandths % 10_000n).padStart(4, '0')}`);
}

/** ofText returns "numerator / denominator" of a figure. */
export function ofText(figure: Figure | null | undefined): string {
  if (figure?.suppressed) return hiddenIn(false);
  return figure?.denominator ? `${quantity(figure.numerator)} / ${quantity(figure.denominator)}` : '–';
}

/** countedText returns what a figure rests on: its evidence, its numerator and its denominator. */
export const countedText = (figure: Figure | null | undefined): string =>
  [mix(figure?.evidence), figure?.denominator ? `${quantity(figure.numerator)} / ${quantity(figure.denominator)}` : '']
    .filter(Boolean)
    .join(' · ');

/** signedValue returns a difference with its sign; a difference of shares is in points. */
export const signedValue = (value: string | undefined, unit: ValueUnit): string =>
  value === undefined
    ? '–'
    : `${value.startsWith('-') || Number(value) === 0 ? '' : '+'}${valueOf(value, unit === 'share' ? 'points' : unit)}`;
