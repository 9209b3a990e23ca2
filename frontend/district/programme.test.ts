import { describe, expect, it } from 'vitest';
import { countsOf, foremost, idleReason, pilotStateName, targetValue } from './programme';

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

describe('targetValue', () => {
  it.each([
    ['60', true, '0.6000'],
    ['83,5', true, '0.8350'],
    ['100', true, '1.0000'],
    ['7.25', true, '0.0725'],
    ['12,5', false, '12.5'],
    ['12', false, '12.0'],
  ])('reads %s (share: %s) as %s', (text, share, value) => {
    expect(targetValue(text as string, share as boolean)).toBe(value);
  });
  it.each(['', 'sáu mươi', '-5', '1,2,3'])('refuses "%s"', (text) => {
    expect(() => targetValue(text, true)).toThrow('60 hoặc 83,5');
  });
});

describe('a campaign outside its days', () => {
  it('says why it requires nothing', () => {
    expect(idleReason({ starts_on: '2999-01-01' })).toBe('not_begun');
    expect(idleReason({ starts_on: '2020-01-01' })).toBe('campaign_ended');
    expect(pilotStateName('chosen')).toBe('đã chọn');
    expect(pilotStateName('not_required')).toBeUndefined();
  });
});
