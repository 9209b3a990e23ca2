// What the officers' app stores in the browser: single values and work that is running. Signing out clears all of it, because machines are
// shared.
import type { DBSchema } from 'idb';
import { Store } from '../lib/store';

/** Work is a request that takes long and must survive a reload. The server does it once for a key. */
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

interface Schema extends DBSchema {
  facts: { key: string; value: unknown };
  work: { key: string; value: Work };
}

const store = new Store<Schema>('market40-district', [
  (db) => {
    db.createObjectStore('facts');
    db.createObjectStore('work', { keyPath: 'key' });
  },
]);

export const writeValue = (name: string, value: unknown): Promise<void> => store.write('facts', value, name);
export const readValue = async <T>(name: string): Promise<T | undefined> =>
  (await store.read('facts', name)) as T | undefined;
export const removeValue = (name: string): Promise<void> => store.remove('facts', name);

export const saveWork = (work: Work): Promise<void> => store.write('work', work);
export const removeWork = (key: string): Promise<void> => store.remove('work', key);
export const readWork = (): Promise<Work[]> => store.readAll('work');

/** clearStore removes everything that this app stored. */
export const clearStore = (): Promise<void> => store.clear();
