import { expect, it } from 'vitest';
import type { DrillDown } from '../../figures';
import { namedParts } from './figure_parts';

const part = (name: string, market: string) =>
  ({ part: name, market: { id: market, name: market }, figure: {} }) as unknown as DrillDown['parts'][number];
const names = (by: DrillDown['by'], ...parts: DrillDown['parts']) => namedParts({ by, parts }).map((p) => p.name);

it('names parts of one market by themselves', () =>
  expect(names('goods_group', part('rau', 'Chợ Đầm'), part('', 'Chợ Đầm'))).toEqual(['Rau', 'không ghi']));
it('names parts of several markets with their market', () =>
  expect(names('kind', part('stall', 'Chợ Đầm'), part('kiosk', 'Chợ Xóm Mới'))).toEqual([
    'Chợ Đầm, sạp',
    'Chợ Xóm Mới, ki-ốt',
  ]));
it('names markets and zones as they are', () => {
  expect(names('market', part('', 'Chợ Đầm'))).toEqual(['Chợ Đầm']);
  expect(names('zone', part('Khu A', 'Chợ Đầm'))).toEqual(['Khu A']);
});
