// The receiving accounts of a market, each with its stalls and the names that its holder may have.
import type { Schemas, Stall } from '../lib/client';
import { readStalls } from './register';

/** Held is an account with the stalls that receive on it, and the names of their merchant and household business. */
export interface Held {
  account: Schemas['MerchantsAccount'];
  stalls: Stall[];
  names: string[];
}

/** readHeld reads the accounts of a market. */
export async function readHeld(market: string): Promise<Held[]> {
  return heldBy(await readStalls(market));
}

/** heldBy returns the accounts of some stalls, each once. */
export function heldBy(stalls: Pick<Stall, 'accounts' | 'merchant'>[]): Held[] {
  const found = new Map<string, Held>();
  for (const stall of stalls as Stall[]) {
    for (const account of stall.accounts) {
      const held = found.get(account.id);
      if (held) held.stalls.push(stall);
      else found.set(account.id, { account, stalls: [stall], names: namesOf(stall) });
    }
  }
  return [...found.values()];
}

const namesOf = (stall: Stall): string[] =>
  [stall.merchant?.full_name, stall.merchant?.household_name].filter((name): name is string => !!name);

/** numbersOf returns the numbers of the stalls of an account. */
export const numbersOf = (h: Held): string => h.stalls.map((s) => s.number).join(', ');
