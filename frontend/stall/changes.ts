// Changes of the accounts that receive the owner's money: pending ones, and additions that may still be cancelled.
import { api, ask, askItems, type AccountChange } from '../lib/client';

/** readChanges reads a stall's changes of account, newest first. */
export function readChanges(stall: string): Promise<AccountChange[]> {
  return askItems(
    api.GET('/api/v1/stalls/{id}/beneficiary-changes', { params: { path: { id: stall }, query: { limit: 50 } } }),
  );
}

/** cancellable reports whether the owner can cancel a change now: a pending one, or an addition until the time that the server gives. */
export function cancellable(c: AccountChange, now: number): boolean {
  if (c.state === 'pending') return true;
  return !!c.undo_until && now < Date.parse(c.undo_until);
}

/** cancelChange cancels a change. */
export function cancelChange(c: AccountChange, reason: string): Promise<AccountChange> {
  return ask(api.POST('/api/v1/beneficiary-changes/{id}/cancel', { params: { path: { id: c.id } }, body: { reason } }));
}
