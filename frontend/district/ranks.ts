// Ranks and orders of an overview's rows.
import type { Row } from './figures';

/** ranked returns the ranks that the API sends. A reader of some units only gets none, nor does a hidden or hardly observed unit have one. */
export const ranked = (rows: Row[]): Map<string, number> =>
  new Map(rows.flatMap((r) => (typeof r.rank === 'number' ? [[r.locality.id, r.rank] as const] : [])));

/** tied reports whether a rank is shared. */
export const tied = (ranks: Map<string, number>, id: string): boolean =>
  ranks.has(id) && [...ranks.values()].filter((r) => r === ranks.get(id)).length > 1;

export type Order = 'rank' | 'last' | 'name' | 'code';

/** ordered sorts rows. Rows without a rank come after those with one, by their value; rows without a value come last. */
export function ordered(rows: Row[], ranks: Map<string, number>, by: Order): Row[] {
  const rank = (row: Row) => ranks.get(row.locality.id) ?? Number.POSITIVE_INFINITY;
  const value = (row: Row) => Number(row.indicators['I05']?.value ?? 0);
  const behind = (row: Row) => (ranks.has(row.locality.id) ? 0 : row.indicators['I05']?.value ? 1 : 2);
  const best = (a: Row, b: Row) => (ranks.has(a.locality.id) ? rank(a) - rank(b) : value(b) - value(a));
  return rows.toSorted((a, b) => {
    switch (by) {
      case 'rank':
        return behind(a) - behind(b) || best(a, b) || a.locality.code.localeCompare(b.locality.code);
      case 'last':
        return behind(a) - behind(b) || best(b, a) || a.locality.code.localeCompare(b.locality.code);
      case 'name':
        return a.locality.name.localeCompare(b.locality.name, 'vi');
      default:
        return a.locality.code.localeCompare(b.locality.code);
    }
  });
}
