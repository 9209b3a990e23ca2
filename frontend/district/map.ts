// The map without tiles: markets as points, and boundaries from a GeoJSON file. Everything stays in the browser.

export interface Point {
  longitude: number;
  latitude: number;
}
export interface Area {
  name: string;
  rings: [number, number][][];
}
export interface View {
  width: number;
  height: number;
}

/** The limits of a file of boundaries: larger ones make a browser hang. */
export const most = { bytes: 5 << 20, points: 200_000, areas: 2000 };

/** Unreadable says by a word what is wrong with a file of boundaries. */
export class Unreadable extends Error {
  constructor(readonly why: 'too_large' | 'not_json' | 'not_geojson' | 'no_areas' | 'too_many' | 'not_degrees') {
    super(why);
  }
}

/** boundaries reads the polygons of GeoJSON: of a FeatureCollection, a Feature or a geometry. */
export function boundaries(text: string): Area[] {
  if (text.length > most.bytes) throw new Unreadable('too_large');
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new Unreadable('not_json');
  }
  const areas: Area[] = [];
  let points = 0;
  const ring = (raw: unknown): [number, number][] => {
    if (!Array.isArray(raw) || raw.length < 4) throw new Unreadable('not_geojson');
    points += raw.length;
    if (points > most.points) throw new Unreadable('too_many');
    return raw.map((at: unknown) => {
      const [longitude, latitude] = Array.isArray(at) ? (at as unknown[]) : [];
      if (
        typeof longitude !== 'number' ||
        typeof latitude !== 'number' ||
        !Number.isFinite(longitude) ||
        !Number.isFinite(latitude)
      )
        throw new Unreadable('not_geojson');
      // Files in metres of a national grid are common: drawn as degrees they would lie in space.
      if (Math.abs(longitude) > 180 || Math.abs(latitude) > 90) throw new Unreadable('not_degrees');
      return [longitude, latitude];
    });
  };
  const list = (raw: unknown): unknown[] => {
    if (!Array.isArray(raw)) throw new Unreadable('not_geojson');
    return raw;
  };
  const take = (raw: unknown, name: string, depth: number): void => {
    const o = raw as {
      type?: unknown;
      features?: unknown;
      geometry?: unknown;
      geometries?: unknown;
      coordinates?: unknown;
      properties?: Record<string, unknown>;
    } | null;
    if (typeof o !== 'object' || o === null || typeof o.type !== 'string' || depth > 4)
      throw new Unreadable('not_geojson');
    if (areas.length > most.areas) throw new Unreadable('too_many');
    switch (o.type) {
      case 'FeatureCollection':
        for (const f of list(o.features)) take(f, '', depth + 1);
        break;
      case 'Feature':
        if (o.geometry !== null) take(o.geometry, called(o.properties), depth + 1);
        break;
      case 'GeometryCollection':
        for (const g of list(o.geometries)) take(g, name, depth + 1);
        break;
      case 'Polygon':
        areas.push({ name, rings: list(o.coordinates).map(ring) });
        break;
      case 'MultiPolygon':
        areas.push({ name, rings: list(o.coordinates).flatMap((polygon) => list(polygon).map(ring)) });
        break;
      case 'Point':
      case 'MultiPoint':
      case 'LineString':
      case 'MultiLineString':
        break;
      default:
        throw new Unreadable('not_geojson');
    }
  };
  take(given, '', 0);
  if (areas.length === 0) throw new Unreadable('no_areas');
  return areas;
}

/** called returns the name of a unit from the properties that such files usually have. */
function called(properties: Record<string, unknown> | null | undefined): string {
  for (const key of ['name', 'NAME', 'ten', 'TEN', 'ten_xa', 'TEN_XA', 'NAME_3', 'NAME_2', 'Name']) {
    const value = properties?.[key];
    if (typeof value === 'string') return value.slice(0, 100);
  }
  return '';
}

/** projection returns a function from coordinates to a view that shows all points (equirectangular at the middle latitude). */
export function projection(all: Point[], view: View, margin: number): (at: Point) => { x: number; y: number } {
  const west = Math.min(...all.map((p) => p.longitude));
  const east = Math.max(...all.map((p) => p.longitude));
  const south = Math.min(...all.map((p) => p.latitude));
  const north = Math.max(...all.map((p) => p.latitude));
  const shrink = Math.cos(((south + north) / 2) * (Math.PI / 180));
  const wide = Math.max((east - west) * shrink, 1e-4);
  const high = Math.max(north - south, 1e-4);
  const scale = Math.min((view.width - 2 * margin) / wide, (view.height - 2 * margin) / high);
  const offX = (view.width - (east - west) * shrink * scale) / 2;
  const offY = (view.height - (north - south) * scale) / 2;
  return ({ longitude, latitude }) => ({
    x: offX + (longitude - west) * shrink * scale,
    y: offY + (north - latitude) * scale,
  });
}

/** pathOf draws an area. */
export function pathOf(area: Area, project: (at: Point) => { x: number; y: number }): string {
  return area.rings
    .map(
      (ring) =>
        `${ring
          .map(([longitude, latitude], i) => {
            const { x, y } = project({ longitude, latitude });
            return `${i ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
          })
          .join('')}Z`,
    )
    .join('');
}

export interface Labelled {
  id: string;
  x: number;
  y: number;
  text: string;
}

/** labels finds free space for the name of each point: right, left, above or below. A point without space has no label. */
export function labels(
  points: Labelled[],
  view: View,
  letter = 8.5,
  line = 16,
): Map<string, { x: number; y: number; anchor: 'start' | 'end' | 'middle' }> {
  const taken = points.map((p) => ({ x1: p.x - 9, x2: p.x + 9, y1: p.y - 9, y2: p.y + 9, id: p.id }));
  const found = new Map<string, { x: number; y: number; anchor: 'start' | 'end' | 'middle' }>();
  for (const p of points) {
    const width = p.text.length * letter;
    for (const [anchor, x, y, x1] of [
      ['start', p.x + 13, p.y + 5, p.x + 13],
      ['end', p.x - 13, p.y + 5, p.x - 13 - width],
      ['middle', p.x, p.y - 14, p.x - width / 2],
      ['middle', p.x, p.y + 26, p.x - width / 2],
    ] as const) {
      const box = { x1, x2: x1 + width, y1: y - line + 3, y2: y + 3, id: p.id };
      const free =
        box.x1 >= 2 &&
        box.x2 <= view.width - 2 &&
        box.y1 >= 2 &&
        box.y2 <= view.height - 2 &&
        !taken.some(
          (o) =>
            o.x1 < box.x2 && o.x2 > box.x1 && o.y1 < box.y2 && o.y2 > box.y1 && !(o.id === p.id && o.x2 - o.x1 === 18),
        );
      if (free) {
        taken.push(box);
        found.set(p.id, { x, y, anchor });
        break;
      }
    }
  }
  return found;
}
