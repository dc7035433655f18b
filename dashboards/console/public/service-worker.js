/*
 * Lets a crew's page open without a network: keeps the page itself and the files it names, nothing else.
 * What the API says is never kept here: the page keeps its own last state, with its age.
 */

const CACHE = "liftward-page-1";
const PAGE = "/";
/* On a bad link the kept page comes first after this long: a crew cannot wait for a browser to give up. */
const NETWORK_WAIT_MS = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(fetchPage().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const ours = url.origin === self.location.origin && request.method === "GET";
  if (!ours || url.pathname.startsWith("/api/") || url.pathname === "/metrics") return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
});

/* The newest page where there is a network in time, else the kept one. */
async function page(event) {
  const fresh = fetchPage();
  event.waitUntil(fresh.catch(() => undefined));
  const late = new Promise((resolve) => setTimeout(resolve, NETWORK_WAIT_MS));
  const first = await Promise.race([fresh.catch(() => undefined), late]);
  return first ?? (await caches.match(PAGE)) ?? fresh;
}

async function fetchPage() {
  const response = await fetch(PAGE, { cache: "no-cache" });
  if (!response.ok) throw new Error(`the page was answered with ${response.status}`);
  await keep(response.clone());
  return response;
}

/* The files first: a kept page never names one that is not kept. */
async function keep(response) {
  const text = await response.clone().text();
  const files = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((found) => found[1]);
  const cache = await caches.open(CACHE);
  const missing = [];
  for (const file of files) if (!(await cache.match(file))) missing.push(file);
  await cache.addAll(missing);
  await cache.put(PAGE, response);
  const wanted = new Set([PAGE, ...files]);
  for (const kept of await cache.keys()) {
    if (!wanted.has(new URL(kept.url).pathname)) await cache.delete(kept);
  }
}
