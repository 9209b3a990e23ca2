import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Payment } from '../lib/client';
import { clearPrivate, clearStore, maxPayments, readPayments, readValue, savePayments, writeValue } from './store';

const payment = (version: number) => ({ version, amount: '1000' }) as Payment;
const versions = async (tenancy: string) => (await readPayments(tenancy)).map((p) => p.version);

beforeEach(clearStore);

describe('the store of the stall', () => {
  it('holds the newest payments of each tenancy, newest first', async () => {
    await savePayments(
      'a',
      Array.from({ length: maxPayments + 3 }, (_, i) => payment(i + 1)),
    );
    await savePayments('b', [payment(1)]);
    const stored = await versions('a');
    expect([stored.length, stored[0], stored.at(-1)]).toEqual([maxPayments, maxPayments + 3, 4]);
    expect(await versions('b')).toEqual([1]);
  });

  it('has the name, version and stores that the service worker and earlier programs know', async () => {
    await writeValue('push', []);
    const found = (await indexedDB.databases()).find((d) => d.name === 'market40-stall');
    expect(found?.version).toBe(1);
  });

  it('clears what is private when a session ends elsewhere, and not what was announced', async () => {
    await savePayments('a', [payment(1)]);
    for (const name of ['mine', 'me', 'days:a', 'total:a', 'spoken:a', 'language']) await writeValue(name, name);
    await clearPrivate();
    expect(await versions('a')).toEqual([]);
    const left = await Promise.all(
      ['mine', 'me', 'days:a', 'total:a', 'spoken:a', 'language'].map((n) => readValue(n)),
    );
    expect(left).toEqual([undefined, undefined, undefined, undefined, 'spoken:a', 'language']);
  });
});
