// What the server answered to a list, as the screens show it.
import { t } from '../lib/language.svelte';
import type { Imported } from './work.svelte';

/** How many rows of a list are shown at most. */
export const maxRows = 500;

/** importPath returns where a list is sent: dry is a trial, and query holds what a person decided after one. */
export function importPath(path: string, dry: boolean, query: URLSearchParams): string {
  const all = new URLSearchParams(dry ? { dry_run: 'true' } : {});
  for (const [name, value] of query) all.append(name, value);
  const text = all.toString();
  return text ? `${path}?${text}` : path;
}

/** RowError is one thing that is wrong in one row. */
export interface RowError {
  line: number;
  sheet: string;
  number?: string;
  field: string;
  code: string;
  detail: string;
}

/** importState returns the state of an import for the tests and the style of its card. */
export function importState(result: Imported): 'applied' | 'faulty' | 'tried' {
  if (result.applied) return 'applied';
  return result.faulty ? 'faulty' : 'tried';
}

export function importTitle(result: Imported): string {
  if (result.applied) return t('Đã ghi', 'Written');
  return result.dry_run ? t('Xem thử', 'Preview') : t('Chưa ghi gì', 'Nothing was written');
}

export const actionName = (action: string): string =>
  ({ create: t('thêm', 'new'), unchanged: t('đã có', 'unchanged'), error: t('lỗi', 'error') })[action] ?? action;

/** rowErrors returns the errors of all rows. */
export const rowErrors = (result: Imported): RowError[] =>
  result.rows
    .filter((r) => r.action === 'error')
    .flatMap((r) => r.errors.map((e) => ({ line: r.line, sheet: r.sheet ?? '', number: r.number, ...e })));

type Sheet = NonNullable<Imported['sheets']>[number];

/** readSheets returns the sheets of a workbook that hold a list. */
export const readSheets = (result: Imported): Sheet[] => (result.sheets ?? []).filter((s) => !s.unread);

/** unreadSheets returns the sheets that hold no list; the server says why. */
export const unreadSheets = (result: Imported): Sheet[] => (result.sheets ?? []).filter((s) => s.unread);

/** inSheet returns a line with the name of its sheet, where several sheets hold a list. */
export const inSheet = (line: number, sheet: string, sheets: number): string =>
  sheet && sheets > 1 ? `${line} (${sheet})` : `${line}`;

/** rowName returns the name of a row in the API's query: its line, after the sheet if there is one. */
export const rowName = (e: { line: number; sheet: string }): string => (e.sheet ? `${e.sheet}!${e.line}` : `${e.line}`);

/** skippedLines returns the lines that were skipped as totals or signatures. */
export function skippedLines(result: Imported): string[] {
  const sheets = readSheets(result);
  if (sheets.length <= 1) return result.skipped.map(String);
  return sheets.flatMap((s) => s.skipped.map((line) => inSheet(line, s.name, sheets.length)));
}

/** sharedPhones returns one error for each row with a phone that another person has, too. */
export const sharedPhones = (errors: RowError[]): RowError[] => [
  ...new Map(
    errors.filter((e) => e.code === 'phone_of_another' || e.code === 'phone_repeated').map((e) => [rowName(e), e]),
  ).values(),
];

/** confirmations returns the warnings that a person must confirm, with the sentence to confirm. */
export const confirmations = (result: Imported): { code: string; name: string; says: string }[] =>
  [
    {
      code: 'zeros_lost',
      name: 'zeros',
      says: t(
        'Tôi đã so các số này với giấy tờ: không mất số 0 nào ở đầu.',
        'I have compared these numbers with the papers: no leading zero is lost.',
      ),
    },
  ].filter((c) => result.warnings?.some((w) => w.code === c.code));
