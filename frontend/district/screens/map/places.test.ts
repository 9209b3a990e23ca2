import { describe, expect, it } from 'vitest';
import type { Market } from '../../../lib/client';
import type { Row } from '../../figures';
import { layout } from './layout';
import { placed, rowsByMarket } from './places';

const market = (id: string, latitude: number | null = 12, longitude: number | null = 109) =>
  ({ id, name: id, latitude, longitude }) as Market;
const row = (markets: string[], more: Partial<Row> = {}) =>
  ({
    markets: markets.map((id) => ({ id })),
    status: { code: 'dat', reason: 'đủ', reason_en: 'enough' },
    ...more,
  }) as unknown as Row;

describe('the markets of the map', () => {
  it('are apart from those without coordinates', () => {
    const { places, unplaced } = placed([market('a'), market('b', null)], new Map());
    expect(places.map((p) => [p.market.id, p.status])).toEqual([['a', undefined]]);
    expect(unplaced.map((m) => m.id)).toEqual(['b']);
  });

  it('have the status of their row', () => {
    const rows = rowsByMarket({ rows: [row(['a']), row(['b'], { status: null, status_reason: 'exempt' } as never)] });
    const { places } = placed([market('a'), market('b')], rows);
    expect(places.map((p) => [p.status, p.reason])).toEqual([
      ['dat', 'đủ'],
      [undefined, 'exempt'],
    ]);
  });

  it('have their own status in a unit with several pilots', () => {
    const own = { market: { id: 'b' }, status: { code: 'chua_dat', reason: 'thiếu', reason_en: '' } };
    const rows = rowsByMarket({ rows: [row(['a', 'b'], { designations: [own] } as never)] });
    const { places } = placed([market('a'), market('b')], rows);
    expect(places.map((p) => p.status)).toEqual(['dat', 'chua_dat']);
  });
});

describe('the layout of the map', () => {
  const { places } = placed([market('a', 12, 109), market('b', 13, 110)], new Map());
  const view = { width: 800, height: 600 };
  const inView = ({ x, y }: { x: number; y: number }) => x >= 0 && x <= view.width && y >= 0 && y <= view.height;

  it('shows all markets with their names, north above south', () => {
    const { drawn } = layout(places, [], view);
    expect(drawn.every(inView)).toBe(true);
    expect(drawn[0]!.y).toBeGreaterThan(drawn[1]!.y);
    expect(drawn.every((p) => p.label)).toBe(true);
  });

  it('leaves room for boundaries that go beyond the markets', () => {
    const ring: [number, number][] = [
      [105, 10],
      [115, 10],
      [115, 15],
      [105, 10],
    ];
    const { drawn, paths } = layout(places, [{ name: 'Tỉnh', rings: [ring] }], view);
    expect(paths[0]).toMatchObject({ name: 'Tỉnh', d: expect.stringMatching(/^M.*Z$/) });
    expect(Math.abs(drawn[0]!.x - drawn[1]!.x)).toBeLessThan(view.width / 5);
  });
});
