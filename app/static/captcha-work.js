// 不用看圖: the button beside a verification code that lets the device compute a task (app/captcha/work.py).
for (const box of document.querySelectorAll("[data-captcha-work]")) {
  const button = box.querySelector("button");
  const bar = box.querySelector("progress");
  const status = box.querySelector("[role=status]");
  const answer = box.querySelector("input");
  let worker = null, late = 0;
  const say = (text) => { if (status.textContent !== text) status.textContent = text; };
  const end = (text, numbers = []) => {
    worker?.terminate();
    worker = null;
    answer.value = numbers.join(".");
    bar.hidden = true;
    box.classList.toggle("is-done", answer.value !== "");
    if (answer.value) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
    say(text);
  };
  const begin = async () => {
    const token = document.querySelector("input[name=csrf_token]").value;
    const reply = await fetch(box.dataset.captchaWork, { method: "POST", headers: { "X-CSRFToken": token } });
    if (!reply.ok) throw new Error(reply.status);
    const task = await reply.json();
    const numbers = [];
    const doing = () => `${box.dataset.doing} ${25 * Math.floor(bar.value / 25)} %`; // said four times, not at every part
    worker.onmessage = ({ data: { part, number } }) => {
      numbers[part] = number;
      bar.value = 100 * numbers.length / task.parts;
      if (numbers.length < task.parts) say(doing());
      else end(box.dataset.done, numbers);
    };
    worker.onerror = () => end(box.dataset.failed);
    late = setTimeout(() => end(box.dataset.late), 1000 * (task.seconds - 10));
    worker.postMessage(task);
    say(doing());
  };
  button.addEventListener("click", () => {
    if (worker || answer.value) return;
    clearTimeout(late);
    worker = new Worker(box.dataset.worker);
    button.setAttribute("aria-disabled", "true");
    bar.value = 0;
    bar.hidden = false;
    begin().catch(() => end(box.dataset.failed));
  });
  // a page that comes back from the browser's memory has sent its answer already
  window.addEventListener("pageshow", (event) => { if (event.persisted) end(""); });
  box.hidden = false;
}
