// Ranks and orders of an overview's rows.
import type { Row } from './figures';

/** ranked gives each row its rank by I05, best first; equal values share a rank, and the hidden and unknown have none. A rank that the API gave stands. */
export function ranked(rows: Row[]): Map<string, number> {
  const found = new Map<string, number>();
  const values = rows.filter((r) => r.indicators['I05']?.value).map((r) => ({ id: r.locality.id, value: Number(r.indicators['I05']!.value) }));
  for (const row of rows) {
    const own = values.find((v) => v.id === row.locality.id);
    if (typeof row.rank === 'number') found.set(row.locality.id, row.rank);
    else if (own && row.rank === undefined) found.set(row.locality.id, 1 + values.filter((v) => v.value > own.value).length);
  }
  return found;
}

/** tied says whether a rank is shared. */
export const tied = (ranks: Map<string, number>, id: string): boolean => ranks.has(id) && [...ranks.values()].filter((r) => r === ranks.get(id)).length > 1;

export type Order = 'rank' | 'last' | 'name' | 'code';

/** ordered sorts rows; who has no rank stands behind. */
export function ordered(rows: Row[], ranks: Map<string, number>, by: Order): Row[] {
  const rank = (row: Row) => ranks.get(row.locality.id) ?? Number.POSITIVE_INFINITY;
  const behind = (row: Row) => (ranks.has(row.locality.id) ? 0 : 1);
  return rows.toSorted((a, b) => {
    switch (by) {
      case 'rank': return rank(a) - rank(b) || a.locality.code.localeCompare(b.locality.code);
      case 'last': return behind(a) - behind(b) || rank(b) - rank(a) || a.locality.code.localeCompare(b.locality.code);
      case 'name': return a.locality.name.localeCompare(b.locality.name, 'vi');
      default: return a.locality.code.localeCompare(b.locality.code);
    }
  });
}
