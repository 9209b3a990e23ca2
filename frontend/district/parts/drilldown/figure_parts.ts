// The parts of a figure: by locality from the report that is shown, by anything else from a drill-down.
import { t } from '../../../lib/language.svelte';
import { drillDown, outsideNamed, type DrillDown, type Figure, type Row } from '../../figures';
import { dated } from '../../format';
import { session } from '../../session.svelte';
import { goodsName, stallKind } from '../../words';

/** Part is a part of a figure with its name. */
export interface Part {
  id: string;
  name: string;
  figure: Figure;
}

/** Parts are a figure taken apart, and the markets whose parts are withheld. */
export interface Parts {
  parts: Part[];
  note: string;
  withheld: DrillDown['withheld'];
}

/** wayName returns what a figure is divided by. */
export const wayName = (way: string): string =>
  ({
    locality: t('địa phương', 'locality'),
    market: t('chợ', 'market'),
    zone: t('khu', 'zone'),
    goods_group: t('ngành hàng', 'goods'),
    kind: t('loại điểm bán', 'kind of stall'),
  })[way] ?? way;

/** localityParts returns the value of each locality of a report that has one, or hides one. */
export function localityParts(code: string, rows: Row[]): Parts {
  const isKnown = (f: Figure | undefined): f is Figure => !!f && (f.suppressed || f.value !== null);
  const parts = rows.flatMap(({ locality, indicators }) =>
    isKnown(indicators[code]) ? [{ id: locality.id, name: locality.name, figure: indicators[code] }] : [],
  );
  return { parts, note: `${code}, ${dated(session.asOf)}`, withheld: [] };
}

/** readParts reads the parts of a figure by market, zone, goods or kind of stall. */
export async function readParts(code: string, by: string): Promise<Parts> {
  const d = await drillDown({ ...session.figureQuery, indicator: code, by });
  return {
    parts: namedParts(d),
    note: [`${code}, ${dated(d.as_of, d.figure.evidence)}`, outsideNamed(d.outside)].filter(Boolean).join('; '),
    withheld: d.withheld,
  };
}

/** namedParts returns the parts of a drill-down; where they are of several markets, each is named with its market. */
export function namedParts(d: Pick<DrillDown, 'by' | 'parts'>): Part[] {
  const hasSeveralMarkets = new Set(d.parts.map((p) => p.market.id)).size > 1;
  const nameOf = ({ part, market }: DrillDown['parts'][number]): string => {
    if (d.by === 'market') return market.name;
    const word = partName(d.by, part);
    return hasSeveralMarkets ? `${market.name}, ${word.toLowerCase()}` : word;
  };
  return d.parts.map((p) => ({ id: p.part + p.market.id, name: nameOf(p), figure: p.figure }));
}

function partName(by: DrillDown['by'], part: string): string {
  const names: Partial<Record<DrillDown['by'], (part: string) => string>> = { goods_group: goodsName, kind: stallKind };
  return (names[by]?.(part) ?? part) || t('không ghi', 'not said');
}
