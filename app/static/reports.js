// A report that is being made: its lines are looked at again until they stand still. Without scripts 「重新整理」 does it.
"use strict";
const lookAgain = async () => {
  const lines = document.querySelector("[data-comes-again]");
  if (!lines) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("reports");
    if (fresh && fresh.innerHTML !== lines.innerHTML) {
      lines.replaceChildren(...fresh.childNodes);
      lines.toggleAttribute("data-comes-again", fresh.hasAttribute("data-comes-again"));
    }
  } catch { /* the line is down for a moment */ }
  setTimeout(lookAgain, 2000);
};
setTimeout(lookAgain, 1200);
