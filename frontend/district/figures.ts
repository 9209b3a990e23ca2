// What is asked of the indicators: adoption, trend, a market's page, drill-down, definitions.
import { t } from '../lib/language.svelte';
import { api, ask, readAll, type Schemas } from '../lib/client';

export type Evidence = { A: number; B: number; C: number; D: number };
export type Quantity = number | string;
export type Figure = Schemas['ReportsFigure'];
export type Share = Schemas['ReportsShare'];
export type Locality = Schemas['ReportsLocality'];
export type NamedMarket = Schemas['ReportsMarket'];
export type Row = Schemas['ReportsRow'];
export type Adoption = Schemas['ReportsAdoption'];
export type Definition = Schemas['ReportsDefinition'];
export type Trend = Schemas['ReportsTrend'];
export type MarketPage = Schemas['ReportsMarketPage'];
export type DormantStall = Schemas['ReportsDormantStall'];
export type DrillDown = Schemas['ReportsDrillDown'];
export type Funnel = Schemas['ReportsFunnel'];
export type Unit = Definition['unit'];
/** What a value is told in: some parts of an indicator are hours, or events that are counted. */
export type ValueUnit = Unit | 'hours' | 'count';
export type StatusName = NonNullable<Row['status']['code']>;
export type Outside = NonNullable<Schemas['ReportsOutside']>;
export type Revised = NonNullable<Schemas['ReportsRevised']>;

/** outsideOf is what a report's total leaves out; nothing: reports that were frozen before do not say. */
export const outsideOf = (report: { total: { outside?: Outside } }): Outside | undefined => report.total.outside;

/** outsideText says what is left out: what no unit of the basis holds, and small markets; empty: nothing is. */
export const outsideText = (left: Outside | undefined): string =>
  !left?.markets
    ? ''
    : t(
        `${left.markets} chợ, ${left.merchants} tiểu thương ngoài danh sách này`,
        `${left.markets} ${left.markets === 1 ? 'market' : 'markets'}, ${left.merchants} ${left.merchants === 1 ? 'merchant' : 'merchants'} outside this list`,
      ) +
      (!left.small
        ? ''
        : t(
            ` (${left.small} chợ dưới 5 tiểu thương ngoài chiến dịch, không cộng để giữ kín số liệu của từng người)`,
            ` (${left.small} of under 5 merchants, in no campaign, not added up: the sum would tell of single people)`,
          ));

/** outsideNamed is outsideText with the names of the markets. */
export const outsideNamed = (left: Outside | null | undefined): string =>
  left?.markets ? `${outsideText(left)}: ${left.listed.map((m) => m.name).join(', ')}` : '';

/** figureCodes are the codes of the figures of totals, which name what they leave out beside them. */
export const figureCodes = (...totals: object[]): string[] =>
  [...new Set(totals.flatMap((total) => Object.keys(total)))].filter((code) => /^I\d\d$/.test(code)).sort();

/** asksNothing reports whether the campaign had not begun or was over on the day of a row. */
export const asksNothing = (row: { status_reason?: string }): boolean =>
  row.status_reason === 'not_begun' || row.status_reason === 'campaign_ended';

/** statusOf is a row's status with its reason in the reader's language; reports that were frozen before December 2026 hold a bare code. */
export function statusOf(row: Pick<Row, 'status'> & { status_reason?: string }): {
  code: StatusName | null;
  reason: string;
} {
  const told = row.status as Row['status'] | string | null;
  if (told && typeof told === 'object') return { code: told.code ?? null, reason: t(told.reason, told.reason_en) };
  return { code: ((told === 'chua_du_du_lieu' ? 'khong_du_du_lieu' : told) ?? null) as StatusName | null, reason: '' };
}

export const steps = ['registered', 'verified', 'printed', 'first_payment', 'active', 'habitual'] as const;

export const stepName = (step: (typeof steps)[number]): string =>
  ({
    registered: t('Đã đăng ký', 'Registered'),
    verified: t('Đã đối chiếu tên', 'Name checked'),
    printed: t('Đã in mã', 'Printed'),
    first_payment: t('Giao dịch đầu tiên', 'First paid'),
    active: t('Có giao dịch trong 30 ngày', 'Active in 30 days'),
    habitual: t('Sử dụng thường xuyên', 'Habitual'),
  })[step];

export interface Asked {
  basis?: string;
  as_of?: string;
  campaign?: string;
  locality?: string;
}

export const adoption = ({ basis, as_of, campaign }: Asked): Promise<Adoption> =>
  ask(api.GET('/api/v1/reports/adoption', { params: { query: { basis, as_of, campaign } } }));

let defined: Promise<Definition[]> | undefined;

/** definitions are all indicators, asked for once. */
export function definitions(): Promise<Definition[]> {
  defined ??= ask(api.GET('/api/v1/indicators')).then((list) => list.items ?? []);
  defined.catch(() => {
    defined = undefined;
  });
  return defined;
}

type TrendQuery = Omit<Asked, 'as_of'> & {
  indicator: string;
  market?: string;
  from?: string;
  to?: string;
  months?: number;
};

export const trend = (query: TrendQuery, signal?: AbortSignal): Promise<Trend> =>
  ask(api.GET('/api/v1/reports/trend', { params: { query }, signal }));

export const marketPage = (market: string, as_of?: string): Promise<MarketPage> =>
  ask(api.GET('/api/v1/reports/markets/{market}', { params: { path: { market }, query: { as_of } } }));

export const dormant = (id: string): Promise<DormantStall[]> =>
  readAll((query) => api.GET('/api/v1/markets/{id}/dormant', { params: { path: { id }, query } }));

export const drillDown = (query: Asked & { indicator: string; by: string }): Promise<DrillDown> =>
  ask(api.GET('/api/v1/reports/drill-down', { params: { query } }));

/** nameOf an indicator in the reader's language. */
export const nameOf = (d: { name_vi: string; name_en: string }): string => t(d.name_vi, d.name_en);

/** partUnit is what a part of an indicator is told in. */
export function partUnit(unit: Unit, key: string): ValueUnit {
  if (key.startsWith('hours_')) return 'hours';
  if (key === 'swapped') return 'count';
  return unit === 'bands' ? 'share' : unit;
}

/** partsOf are a figure's parts in the order of the definition, which an object of JSON does not keep, each with its name and unit. */
export function partsOf(
  d: Definition,
  figure: Figure | undefined,
): { key: string; name: string; unit: ValueUnit; figure: Figure }[] {
  const told = d.parts ?? [];
  const parts = figure?.parts ?? {};
  const keys = [
    ...told.map((p) => p.key).filter((key) => parts[key]),
    ...Object.keys(parts)
      .filter((key) => !told.some((p) => p.key === key))
      .sort(),
  ];
  return keys.map((key) => {
    const named = told.find((p) => p.key === key);
    return { key, name: named ? nameOf(named) : key, unit: partUnit(d.unit, key), figure: parts[key]! };
  });
}

/** unobserved says that nobody's notices reach us and none was counted: that is not observed, and never inactive. What was counted nevertheless
 * stands; a gap (in points) is between what is known and what is not. */
export const unobserved = (
  of: { coverage?: Share | null; numerator?: Quantity | null } | null | undefined,
  unit: Unit = 'share',
): boolean =>
  !!of?.coverage &&
  of.coverage.denominator > 0 &&
  of.coverage.numerator === 0 &&
  of.numerator !== null &&
  (unit === 'points' || Number(of.numerator ?? 0) === 0);

export const notObserved = (): string => t('chưa quan sát được', 'not observed');

/** The steps that rest on payments. */
export const paidSteps: readonly string[] = ['first_payment', 'active', 'habitual'];

/** anyDemo says whether what is shown is invented. */
export const anyDemo = (rows: { markets: NamedMarket[] }[]): boolean =>
  rows.some((row) => row.markets.some((m) => m.demo));
