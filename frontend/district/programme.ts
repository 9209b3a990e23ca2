// Reads and writes the programme: campaigns, pilots, targets, and the reports of a month or quarter.
import { t } from '../lib/language.svelte';
import { isoDay } from '../lib/time';
import { periodName } from './days';
import type { Work } from './store';
import { api, ask, askItems, readAll, type Schemas } from '../lib/client';

export type Campaign = Schemas['ProgrammeCampaign'];
export type Milestone = keyof Schemas['ProgrammeMilestones'];
export type Pilot = Schemas['ProgrammePilot'];
export type Target = Schemas['ProgrammeTarget'];

/** foremost returns the campaign to show when none was chosen: the running one that began last, else the last ended one, else the next. */
export function foremost<C extends Pick<Campaign, 'starts_on' | 'ends_on'>>(list: C[], today: string): C | undefined {
  const begun = list.filter((c) => c.starts_on <= today).toSorted((a, b) => b.starts_on.localeCompare(a.starts_on));
  const over = (c: C) => c.ends_on !== null && c.ends_on < today;
  return begun.find((c) => !over(c)) ?? begun[0] ?? list.toSorted((a, b) => a.starts_on.localeCompare(b.starts_on))[0];
}

export const milestones: Milestone[] = ['chosen', 'equipped', 'launched', 'habitual'];

/** idleReason returns why a campaign requires nothing today. */
export const idleReason = (c: Pick<Campaign, 'starts_on'>): 'not_begun' | 'campaign_ended' =>
  c.starts_on > isoDay(new Date()) ? 'not_begun' : 'campaign_ended';

/** pilotStateName returns what the state of a unit is called; undefined: the campaign requires nothing of it. */
export const pilotStateName = (state: string): string | undefined =>
  ({ chosen: t('đã chọn', 'chosen'), exempt: t('miễn', 'exempt'), missing: t('chưa chọn', 'not yet') })[state];

export const campaigns = (): Promise<Campaign[]> =>
  readAll((query) => api.GET('/api/v1/campaigns', { params: { query } }));

/** chosenOn returns a pilot as it was on a day. */
export function chosenOn(p: Pilot, day: string): Pilot {
  const held = p.history.findLast((h) => h.since && h.since <= day && (!h.until || h.until > day));
  if (held?.market) return { ...p, state: 'chosen', market: held.market, exempt_reason: null };
  return { ...p, state: held ? 'exempt' : 'missing', market: null, exempt_reason: held?.exempt_reason ?? null };
}

/** countsOf returns how many units have each state. Outside a campaign's days no unit is missing: the campaign requires nothing. */
export function countsOf(units: Pick<Pilot, 'state'>[]): Partial<Record<Pilot['state'], number>> {
  const of = (state: Pilot['state']) => units.filter((u) => u.state === state).length;
  const idle = of('not_required');
  return {
    chosen: of('chosen'),
    exempt: of('exempt'),
    ...(idle ? { not_required: idle } : { missing: of('missing') }),
  };
}

export const pilots = (campaign: string): Promise<Pilot[]> =>
  readAll((query) => api.GET('/api/v1/campaigns/{campaign}/pilots', { params: { path: { campaign }, query } }));
export const designate = (campaign: string, locality: string, body: Schemas['ProgrammeChoice']): Promise<Pilot> =>
  ask(api.PUT('/api/v1/campaigns/{campaign}/pilots/{locality}', { params: { path: { campaign, locality } }, body }));
export const reach = (
  unit: { campaign: string; locality: string; milestone: Milestone },
  reached_on: string,
): Promise<Pilot> =>
  ask(
    api.PUT('/api/v1/campaigns/{campaign}/pilots/{locality}/milestones/{milestone}', {
      params: { path: unit },
      body: { reached_on },
    }),
  );

export const targets = (campaign: string): Promise<Target[]> =>
  readAll((query) => api.GET('/api/v1/campaigns/{campaign}/targets', { params: { path: { campaign }, query } }));
export const setTarget = (campaign: string, body: Schemas['ProgrammeTargetOrder']): Promise<Target> =>
  ask(api.POST('/api/v1/campaigns/{campaign}/targets', { params: { path: { campaign } }, body }));
export const dropTarget = (campaign: string, target: string): Promise<unknown> =>
  ask(api.DELETE('/api/v1/campaigns/{campaign}/targets/{target}', { params: { path: { campaign, target } } }));

/** targetValue reads the value of a target: "60" or "83,5" per cent become "0.6000" and "0.8350"; a number stays one. */
export function targetValue(text: string, share: boolean): string {
  const [, whole = '', part = ''] = /^(\d+)(?:[.,](\d+))?$/.exec(text.trim()) ?? [];
  if (!whole) throw new Error(t('Viết số như 60 hoặc 83,5.', 'Write a number like 60 or 83.5.'));
  if (!share) return `${whole}.${part || '0'}`;
  const digits = (whole + part.padEnd(2, '0').slice(0, 2)).padStart(5, '0');
  return `${digits.slice(0, -4)}.${digits.slice(-4)}`;
}

/** targetOf returns the target of an indicator on a day: the next one due, else the last. A locality's own targets replace the common ones. */
export function targetOf(list: Target[], indicator: string, locality: string, day: string): Target | undefined {
  const of = list.filter((x) => x.indicator === indicator && (x.locality === null || x.locality.id === locality));
  const own = of.filter((x) => x.locality !== null);
  const sorted = (own.length ? own : of).toSorted((a, b) => a.due_on.localeCompare(b.due_on));
  return sorted.find((x) => x.due_on >= day) ?? sorted.at(-1);
}

export type Report = Schemas['PeriodicReport'];
export type WholeReport = Schemas['PeriodicWhole'];
export type Version = Schemas['PeriodicVersion'];
export type Board = Schemas['PeriodicLateness'];
/** A report that a locality should think of: due within three days, late, or handed back. */
export type Reminder = Schemas['PeriodicReminder'];
export type Difference = Schemas['PeriodicDifference'];

/** periodText returns the name of a month or quarter in the reader's language. */
export const periodText = (period: string): string => periodName(period, t('quý', 'quarter'));

/** scopeName returns of which locality a report is, or that it is of the whole campaign. */
export const scopeName = (r: Report): string => r.locality?.name ?? t('cả chương trình', 'the whole campaign');

/** reportName returns the name of a report: its locality and its period. */
export const reportName = (r: Report): string => `${scopeName(r)}, ${periodText(r.period)}`;

/** freezeReport returns the long work that freezes a report's figures by a path. */
export const freezeReport = (r: Report, path: string, body: object): Omit<Work, 'key' | 'startedAt'> => ({
  kind: 'freeze',
  label: `${t('Chốt số liệu', 'Freezing the figures')}: ${reportName(r)}`,
  method: 'POST',
  path,
  body,
});

export const reports = (query: { campaign?: string }): Promise<Report[]> =>
  readAll((page) => api.GET('/api/v1/periodic-reports', { params: { query: { ...query, ...page } } }));
export const report = (id: string): Promise<WholeReport> =>
  ask(api.GET('/api/v1/periodic-reports/{id}', { params: { path: { id } } }));
export const version = (id: string, n: number): Promise<Version> =>
  ask(api.GET('/api/v1/periodic-reports/{id}/versions/{version}', { params: { path: { id, version: n } } }));
export const difference = (id: string, n: number, from: number): Promise<Difference> =>
  ask(
    api.GET('/api/v1/periodic-reports/{id}/versions/{version}/difference', {
      params: { path: { id, version: n }, query: { from } },
    }),
  );
export const lateness = (query: { campaign: string; kind: 'month' | 'quarter'; period: string }): Promise<Board> =>
  ask(api.GET('/api/v1/periodic-reports/lateness', { params: { query } }));
/** reminders are what an office has to do: first what came back to it, however many others are late. */
export async function reminders(): Promise<Reminder[]> {
  const due = await askItems(api.GET('/api/v1/periodic-reports/reminders'));
  return due.toSorted((a, b) => Number(b.stage === 'returned') - Number(a.stage === 'returned'));
}

export const stateName = (state: string): string =>
  ({
    draft: t('bản nháp', 'draft'),
    submitted: t('đã nộp', 'submitted'),
    approved: t('đã duyệt', 'approved'),
    returned: t('bị trả lại', 'returned'),
    missing: t('chưa lập', 'not made'),
    not_made: t('chưa lập', 'not made'),
  })[state] ?? state;
