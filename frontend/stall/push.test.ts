import 'fake-indexeddb/auto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { renew, subscribe, unsubscribe } from './push';
import { clearStore } from './store';

const key = 'AQIDBA';

/** What the browser and the server know. */
const world = {
  permission: 'granted',
  sub: undefined as { endpoint: string; dead: boolean } | undefined,
  made: 0,
  server: new Map<string, string>(),
  ids: 0,
};

function given() {
  const made = world.sub!;
  return {
    options: { applicationServerKey: new Uint8Array([1, 2, 3, 4]).buffer },
    endpoint: made.endpoint,
    toJSON: () => ({ endpoint: made.endpoint, keys: { p256dh: 'p', auth: 'a' } }),
    unsubscribe: async () => {
      world.sub = undefined;
      return true;
    },
  };
}

beforeEach(() => {
  Object.assign(world, { permission: 'granted', sub: undefined, made: 0, server: new Map(), ids: 0 });
  vi.stubGlobal('PushManager', class {});
  vi.stubGlobal('Notification', {
    get permission() {
      return world.permission;
    },
    requestPermission: async () => world.permission,
  });
  const pushManager = {
    getSubscription: async () => (world.sub ? given() : null),
    subscribe: async () => {
      world.sub = { endpoint: `https://push.example/${++world.made}`, dead: false };
      return given();
    },
  };
  Object.defineProperty(navigator, 'serviceWorker', {
    configurable: true,
    value: { ready: Promise.resolve({ pushManager }) },
  });
  vi.stubGlobal('fetch', async (request: Request) => {
    const json = (body: unknown, status = 200) =>
      new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });
    if (request.url.endsWith('/push/key')) return json({ public_key: key });
    if (request.method === 'DELETE') return new Response(null, { status: 204 });
    const { endpoint } = (await request.json()) as { endpoint: string };
    if (!world.server.has(endpoint)) world.server.set(endpoint, `id-${++world.ids}`);
    return json({ id: world.server.get(endpoint) }, 201);
  });
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await clearStore();
});

describe('a subscription', () => {
  it('is off until the user turns it on, and reports its state', async () => {
    expect(await renew('s')).toBe('off');
    await subscribe('s');
    expect(await renew('s')).toBe('on');
    expect(world.made).toBe(1);
    expect(await renew('another')).toBe('off');
    await unsubscribe('s');
    expect(await renew('s')).toBe('off');
    world.permission = 'denied';
    expect(await renew('s')).toBe('blocked');
    await expect(subscribe('s')).rejects.toMatchObject({ code: 'denied' });
  });

  it('is made again when the browser has lost it', async () => {
    await subscribe('s');
    world.sub = undefined;
    expect(await renew('s')).toBe('on');
    expect([world.made, world.server.has('https://push.example/2')]).toEqual([2, true]);
  });

  it('is made anew when the server has dropped it: its endpoint is dead', async () => {
    await subscribe('s');
    world.server.clear();
    expect(await renew('s')).toBe('on');
    expect(world.sub!.endpoint).toBe('https://push.example/2');
    expect(world.server.has('https://push.example/2')).toBe(true);
  });

  it('does not say that it is on when it could not be renewed', async () => {
    await subscribe('s');
    world.permission = 'default';
    expect(await renew('s')).toBe('lost');
    world.permission = 'granted';
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('offline');
    });
    expect(await renew('s')).toBe('lost');
  });
});

/** worker runs sw.js with a browser's parts, and returns what it listens to. */
function worker(windows: { visibilityState: string; url: string }[]) {
  const events: Record<string, (event: unknown) => void> = {};
  const shown: [string, NotificationOptions][] = [];
  const self = {
    addEventListener: (name: string, does: (event: unknown) => void) => {
      events[name] = does;
    },
    clients: { matchAll: async () => windows },
    registration: {
      showNotification: async (title: string, options: NotificationOptions) => {
        shown.push([title, options]);
      },
      pushManager: { subscribe: async () => given() },
    },
  };
  new Function('self', 'location', 'caches', readFileSync('stall/sw.js', 'utf8'))(self, { origin: 'https://m40' }, {});
  const fire = async (name: string, event: object) => {
    const waits: Promise<unknown>[] = [];
    events[name]!({ ...event, waitUntil: (p: Promise<unknown>) => waits.push(p) });
    await Promise.all(waits);
  };
  return { fire, shown };
}

describe('the service worker', () => {
  const message = { title: 'Đã nhận 45.000 đ', body: 'Sạp A-12', tag: 'm40-1' };

  it.each([
    ['closed', []],
    ['hidden', [{ visibilityState: 'hidden', url: 'https://m40/stall/' }]],
    ['visible', [{ visibilityState: 'visible', url: 'https://m40/stall/' }]],
  ])('shows every push while the app is %s', async (where, windows) => {
    const { fire, shown } = worker(windows);
    await fire('push', { data: { json: () => message } });
    expect(shown).toHaveLength(1);
    expect(shown[0]).toMatchObject(['Đã nhận 45.000 đ', { body: 'Sạp A-12' }]);
    expect(shown[0]![1].silent ?? false).toBe(where === 'visible');
  });

  it.each([
    ['nothing', undefined],
    [
      'no JSON',
      {
        json: () => {
          throw new SyntaxError();
        },
      },
    ],
    ['null', { json: () => null }],
    ['a list', { json: () => [] }],
  ])('shows a push that holds %s', async (_, data) => {
    const { fire, shown } = worker([]);
    await fire('push', { data });
    expect(shown[0]![0]).toBe('Có tiền về');
  });

  it('saves a subscription that the browser replaced on the server', async () => {
    await subscribe('s');
    world.sub = { endpoint: 'https://push.example/new', dead: false };
    const calls: string[] = [];
    vi.stubGlobal('fetch', async (url: string, init?: RequestInit) => {
      calls.push(
        `${init?.method ?? 'GET'} ${url} ${init?.body ? (JSON.parse(init.body as string) as { endpoint: string }).endpoint : ''}`.trim(),
      );
      return new Response(JSON.stringify({ public_key: key, id: 'id-new' }));
    });
    await worker([]).fire('pushsubscriptionchange', {});
    expect(calls).toEqual(['GET /api/v1/push/key', 'PUT /api/v1/stalls/s/push-subscriptions https://push.example/new']);
  });
});
