// Push notifications of payments while the app is closed. A subscription that the browser or the server lost is made again when the app
// is opened.
import { api, ask, type Problem } from '../lib/client';
import { t } from '../lib/language.svelte';
import { readValue, writeValue } from './store';

/** unknown: not read yet; off: never subscribed; blocked: the phone forbids it; lost: it was on and could not be renewed. */
export type PushState = 'unknown' | 'unsupported' | 'off' | 'on' | 'blocked' | 'lost';

/** StoredSubscription is a stall's subscription on this phone; the service worker reads it, too (sw.js). */
interface StoredSubscription {
  stall: string;
  id: string;
  endpoint: string;
}

const storeKey = 'push';

/** pushable reports whether this browser supports push notifications. */
export function pushable(): boolean {
  return 'PushManager' in window && 'serviceWorker' in navigator && 'Notification' in window;
}

async function storedSubscriptions(): Promise<StoredSubscription[]> {
  return (await readValue<StoredSubscription[]>(storeKey)) ?? [];
}

async function store(stall: string, made?: Pick<StoredSubscription, 'id' | 'endpoint'>): Promise<void> {
  const others = (await storedSubscriptions()).filter((w) => w.stall !== stall);
  await writeValue(storeKey, made ? [...others, { stall, ...made }] : others);
}

/** subscribe asks the user for permission, subscribes at the browser's push service and saves the subscription on the server. */
export async function subscribe(stall: string): Promise<void> {
  if ((await Notification.requestPermission()) !== 'granted') {
    throw {
      code: 'denied',
      detail: t(
        'Điện thoại chưa cho phép thông báo. Hãy mở cài đặt của trình duyệt, cho phép thông báo từ trang này.',
        "Notifications are not allowed on this phone. Allow them for this page in the browser's settings.",
      ),
      status: 0,
    } satisfies Problem;
  }
  await put(stall, await subscription());
}

/** unsubscribe ends the subscription of a stall. */
export async function unsubscribe(stall: string): Promise<void> {
  const stored = (await storedSubscriptions()).find((w) => w.stall === stall);
  if (stored)
    await ask(
      api.DELETE('/api/v1/stalls/{id}/push-subscriptions/{subscription}', {
        params: { path: { id: stall, subscription: stored.id } },
      }),
    ).catch(gone);
  await store(stall);
}

function gone(problem: Problem): void {
  if (problem.status !== 404) throw problem;
}

/** renew compares the subscription of a stall in the browser, the store and the server, and makes it again where one has lost it. */
export async function renew(stall: string): Promise<PushState> {
  if (!pushable()) return 'unsupported';
  const stored = (await storedSubscriptions()).find((w) => w.stall === stall);
  if (Notification.permission === 'denied') return 'blocked';
  if (!stored) return 'off';
  if (Notification.permission !== 'granted') return 'lost';
  try {
    const made = await put(stall, await subscription());
    // Another id for the same endpoint: the server had removed it, because the push service had reported that it is gone.
    if (made.endpoint === stored.endpoint && made.id !== stored.id) {
      await (await subscription()).unsubscribe();
      await put(stall, await subscription());
    }
    return 'on';
  } catch {
    return 'lost';
  }
}

/** subscription returns the browser's subscription, made for the present key of the server. */
async function subscription(): Promise<PushSubscription> {
  const { public_key: key } = await ask(api.GET('/api/v1/push/key'));
  const { pushManager } = await navigator.serviceWorker.ready;
  const there = await pushManager.getSubscription();
  if (there && sameKey(there.options.applicationServerKey, key)) return there;
  await there?.unsubscribe();
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

/** sameKey reports whether a subscription was made for a key in base64url. A browser that does not expose the key is trusted. */
function sameKey(made: ArrayBuffer | null | undefined, key: string): boolean {
  if (!made) return true;
  const text = btoa(String.fromCharCode(...new Uint8Array(made)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
  return text === key;
}

async function put(stall: string, made: PushSubscription): Promise<StoredSubscription> {
  const { endpoint = '', keys } = made.toJSON();
  const body = { endpoint, keys: { p256dh: keys?.p256dh ?? '', auth: keys?.auth ?? '' } };
  const { id } = await ask(
    api.PUT('/api/v1/stalls/{id}/push-subscriptions', { params: { path: { id: stall } }, body }),
  );
  await store(stall, { id, endpoint });
  return { stall, id, endpoint };
}
