import { expect, it } from 'vitest';
import { limitParallel } from './parallel';

it('goes two at a time, and who leaves the queue is never begun', async () => {
  let going = 0;
  let most = 0;
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const does = (name: string) => () => {
    begun.push(name);
    most = Math.max(most, ++going);
    return new Promise<void>((done) => {
      ends.push(() => {
        going--;
        done();
      });
    });
  };
  const left = new AbortController();
  const stays = new AbortController().signal;
  const all = [
    limitParallel(does('a'), stays),
    limitParallel(does('b'), stays),
    limitParallel(does('c'), left.signal).catch(() => 'left'),
    limitParallel(does('d'), stays),
  ];
  left.abort();
  for (let i = 0; i < 3; i++) {
    await new Promise((r) => {
      setTimeout(r);
    });
    ends.shift()?.();
  }
  expect(await all[2]).toBe('left');
  await Promise.all(all);
  expect(begun).toEqual(['a', 'b', 'd']);
  expect(most).toBe(2);
});

it('gives its turn on when it fails', async () => {
  const stays = new AbortController().signal;
  for (let i = 0; i < 3; i++)
    await expect(limitParallel(() => Promise.reject(new Error('no')), stays)).rejects.toThrow('no');
  expect(await limitParallel(() => Promise.resolve(1), stays)).toBe(1);
});
