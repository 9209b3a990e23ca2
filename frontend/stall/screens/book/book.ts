// The owner's revenue book: read, decided, added to.
import { api, ask, type BookEntry, type RevenueBook } from '../../../lib/client';
import { typed } from '../../../lib/money';

/** How many lines are read, and receipts decided, in one call. */
const atOnce = 200;

export interface Period {
  from: string;
  to: string;
}

/** readBook reads the book of a period: the first lines, or those after some, or those that are undecided. */
export const readBook = (
  { from, to }: Period,
  query: { undecided?: boolean; after?: string } = {},
): Promise<RevenueBook> =>
  ask(api.GET('/api/v1/me/revenue-book', { params: { query: { from, to, limit: atOnce, ...query } } }));

/** readUndecided reads the first receipts of a period of which the owner has not said whether they are turnover. */
export const readUndecided = async (period: Period): Promise<BookEntry[]> =>
  (await readBook(period, { undecided: true })).entries;

/** decideReceipts says of receipts whether they are turnover. */
export const decideReceipts = (receipts: BookEntry[], turnover: boolean): Promise<unknown> =>
  ask(api.PUT('/api/v1/me/revenue-book/receipts', { body: { payments: receipts.map((e) => e.id), turnover } }));

/** decideAll says of every undecided receipt of a period that it is turnover, some at a time. */
export async function decideAll(period: Period, undecided: BookEntry[]): Promise<void> {
  for (let waiting = undecided; waiting.length; waiting = await readUndecided(period))
    await decideReceipts(waiting, true);
}

/** addCash adds a cash line; its amount is as it was typed. */
export const addCash = async (entry: { day: string; text: string; amount: string }): Promise<unknown> =>
  ask(api.POST('/api/v1/me/revenue-book/cash', { body: { ...entry, amount: typed(entry.amount) } }));

export const removeCash = (entry: BookEntry): Promise<unknown> =>
  ask(api.DELETE('/api/v1/me/revenue-book/cash/{id}', { params: { path: { id: entry.id } } }));
