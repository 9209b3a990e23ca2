import { describe, expect, it } from 'vitest';
import { setLanguage } from '../lib/language.svelte';
import type { Figure } from './figures';
import { date, folded, mix, percent, quantity, rounded, shareOf, shown, valueOf, withMix } from './format';
import { dayAfter, dayOf, addMonths, lastEnd, periodName, periods } from './days';

const figure = (more: Partial<Figure>): Figure => ({ numerator: 7, denominator: 12, value: '0.5833', evidence: { A: 18, B: 21, C: 55, D: 6 }, suppressed: false, definition: 1, ...more });

describe('figures as people write them', () => {
  it.each([['0.5833', '58,3 %'], ['0.8350', '83,5 %'], ['0.8355', '83,6 %'], ['1.0000', '100,0 %'], ['0.0000', '0,0 %'], ['0.9996', '100,0 %'], ['12.3456', '1.234,6 %']])('%s is %s', (value, want) => expect(percent(value)).toBe(want));
  it.each([['1234567', 0, 0, '1.234.567'], ['-0.1250', 2, 1, '−12,5'], ['-0.0001', 2, 1, '0,0'], ['2.5', 0, 0, '3'], ['2.45', 0, 1, '2,5']] as const)('%s shifted by %i to %i places is %s', (value, shift, places, want) => expect(rounded(value, shift, places)).toBe(want));
  it('hides, and never calls the unknown 0', () => {
    expect(shown(figure({ suppressed: true, value: null, numerator: null }))).toBe('<5');
    expect(shown(figure({ value: null }))).toBe('chưa có dữ liệu');
    expect(shown(undefined)).toBe('chưa có dữ liệu');
    expect(shareOf({ numerator: null, denominator: 0, value: null })).toBe('chưa có dữ liệu');
    expect(shareOf({ numerator: null, denominator: 9, value: null })).toBe('<5');
  });
  it('says what a figure is counted on', () => {
    expect(withMix(figure({ value: '0.6200' }))).toBe('62,0 % (A\u00a018, B\u00a021, C\u00a055, D\u00a06)');
    expect(withMix(figure({ suppressed: true, value: null, evidence: null }))).toBe('<5');
    expect(mix(null)).toBe('');
  });
  it('writes money, counts and units', () => {
    expect(quantity('1234567')).toBe('1.234.567 đ');
    expect(quantity(1660)).toBe('1.660');
    expect(valueOf('0.1230', 'points')).toBe('12,3 điểm');
    expect(valueOf('150000.5000', 'vnd')).toBe('150.001 đ');
    setLanguage('en');
    expect(valueOf('0.1230', 'points')).toBe('12,3 points');
    setLanguage('vi');
  });
  it('writes days', () => {
    expect(date('2026-10-31')).toBe('31/10/2026');
    expect(date('2026-10-31T18:30:00Z')).toBe('01/11/2026');
    expect(date(null)).toBe('–');
  });
  it('searches without diacritics', () => {
    expect(folded('Chợ Đầm, Hoà')).toBe('cho dam, hoa');
    expect(folded('hòa')).toBe(folded('hoà'));
  });
});

describe('days and periods', () => {
  it.each([['31/10/2026', '2026-10-31'], ['1/2/2026', '2026-02-01'], ['2026-2-1', '2026-02-01'], ['', ''], ['30/02/2026', undefined], ['10/31/2026', undefined], ['x', undefined]])('%s is read as %s', (text, want) => expect(dayOf(text)).toBe(want));
  it('counts months over years', () => {
    expect(addMonths('2026-01', -1)).toBe('2025-12');
    expect(addMonths('2025-11', 3)).toBe('2026-02');
    expect(lastEnd('2026-11-01')).toBe('2026-10');
    expect(dayAfter('2026-12')).toBe('2027-01-01');
    expect(dayAfter('2026-Q3')).toBe('2026-10-01');
    expect(periods('month', '2026-11-27', 2)).toEqual(['2026-10', '2026-09']);
    expect(periods('quarter', '2026-11-27', 2)).toEqual(['2026-Q3', '2026-Q2']);
    expect(periodName('2026-Q3', 'quý')).toBe('quý 3/2026');
    expect(periodName('2026-10', 'quý')).toBe('10/2026');
  });
});
