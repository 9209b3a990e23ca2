// Money is a decimal string of đồng; it is never a float.
import { t } from './language.svelte';

const grouped = new Intl.NumberFormat('vi-VN');

/** dong formats an amount: "45000" becomes "45.000 đ". */
export function dong(amount: string | bigint): string {
  return `${grouped.format(BigInt(amount))} đ`;
}

/** count returns a number of payments in words. */
export function count(payments: number): string {
  return t(`${grouped.format(payments)} khoản`, payments === 1 ? '1 payment' : `${grouped.format(payments)} payments`);
}

/** sum adds amounts. */
export function sum(amounts: string[]): bigint {
  return amounts.reduce((all, one) => all + BigInt(one), 0n);
}

/**
 * typed reads an amount as people write it: "45000", "45.000", "45 000 đ". Separators must be all the same, before groups of three digits.
 * "45.00" and "45000.000" are refused, because their meaning is not clear.
 */
export function typed(text: string): string {
  const bare = text
    .replace(/\s*(đ|₫|đồng|vnd)\s*$/i, '')
    .replace(/\s/g, ' ')
    .trim();
  if (!/^(\d+|\d{1,3}((\.\d{3})+|(,\d{3})+|( \d{3})+))$/.test(bare))
    throw new Error(
      t(`“${text}” chưa phải số tiền: hãy ghi như 45.000.`, `“${text}” is not an amount: write it as 45.000.`),
    );
  return bare.replace(/[., ]/g, '');
}
