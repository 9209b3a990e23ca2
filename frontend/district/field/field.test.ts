import { describe, expect, it } from 'vitest';
import { folded } from '../format';
import { found, type KitStall } from './field.svelte';

const stall = (number: string, merchant_name: string | null): KitStall => ({
  id: number,
  number,
  zone: '',
  state: 'operating',
  merchant_id: null,
  merchant_name,
  visited_at: null,
  outcome: null,
});
const stalls = [stall('A-1', 'Nguyễn Thị Hoà'), stall('A-12', 'Đỗ Văn Đức'), stall('B-1', null)];

describe('found', () => {
  it.each([
    ['a-1', ['A-1', 'A-12']],
    ['hoa', ['A-1']],
    ['hòa', ['A-1']],
    ['do van', ['A-12']],
    ['ĐỨC', ['A-12']],
    ['b', ['B-1']],
    ['', []],
    ['  ', []],
    ['zz', []],
  ])('%s', (typed, numbers) => {
    expect(found(stalls, typed as string).map((s) => s.number)).toEqual(numbers);
  });

  it('shows no more than a phone can', () => {
    expect(
      found(
        Array.from({ length: 40 }, (_, i) => stall(`C-${i}`, null)),
        'c',
      ).length,
    ).toBe(8);
  });
});

it('folded', () => {
  expect(folded(' Đặng Thị Ngọc ')).toBe('dang thi ngoc');
});
