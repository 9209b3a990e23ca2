// Reads the owner's stalls and what belongs to them.
import { api, ask, askItems, type Shift } from '../lib/client';
import { writeValue, type MyStall } from './store';

/** readStalls reads the stalls that have a code in use, in the order of their numbers. */
export async function readStalls(): Promise<{ id: string; number: string }[]> {
  const codes = await ask(api.GET('/api/v1/codes', { params: { query: { limit: 200 } } }));
  const names = new Map<string, string>();
  for (const c of codes.items) if (!c.ended_at) names.set(c.stall_id, c.stall_number);
  return [...names]
    .map(([id, number]) => ({ id, number }))
    .sort((a, b) => a.number.localeCompare(b.number, 'vi', { numeric: true }));
}

/** readStall reads a stall and stores it with its codes, so that they can be shown without a network. */
export async function readStall(id: string): Promise<MyStall> {
  const stall = await ask(api.GET('/api/v1/stalls/{id}', { params: { path: { id } } }));
  const listed = await ask(api.GET('/api/v1/stalls/{id}/codes', { params: { path: { id } } }));
  const codes = [];
  for (const c of listed.items.filter((c) => c.state === 'current')) {
    const image = await fetch(`${c.url}.svg`, { cache: 'no-cache' }); // the present drawing, not a cached one
    if (image.ok) codes.push({ code: c.code, account_id: c.account_id, svg: await image.text() });
  }
  const place = (account: string) => stall.accounts.findIndex((a) => a.id === account);
  codes.sort((a, b) => place(a.account_id) - place(b.account_id)); // the stall's first account first, not the newest code
  const market = await ask(api.GET('/api/v1/markets/{id}', { params: { path: { id: stall.market_id } } }));
  const mine = { stall, market: market.name, codes };
  await writeValue('mine', mine);
  return mine;
}

/** readCheck returns when a stall's sticker passed its last check; null: it did not pass, or there was none. */
export async function readCheck(id: string): Promise<string | null> {
  const checks = await ask(api.GET('/api/v1/stalls/{id}/checks', { params: { path: { id }, query: { limit: 1 } } }));
  const last = checks.items?.[0];
  return last?.verdict === 'official' ? last.checked_at : null;
}

/** readShifts reads the last shifts of a stall's helpers. */
export function readShifts(id: string, limit: number): Promise<Shift[]> {
  return askItems(api.GET('/api/v1/stalls/{id}/shifts', { params: { path: { id }, query: { limit } } }));
}
