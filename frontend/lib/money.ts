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
