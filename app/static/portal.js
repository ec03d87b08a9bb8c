// The pages' own small help; every page works without it. No framework, no inline script (strict CSP).
"use strict";

// A form that failed puts its summary under the reader's eyes and voice.
document.querySelector("[data-focus]")?.focus();

// What a browser would say of a field in a bubble that nothing else can read stands beside the field, as the server says it.
document.addEventListener("invalid", (event) => {
  const field = event.target, form = field.form, id = `${field.id}-missing`;
  event.preventDefault();
  if (form.querySelector(":invalid:not(fieldset)") === field) field.focus();
  field.setAttribute("aria-invalid", "true");
  field.classList.add("is-invalid");
  if (!field.id || document.getElementById(id)) return;
  const words = document.createElement("span");
  Object.assign(words, { className: "error", id });
  words.setAttribute("role", "alert");
  words.textContent = field.validity.valueMissing ? document.body.dataset.fillIn : field.validationMessage;
  (field.closest(".field, .check, .admin-field") || field).append(words);
  field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") || ""} ${id}`.trim());
  field.addEventListener("input", () => {
    if (!field.validity.valid) return;
    words.remove();
    field.classList.remove("is-invalid");
    field.removeAttribute("aria-invalid");
  });
}, true);

// 圖像識別碼: 換一張 and 用聽的 without losing what was typed.
for (const field of document.querySelectorAll("[data-captcha]")) {
  const picture = field.querySelector("[data-captcha-picture]");
  const renew = field.querySelector("[data-captcha-renew]");
  const sound = field.querySelector("[data-captcha-sound]");
  renew?.addEventListener("click", async (event) => {
    event.preventDefault();
    const token = document.querySelector("input[name=csrf_token]").value;
    await fetch(renew.dataset.captchaRenew, { method: "POST", headers: { "X-CSRFToken": token } });
    picture.src = picture.src.replace(/[?&]t=.*$/, "") + (picture.src.includes("?") ? "&" : "?") + "t=" + Date.now();
    field.querySelector("input").focus();
  });
  sound?.addEventListener("click", (event) => {
    event.preventDefault();
    new Audio(sound.href + (sound.href.includes("?") ? "&" : "?") + "t=" + Date.now()).play();
    field.querySelector("input").focus();
  });
}

// A form is sent once: a double click does nothing more. The server keeps its own guard.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) { event.preventDefault(); return; }
  if (!event.defaultPrevented) form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// Menus close with Escape and when the focus leaves them.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// Choices that reload their list at once: <select data-submit>. A button stands beside them where scripts are off.
for (const select of document.querySelectorAll("[data-submit]")) select.addEventListener("change", () => select.form.requestSubmit());
for (const button of document.querySelectorAll("[data-no-script]")) button.hidden = true;

// A conversation opens at its newest message.
for (const log of document.querySelectorAll("[data-newest-last]")) window.addEventListener("load", () => {
  if (log.scrollHeight <= log.clientHeight) return; // the whole page scrolls, to #newest
  scrollTo(0, 0);
  log.scrollTop = log.scrollHeight;
});

// A list that narrows as one types; absent where scripts are off.
for (const head of document.querySelectorAll("[data-with-script]")) head.hidden = false;
for (const box of document.querySelectorAll("[data-narrows]")) box.addEventListener("input", () => {
  const words = box.value.trim().toLowerCase();
  for (const line of document.getElementById(box.dataset.narrows).children) line.hidden = !line.textContent.toLowerCase().includes(words);
});

// A page that a letter's link opened goes on by itself; it has a button where scripts are off.
for (const form of document.querySelectorAll("form[data-auto-submit]")) form.requestSubmit();

// <input type="checkbox" data-reveals="id of a fieldset">: its fields are there once the box is ticked; without scripts always.
for (const box of document.querySelectorAll("[data-reveals]")) {
  const part = document.getElementById(box.dataset.reveals);
  const follow = () => { part.hidden = part.disabled = !box.checked; };
  box.addEventListener("change", follow);
  follow();
}

// The app on the phone: an offline page, and on a device of one's own the contact book read last (docs/decisions/0020).
if ("serviceWorker" in navigator) window.addEventListener("load", async () => {
  try {
    await navigator.serviceWorker.register("/service-worker.js");
  } catch { return; } // a private window, or a browser that is told not to keep anything
  const { active } = await navigator.serviceWorker.ready;
  active.postMessage({ language: document.documentElement.lang });
  const book = document.querySelector("[data-keep]");
  const isOwn = book && ("ownDevice" in book.dataset || matchMedia("(display-mode: standalone)").matches);
  if (isOwn) active.postMessage({ keep: book.dataset.keep });
});
document.addEventListener("submit", (event) => {
  if (event.target.action.endsWith("/sign-out/")) self.caches?.delete("kept"); // at once, without waiting for the server
});

// 【列印】; where scripts are off the browser's own menu prints the same.
for (const button of document.querySelectorAll("[data-print]")) { button.hidden = false; button.addEventListener("click", () => print()); }
