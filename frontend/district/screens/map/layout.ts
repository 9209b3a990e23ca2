// Where the map draws markets, their names and boundaries.
import { labels, pathOf, projection, type Area, type View } from '../../map';
import type { Place } from './places';

/** The margins around all points, in pixels: names need more room, and a narrow view has less. */
const margins = { narrow: 34, wide: 70 };
const narrowBelow = 500;

/** DrawnPlace is a place with its position in the view; a place whose name finds no free space has no label. */
export interface DrawnPlace extends Place {
  x: number;
  y: number;
  label: { x: number; y: number; anchor: 'start' | 'end' | 'middle' } | undefined;
}

/** layout places markets and boundaries in a view that shows all of them. */
export function layout(
  places: Place[],
  areas: Area[],
  view: View,
): { drawn: DrawnPlace[]; paths: { name: string; d: string }[] } {
  const corners = areas.flatMap((a) => a.rings.flat().map(([longitude, latitude]) => ({ longitude, latitude })));
  const margin = view.width < narrowBelow ? margins.narrow : margins.wide;
  const project = projection(corners.concat(places.map((p) => p.point)), view, margin);
  const drawn = places.map((p) => ({ ...p, ...project(p.point) }));
  const named = labels(
    drawn.map(({ market, x, y }) => ({ id: market.id, text: market.name, x, y })),
    view,
  );
  return {
    drawn: drawn.map((p) => ({ ...p, label: named.get(p.market.id) })),
    paths: areas.map((area) => ({ name: area.name, d: pathOf(area, project) })),
  };
}
