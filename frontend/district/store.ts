// What the browser keeps for this app: the language, the map's boundaries, and work that is under way. Cleared at sign-out:
// machines are shared.
import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from 'idb';

/** Work is a request that takes long and must survive a reload; under its key the server does it once. */
export interface Work {
  key: string;
  kind: 'import' | 'freeze' | 'export';
  label: string;
  method: 'POST' | 'GET';
  path: string;
  body?: unknown;
  file?: File;
  saveAs?: string;
  startedAt: number;
}

interface Kept extends DBSchema {
  facts: { key: string; value: unknown };
  work: { key: string; value: Work };
}

const name = 'market40-district';
let opened: Promise<IDBPDatabase<Kept>> | undefined;

function db(): Promise<IDBPDatabase<Kept>> {
  opened ??= openDB<Kept>(name, 1, {
    upgrade(fresh) {
      fresh.createObjectStore('facts');
      fresh.createObjectStore('work', { keyPath: 'key' });
    },
  });
  return opened;
}

export const remember = async (key: string, value: unknown): Promise<void> => {
  await (await db()).put('facts', value, key);
};
export const recall = async <T>(key: string): Promise<T | undefined> =>
  (await (await db()).get('facts', key)) as T | undefined;
export const drop = async (key: string): Promise<void> => {
  await (await db()).delete('facts', key);
};

export const keepWork = async (work: Work): Promise<void> => {
  await (await db()).put('work', work);
};
export const dropWork = async (key: string): Promise<void> => {
  await (await db()).delete('work', key);
};
export const keptWork = async (): Promise<Work[]> => (await db()).getAll('work');

/** forget clears all of it. */
export async function forget(): Promise<void> {
  (await opened)?.close();
  opened = undefined;
  await deleteDB(name);
}
