// The amount as it is typed on the keypad: in thousands, unless every digit is typed.

export const clearKey = 'C';
export const deleteKey = '⌫';
export const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', clearKey, '0', deleteKey];

/** The longest amount, in typed digits: 999 million đồng in thousands, or each digit of it. */
const mostDigits = { thousands: 6, exact: 9 };

/** pressed returns the typed digits after a key; a digit too many is ignored. */
export function pressed(digits: string, key: string, exact: boolean): string {
  if (key === clearKey) return '';
  if (key === deleteKey) return digits.slice(0, -1);
  const longer = (digits + key).replace(/^0+/, '');
  return longer.length <= (exact ? mostDigits.exact : mostDigits.thousands) ? longer : digits;
}

/** amountOf returns the amount of typed digits, in đồng. */
export function amountOf(digits: string, exact: boolean): string {
  if (digits === '') return '0';
  return exact ? digits : `${digits}000`;
}
