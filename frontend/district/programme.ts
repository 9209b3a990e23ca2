// What is asked of the programme: campaigns, pilots, targets, and the reports of a month or quarter.
import { t } from '../lib/language.svelte';
import { all, read, write } from './call';
import type { Adoption, Locality, NamedMarket } from './figures';

export interface Campaign {
  id: string;
  code: string;
  name: string;
  legal_ref: string;
  basis: string;
  starts_on: string;
  ends_on: string | null;
  due_day: number;
}

export const campaigns = (): Promise<Campaign[]> => all('/api/v1/campaigns');

export type Milestone = 'chosen' | 'equipped' | 'launched' | 'habitual';

export interface Pilot {
  locality: Locality;
  state: 'chosen' | 'exempt' | 'missing';
  market: NamedMarket | null;
  exempt_reason: string | null;
  since: string | null;
  milestones: Record<Milestone, string | null>;
  history?: { market: NamedMarket | null; exempt_reason: string | null; since: string | null; until: string | null }[] | null;
}

const campaignPath = (campaign: string) => `/api/v1/campaigns/${encodeURIComponent(campaign)}`;

export const pilots = (campaign: string): Promise<Pilot[]> => all(`${campaignPath(campaign)}/pilots`);
export const designate = (campaign: string, locality: string, body: { market_id?: string; exempt_reason?: string; since?: string }): Promise<Pilot> =>
  write('PUT', `${campaignPath(campaign)}/pilots/${locality}`, body);
export const reach = (campaign: string, locality: string, milestone: string, reached_on: string): Promise<Pilot> =>
  write('PUT', `${campaignPath(campaign)}/pilots/${locality}/milestones/${milestone}`, { reached_on });

export interface Target {
  id: string;
  indicator: string;
  locality: Locality | null;
  value: string;
  due_on: string;
}

export const targets = (campaign: string): Promise<Target[]> => all(`${campaignPath(campaign)}/targets`);
export const setTarget = (campaign: string, body: { indicator: string; locality?: string; value: string; due_on: string }): Promise<Target> =>
  write('POST', `${campaignPath(campaign)}/targets`, body);
export const dropTarget = (campaign: string, id: string): Promise<void> => write('DELETE', `${campaignPath(campaign)}/targets/${id}`);

/** targetOf is what an indicator should have reached: the one that is due next after the day, else the last; a locality's own before everybody's. */
export function targetOf(list: Target[], indicator: string, locality: string, day: string): Target | undefined {
  const of = list.filter((x) => x.indicator === indicator && (x.locality === null || x.locality.id === locality));
  const own = of.filter((x) => x.locality !== null);
  const sorted = (own.length ? own : of).toSorted((a, b) => a.due_on.localeCompare(b.due_on));
  return sorted.find((x) => x.due_on >= day) ?? sorted.at(-1);
}

export type ReportState = 'draft' | 'submitted' | 'approved' | 'returned';

export interface Version {
  version: number;
  basis: string;
  as_of: string;
  sha256: string;
  signature: string;
  public_key: string;
  reason: string;
  frozen_at: string;
  content: Content;
}

export interface Content {
  period: string;
  basis: string;
  as_of: string;
  demo: boolean;
  definitions: { code: string; version: number; name_vi: string; name_en: string; formula: string }[];
  report: Adoption;
}

export interface Step {
  step: 'submitted' | 'approved' | 'returned' | 'reopened';
  version: number;
  note: string;
  by: string;
  at: string;
}

export interface Report {
  id: string;
  campaign: { id: string; code: string; name: string };
  locality: Locality | null;
  kind: 'month' | 'quarter';
  period: string;
  due_on: string;
  state: ReportState;
  versions?: Pick<Version, 'version' | 'sha256' | 'reason' | 'frozen_at'>[];
  steps?: Step[];
  /** Whether who reads it submitted the newest version: somebody else approves it. */
  own?: boolean;
  preview?: Content | null;
}

export const reports = (query: { campaign?: string; locality?: string; period?: string; state?: string }): Promise<Report[]> => all('/api/v1/periodic-reports', query);
export const report = (id: string): Promise<Report> => read(`/api/v1/periodic-reports/${id}`);
export const version = (id: string, n: number): Promise<Version> => read(`/api/v1/periodic-reports/${id}/versions/${n}`);

export interface Difference {
  from: number;
  to: number;
  figures: { locality: Locality | null; indicator: string; before: Adoption['total'][string] | null; after: Adoption['total'][string] | null }[];
  markets: { locality: Locality; before: string[]; after: string[] }[];
}

export const difference = (id: string, n: number, from: number): Promise<Difference> => read(`/api/v1/periodic-reports/${id}/versions/${n}/difference`, { from });

export interface Late {
  locality: Locality;
  report_id: string | null;
  due_on: string;
  submitted_at: string | null;
  on_time: boolean | null;
  hours_late: number;
  state: string;
}

export interface Board {
  due_on: string;
  items: Late[];
  due: number;
  on_time: number;
}

export const lateness = (query: { campaign: string; kind: string; period: string }): Promise<Board> => read('/api/v1/periodic-reports/lateness', query);

/** A report that a locality should think of: due within three days, late, or handed back. */
export interface Reminder extends Late {
  period: string;
  stage: 'due_soon' | 'late' | 'returned';
}

export const reminders = (): Promise<Reminder[]> => all('/api/v1/periodic-reports/reminders');

export const stateName = (state: string): string => ({
  draft: t('bản nháp', 'draft'), submitted: t('đã nộp', 'submitted'), approved: t('đã duyệt', 'approved'), returned: t('bị trả lại', 'returned'),
  missing: t('chưa lập', 'not made'), not_made: t('chưa lập', 'not made'),
}[state] ?? state);
