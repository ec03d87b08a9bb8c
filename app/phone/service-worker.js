// The portal's service worker (docs/decisions/0020). In front of it stand VERSION, SHELL and LANGUAGE (app/phone/views.py).
// It keeps two things: what the offline page is made of, and on a guardian's own device one day's contact book.
"use strict";

const SHELL_CACHE = `shell-${VERSION}`;
const KEPT = "kept";
const SAID = "/offline/language";
let forgotten = 0; // rises whenever a copy is let go: one that is under way meanwhile is not put down any more

self.addEventListener("install", (event) => event.waitUntil(install()));
async function install() {
  const shell = await caches.open(SHELL_CACHE);
  await shell.addAll(SHELL.map((address) => new Request(address, { credentials: "omit" })));
  await self.skipWaiting();
}

self.addEventListener("activate", (event) => event.waitUntil(activate()));
async function activate() {
  for (const name of await caches.keys()) if (name !== SHELL_CACHE) await caches.delete(name); // a kept copy too
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const { pathname, search } = new URL(request.url);
  if (request.mode === "navigate") event.respondWith(navigate(event));
  else if (SHELL.includes(pathname + search)) event.respondWith(fromShell(request));
});

async function fromShell(request) {
  return await caches.match(request, { cacheName: SHELL_CACHE }) ?? fetch(request);
}

async function navigate(event) {
  let answer;
  try {
    answer = await event.preloadResponse ?? await fetch(event.request);
  } catch {
    return offline(event.request);
  }
  // before anybody sees the page: what is not this reader's any more is gone
  const reader = answer.headers.get("Portal-Reader"); // not there where something broke, or on the way to another page
  if (reader && (await keptCopy())?.answer.headers.get("Portal-Reader") !== reader) await forget();
  return answer;
}

async function offline(request) {
  const copy = await keptCopy();
  if (copy && isThatBook(new URL(request.url), new URL(copy.request.url))) return copy.answer;
  const shell = await caches.open(SHELL_CACHE);
  const language = await (await shell.match(SAID))?.text();
  return await shell.match(`/offline/${language}`) ?? await shell.match(`/offline/${LANGUAGE}`) ?? Response.error();
}

// The copy's own address, the page that it is a copy of, or «the contact book» of the bottom bar.
function isThatBook(wanted, kept) {
  const day = wanted.searchParams.get("date");
  if (day && day !== kept.searchParams.get("date")) return false;
  return [kept.pathname, kept.pathname.replace(/\/kept$/, ""), "/portal/children/go/contact-book"].includes(wanted.pathname);
}

// The one copy that may still be shown; one whose time is over is let go here.
async function keptCopy() {
  if (!await caches.has(KEPT)) return null;
  const cache = await caches.open(KEPT);
  const [request] = await cache.keys();
  const answer = request && await cache.match(request);
  if (answer && Number(answer.headers.get("Portal-Kept-Until")) > Date.now()) return { request, answer };
  await caches.delete(KEPT);
  return null;
}

async function forget() {
  forgotten++;
  await caches.delete(KEPT);
}

// From our own pages alone: no other page has this worker.
self.addEventListener("message", (event) => {
  const { language, keep } = event.data;
  if (language) event.waitUntil(remember(language));
  if (keep) event.waitUntil(keepBook(keep));
});

async function remember(language) {
  const shell = await caches.open(SHELL_CACHE);
  if (await (await shell.match(SAID))?.text() !== language) await shell.put(SAID, new Response(language));
}

async function keepBook(address) {
  if (!/^\/portal\/children\/\d+\/contact-book\/kept\?/.test(address)) return;
  await forget();
  const began = forgotten;
  const answer = await fetch(address, { cache: "no-store", redirect: "error" });
  if (!answer.ok || !answer.headers.has("Portal-Kept-Until") || forgotten !== began) return;
  await (await caches.open(KEPT)).put(address, answer);
  if (forgotten !== began) await caches.delete(KEPT);
}
