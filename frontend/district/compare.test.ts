import { describe, expect, it } from 'vitest';
import { change, pairs } from './compare';
import type { Adoption, Figure, Row } from './figures';
import { targetOf, type Target } from './programme';
import { ordered, ranked, tied } from './ranks';

const figure = (value: string | null, suppressed = false): Figure => ({ numerator: null, denominator: 10, value, evidence: null, suppressed, definition: 1 });
const row = (id: string, markets: string[], value: string | null = '0.5000', more: Partial<Row> = {}): Row => ({
  locality: { id, code: id, level: 'district', name: id }, markets: markets.map((m) => ({ id: m, code: m, name: m, demo: false })), indicators: { I05: figure(value) }, rank: undefined as unknown as null,
  coverage: { numerator: null, denominator: 10, value: null }, funnel: { registered: null, verified: null, printed: null, first_payment: null, active: null, habitual: null }, status: null, ...more,
});
const report = (basis: string, rows: Row[]) => ({ basis, as_of: '2026-11-01', campaign: null, rows, total: {} }) as unknown as Adoption;

describe('the difference of two values', () => {
  it.each([['0.5000', '0.6250', '0.1250'], ['0.6250', '0.5000', '-0.1250'], ['0.1000', '0.3000', '0.2000'], ['-0.0500', '0.0500', '0.1000'], ['0.5', '0.5000', '0.0000']])('from %s to %s is %s', (a, b, want) => expect(change(figure(a), figure(b))).toBe(want));
  it('is not told of what is hidden', () => expect(change(figure(null, true), figure('0.5'))).toBeUndefined());
});

describe('two reports side by side', () => {
  it('joins the same units of one basis', () => {
    const found = pairs(report('districts_2024', [row('a', ['m']), row('b', [])]), report('districts_2024', [row('a', ['m']), row('c', [])]));
    expect(found.map((p) => [p.left?.locality.id, p.right?.locality.id, p.same])).toEqual([['a', 'a', true], ['b', undefined, false], [undefined, 'c', false]]);
  });
  it('joins units of two bases by their markets, and says when they count others', () => {
    const found = pairs(report('districts_2024', [row('d', ['m', 'n']), row('e', ['o'])]), report('communes_2025', [row('x', ['m']), row('y', ['n']), row('z', ['o']), row('w', [])]));
    expect(found.map((p) => [p.left?.locality.id, p.right?.locality.id, p.same])).toEqual([['d', 'x', false], ['d', 'y', false], ['e', 'z', true]]);
  });
});

describe('ranks', () => {
  const rows = [row('a', ['1'], '0.5000'), row('b', ['2'], '0.7000'), row('c', ['3'], '0.5000'), row('d', ['4'], '0.1000'), row('e', ['5'], null)];
  it('equal values share a rank; the hidden have none', () => {
    const ranks = ranked(rows);
    expect([...ranks]).toEqual([['a', 2], ['b', 1], ['c', 2], ['d', 4]]);
    expect(tied(ranks, 'a')).toBe(true);
    expect(tied(ranks, 'b')).toBe(false);
    expect(ordered(rows, ranks, 'last').map((r) => r.locality.id)).toEqual(['d', 'a', 'c', 'b', 'e']);
  });
  it('the rank of the API stands', () => {
    expect(ranked([row('a', ['1'], '0.5000', { rank: 3 }), row('b', ['2'], '0.5000', { rank: null })])).toEqual(new Map([['a', 3]]));
  });
});

describe('targets', () => {
  const target = (value: string, due_on: string, locality?: string): Target => ({ id: due_on, indicator: 'I05', value, due_on, locality: locality ? { id: locality, code: '', level: 'district', name: '' } : null });
  const list = [target('0.6000', '2026-12-31'), target('0.4000', '2026-06-30'), target('0.2500', '2026-12-31', 'k')];
  it('the next one due holds, a locality\'s own before everybody\'s', () => {
    expect(targetOf(list, 'I05', 'x', '2026-05-01')?.value).toBe('0.4000');
    expect(targetOf(list, 'I05', 'x', '2026-07-01')?.value).toBe('0.6000');
    expect(targetOf(list, 'I05', 'x', '2027-07-01')?.value).toBe('0.6000');
    expect(targetOf(list, 'I05', 'k', '2026-05-01')?.value).toBe('0.2500');
    expect(targetOf(list, 'I01', 'x', '2026-05-01')).toBeUndefined();
  });
});
