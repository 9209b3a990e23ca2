// The changes of accounts that a board decides.
import { api, ask, readAll, type AccountChange } from '../../../lib/client';
import { t } from '../../../lib/language.svelte';
import { moment } from '../../format';
import { readMarkets } from '../../register';

export const states = ['pending', 'effective', 'cancelled', 'refused'] as const;

/** ListedChange is a change with the name of its market. */
export type ListedChange = AccountChange & { market: string };

/** How many changes are read at most. */
const mostChanges = 1000;

/** readListedChanges reads the changes of a state, or of all. */
export async function readListedChanges(state: (typeof states)[number] | undefined): Promise<ListedChange[]> {
  const [list, markets] = await Promise.all([
    readAll((page) => api.GET('/api/v1/beneficiary-changes', { params: { query: { state, ...page } } }), mostChanges),
    readMarkets(),
  ]);
  return list.map((c) => ({ ...c, market: markets.find((m) => m.id === c.market_id)?.name ?? '' }));
}

export const approve = (id: string): Promise<AccountChange> =>
  ask(api.POST('/api/v1/beneficiary-changes/{id}/approve', { params: { path: { id } } }));

export const refuse = (id: string, reason: string): Promise<AccountChange> =>
  ask(api.POST('/api/v1/beneficiary-changes/{id}/cancel', { params: { path: { id } }, body: { reason } }));

/** accountText returns bank, number and holder of an account. */
export const accountText = (a: AccountChange['old_account']): string =>
  a ? `${a.bank_name || t('ví điện tử', 'e-wallet')} ${a.account_number}, ${a.holder_name}` : t('không có', 'none');

/** endText returns when a change was decided, and why. */
export function endText(c: AccountChange): string {
  const reason = c.steps?.at(-1)?.reason;
  return reason ? `${moment(c.decided_at)}: ${reason}` : moment(c.decided_at);
}

/** pendingText says what happens to a change that is not decided. */
export const pendingText = (c: AccountChange): string =>
  c.lapses_at
    ? t(
        `Cần người thứ hai duyệt; không ai duyệt thì hết hạn lúc ${moment(c.lapses_at)}.`,
        `A second person has to approve it; it lapses at ${moment(c.lapses_at)}.`,
      )
    : t(
        `Tự có hiệu lực lúc ${moment(c.effective_at)} nếu không ai từ chối.`,
        `Effective by itself at ${moment(c.effective_at)} unless a person refuses it.`,
      );
