// Reads the indicators: adoption, trends, the page of a market, drill-downs, definitions.
import { t } from '../lib/language.svelte';
import { api, ask, askItems, readAll, type Schemas } from '../lib/client';

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
/** ValueUnit is the unit of a value: some parts of an indicator are hours or counted events. */
export type ValueUnit = Unit | 'hours' | 'count';
export type StatusName = NonNullable<Row['status']['code']>;
export type Outside = NonNullable<Schemas['ReportsOutside']>;
export type Revised = NonNullable<Schemas['ReportsRevised']>;

/** outsideOf returns what a report's total leaves out; undefined in reports that were frozen by earlier programs. */
export const outsideOf = (report: { total: { outside?: Outside } }): Outside | undefined => report.total.outside;

/** outsideText says what is left out: markets outside all units of the basis, and small markets; empty: nothing. */
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
            ` (${left.small} of under 5 merchants, in no campaign, not added up: the sum would reveal single people)`,
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
  const status = row.status as Row['status'] | StatusName | 'chua_du_du_lieu' | null;
  if (status && typeof status === 'object')
    return { code: status.code ?? null, reason: t(status.reason, status.reason_en) };
  return { code: status === 'chua_du_du_lieu' ? 'khong_du_du_lieu' : status, reason: '' };
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

export interface FigureQuery {
  basis?: string;
  as_of?: string;
  campaign?: string;
  locality?: string;
}

export const adoption = ({ basis, as_of, campaign }: FigureQuery): Promise<Adoption> =>
  ask(api.GET('/api/v1/reports/adoption', { params: { query: { basis, as_of, campaign } } }));

let defined: Promise<Definition[]> | undefined;

/** definitions returns all indicators; they are read once. */
export function definitions(): Promise<Definition[]> {
  defined ??= askItems(api.GET('/api/v1/indicators'));
  defined.catch(() => {
    defined = undefined;
  });
  return defined;
}

type TrendQuery = Omit<FigureQuery, 'as_of'> & {
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

export const drillDown = (query: FigureQuery & { indicator: string; by: string }): Promise<DrillDown> =>
  ask(api.GET('/api/v1/reports/drill-down', { params: { query } }));

/** nameOf an indicator in the reader's language. */
export const nameOf = (d: { name_vi: string; name_en: string }): string => t(d.name_vi, d.name_en);

/** partUnit returns the unit of a part of an indicator. */
export function partUnit(unit: Unit, key: string): ValueUnit {
  if (key.startsWith('hours_')) return 'hours';
  if (key === 'swapped') return 'count';
  return unit === 'bands' ? 'share' : unit;
}

/** partsOf returns the parts of a figure with names and units, in the order of the definition (a JSON object has no order). */
export function partsOf(
  d: Definition,
  figure: Figure | undefined,
): { key: string; name: string; unit: ValueUnit; figure: Figure }[] {
  const defined = d.parts;
  const parts = figure?.parts ?? {};
  const keys = [
    ...defined.map((p) => p.key).filter((key) => parts[key]),
    ...Object.keys(parts)
      .filter((key) => !defined.some((p) => p.key === key))
      .sort(),
  ];
  return keys.map((key) => {
    const named = defined.find((p) => p.key === key);
    return { key, name: named ? nameOf(named) : key, unit: partUnit(d.unit, key), figure: parts[key]! };
  });
}

/** unobserved reports that no merchant is covered by notices and none was counted: that is "not observed", never "inactive". A value that
 * was counted in another way is shown. A gap (in points) compares what is known with what is not. */
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

/** anyDemo reports whether some of the markets are demo data. */
export const anyDemo = (rows: { markets: NamedMarket[] }[]): boolean =>
  rows.some((row) => row.markets.some((m) => m.demo));
