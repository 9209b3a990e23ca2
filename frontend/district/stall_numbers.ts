// The numbers of the stalls that cases name by id, and the ids of those that people name by number.
import { api, ask } from '../lib/client';
import { t } from '../lib/language.svelte';
import { readStalls } from './register';

/** The numbers of a market's stalls by id, read once. */
const numbers = new Map<string, Promise<Map<string, string>>>();

/** stallNumber returns the number of a stall; empty: it is not in scope. */
export async function stallNumber(market: string | null, stall: string): Promise<string> {
  if (market && !numbers.has(market))
    numbers.set(
      market,
      readStalls(market).then((list) => new Map(list.map((s) => [s.id, s.number]))),
    );
  const known = market && (await numbers.get(market))?.get(stall);
  if (known) return known;
  return ask(api.GET('/api/v1/stalls/{id}', { params: { path: { id: stall } } })).then(
    (s) => s.number,
    () => '',
  );
}

/** stallByNumber returns the id of the stall with a number in any spelling; of two that share one, that of this very spelling. */
export async function stallByNumber(market: string, number: string): Promise<string> {
  const found = await readStalls(market, { number });
  if (!found.length)
    throw new Error(t(`Không có sạp ${number} ở chợ này.`, `There is no stall ${number} in this market.`));
  const one = found.length === 1 ? found[0] : found.find((s) => s.number === number);
  if (one) return one.id;
  const list = found.map((s) => s.number).join('; ');
  throw new Error(
    t(
      `Có nhiều sạp số ${number}: ${list}. Hãy gõ đúng như vậy.`,
      `Several stalls have the number ${number}: ${list}. Type it exactly as written here.`,
    ),
  );
}
