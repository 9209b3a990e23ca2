// The markets of the map: where they are, and the status of each.
import { session } from '../../session.svelte';
import {
  adoption,
  outsideOf,
  statusOf,
  type Adoption,
  type Figure,
  type Outside,
  type StatusName,
} from '../../figures';
import type { Row } from '../../figures';
import type { Point } from '../../map';
import { readMarkets } from '../../register';
import type { Market } from '../../../lib/client';

/** Place is a market with coordinates, and what the report says of it. */
export interface Place {
  market: Market;
  point: Point;
  /** The row of its unit; undefined: the report does not count the market. */
  row: Row | undefined;
  status: StatusName | undefined;
  reason: string | undefined;
}

/** Places are what the map shows as of a day. */
export interface Places {
  places: Place[];
  /** Markets without coordinates. */
  unplaced: Market[];
  outside: Outside | undefined;
  as_of: string;
  evidence: Figure['evidence'] | undefined;
}

/** readPlaces reads the markets of the chosen campaign, or all in scope, with their status. */
export async function readPlaces(): Promise<Places> {
  const [report, markets] = await Promise.all([adoption(session.figureQuery), readMarkets()]);
  const rows = rowsByMarket(report);
  const shown = markets.filter((m) => !session.campaign || rows.has(m.id));
  return {
    ...placed(shown, rows),
    outside: outsideOf(report),
    as_of: report.as_of,
    evidence: report.total['I05']?.evidence,
  };
}

/** rowsByMarket returns the row of each market that a report counts. */
export function rowsByMarket(report: Pick<Adoption, 'rows'>): Map<string, Row> {
  const found = new Map<string, Row>();
  for (const row of report.rows) for (const m of row.markets) if (!found.has(m.id)) found.set(m.id, row);
  return found;
}

/** placed returns markets as places, and those without coordinates. */
export function placed(markets: Market[], rows: Map<string, Row>): Pick<Places, 'places' | 'unplaced'> {
  const places: Place[] = [];
  const unplaced: Market[] = [];
  for (const market of markets) {
    const { latitude, longitude } = market;
    const row = rows.get(market.id);
    if (latitude === null || longitude === null) unplaced.push(market);
    else places.push({ market, point: { latitude, longitude }, row, ...marketStatus(row, market) });
  }
  return { places, unplaced };
}

/** marketStatus returns the status of a market. A market of a unit with several pilots has its own. */
function marketStatus(row: Row | undefined, market: Market): Pick<Place, 'status' | 'reason'> {
  const own = row?.designations?.find((d) => d.market.id === market.id) ?? row;
  const status = own && statusOf(own);
  return status?.code
    ? { status: status.code, reason: status.reason }
    : { status: undefined, reason: own?.status_reason };
}
