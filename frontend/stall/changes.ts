// Changes of where the owner's money goes: what waits, and what may still be taken back.
import { api, ask, type AccountChange } from '../lib/api';

/** Until when an addition may be taken back, in milliseconds (merchants/changes.go: changeWait). */
const takeBackFor = 24 * 60 * 60_000;

/** readChanges reads a stall's changes of account, newest first. */
export async function readChanges(stall: string): Promise<AccountChange[]> {
  return (await ask(api.GET('/api/v1/stalls/{id}/beneficiary-changes', { params: { path: { id: stall }, query: { limit: 50 } } }))).items ?? [];
}

/** cancellable reports whether the owner can stop a change now: what waits, and an addition within a day. */
export function cancellable(c: AccountChange, now: number): boolean {
  if (c.state === 'pending') return true;
  return c.kind === 'addition' && c.state === 'effective' && now - Date.parse(c.proposed_at) < takeBackFor;
}

/** cancelChange stops a change. */
export function cancelChange(c: AccountChange, reason: string): Promise<AccountChange> {
  return ask(api.POST('/api/v1/beneficiary-changes/{id}/cancel', { params: { path: { id: c.id } }, body: { reason } }));
}
