import { describe, expect, it } from 'vitest';
import type { Figure } from '../../figures';
import { coverageText, totalOfText } from './texts';

const figure = (more: Partial<Figure> = {}): Figure => ({
  numerator: 1234,
  denominator: 2000,
  value: '0.6170',
  evidence: null,
  suppressed: false,
  definition: 1,
  ...more,
});

describe('the counts of a total', () => {
  it('are written of each other', () => expect(totalOfText(figure())).toBe('1.234 / 2.000'));
  it('are hidden one by one', () =>
    expect(totalOfText(figure({ suppressed: true, numerator: null }))).toBe('ẩn / 2.000'));
  it('are none without a denominator', () =>
    expect([totalOfText(undefined), totalOfText(figure({ denominator: null }))]).toEqual(['–', '–']));
});

describe('the coverage of a total', () => {
  it('has its counts', () =>
    expect(coverageText({ numerator: 5, denominator: 10, value: '0.5000' })).toBe('50,0 % (5 / 10)'));
  it('is hidden without them', () =>
    expect(coverageText({ numerator: null, denominator: 10, value: null })).toBe('ẩn'));
  it('does not apply to every indicator', () => expect(coverageText(undefined)).toBe('không áp dụng'));
});
