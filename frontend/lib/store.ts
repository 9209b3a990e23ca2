// The one way to IndexedDB: opens a database, upgrades it, reads, writes and clears it.
import {
  deleteDB,
  openDB,
  type DBSchema,
  type IDBPDatabase,
  type IDBPTransaction,
  type StoreKey,
  type StoreNames,
  type StoreValue,
} from 'idb';

/** Upgrade makes the stores that one version of a database adds. */
export type Upgrade<Schema extends DBSchema> = (db: IDBPDatabase<Schema>) => void;

/** Change is a transaction that may write. */
export type Change<Schema extends DBSchema> = IDBPTransaction<Schema, StoreNames<Schema>[], 'readwrite'>;

/** Store is one database. It is opened at its first use and again after clear. */
export class Store<Schema extends DBSchema> {
  private opened?: Promise<IDBPDatabase<Schema>>;

  /**
   * upgrades has one function a version, oldest first. Phones have databases of every earlier version: functions are added at the end
   * and never changed.
   */
  constructor(
    private name: string,
    private upgrades: Upgrade<Schema>[],
  ) {}

  private open(): Promise<IDBPDatabase<Schema>> {
    this.opened ??= openDB<Schema>(this.name, this.upgrades.length, {
      upgrade: (db, oldVersion) => {
        for (const upgrade of this.upgrades.slice(oldVersion)) upgrade(db);
      },
    });
    return this.opened;
  }

  /** read returns one value; undefined: there is none. */
  async read<Name extends StoreNames<Schema>>(
    store: Name,
    key: StoreKey<Schema, Name>,
  ): Promise<StoreValue<Schema, Name> | undefined> {
    return (await this.open()).get(store, key);
  }

  /** readAll returns the values of a store in the order of their keys. */
  async readAll<Name extends StoreNames<Schema>>(
    store: Name,
    range?: IDBKeyRange,
  ): Promise<StoreValue<Schema, Name>[]> {
    return (await this.open()).getAll(store, range);
  }

  /** write adds a value or replaces it; the key is required where values do not hold it. */
  async write<Name extends StoreNames<Schema>>(
    store: Name,
    value: StoreValue<Schema, Name>,
    key?: StoreKey<Schema, Name>,
  ): Promise<void> {
    await (await this.open()).put(store, value, key);
  }

  /** remove removes one value, if there is one. */
  async remove<Name extends StoreNames<Schema>>(store: Name, key: StoreKey<Schema, Name>): Promise<void> {
    await (await this.open()).delete(store, key);
  }

  /** change runs several reads and writes as one transaction; steps may await nothing but them. */
  async change(stores: StoreNames<Schema>[], steps: (tx: Change<Schema>) => Promise<void>): Promise<void> {
    const tx = (await this.open()).transaction(stores, 'readwrite');
    await Promise.all([steps(tx), tx.done]);
  }

  /** clear removes the whole database. */
  async clear(): Promise<void> {
    (await this.opened)?.close();
    this.opened = undefined;
    await deleteDB(this.name);
  }
}
