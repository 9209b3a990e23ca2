// What is read of the register: markets, stalls, banks.
import { api, readAll, type Market, type Schemas, type Stall } from '../lib/client';

/** How many stalls of a market are read at most. */
const maxStalls = 5000;

let knownMarkets: Promise<Market[]> | undefined;

/** readMarkets returns the markets in scope; they are read once. */
export function readMarkets(): Promise<Market[]> {
  knownMarkets ??= readAll((query) => api.GET('/api/v1/markets', { params: { query } }));
  knownMarkets.catch(() => {
    knownMarkets = undefined;
  });
  return knownMarkets;
}

/** readStalls returns the stalls of a market in the order of their numbers. */
export const readStalls = (id: string, filter: { state?: Stall['state']; number?: string } = {}): Promise<Stall[]> =>
  readAll(
    (page) => api.GET('/api/v1/markets/{id}/stalls', { params: { path: { id }, query: { ...filter, ...page } } }),
    maxStalls,
  );

/** readBanks returns the banks by name. */
export async function readBanks(): Promise<Schemas['MerchantsBank'][]> {
  const banks = await readAll((query) => api.GET('/api/v1/banks', { params: { query } }));
  return banks.toSorted((a, b) => a.short_name.localeCompare(b.short_name, 'vi'));
}
