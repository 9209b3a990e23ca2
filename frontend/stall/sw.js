// The shell of the app, kept so that it opens without a network. Nothing of the API is kept here: phones are shared, and what
// the app keeps it clears when its owner signs out.
const version = '__VERSION__';
const files = ['__FILES__'];
const cacheName = `stall-${version}`;

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(files)).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith('stall-') && name !== cacheName) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== location.origin || !files.includes(url.pathname)) return;
  event.respondWith((async () => (await caches.match(url.pathname)) ?? fetch(event.request))());
});

// A push tells what came while the app was closed. Where it is open and sells, it speaks itself.
self.addEventListener('push', (event) => {
  event.waitUntil((async () => {
    const told = event.data?.json();
    if (!told) return;
    const open = await self.clients.matchAll({ type: 'window' });
    if (open.some((client) => client.visibilityState === 'visible' && client.url.includes('/stall/'))) return;
    await self.registration.showNotification(told.title, { body: told.body, tag: told.tag, icon: '/stall/icon-192.png', data: { stall: told.stall_id }, vibrate: [200, 100, 200], renotify: true });
  })());
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil((async () => {
    const open = (await self.clients.matchAll({ type: 'window' })).find((client) => client.url.includes('/stall/'));
    return open ? open.focus() : self.clients.openWindow('/stall/');
  })());
});
