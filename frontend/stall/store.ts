// What the app keeps on the phone, for when there is no network: payments, the code, and what it has said. Cleared when the
// owner signs out.
import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Payment, Stall } from '../lib/api';

/** How many payments of a stall are kept. */
export const keptPayments = 200;

export interface Mine {
  stall: Stall;
  market: string;
  codes: { code: string; account_id: string; svg: string }[];
}

interface Kept extends DBSchema {
  payments: { key: [string, number]; value: Payment & { tenancy: string } };
  facts: { key: string; value: unknown };
}

const name = 'market40-stall';
let opened: Promise<IDBPDatabase<Kept>> | undefined;

function db(): Promise<IDBPDatabase<Kept>> {
  opened ??= openDB<Kept>(name, 1, {
    upgrade(fresh) {
      fresh.createObjectStore('payments', { keyPath: ['tenancy', 'version'] });
      fresh.createObjectStore('facts');
    },
  });
  return opened;
}

/** of is the range of a tenancy's payments: another tenant's versions start anew. */
function of(tenancy: string): IDBKeyRange {
  return IDBKeyRange.bound([tenancy, 0], [tenancy, Number.MAX_SAFE_INTEGER]);
}

/** keep adds payments and forgets the oldest. */
export async function keep(tenancy: string, payments: Payment[]): Promise<void> {
  const tx = (await db()).transaction('payments', 'readwrite');
  for (const p of payments) await tx.store.put({ ...p, tenancy });
  const keys = await tx.store.getAllKeys(of(tenancy));
  for (const key of keys.slice(0, Math.max(0, keys.length - keptPayments))) await tx.store.delete(key);
  await tx.done;
}

/** kept are the payments on the phone, newest first. */
export async function kept(tenancy: string): Promise<Payment[]> {
  return (await (await db()).getAll('payments', of(tenancy))).reverse();
}

export async function remember(key: string, value: unknown): Promise<void> {
  await (await db()).put('facts', value, key);
}

export async function recall<T>(key: string): Promise<T | undefined> {
  return (await (await db()).get('facts', key)) as T | undefined;
}

/** forgetPrivate clears what a session that was ended may not leave behind; what was said already is kept, so that it is said once. */
export async function forgetPrivate(): Promise<void> {
  const tx = (await db()).transaction(['payments', 'facts'], 'readwrite');
  await tx.objectStore('payments').clear();
  const facts = tx.objectStore('facts');
  for (const key of await facts.getAllKeys()) if (/^(mine|me|days:.*|total:.*)$/.test(key)) await facts.delete(key);
  await tx.done;
}

/** forget clears the phone of all of it. */
export async function forget(): Promise<void> {
  (await opened)?.close();
  opened = undefined;
  await deleteDB(name);
}
