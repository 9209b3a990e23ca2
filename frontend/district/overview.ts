// What the overview shows: a report with the campaign's pilots and targets.
import { adoption, asksNothing, outsideOf, type Outside, type Revised, type Row } from './figures';
import { chosenOn, pilots, targetOf, targets, type Pilot, type Target } from './programme';
import { session } from './session.svelte';

export interface Overview {
  rows: Row[];
  total: Row['indicators'];
  outside: Outside | undefined;
  revised: Revised | undefined;
  pilots: Pilot[];
  targets: Target[];
  as_of: string;
  basis: string;
}

/** readOverview reads the overview for the chosen campaign, basis and day. */
export async function readOverview(): Promise<Overview> {
  const { figureQuery, campaign } = session;
  const [report, chosen, goals] = await Promise.all([
    adoption(figureQuery),
    campaign ? pilots(campaign.code).catch(() => []) : [],
    campaign ? targets(campaign.code).catch(() => []) : [],
  ]);
  const silent = report.rows.some(asksNothing);
  return {
    rows: report.rows,
    total: report.total,
    outside: outsideOf(report),
    revised: report.revised,
    pilots: silent ? [] : chosen.map((p) => chosenOn(p, report.as_of)),
    targets: silent ? [] : goals,
    as_of: report.as_of,
    basis: report.basis,
  };
}

/** commonTarget returns the target for I05 that all localities have. */
export const commonTarget = (o: Overview): Target | undefined =>
  targetOf(
    o.targets.filter((x) => x.locality === null),
    'I05',
    '',
    o.as_of,
  );
