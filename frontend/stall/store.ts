// What the stall's app stores on the phone for times without a network: payments, the stall with its codes, single values.
// Signing out clears all of it.
import type { DBSchema } from 'idb';
import type { Payment, Stall } from '../lib/client';
import { Store } from '../lib/store';

/** How many payments of a stall the phone stores. */
export const maxPayments = 200;

/** MyStall is a stall with what its screens show without a network. */
export interface MyStall {
  stall: Stall;
  market: string;
  codes: { code: string; account_id: string; svg: string }[];
}

interface Schema extends DBSchema {
  payments: { key: [string, number]; value: Payment & { tenancy: string } };
  facts: { key: string; value: unknown };
}

/** sw.js opens the same database. */
const store = new Store<Schema>('market40-stall', [
  (db) => {
    db.createObjectStore('payments', { keyPath: ['tenancy', 'version'] });
    db.createObjectStore('facts');
  },
]);

/** paymentsOf returns the range of a tenancy's payments: the versions of another tenant start again at 1. */
function paymentsOf(tenancy: string): IDBKeyRange {
  return IDBKeyRange.bound([tenancy, 0], [tenancy, Number.MAX_SAFE_INTEGER]);
}

/** savePayments stores payments and removes the oldest ones above maxPayments. */
export function savePayments(tenancy: string, payments: Payment[]): Promise<void> {
  return store.change(['payments'], async (tx) => {
    const stored = tx.objectStore('payments');
    for (const p of payments) await stored.put({ ...p, tenancy });
    const keys = await stored.getAllKeys(paymentsOf(tenancy));
    for (const key of keys.slice(0, Math.max(0, keys.length - maxPayments))) await stored.delete(key);
  });
}

/** readPayments returns the stored payments of a tenancy, newest first. */
export async function readPayments(tenancy: string): Promise<Payment[]> {
  return (await store.readAll('payments', paymentsOf(tenancy))).reverse();
}

export function writeValue(name: string, value: unknown): Promise<void> {
  return store.write('facts', value, name);
}

export async function readValue<T>(name: string): Promise<T | undefined> {
  return (await store.read('facts', name)) as T | undefined;
}

/** Names of values that a session which ended elsewhere must not leave behind. */
const privateValues = /^(mine|me|days:.*|total:.*)$/;

/**
 * clearPrivate removes payments and private values when the session was ended elsewhere. The version of the last announced payment stays,
 * so that no payment is announced twice.
 */
export function clearPrivate(): Promise<void> {
  return store.change(['payments', 'facts'], async (tx) => {
    await tx.objectStore('payments').clear();
    const values = tx.objectStore('facts');
    for (const name of await values.getAllKeys()) if (privateValues.test(name)) await values.delete(name);
  });
}

/** clearStore removes everything that this app stored. */
export function clearStore(): Promise<void> {
  return store.clear();
}
