// Help for those who write bulletins and contact books; the forms work without it.
"use strict";

// ---------- files: what was chosen, and what is too much, before anything is sent ----------

function showChosen(input) {
  const box = input.closest("[data-files]");
  const messages = box.querySelector("[data-chosen]") ? box : input.closest("[data-line]");
  const list = messages.querySelector("[data-chosen]");
  const error = messages.querySelector("[data-chosen-error]");
  const files = [...input.files];
  list.replaceChildren(...files.map((file) => {
    const line = document.createElement("li");
    line.textContent = file.name;
    return line;
  }));
  list.hidden = !files.length || !input.classList.contains("attach-input");
  const large = files.filter((file) => file.size > Number(input.dataset.maxBytes)).map((file) => file.name);
  const many = files.length + Number(input.dataset.kept) > Number(input.dataset.most);
  error.textContent = large.length ? `${error.dataset.tooLarge} ${large.join("、")}` : many ? error.dataset.tooMany : "";
  error.hidden = !error.textContent;
  input.toggleAttribute("data-refused", !error.hidden);
}

document.addEventListener("change", (event) => {
  if (event.target.matches("input[type=file][data-most]")) showChosen(event.target);
});
document.addEventListener("submit", (event) => {
  const refused = event.target.querySelector("input[data-refused]");
  if (!refused) return;
  event.preventDefault();
  delete event.target.dataset.sent;
  refused.focus();
  refused.closest("[data-line], .field").scrollIntoView({ block: "center" });
}, true);

// ---------- the contact book: lines under headings ----------

const book = document.querySelector("[data-lines]");
const textOf = (line) => line.querySelector(".line-text");

function renumber() {
  [...book.querySelectorAll("[data-line]")].forEach((line, index) => {
    for (const element of line.querySelectorAll("*")) {
      for (const name of ["id", "name", "for", "aria-describedby"]) {
        const value = element.getAttribute(name);
        if (value) element.setAttribute(name, value.replace(/lines-\d+-/g, `lines-${index}-`));
      }
    }
  });
  for (const part of book.querySelectorAll("[data-part]")) {
    [...part.querySelectorAll("[data-line]")].forEach((line, index) => {
      for (const number of line.querySelectorAll("[data-number]")) number.textContent = index ? ` ${index + 1}` : "";
    });
  }
}

function addLineAfter(line) {
  if (book.querySelectorAll("[data-line]").length >= Number(book.dataset.mostLines)) return null;
  const fresh = line.cloneNode(true);
  for (const gone of fresh.querySelectorAll(".kept-files, .error:not([data-chosen-error])")) gone.remove();
  for (const control of fresh.querySelectorAll("textarea, input[type=file], input[name$=item_id]")) {
    control.value = "";
    control.classList.remove("is-invalid");
    for (const name of ["aria-invalid", "aria-describedby", "data-refused"]) control.removeAttribute(name);
  }
  textOf(fresh).textContent = "";
  const input = fresh.querySelector("input[type=file]");
  input.dataset.kept = "0";
  for (const note of fresh.querySelectorAll("[data-chosen], [data-chosen-error]")) { note.hidden = true; note.textContent = ""; }
  line.after(fresh);
  renumber();
  return fresh;
}

function goOn(line) {
  const next = line.nextElementSibling;
  if (!textOf(line).value.trim()) {
    const part = line.closest("[data-part]").nextElementSibling;
    const target = next ?? part?.querySelector("[data-line]");
    if (target) textOf(target).focus();
    return;
  }
  const target = next && !textOf(next).value.trim() ? next : addLineAfter(line);
  if (target) textOf(target).focus();
}

if (book) {
  book.addEventListener("keydown", (event) => {
    const line = event.target.closest("[data-line]");
    if (!line || !event.target.matches(".line-text") || event.isComposing) return;
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      goOn(line);
    }
    const before = line.previousElementSibling;
    if (event.key === "Backspace" && !event.target.value && before && !line.querySelector("input[name$=item_id]").value && !line.querySelector("input[type=file]").files.length) {
      event.preventDefault();
      line.remove();
      renumber();
      textOf(before).focus();
    }
  });
  book.addEventListener("paste", (event) => {
    const pasted = event.clipboardData.getData("text/plain").split(/\r?\n/).map((row) => row.trim()).filter(Boolean);
    let line = event.target.closest("[data-line]");
    if (!line || !event.target.matches(".line-text") || pasted.length < 2) return;
    event.preventDefault();
    event.target.setRangeText(pasted[0], event.target.selectionStart, event.target.selectionEnd, "end");
    for (const row of pasted.slice(1)) {
      const fresh = addLineAfter(line);
      if (!fresh) break;
      textOf(fresh).value = row;
      line = fresh;
    }
    textOf(line).focus();
  });
  for (const button of book.querySelectorAll("[data-add-line]")) {
    button.addEventListener("click", () => {
      const last = button.closest("[data-part]").querySelector("[data-line]:last-child");
      const fresh = addLineAfter(last);
      if (fresh) textOf(fresh).focus();
    });
  }
}

// ---------- typing a day in one go: a line leaves the box for its heading when it is ended ----------
// app/contact_books/typed_lines.py reads what is left in the box by the same rules.

const typing = document.querySelector("[data-typing]");
const BULLET = /^(?:\d{1,2}[.、)）](?!\d)|[-‧・•*])\s*/;

function headingOf(line, headings) {
  for (const [kind, { words, label }] of Object.entries(headings)) {
    for (const word of [...words, label]) {
      if (line.slice(0, word.length).toLowerCase() !== word.toLowerCase()) continue;
      const after = line.slice(word.length);
      const rest = after.trimStart();
      if (rest[0] === ":" || rest[0] === "：") return [kind, rest.slice(1).trimStart()];
      if (!rest || (rest !== after && words.includes(word))) return [kind, rest];
    }
  }
  return [null, line];
}

if (typing && book) {
  const box = typing.querySelector("textarea");
  const kindField = typing.querySelector("input[name=typed_kind]");
  const headings = JSON.parse(typing.dataset.headings);
  const said = document.querySelector("[data-typing-said]");
  const noRoom = document.querySelector("[data-no-room]");
  const taken = [];

  const setKind = (kind) => {
    kindField.value = kind;
    typing.querySelector("[data-typing-kind]").textContent = headings[kind].label;
    for (const each of document.querySelectorAll("[data-heading]")) each.toggleAttribute("data-chosen", each.dataset.heading === kind);
  };

  const partOf = (kind) => [...book.querySelectorAll("[data-part]")].find((part) => part.querySelector("input[name$=-kind]").value === kind);

  const put = (kind, text) => {
    const lines = [...partOf(kind).querySelectorAll("[data-line]")];
    const isFree = (line) => !textOf(line).value.trim() && !line.querySelector("input[name$=item_id]").value && !line.querySelector("input[type=file]").files.length;
    const line = lines.find(isFree) ?? addLineAfter(lines.at(-1));
    if (!line) return false;
    textOf(line).value = text;
    taken.push({ line, kind, text });
    said.textContent = `${headings[kind].label}：${text}`;
    return true;
  };

  // Every line of ``text`` that finds room; what does not stays in the box.
  const take = (text) => {
    const rows = text.split("\n");
    while (rows.length) {
      const bare = rows[0].replace(/\s+/g, " ").trim().replace(BULLET, "");
      const [found, named] = headingOf(bare, headings);
      const rest = named.replace(BULLET, "");
      if (rest && !put(found ?? kindField.value, rest)) break;
      if (found) setKind(found);
      rows.shift();
    }
    noRoom.hidden = !rows.length;
    return rows.join("\n");
  };

  setKind(headings[kindField.value] ? kindField.value : "homework");
  typing.classList.add("is-live");
  box.rows = 2;
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return; // the Enter that ends a word of an input method
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      box.value = take(box.value);
    }
    if (event.key === "Backspace" && !box.value && taken.length) {
      const last = taken.pop();
      if (!last.line.isConnected || textOf(last.line).value !== last.text) return;
      event.preventDefault();
      textOf(last.line).value = "";
      setKind(last.kind);
      box.value = last.text;
    }
  });
  // Several lines pasted at once, and keyboards of telephones that send no Enter.
  box.addEventListener("input", (event) => {
    const end = box.value.lastIndexOf("\n");
    if (event.isComposing || end < 0) return;
    box.value = [take(box.value.slice(0, end)), box.value.slice(end + 1)].filter(Boolean).join("\n");
  });
}

for (const form of document.querySelectorAll("form[data-ctrl-enter]")) {
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) form.requestSubmit(form.querySelector(".btn-primary"));
  });
}

// ---------- bulletins: 粗體, 項目, 編號 put their signs around or before what is selected ----------

for (const bar of document.querySelectorAll("[data-format-for]")) {
  const field = document.getElementById(bar.dataset.formatFor);
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const { selectionStart: start, selectionEnd: end, value } = field;
    const chosen = value.slice(start, end);
    field.focus();
    if (button.dataset.wrap) {
      field.setRangeText(button.dataset.wrap + chosen + button.dataset.wrap, start, end, "end");
      if (!chosen) field.selectionStart = field.selectionEnd = start + button.dataset.wrap.length;
      return;
    }
    const from = value.lastIndexOf("\n", start - 1) + 1;
    const rows = value.slice(from, end).split("\n");
    const sign = button.dataset.begin;
    field.setRangeText(rows.map((row, index) => (sign === "- " ? sign : `${index + 1}. `) + row).join("\n"), from, end, "end");
  });
}
