import 'fake-indexeddb/auto';
import type { DBSchema } from 'idb';
import { describe, expect, it } from 'vitest';
import { Store, type Upgrade } from './store';

interface Schema extends DBSchema {
  facts: { key: string; value: unknown };
  rows: { key: number; value: { n: number; text: string } };
}

let made = 0;
const newName = () => `store-${++made}`;
const first: Upgrade<Schema> = (db) => void db.createObjectStore('facts');
const second: Upgrade<Schema> = (db) => void db.createObjectStore('rows', { keyPath: 'n' });

/** earlierPhone makes a database of version 1 as an earlier program left it, without Store. */
function earlierPhone(name: string): Promise<void> {
  return new Promise((done, failed) => {
    const opening = indexedDB.open(name, 1);
    opening.onerror = () => failed(opening.error);
    opening.onupgradeneeded = () => opening.result.createObjectStore('facts').put('vi', 'language');
    opening.onsuccess = () => {
      opening.result.close();
      done();
    };
  });
}

describe('Store', () => {
  it('reads what it wrote, in the order of keys', async () => {
    const store = new Store<Schema>(newName(), [first, second]);
    await store.write('facts', { a: 1 }, 'mine');
    for (const n of [3, 1, 2]) await store.write('rows', { n, text: `row ${n}` });
    expect(await store.read('facts', 'mine')).toEqual({ a: 1 });
    expect(await store.read('facts', 'nothing')).toBeUndefined();
    expect((await store.readAll('rows')).map((r) => r.n)).toEqual([1, 2, 3]);
    expect((await store.readAll('rows', IDBKeyRange.bound(2, 3))).map((r) => r.n)).toEqual([2, 3]);
    await store.write('rows', { n: 2, text: 'replaced' });
    await store.remove('rows', 1);
    expect(await store.readAll('rows')).toEqual([
      { n: 2, text: 'replaced' },
      { n: 3, text: 'row 3' },
    ]);
  });

  it('opens a database of an earlier program and keeps its values', async () => {
    const name = newName();
    await earlierPhone(name);
    expect(await new Store<Schema>(name, [first]).read('facts', 'language')).toBe('vi');
  });

  it('runs only the upgrades that a phone has not had', async () => {
    const name = newName();
    await earlierPhone(name);
    const store = new Store<Schema>(name, [first, second]); // first would fail: its store is there
    await store.write('rows', { n: 1, text: 'new' });
    expect(await store.read('facts', 'language')).toBe('vi');
  });

  it('changes several stores as one transaction, or none', async () => {
    const store = new Store<Schema>(newName(), [first, second]);
    await store.change(['facts', 'rows'], async (tx) => {
      await tx.objectStore('facts').put(1, 'count');
      await tx.objectStore('rows').put({ n: 1, text: 'one' });
    });
    const failing = store.change(['facts', 'rows'], async (tx) => {
      await tx.objectStore('facts').put(2, 'count');
      await tx.objectStore('rows').add({ n: 1, text: 'again' }); // the key is taken
    });
    await expect(failing).rejects.toThrow();
    expect(await store.read('facts', 'count')).toBe(1);
  });

  it('opens once for calls at the same time, and again after clear', async () => {
    const store = new Store<Schema>(newName(), [first]);
    await Promise.all(['a', 'b', 'c'].map((name) => store.write('facts', name, name)));
    expect(await store.readAll('facts')).toEqual(['a', 'b', 'c']);
    await store.clear();
    expect(await store.readAll('facts')).toEqual([]);
  });
});
