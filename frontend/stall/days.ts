// A stall's days as the phone keeps them: counts and sums, with when they were read.
import { api, ask, type Day } from '../lib/api';
import { recall, remember } from './store';

export interface KeptDays {
  /** When the server told them, in milliseconds. */
  at: number;
  items: Day[];
}

const place = (tenancy: string) => `days:${tenancy}`;

/** keptDays are the days on the phone. */
export function keptDays(tenancy: string): Promise<KeptDays | undefined> {
  return recall<KeptDays>(place(tenancy));
}

/** readDays reads the last 30 days and keeps them. */
export async function readDays(stall: string, tenancy: string): Promise<KeptDays> {
  const list = await ask(api.GET('/api/v1/stalls/{id}/days', { params: { path: { id: stall }, query: { limit: 60 } } }));
  const days = { at: Date.now(), items: list.items ?? [] };
  await remember(place(tenancy), days);
  return days;
}
