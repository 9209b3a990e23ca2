// What can be chosen on the screen of reports: which ones are listed, and which one is made next.
import { t } from '../../../lib/language.svelte';
import { isoDay } from '../../../lib/time';
import { periods } from '../../days';
import { periodText, scopeName, stateName, type Report } from '../../programme';

/** How many ended months or quarters are offered for a new report. */
const offeredPeriods = 12;

/** Filter is one parameter of the address that chooses reports. */
export interface Filter {
  name: 'of' | 'place' | 'state';
  label: string;
  choices: { value: string; text: string }[];
}

const valueOf = (r: Report): Record<Filter['name'], string> => ({
  of: r.period,
  place: r.locality?.id ?? 'whole',
  state: r.state,
});

/** filtersOf returns the filters for a list of reports, each with its choices. */
export function filtersOf(list: Report[]): Filter[] {
  const periodsNewestFirst = [...new Set(list.map((r) => r.period))].sort().reverse();
  const scopes = new Map(list.map((r) => [valueOf(r).place, scopeName(r)]));
  const states = ['draft', 'submitted', 'approved', 'returned'];
  return [
    {
      name: 'of',
      label: t('Kỳ báo cáo', 'Period'),
      choices: periodsNewestFirst.map((value) => ({ value, text: periodText(value) })),
    },
    {
      name: 'place',
      label: t('Địa phương', 'Locality'),
      choices: [...scopes].map(([value, text]) => ({ value, text })),
    },
    {
      name: 'state',
      label: t('Trạng thái', 'State'),
      choices: states.map((value) => ({ value, text: stateName(value) })),
    },
  ];
}

/** filtered returns the reports that fit the chosen values; an empty value chooses all. */
export function filtered(list: Report[], chosen: (name: Filter['name']) => string): Report[] {
  const fits = (r: Report) =>
    Object.entries(valueOf(r)).every(([name, value]) => ['', value].includes(chosen(name as Filter['name'])));
  return list.filter(fits);
}

/** openPeriods returns the ended periods for which a locality has no report; an empty locality is the whole campaign. */
export function openPeriods(list: Report[], kind: 'month' | 'quarter', locality: string, today = new Date()): string[] {
  const made = list.filter((r) => (r.locality?.id ?? '') === locality).map((r) => r.period);
  return periods(kind, isoDay(today), offeredPeriods).filter((p) => !made.includes(p));
}
