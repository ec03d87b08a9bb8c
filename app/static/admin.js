// Remote selects of generated forms: type, choose, the row's number goes into the hidden field. Without this script the
// typed text itself is sent and the server looks it up (app/web/remote_select.py).
"use strict";

const WAIT = 200;

function makeCombo(box) {
  const key = box.querySelector("[data-key]");
  const input = box.querySelector("input:not([type=hidden])");
  const list = document.createElement("ul");
  const status = document.createElement("span");
  let timer, asked = 0, active = -1, chosen = input.value;

  list.id = input.id + "-list";
  list.className = "combo-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", box.dataset.found);
  list.hidden = true;
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  box.append(list, status);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) {
    input.setAttribute(name, value);
  }

  const options = () => [...list.querySelectorAll("[role=option]")];

  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(index) {
    const all = options();
    if (!all.length) return;
    active = (index + all.length) % all.length;
    all.forEach((option, number) => option.setAttribute("aria-selected", String(number === active)));
    input.setAttribute("aria-activedescendant", all[active].id);
    all[active].scrollIntoView({ block: "nearest" });
  }

  function choose(option) {
    key.value = option.dataset.key;
    input.value = chosen = option.textContent;
    asked += 1;
    close();
  }

  function show(items) {
    list.replaceChildren(...items.map((item, number) => {
      const option = document.createElement("li");
      option.id = `${list.id}-${number}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dataset.key = item.key;
      option.textContent = item.label;
      return option;
    }));
    if (!items.length) {
      const nothing = document.createElement("li");
      nothing.className = "meta";
      nothing.setAttribute("role", "presentation");
      nothing.textContent = box.dataset.nothing;
      list.append(nothing);
    }
    status.textContent = items.length ? `${box.dataset.found}: ${items.length}` : box.dataset.nothing;
    active = -1;
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }

  async function ask() {
    const turn = ++asked;
    const answer = await fetch(box.dataset.lookup + "?q=" + encodeURIComponent(input.value));
    if (!answer.ok) return;
    const { items } = await answer.json();
    if (turn === asked && document.activeElement === input) show(items);  // an answer that comes too late opens nothing
  }

  input.addEventListener("input", () => {
    if (input.value !== chosen) key.value = "";
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("click", () => { if (list.hidden) ask(); });
  input.addEventListener("blur", () => { clearTimeout(timer); asked += 1; close(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) ask(); else mark(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault();
      if (active >= 0) choose(options()[active]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      close();
    }
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });
}

for (const box of document.querySelectorAll("[data-lookup]")) makeCombo(box);
