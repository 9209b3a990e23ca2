import { describe, expect, it } from 'vitest';
import { setLanguage } from '../lib/language.svelte';
import { partsOf, partUnit, type Definition, type Figure } from './figures';
import {
  amount,
  amountShare,
  counted,
  countedText,
  date,
  folded,
  hiddenIn,
  merchantCount,
  mix,
  ofText,
  percent,
  quantity,
  rounded,
  shareOf,
  shown,
  signedValue,
  unmarked,
  valueOf,
  whyHidden,
  withMix,
} from './format';
import { dayAfter, dayOf, addMonths, lastEnd, periodName, periods } from './days';

const figure = (more: Partial<Figure>): Figure => ({
  numerator: 7,
  denominator: 12,
  value: '0.5833',
  evidence: { A: 18, B: 21, C: 55, D: 6 },
  suppressed: false,
  definition: 1,
  ...more,
});

describe('figures as people write them', () => {
  it.each([
    ['0.5833', '58,3 %'],
    ['0.8350', '83,5 %'],
    ['0.8355', '83,6 %'],
    ['1.0000', '100,0 %'],
    ['0.0000', '0,0 %'],
    ['0.9996', '100,0 %'],
    ['12.3456', '1.234,6 %'],
  ])('%s is %s', (value, want) => expect(percent(value)).toBe(want));
  it.each([
    ['1234567', 0, 0, '1.234.567'],
    ['-0.1250', 2, 1, '−12,5'],
    ['-0.0001', 2, 1, '0,0'],
    ['2.5', 0, 0, '3'],
    ['2.45', 0, 1, '2,5'],
  ] as const)('%s shifted by %i to %i places is %s', (value, shift, places, want) =>
    expect(rounded(value, shift, places)).toBe(want),
  );
  it.each([
    [504, 855, '0.5895', '58,9 %'],
    [8, 55, '0.1455', '14,5 %'],
    [196, 364, '0.5385', '53,8 %'],
    [126, 158, '0.7975', '79,7 %'],
    [1009, 2000, '0.5045', '50,5 %'],
    [-1009, 2000, '-0.5045', '−50,5 %'],
  ])('%i/%i is rounded once', (numerator, denominator, value, want) => {
    expect(shown(figure({ numerator, denominator, value }))).toBe(want);
    expect(shown(figure({ numerator, denominator, value }), 'points')).toBe(want.replace('%', 'điểm'));
    expect(
      withMix(figure({ numerator: String(numerator), denominator: String(denominator), value, evidence: null })),
    ).toBe(want);
    expect(shareOf({ numerator, denominator, value })).toBe(want);
  });
  it('rounds an estimate as the server sends it: it is not a quotient', () => {
    expect(shown(figure({ numerator: 1, denominator: 3, value: '0.4439' }))).toBe('44,4 %');
    expect(shown(figure({ numerator: 1, denominator: 3, value: '27.4167' }), 'hours')).toBe('27,4 giờ');
    expect(shown(figure({ numerator: 1, denominator: 3, value: '3333.3333' }), 'per_10000')).toBe('3.333,3');
    expect(shown(figure({ numerator: 100_445, denominator: 100_000, value: '1.0045' }), 'per_merchant')).toBe('1,0');
    expect(shown(figure({ numerator: 23_449_999, denominator: 10_000_000, value: '2.3450' }), 'per_merchant')).toBe(
      '2,3',
    );
  });
  it('hides units and totals in one word', () => {
    const away = figure({ suppressed: true, value: null, numerator: null, denominator: null });
    expect([hiddenIn(false), hiddenIn(true)]).toEqual(['ẩn', 'ẩn']);
    expect([
      shown(away),
      shown(away, 'share', true),
      withMix(away, 'share', true),
      shareOf({ numerator: null, denominator: 9, value: null }, true),
    ]).toEqual(['ẩn', 'ẩn', 'ẩn', 'ẩn']);
    expect([
      counted(away, 'numerator', true),
      counted(away, 'denominator', true),
      counted(away, 'denominator'),
    ]).toEqual(['ẩn', 'ẩn', 'ẩn']);
    expect(
      counted(figure({ suppressed: true, value: null, numerator: null, denominator: 2458 }), 'denominator', true),
    ).toBe('2.458');
    expect(counted(undefined, 'denominator', true)).toBe('chưa có dữ liệu');
    expect(whyHidden('I08')).toContain('50 %');
    expect(whyHidden('I08')).not.toContain('dưới 5');
    expect(whyHidden('I05')).toContain('dưới 5');
  });
  it('shows each part in its own unit, in the order of the definition', () => {
    const of = (unit: Definition['unit'], ...keys: string[]) =>
      ({ unit, parts: keys.map((key) => ({ key, name_vi: `vi ${key}`, name_en: key })) }) as Definition;
    const partTexts = (d: Definition, parts: Record<string, Partial<Figure>>) =>
      partsOf(d, figure({ parts: Object.fromEntries(Object.entries(parts).map(([key, p]) => [key, figure(p)])) })).map(
        (p) => `${p.name}: ${shown(p.figure, p.unit, true)}`,
      );
    expect(
      partTexts(of('share', 'swapped', 'hours_to_replace'), {
        hours_to_replace: { value: '27.4167', numerator: 3, denominator: 3 },
        swapped: { value: '0.0021', numerator: 3, denominator: 1450 },
      }),
    ).toEqual(['vi swapped: 3', 'vi hours_to_replace: 27,4 giờ']);
    expect(
      partTexts(of('share', 'hours_since_update'), {
        hours_since_update: { value: '0.0000', numerator: null, denominator: null },
      }),
    ).toEqual(['vi hours_since_update: 0,0 giờ']);
    expect(
      partTexts(of('per_10000', 'swapped_code', 'hours_to_close'), {
        hours_to_close: { value: '12.2500', numerator: 1, denominator: 2 },
        swapped_code: { value: '1.2500', numerator: 1, denominator: 8000 },
      }),
    ).toEqual(['vi swapped_code: 1,3', 'vi hours_to_close: 12,3 giờ']);
    expect(
      partTexts(of('bands', 'le_50k', 'le_200k', 'le_1m', 'over_1m'), {
        le_1m: {},
        le_200k: {},
        le_50k: {},
        over_1m: {},
        other: {},
      }).map((p) => p.split(':')[0]),
    ).toEqual(['vi le_50k', 'vi le_200k', 'vi le_1m', 'vi over_1m', 'other']);
    expect(['C', 'D', 'strict', 'female', 'smartphone'].map((key) => partUnit('share', key))).toEqual([
      'share',
      'share',
      'share',
      'share',
      'share',
    ]);
    expect(partTexts(of('share', 'female'), { female: { suppressed: true, value: null, numerator: null } })).toEqual([
      'vi female: ẩn',
    ]);
  });
  it('prints no mark of Markdown', () => {
    expect(unmarked('so it is *not* numerator ÷ `denominator`; 2 * 3 * 4')).toBe(
      'so it is not numerator ÷ denominator; 2 * 3 * 4',
    );
  });
  it('hides, and never calls the unknown 0', () => {
    expect(shown(figure({ suppressed: true, value: null, numerator: null }))).toBe('ẩn');
    expect(shown(figure({ value: null }))).toBe('chưa có dữ liệu');
    expect(shown(undefined)).toBe('chưa có dữ liệu');
    expect(shareOf({ numerator: null, denominator: 0, value: null })).toBe('chưa có dữ liệu');
    expect(shareOf({ numerator: null, denominator: 9, value: null })).toBe('ẩn');
  });
  it('says what a figure is counted on', () => {
    expect(withMix(figure({ value: '0.6200' }))).toBe('62,0 % (A\u00a018, B\u00a021, C\u00a055, D\u00a06)');
    expect(withMix(figure({ suppressed: true, value: null, evidence: null }))).toBe('ẩn');
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
  it.each([
    ['31/10/2026', '2026-10-31'],
    ['1/2/2026', '2026-02-01'],
    ['2026-2-1', '2026-02-01'],
    ['', ''],
    ['30/02/2026', undefined],
    ['10/31/2026', undefined],
    ['x', undefined],
  ])('%s is read as %s', (text, want) => expect(dayOf(text)).toBe(want));
  it('counts months over years', () => {
    expect(addMonths('2026-01', -1)).toBe('2025-12');
    expect(addMonths('2025-11', 3)).toBe('2026-02');
    expect(lastEnd('2026-11-01')).toBe('2026-10');
    expect(dayAfter('2026-12')).toBe('2027-01-01');
    expect(dayAfter('2026-Q3')).toBe('2026-10-01');
    expect(periods('month', '2026-11-27', 2)).toEqual(['2026-10', '2026-09']);
    expect(periods('quarter', '2026-11-27', 2)).toEqual(['2026-Q3', '2026-Q2']);
    expect(periodName('2026-Q3', 'quý')).toBe('quý III/2026');
    expect(periodName('2026-10', 'quý')).toBe('10/2026');
  });
});

describe('texts of tables', () => {
  const of = (changes: Partial<Figure>) =>
    ({ value: '0.5000', numerator: 6, denominator: 12, suppressed: false, ...changes }) as Figure;

  it('give a part of an amount in per cent, exact, and hide what is hidden', () => {
    expect(amountShare('3', '1')).toBe('33,3 %');
    expect(amountShare('45000', '45000')).toBe('100,0 %');
    expect(amountShare('0', '0')).toBe('chưa có dữ liệu');
    expect(amountShare(null, '1')).toBe('ẩn');
    expect([amount('45000'), amount(null), merchantCount(1234), merchantCount(null)]).toEqual([
      '45.000 đ',
      'ẩn',
      '1.234',
      'ẩn',
    ]);
  });

  it('give numerator and denominator', () => {
    expect(ofText(of({}))).toBe('6 / 12');
    expect(ofText(of({ suppressed: true }))).toBe('ẩn');
    expect(ofText(of({ denominator: 0 }))).toBe('–');
    expect(countedText(of({ evidence: { A: 1, B: 0, C: 2, D: 0 } } as Partial<Figure>))).toMatch(
      /^A\s1, .* · 6 \/ 12$/,
    );
  });

  it('give differences with their sign, of shares in points', () => {
    expect(signedValue('0.0830', 'share')).toBe('+8,3 điểm');
    expect(signedValue('-0.0830', 'share')).toBe('−8,3 điểm');
    expect(signedValue('0.0000', 'share')).toBe('0,0 điểm');
    expect(signedValue(undefined, 'share')).toBe('–');
  });
});
