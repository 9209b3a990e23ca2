import { expect, it } from 'vitest';
import { typed } from './money';

it('reads amounts as people write them', () => {
  for (const [text, dong] of [
    ['45000', '45000'],
    ['45.000', '45000'],
    ['1.234.567 đ', '1234567'],
    ['45 000', '45000'],
    ['45,000 VND', '45000'],
    [' 0 ', '0'],
    ['45\u00a0000₫', '45000'],
  ]) {
    expect(typed(text!), text).toBe(dong);
  }
});

it('refuses what may mean two amounts', () => {
  for (const text of ['45000.000', '45.00', '45.', '.000', '45..000', '1.234,567', '45.0000', '-5', '', '4 5', '45k']) {
    expect(() => typed(text), text).toThrow();
  }
});
