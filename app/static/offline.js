// The offline page: shows the way to the kept contact book, if there is one that may still be read.
"use strict";

(async () => {
  if (!self.caches || !await caches.has("kept")) return;
  const cache = await caches.open("kept");
  const [request] = await cache.keys();
  const answer = request && await cache.match(request);
  if (!answer || Number(answer.headers.get("Portal-Kept-Until")) <= Date.now()) return;
  const box = document.querySelector("[data-kept-copy]");
  box.querySelector("a").href = request.url;
  box.hidden = false;
})();

window.addEventListener("online", () => location.reload());
