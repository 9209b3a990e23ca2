import { describe, expect, it } from 'vitest';
import { boundaries, labels, pathOf, projection, Unreadable } from './map';
import { hashOf, readAddress } from './address.svelte';
import { axis } from './scale';

const square = [
  [109, 12],
  [110, 12],
  [110, 13],
  [109, 13],
  [109, 12],
];
const feature = (geometry: unknown, properties: unknown = {}) => ({
  type: 'FeatureCollection',
  features: [{ type: 'Feature', properties, geometry }],
});

describe('boundaries', () => {
  it('reads polygons and their names', () => {
    const found = boundaries(
      JSON.stringify(feature({ type: 'MultiPolygon', coordinates: [[square], [square]] }, { ten_xa: 'Nha Trang' })),
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ name: 'Nha Trang' });
    expect(found[0]!.rings).toHaveLength(2);
  });
  const why = (text: string) => {
    try {
      boundaries(text);
      return '';
    } catch (e) {
      return e instanceof Unreadable ? e.why : String(e);
    }
  };
  it.each([
    ['{', 'not_json'],
    ['[]', 'not_geojson'],
    ['null', 'not_geojson'],
    ['{"type":"Topology"}', 'not_geojson'],
    ['{"type":"FeatureCollection","features":{}}', 'not_geojson'],
    [JSON.stringify(feature({ type: 'Polygon', coordinates: [[[109, 12]]] })), 'not_geojson'],
    [
      JSON.stringify(
        feature({
          type: 'Polygon',
          coordinates: [
            [
              ['a', 12],
              [1, 1],
              [2, 2],
              [3, 3],
            ],
          ],
        }),
      ),
      'not_geojson',
    ],
    [
      JSON.stringify(
        feature({
          type: 'Polygon',
          coordinates: [
            [
              [601234, 1352345],
              [601235, 1],
              [2, 2],
              [3, 3],
            ],
          ],
        }),
      ),
      'not_degrees',
    ],
    [JSON.stringify(feature({ type: 'Point', coordinates: [1, 2] })), 'no_areas'],
    [' '.repeat((5 << 20) + 1), 'too_large'],
    [
      JSON.stringify(feature({ type: 'Polygon', coordinates: [Array.from({ length: 200_001 }, () => [1, 2])] })),
      'too_many',
    ],
  ])('refuses what is unreadable, case %#', (text, want) => expect(why(text)).toBe(want));
});

describe('the projection', () => {
  const points = [
    { longitude: 109, latitude: 12 },
    { longitude: 109.5, latitude: 12.7 },
    { longitude: 108.9, latitude: 11.9 },
  ];
  const view = { width: 800, height: 600 };
  it('keeps everything in view, north above, a kilometre as long either way', () => {
    const at = projection(points, view, 40);
    for (const p of points) {
      expect(at(p).x).toBeGreaterThanOrEqual(39.9);
      expect(at(p).x).toBeLessThanOrEqual(760.1);
      expect(at(p).y).toBeGreaterThanOrEqual(39.9);
      expect(at(p).y).toBeLessThanOrEqual(560.1);
    }
    expect(at(points[1]!).y).toBeLessThan(at(points[0]!).y);
    const middle = { longitude: 109, latitude: 12.3 };
    const east = at({ ...middle, longitude: 109.1 }).x - at(middle).x;
    const north = at(middle).y - at({ ...middle, latitude: 12.4 }).y;
    expect(east / north).toBeCloseTo(Math.cos((12.3 * Math.PI) / 180), 3);
  });
  it('holds one point in the middle', () =>
    expect(projection([points[0]!], view, 40)(points[0]!)).toEqual({ x: 400, y: 300 }));
  it('draws rings', () =>
    expect(
      pathOf(
        {
          name: '',
          rings: [
            [
              [0, 0],
              [1, 0],
              [1, 1],
              [0, 0],
            ],
          ],
        },
        ({ longitude, latitude }) => ({ x: longitude, y: latitude }),
      ),
    ).toBe('M0.0 0.0L1.0 0.0L1.0 1.0L0.0 0.0Z'));
  it('puts no label on another', () => {
    const found = labels(
      [
        { id: 'a', x: 100, y: 100, text: 'Chợ Đầm' },
        { id: 'b', x: 120, y: 100, text: 'Chợ Thành' },
        { id: 'c', x: 110, y: 108, text: 'Chợ Xóm Mới' },
      ],
      view,
    );
    expect(found.get('a')).toBeDefined();
    expect(new Set([...found.values()].map((l) => `${l.x},${l.y}`)).size).toBe(found.size);
  });
});

describe('where one is', () => {
  it('is written and read alike', () => {
    const place = { screen: 'market', args: ['a b/c'], query: { basis: 'districts_2024', as_of: '2026-11-01' } };
    expect(readAddress(hashOf(place))).toEqual(place);
    expect(readAddress('')).toEqual({ screen: '', args: [], query: {} });
    expect(hashOf({ screen: 'overview', args: [], query: { campaign: '' } })).toBe('#/overview');
  });
});

describe('a scale', () => {
  it.each([
    [[0.3, 0.62], 'share', 0, 0.8],
    [[0.97], 'share', 0, 1],
    [[], 'share', 0, 1],
    [[-0.1, 0.2], 'points', -0.1, 0.2],
    [[12, 47], 'per_merchant', 0, 60],
  ] as const)('holds %j', (numbers, unit, bottom, top) => {
    const found = axis([...numbers], unit);
    expect(found.bottom).toBeCloseTo(bottom);
    expect(found.top).toBeCloseTo(top);
    expect(found.ticks.length).toBeGreaterThanOrEqual(3);
    expect(found.ticks.length).toBeLessThanOrEqual(7);
  });
});
