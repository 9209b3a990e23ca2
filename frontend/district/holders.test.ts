import { expect, it } from 'vitest';
import { heldBy, numbersOf } from './holders';
import { operatorName } from './words';

const stall = (number: string, account: string, full_name: string, household_name: string | null = null) =>
  ({ number, accounts: [{ id: account }], merchant: { full_name, household_name } }) as never;

it('lists each account once, with its stalls and the names that its holder may have', () => {
  const held = heldBy([
    stall('A-1', 'a', 'Lan', 'Hộ Lan'),
    stall('A-2', 'a', 'Lan', 'Hộ Lan'),
    stall('B-1', 'b', 'Nam'),
  ]);
  expect(held.map((h) => [numbersOf(h), h.names])).toEqual([
    ['A-1, A-2', ['Lan', 'Hộ Lan']],
    ['B-1', ['Nam']],
  ]);
});

it('names an operator after its kind, once', () => {
  expect(operatorName({ kind: 'ban_quan_ly', name: 'Chợ Đầm' })).toBe('Ban quản lý: Chợ Đầm');
  expect(operatorName({ kind: 'ban_quan_ly', name: 'Ban quản lý chợ Đầm' })).toBe('Ban quản lý chợ Đầm');
});
