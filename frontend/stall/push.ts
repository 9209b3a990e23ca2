// Lets this phone be told of payments while the app is closed.
import { api, ask, type Problem } from '../lib/api';
import { t } from '../lib/language.svelte';

/** Whether this browser can be told. */
export const pushable = 'PushManager' in window && 'serviceWorker' in navigator && 'Notification' in window;

/** subscribe asks the phone's owner, then the browser's push service, then us. */
export async function subscribe(stall: string): Promise<void> {
  if ((await Notification.requestPermission()) !== 'granted') {
    throw { code: 'denied', detail: t('Điện thoại chưa cho phép thông báo.', 'Notifications are not allowed on this phone.'), status: 0 } satisfies Problem;
  }
  const key = await ask(api.GET('/api/v1/push/key'));
  const registration = await navigator.serviceWorker.ready;
  const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key.public_key });
  const { endpoint, keys } = made.toJSON();
  await ask(api.PUT('/api/v1/stalls/{id}/push-subscriptions', { params: { path: { id: stall } }, body: { endpoint: endpoint ?? '', keys: { p256dh: keys?.p256dh ?? '', auth: keys?.auth ?? '' } } }));
}
