// What is asked of the indicators: adoption, trend, a market's page, drill-down, definitions.
import { t } from '../lib/language.svelte';
import type { components } from '../lib/schema';
import { all, read, type List } from './call';

export type Evidence = { A: number; B: number; C: number; D: number };
export type Quantity = number | string;
export type Figure = components['schemas']['ReportsFigure'];
export type Share = components['schemas']['ReportsShare'];
export type Locality = components['schemas']['ReportsLocality'];
export type NamedMarket = components['schemas']['ReportsMarket'];
export type Unit = 'share' | 'points' | 'per_merchant' | 'vnd' | 'bands' | 'count';
export type StatusName = 'chua_du_du_lieu' | 'can_chu_y' | 'dat' | 'chua_dat';

export const steps = ['registered', 'verified', 'printed', 'first_payment', 'active', 'habitual'] as const;
export type Funnel = Record<(typeof steps)[number], number | null>;

export const stepName = (step: (typeof steps)[number]): string => ({
  registered: t('Đăng ký', 'Registered'), verified: t('Xác minh', 'Verified'), printed: t('Có mã', 'Printed'),
  first_payment: t('Lần đầu', 'First paid'), active: t('Hoạt động', 'Active'), habitual: t('Thường xuyên', 'Habitual'),
}[step]);

export interface Row {
  locality: Locality;
  markets: NamedMarket[];
  indicators: Record<string, Figure>;
  coverage?: Share | null;
  funnel?: Funnel | null;
  status?: StatusName | null;
  status_reason?: string | null;
  rank?: number | null;
}

export interface Adoption {
  basis: string;
  as_of: string;
  campaign: string | null;
  rows: Row[];
  total: Record<string, Figure>;
}

export interface Asked {
  basis?: string;
  as_of?: string;
  campaign?: string;
  locality?: string;
}

export const adoption = (asked: Asked): Promise<Adoption> => read('/api/v1/reports/adoption', { ...asked });

export interface Definition {
  code: string;
  name: string;
  name_vi: string;
  name_en: string;
  version: number;
  since: string;
  unit: Unit;
  formula: string;
  prose_vi: string;
  prose_en: string;
  sql: string;
  evidence?: string[] | null;
  parts?: { key: string; name_vi: string; name_en: string }[] | null;
  history?: { version: number; since: string; change_vi?: string; change_en?: string }[] | null;
}

let defined: Promise<Definition[]> | undefined;

/** definitions are all indicators, asked for once. */
export function definitions(): Promise<Definition[]> {
  defined ??= read<List<Definition>>('/api/v1/indicators').then((list) => list.items ?? []);
  defined.catch(() => { defined = undefined; });
  return defined;
}

export interface Trend {
  indicator: string;
  points: { as_of: string; figure: Figure }[];
  target?: string | null;
}

export const trend = (asked: Asked & { indicator: string; market?: string; from?: string; to?: string }): Promise<Trend> => read('/api/v1/reports/trend', { ...asked });

export interface MarketPage {
  market: NamedMarket;
  as_of: string;
  figures: Record<string, Figure>;
  coverage?: Share | null;
  funnel?: Funnel | null;
  zones?: { zone: string; merchants: number | null; figures: Record<string, Figure> }[] | null;
  goods?: { goods_group: string; merchants: number | null; figures: Record<string, Figure> }[] | null;
  fees?: { month: string; due: string; paid: string; paid_by_transfer: string }[] | null;
  unchecked?: number | null;
  dormant?: number | null;
}

export const marketPage = (id: string, as_of?: string): Promise<MarketPage> => read(`/api/v1/reports/markets/${id}`, { as_of });

export interface DormantStall {
  stall_id: string;
  number: string;
  zone: string;
  last_payment_on: string | null;
  last_visit_at?: string | null;
  reason?: string | null;
}

export const dormant = (market: string): Promise<DormantStall[]> => all(`/api/v1/markets/${market}/dormant`);

export interface DrillDown {
  indicator: string;
  parts: { key: string; name: string; figure: Figure }[];
}

export const drillDown = (asked: Asked & { indicator: string; by: string }): Promise<DrillDown> => read('/api/v1/reports/drill-down', { ...asked });

/** nameOf an indicator in the reader's language. */
export const nameOf = (d: { name_vi: string; name_en: string }): string => t(d.name_vi, d.name_en);

/** anyDemo says whether what is shown is invented. */
export const anyDemo = (rows: { markets: NamedMarket[] }[]): boolean => rows.some((row) => row.markets.some((m) => m.demo));
