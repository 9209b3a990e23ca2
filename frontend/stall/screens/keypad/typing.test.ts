import { describe, expect, it } from 'vitest';
import { amountOf, clearKey, deleteKey, pressed } from './typing';

const typed = (keys: string[], exact = false) => keys.reduce((digits, key) => pressed(digits, key, exact), '');

describe('the keypad', () => {
  it.each([
    [['4', '5'], false, '45000'],
    [['0', '4', '5'], false, '45000'],
    [['4', '5', deleteKey], false, '4000'],
    [['4', '5', clearKey], false, '0'],
    [['4', '5'], true, '45'],
    [[deleteKey], true, '0'],
  ])('%j, exact %s: %s', (keys, exact, amount) => expect(amountOf(typed(keys, exact), exact)).toBe(amount));

  it('ignores a digit too many', () => {
    expect(typed([...'1234567'])).toBe('123456');
    expect(typed([...'1234567890'], true)).toBe('123456789');
  });
});
