// Changes of where the owner's money goes: what waits, and what may still be taken back.
import { api, ask, type AccountChange } from '../lib/client';

/** readChanges reads a stall's changes of account, newest first. */
export async function readChanges(stall: string): Promise<AccountChange[]> {
  return (
    (
      await ask(
        api.GET('/api/v1/stalls/{id}/beneficiary-changes', { params: { path: { id: stall }, query: { limit: 50 } } }),
      )
    ).items ?? []
  );
}

/** cancellable reports whether the owner can stop a change now: what waits, and an addition as long as the server says. */
export function cancellable(c: AccountChange, now: number): boolean {
  if (c.state === 'pending') return true;
  return !!c.undo_until && now < Date.parse(c.undo_until);
}

/** cancelChange stops a change. */
export function cancelChange(c: AccountChange, reason: string): Promise<AccountChange> {
  return ask(api.POST('/api/v1/beneficiary-changes/{id}/cancel', { params: { path: { id: c.id } }, body: { reason } }));
}
