import { describe, expect, it } from 'vitest';
import { countsOf, foremost } from './programme';

const campaign = (code: string, starts_on: string, ends_on: string | null = null) => ({ code, starts_on, ends_on });

describe('foremost', () => {
  const old = campaign('old', '2024-05-28');
  const over = campaign('over', '2026-01-01', '2026-10-31');
  const next = campaign('next', '2027-01-01');
  const later = campaign('later', '2028-01-01');
  it.each([
    ['the running one, though another began later and is over', [next, over, old], 'old'],
    ['of two that run the one that began last', [old, campaign('new', '2026-02-01', '2026-11-22')], 'new'],
    ['on its last day it runs', [campaign('day', '2026-11-22', '2026-11-22'), old], 'day'],
    ['one that is over where none runs', [next, campaign('older', '2025-01-01', '2025-12-31'), over], 'over'],
    ['else the next', [later, next], 'next'],
  ])('%s', (_, list, code) => {
    expect(foremost(list, '2026-11-22')?.code).toBe(code);
  });

  it('none of none', () => {
    expect(foremost([], '2026-11-22')).toBeUndefined();
  });
});

describe('countsOf', () => {
  it.each([
    [['chosen', 'missing', 'missing', 'exempt'], { chosen: 1, exempt: 1, missing: 2 }],
    [['chosen'], { chosen: 1, exempt: 0, missing: 0 }],
    [['chosen', 'not_required', 'not_required'], { chosen: 1, exempt: 0, not_required: 2 }],
  ] as const)('of %s adds up', (states, counts) => {
    expect(countsOf(states.map((state) => ({ state })))).toEqual(counts);
  });
});
