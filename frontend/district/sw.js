// Caches the shell of the app, so that a team can record facts for a day without a network. No answer of the API is cached, because
// machines are shared. The app clears its own store at sign-out.
const version = '__VERSION__';
const files = ['__FILES__'];
const cacheName = `district-${version}`;

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
        if (name.startsWith('district-') && name !== cacheName) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== location.origin || !files.includes(url.pathname)) return;
  event.respondWith((async () => (await caches.match(url.pathname)) ?? fetch(event.request))());
});
