import { describe, expect, it } from 'vitest';
import { change, explanation, pairs } from './compare';
import { outsideNamed, unobserved, type Adoption, type Figure, type Row } from './figures';
import { revisedText } from './format';
import { chosenOn, targetOf, type Pilot, type Target } from './programme';
import { ordered, ranked, tied } from './ranks';

const figure = (value: string | null, suppressed = false): Figure => ({
  numerator: null,
  denominator: 10,
  value,
  evidence: null,
  suppressed,
  definition: 1,
});
const row = (id: string, markets: string[], value: string | null = '0.5000', more: Partial<Row> = {}): Row => ({
  locality: { id, code: id, level: 'district', name: id },
  markets: markets.map((m) => ({ id: m, code: m, name: m, demo: false })),
  indicators: { I05: figure(value) },
  rank: undefined as unknown as null,
  coverage: { numerator: null, denominator: 10, value: null },
  funnel: { registered: null, verified: null, printed: null, first_payment: null, active: null, habitual: null },
  status: { code: null, reason: '', reason_en: '' },
  ...more,
});
const report = (basis: string, rows: Row[]) =>
  ({ basis, as_of: '2026-11-01', campaign: null, rows, total: {} }) as unknown as Adoption;

describe('the difference of two values', () => {
  it.each([
    ['0.5000', '0.6250', '0.1250'],
    ['0.6250', '0.5000', '-0.1250'],
    ['0.1000', '0.3000', '0.2000'],
    ['-0.0500', '0.0500', '0.1000'],
    ['0.5', '0.5000', '0.0000'],
  ])('from %s to %s is %s', (a, b, want) => expect(change(figure(a), figure(b))).toBe(want));
  it('is undefined where a value is hidden', () => expect(change(figure(null, true), figure('0.5'))).toBeUndefined());
});

describe('two reports side by side', () => {
  it('joins the same units of one basis', () => {
    const found = pairs(
      report('districts_2024', [row('a', ['m']), row('b', [])]),
      report('districts_2024', [row('a', ['m']), row('c', [])]),
    );
    expect(found.map((p) => [p.left?.locality.id, p.right?.locality.id, p.same])).toEqual([
      ['a', 'a', true],
      ['b', undefined, false],
      [undefined, 'c', false],
    ]);
  });
  it('joins units of two bases by their markets, and says when they count others', () => {
    const found = pairs(
      report('districts_2024', [row('d', ['m', 'n']), row('e', ['o'])]),
      report('communes_2025', [row('x', ['m']), row('y', ['n']), row('z', ['o']), row('w', [])]),
    );
    expect(found.map((p) => [p.left?.locality.id, p.right?.locality.id, p.same])).toEqual([
      ['d', 'x', false],
      ['d', 'y', false],
      ['e', 'z', true],
    ]);
  });
});

describe('ranks', () => {
  const rows = [
    row('a', ['1'], '0.5000'),
    row('b', ['2'], '0.7000'),
    row('c', ['3'], '0.5000'),
    row('d', ['4'], '0.1000'),
    row('e', ['5'], null),
  ];
  it('equal ranks are tied; rows without a rank come last', () => {
    const ranks = ranked(rows.map((r, i) => ({ ...r, rank: [2, 1, 2, 4, null][i]! })));
    expect([...ranks]).toEqual([
      ['a', 2],
      ['b', 1],
      ['c', 2],
      ['d', 4],
    ]);
    expect(tied(ranks, 'a')).toBe(true);
    expect(tied(ranks, 'b')).toBe(false);
    expect(ordered(rows, ranks, 'last').map((r) => r.locality.id)).toEqual(['d', 'a', 'c', 'b', 'e']);
  });
  it('shows the ranks of the API, and none where the API sends none', () => {
    expect(
      ranked([row('a', ['1'], '0.5000', { rank: 3 }), row('b', ['2'], '0.5000', { rank: null }), row('c', ['3'])]),
    ).toEqual(new Map([['a', 3]]));
  });
});

describe('targets', () => {
  const target = (value: string, due_on: string, locality?: string): Target => ({
    id: due_on,
    indicator: 'I05',
    value,
    due_on,
    locality: locality ? { id: locality, code: '', level: 'district', name: '' } : null,
  });
  const list = [target('0.6000', '2026-12-31'), target('0.4000', '2026-06-30'), target('0.2500', '2026-12-31', 'k')];
  it("the next one due holds, a locality's own before everybody's", () => {
    expect(targetOf(list, 'I05', 'x', '2026-05-01')?.value).toBe('0.4000');
    expect(targetOf(list, 'I05', 'x', '2026-07-01')?.value).toBe('0.6000');
    expect(targetOf(list, 'I05', 'x', '2027-07-01')?.value).toBe('0.6000');
    expect(targetOf(list, 'I05', 'k', '2026-05-01')?.value).toBe('0.2500');
    expect(targetOf(list, 'I01', 'x', '2026-05-01')).toBeUndefined();
  });
});

describe('a pilot on a day', () => {
  const market = { id: 'm', code: 'M', name: 'Chợ', demo: false };
  const made = { designated_by: '', designated_at: '' };
  const pilot = {
    state: 'chosen',
    market,
    exempt_reason: null,
    history: [
      { market: null, exempt_reason: 'đang xây', since: '2024-07-01', until: '2025-01-01', ...made },
      { market, exempt_reason: null, since: null, until: '2025-01-01', ...made },
      { market, exempt_reason: null, since: '2025-01-01', until: null, ...made },
    ],
  } as unknown as Pilot;
  it.each([
    ['2024-06-15', 'missing'],
    ['2024-07-01', 'exempt'],
    ['2024-12-31', 'exempt'],
    ['2025-01-01', 'chosen'],
    ['2026-11-01', 'chosen'],
  ])('of %s is %s', (day, want) => expect(chosenOn(pilot, day).state).toBe(want));
  it('that was chosen later has no market yet', () => expect(chosenOn(pilot, '2024-06-15').market).toBeNull());
});

describe('coverage', () => {
  it.each([
    [0, 10, true],
    [3, 10, false],
    [null, 10, false],
    [0, 0, false],
  ])('of %s among %s is unobserved: %s', (numerator, denominator, want) =>
    expect(unobserved({ coverage: { numerator, denominator, value: null } })).toBe(want),
  );
  it('is none, and still some were counted: they stand, but a gap is not known', () => {
    const dark = { coverage: { numerator: 0, denominator: 10, value: '0.0000' }, numerator: 7 };
    expect([unobserved(dark), unobserved(dark, 'points'), unobserved({ ...dark, numerator: 0 })]).toEqual([
      false,
      true,
      true,
    ]);
  });
  it('that does not apply hides nothing', () => expect(unobserved({})).toBe(false));
});

describe('what is said beside figures', () => {
  it('names markets that no unit holds', () => {
    const listed = [{ id: '1', code: 'PHANRANG', name: 'Chợ Phan Rang', demo: false }];
    expect(outsideNamed({ markets: 1, merchants: 12, listed })).toBe(
      '1 chợ, 12 tiểu thương ngoài danh sách này: Chợ Phan Rang',
    );
    expect(outsideNamed({ markets: 1, merchants: 3, listed, small: 1 })).toContain(
      '1 chợ dưới 5 tiểu thương ngoài chiến dịch',
    );
    expect(outsideNamed({ markets: 0, merchants: 0, listed: [] })).toBe('');
  });
  it('says that the figures of a past day changed', () => {
    const revised = { after: '2026-11-20T10:00:00+07:00', merchants: 5 };
    expect(revisedText(revised)).toContain('đã thay đổi sau 20/11/2026 10:00: 5 tiểu thương');
    expect(revisedText(undefined)).toBe('');
  });
});

describe('what the difference of two totals means', () => {
  const total = (numerator: number | null, denominator: number): Figure => ({
    ...figure('0.5000'),
    numerator,
    denominator,
  });
  const side = (basis: string, markets: string[], f: Figure) =>
    ({ ...report(basis, [row('a', markets)]), total: { I05: f } }) as unknown as Adoption;
  const said = (before: Adoption, after: Adoption) => explanation(before, after, { code: 'I05', unit: 'per_merchant' });

  it('says whether two bases hold the same markets', () => {
    const left = side('districts_2024', ['m'], total(5, 10));
    expect(said(left, side('communes_2025', ['m'], total(5, 10)))).toContain('gồm cùng các chợ');
    expect(said(left, side('communes_2025', ['n'], total(5, 10)))).toContain('không gồm cùng các chợ');
  });
  it('says how the counts differ', () =>
    expect(said(side('current', ['m'], total(5, 10)), side('current', ['m'], total(7, 9)))).toBe(
      'Tử số +2, mẫu số −1.',
    ));
  it('says nothing of hidden counts, or of equal ones', () => {
    const left = side('current', ['m'], total(5, 10));
    expect(said(left, side('current', ['m'], total(null, 10)))).toBe('');
    expect(said(left, left)).toBe('');
  });
});
