import 'fake-indexeddb/auto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Queue } from './queue';

interface Sent {
  path: string;
  body: unknown;
  key: string;
}

let made = 0;
const fresh = (by = 'lan'): Queue => new Queue(`queue-${++made}`, by);
const visit = (n: number) => ({ method: 'POST' as const, path: `/visits/${n}`, body: { n }, label: `Lượt ${n}` });

/** server answers each request with answer, and records the requests. */
function server(answer: (path: string, times: number) => Response | 'offline'): Sent[] {
  const sent: Sent[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const path = new URL(request.url).pathname;
    sent.push({ path, body: await request.json(), key: request.headers.get('Idempotency-Key')! });
    const said = answer(path, sent.filter((s) => s.path === path).length);
    if (said === 'offline') throw new TypeError('Failed to fetch');
    return said;
  });
  return sent;
}

const ok = (): Response => new Response('{}', { status: 201 });
const problem = (status: number, code: string): Response =>
  new Response(JSON.stringify({ status, code, detail: code }), {
    status,
    headers: { 'Content-Type': 'application/problem+json' },
  });

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('Queue', () => {
  it('stores what is recorded and sends it in order', async () => {
    const sent = server(ok);
    const queue = fresh();
    for (const n of [1, 2, 3]) await queue.add(visit(n));
    expect((await queue.list()).map((w) => w.label)).toEqual(['Lượt 1', 'Lượt 2', 'Lượt 3']);
    expect(await queue.flush()).toBe('empty');
    expect(sent.map((s) => s.path)).toEqual(['/visits/1', '/visits/2', '/visits/3']);
    expect(new Set(sent.map((s) => s.key)).size).toBe(3);
    expect(await queue.list()).toEqual([]);
  });

  it('sends the same key again when the network went away before the answer', async () => {
    const sent = server((_, times) => (times === 1 ? 'offline' : ok()));
    const queue = fresh();
    await queue.add(visit(1));
    await queue.add(visit(2));
    expect(await queue.flush()).toBe('offline');
    expect((await queue.list()).length).toBe(2); // the second was not tried: its turn comes after the first
    expect(await queue.flush()).toBe('offline');
    expect(await queue.flush()).toBe('empty');
    expect(sent.filter((s) => s.path === '/visits/1').map((s) => s.key)).toEqual([sent[0]!.key, sent[0]!.key]);
  });

  it('holds a refused request with its sentence, and sends the others', async () => {
    const sent = server((path) => (path === '/visits/1' ? problem(422, 'stall_vacant') : ok()));
    const queue = fresh();
    await queue.add(visit(1));
    await queue.add(visit(2));
    expect(await queue.flush()).toBe('empty');
    const [left] = await queue.list();
    expect(left?.refused?.code).toBe('stall_vacant');
    await queue.flush();
    expect(sent.length).toBe(2); // it is not sent again by itself
    await queue.again(left!.n!);
    await queue.flush();
    expect(sent.length).toBe(3);
    expect(sent[2]!.key).not.toBe(sent[0]!.key);
    await queue.drop(left!.n!);
    expect(await queue.list()).toEqual([]);
  });

  it.each([
    [503, 'unavailable', 'later'],
    [429, 'too_many', 'later'],
    [409, 'in_progress', 'later'],
    [401, 'sign_in', 'signed_out'],
  ])('stops at %i %s and loses nothing', async (status, code, ended) => {
    server(() => problem(status as number, code as string));
    const queue = fresh();
    await queue.add(visit(1));
    expect(await queue.flush()).toBe(ended);
    expect((await queue.list())[0]?.refused).toBeUndefined();
  });

  it('sends when the network comes back', async () => {
    let there = false;
    const sent = server(() => (there ? ok() : 'offline'));
    const queue = fresh();
    await queue.add(visit(1));
    const stop = queue.start();
    await vi.waitFor(() => {
      expect(sent.length).toBe(1);
    });
    await queue.flush();
    there = true;
    dispatchEvent(new Event('online'));
    await vi.waitFor(async () => {
      expect(await queue.list()).toEqual([]);
    });
    stop();
  });

  it('belongs to one person: others neither send nor see it', async () => {
    const sent = server(ok);
    const mine = fresh('lan');
    await mine.add(visit(1));
    const theirs = new Queue(`queue-${made}`, 'nam');
    expect(await theirs.list()).toEqual([]);
    await theirs.flush();
    await theirs.clear();
    expect(sent).toEqual([]);
    expect((await mine.list()).length).toBe(1);
    await mine.clear();
    expect(await mine.list()).toEqual([]);
  });

  it('calls back who watches', async () => {
    server(ok);
    const queue = fresh();
    const changed = vi.fn();
    const stop = queue.watch(changed);
    await queue.add(visit(1));
    await queue.flush();
    expect(changed).toHaveBeenCalledTimes(2);
    stop();
    await queue.add(visit(2));
    expect(changed).toHaveBeenCalledTimes(2);
  });
});
