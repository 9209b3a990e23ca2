// Money is a decimal string of đồng; it is never a float.

const grouped = new Intl.NumberFormat('vi-VN');

/** "45000" → "45.000 đ". */
export function dong(amount: string | bigint): string {
  return `${grouped.format(BigInt(amount))} đ`;
}

/** The sum of amounts. */
export function sum(amounts: string[]): bigint {
  return amounts.reduce((all, one) => all + BigInt(one), 0n);
}
