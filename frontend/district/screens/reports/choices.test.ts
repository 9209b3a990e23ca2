import { describe, expect, it } from 'vitest';
import type { Report } from '../../programme';
import { filtered, filtersOf, openPeriods } from './choices';

const report = (period: string, locality: string | null, state = 'draft') =>
  ({ period, state, locality: locality && { id: locality, name: `Xã ${locality}` } }) as unknown as Report;
const list = [report('2026-09', 'a'), report('2026-10', 'b', 'submitted'), report('2026-10', null)];
const choosing = (chosen: Record<string, string>) => filtered(list, (name) => chosen[name] ?? '');

describe('the filters of reports', () => {
  it('offer what the reports have, newest periods first', () => {
    const [periods, places] = filtersOf(list);
    expect(periods!.choices.map((c) => c.text)).toEqual(['10/2026', '09/2026']);
    expect(places!.choices.map((c) => c.text)).toEqual(['Xã a', 'Xã b', 'cả chương trình']);
  });
  it('choose all by default', () => expect(choosing({})).toEqual(list));
  it('choose by every value', () => {
    expect(choosing({ of: '2026-10' })).toHaveLength(2);
    expect(choosing({ of: '2026-10', place: 'whole' })).toEqual([list[2]]);
    expect(choosing({ of: '2026-10', state: 'approved' })).toEqual([]);
  });
});

describe('the periods of a new report', () => {
  const today = new Date('2026-11-20T05:00:00Z');
  it('ended, and have no report of the locality', () => {
    expect(openPeriods(list, 'month', 'b', today).slice(0, 2)).toEqual(['2026-09', '2026-08']);
    expect(openPeriods(list, 'month', 'a', today)[0]).toBe('2026-10');
    expect(openPeriods(list, 'month', '', today)[0]).toBe('2026-09');
  });
  it('are quarters, too', () => expect(openPeriods(list, 'quarter', 'a', today)[0]).toBe('2026-Q3'));
});
