// Caches the shell of the app, so that it opens without a network. No answer of the API is cached, because phones are shared. The app
// clears its own store at sign-out.
const version = '__VERSION__';
const files = ['__FILES__'];
const cacheName = `stall-${version}`;

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(cacheName)
      .then((cache) => cache.addAll(files))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys())
        if (name.startsWith('stall-') && name !== cacheName) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== location.origin || !files.includes(url.pathname)) return;
  event.respondWith((async () => (await caches.match(url.pathname)) ?? fetch(event.request))());
});

// Every push shows a notification, even one that cannot be read or that an open app announces: browsers end the subscription of an app
// that shows nothing. While the app is visible the notification is silent.
self.addEventListener('push', (event) => {
  event.waitUntil(
    (async () => {
      const message = read(event.data) ?? { title: 'Có tiền về', body: 'Mở ứng dụng để xem.', tag: 'm40' };
      const open = await self.clients.matchAll({ type: 'window' });
      const looked = open.some((client) => client.visibilityState === 'visible' && client.url.includes('/stall/'));
      const shown = {
        body: message.body,
        tag: message.tag,
        icon: '/stall/icon-192.png',
        data: { stall: message.stall_id },
      };
      await self.registration.showNotification(
        message.title,
        looked ? { ...shown, silent: true } : { ...shown, vibrate: [200, 100, 200], renotify: Boolean(message.tag) },
      );
    })(),
  );
});

function read(data) {
  try {
    const message = data?.json();
    return typeof message?.title === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}

// A browser that replaces a subscription fires this event. The new one is saved on the server for each stall of this phone. If that
// fails, the app tries again when it is opened (push.ts).
self.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(
    (async () => {
      const { public_key: key } = await (await fetch('/api/v1/push/key')).json();
      const made =
        event.newSubscription ??
        (await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
      const { endpoint, keys } = made.toJSON();
      const wanted = (await fact('get', 'push')) ?? [];
      for (const one of wanted) {
        const answer = await fetch(`/api/v1/stalls/${one.stall}/push-subscriptions`, {
          method: 'PUT',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } }),
        });
        if (answer.ok) Object.assign(one, { id: (await answer.json()).id, endpoint });
      }
      if (wanted.length) await fact('put', wanted, 'push');
    })(),
  );
});

/** fact reads or writes a single value of the app's store (store.ts); it fails if the store does not exist. */
function fact(does, ...given) {
  return new Promise((done, failed) => {
    const opening = indexedDB.open('market40-stall');
    opening.onerror = () => failed(opening.error);
    opening.onupgradeneeded = () => opening.transaction.abort(); // the app makes it, not this worker
    opening.onsuccess = () => {
      const db = opening.result;
      const asked = db
        .transaction('facts', does === 'get' ? 'readonly' : 'readwrite')
        .objectStore('facts')
        [does](...given);
      asked.onsuccess = () => {
        db.close();
        done(asked.result);
      };
      asked.onerror = () => {
        db.close();
        failed(asked.error);
      };
    };
  });
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(
    (async () => {
      const open = (await self.clients.matchAll({ type: 'window' })).find((client) => client.url.includes('/stall/'));
      return open ? open.focus() : self.clients.openWindow('/stall/');
    })(),
  );
});
