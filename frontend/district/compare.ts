// Two reports side by side: another day, or the same day by other units.
import { t } from '../lib/language.svelte';
import type { Adoption, Figure, Row, Unit } from './figures';
import { signedQuantity } from './format';

export interface Pair {
  left: Row | undefined;
  right: Row | undefined;
  /** Whether both sides count the same markets: only then is the difference one of the markets, not of the borders. */
  same: boolean;
}

/** pairs joins rows: the same unit where both sides have the same basis, else units that share a market. */
export function pairs(left: Adoption, right: Adoption): Pair[] {
  const found: Pair[] = [];
  if (left.basis === right.basis) {
    for (const row of left.rows) {
      const other = right.rows.find((r) => r.locality.id === row.locality.id);
      found.push({ left: row, right: other, same: other !== undefined });
    }
    for (const row of right.rows)
      if (!left.rows.some((r) => r.locality.id === row.locality.id))
        found.push({ left: undefined, right: row, same: false });
    return found;
  }
  const marketsOf = (row: Row) =>
    row.markets
      .map((m) => m.id)
      .sort()
      .join();
  const met = new Set<string>();
  for (const row of left.rows) {
    const others = right.rows.filter((r) => r.markets.some((m) => row.markets.some((own) => own.id === m.id)));
    for (const other of others) {
      met.add(other.locality.id);
      found.push({ left: row, right: other, same: marketsOf(row) === marketsOf(other) });
    }
    if (others.length === 0) found.push({ left: row, right: undefined, same: false });
  }
  for (const row of right.rows)
    if (!met.has(row.locality.id) && row.markets.length) found.push({ left: undefined, right: row, same: false });
  return found;
}

/** sameMarkets reports whether the totals of two reports count the same markets. */
export function sameMarkets(left: Adoption, right: Adoption): boolean {
  const counted = (report: Adoption) =>
    [...new Set(report.rows.flatMap((row) => row.markets.map((m) => m.id)))].sort().join();
  return counted(left) === counted(right);
}

/** change is what a value became less what it was, exact to four decimals ("0.0125", "-0.1000"); undefined where one is hidden or unknown. */
export function change(before: Figure | null | undefined, after: Figure | null | undefined): string | undefined {
  if (!before?.value || !after?.value) return undefined;
  const units = parse(after.value) - parse(before.value);
  const size = units < 0n ? -units : units;
  return `${units < 0n ? '-' : ''}${size / 10_000n}.${String(size % 10_000n).padStart(4, '0')}`;
}

/** parse reads a decimal as ten-thousandths. */
function parse(value: string): bigint {
  const [, sign = '', whole = '0', part = ''] = /^(-?)(\d+)(?:\.(\d{1,4}))?/.exec(value) ?? [];
  const units = BigInt(whole) * 10_000n + BigInt(part.padEnd(4, '0') || '0');
  return sign ? -units : units;
}

/** countsOf returns the numerator and denominator of a figure that counts people; undefined: it counts none, or they are hidden. */
const countsOf = (figure: Figure | null | undefined) =>
  typeof figure?.numerator === 'number' && typeof figure.denominator === 'number'
    ? { numerator: figure.numerator, denominator: figure.denominator }
    : undefined;

/** explanation says what the difference of two totals means: whether both count the same markets, and how the counts differ. */
export function explanation(before: Adoption, after: Adoption, { code, unit }: { code: string; unit: Unit }): string {
  const [was, is] = [before.total[code], after.total[code]];
  const isRounded = unit === 'share' && change(was, is) !== undefined;
  return [
    before.basis !== after.basis && before.as_of === after.as_of ? basesText(sameMarkets(before, after)) : '',
    countsText(countsOf(was), countsOf(is)),
    isRounded
      ? t(
          'Chênh lệch tính từ giá trị đủ bốn chữ số rồi mới làm tròn.',
          'The difference is taken of the four-digit values and rounded once.',
        )
      : '',
  ]
    .filter(Boolean)
    .join(' ');
}

const basesText = (same: boolean): string =>
  same
    ? t(
        'Hai danh sách địa phương gồm cùng các chợ, nên tổng bằng nhau.',
        'Both lists of units hold the same markets, so the totals are equal.',
      )
    : t(
        'Hai danh sách địa phương không gồm cùng các chợ, nên tổng có thể khác nhau.',
        'The two lists of units do not hold the same markets: the totals may differ.',
      );

function countsText(was: ReturnType<typeof countsOf>, is: ReturnType<typeof countsOf>): string {
  if (!was || !is) return '';
  const numerator = is.numerator - was.numerator;
  const denominator = is.denominator - was.denominator;
  if (numerator === 0 && denominator === 0) return '';
  return t(
    `Tử số ${signedQuantity(numerator)}, mẫu số ${signedQuantity(denominator)}.`,
    `Numerator ${signedQuantity(numerator)}, denominator ${signedQuantity(denominator)}.`,
  );
}
