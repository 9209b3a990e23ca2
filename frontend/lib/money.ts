// Money is a decimal string of đồng; it is never a float.
import { t } from './language.svelte';

const grouped = new Intl.NumberFormat('vi-VN');

/** "45000" → "45.000 đ". */
export function dong(amount: string | bigint): string {
  return `${grouped.format(BigInt(amount))} đ`;
}

/** count says how many payments there are. */
export function count(payments: number): string {
  return t(`${grouped.format(payments)} khoản`, payments === 1 ? '1 payment' : `${grouped.format(payments)} payments`);
}

/** The sum of amounts. */
export function sum(amounts: string[]): bigint {
  return amounts.reduce((all, one) => all + BigInt(one), 0n);
}

/**
 * typed reads an amount as people write it: "45000", "45.000", "45 000 đ". A mark stands before whole groups of three and is
 * one and the same; "45.00" and "45000.000" are refused in words, for nobody can tell what was meant.
 */
export function typed(text: string): string {
  const bare = text
    .replace(/\s*(đ|₫|đồng|vnd)\s*$/i, '')
    .replace(/\s/g, ' ')
    .trim();
  if (!/^(\d+|\d{1,3}((\.\d{3})+|(,\d{3})+|( \d{3})+))$/.test(bare))
    throw new Error(
      t(`“${text}” chưa phải số tiền: hãy ghi như 45.000.`, `“${text}” is no amount: write it as 45.000.`),
    );
  return bare.replace(/[., ]/g, '');
}
