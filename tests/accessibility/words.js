// What can happen to words in a language that needs more room than Chinese. Each function answers a list of findings in words.
({
  // The letters drawn wider: "wide" as a font like Verdana does it, "spaced" as a reader may ask for it (WCAG 1.4.12).
  draw(how) {
    const rules = {
      own: "",
      wide: "* { letter-spacing: 0.06em !important; }",
      spaced: "* { letter-spacing: 0.12em !important; word-spacing: 0.16em !important; line-height: 1.5 !important; } p { margin-bottom: 2em !important; }",
    };
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(rules[how]);
    document.adoptedStyleSheets = [sheet];
    return [];
  },

  sideways() {
    const wide = document.scrollingElement.scrollWidth - innerWidth;
    if (wide <= 1) return [];
    const culprits = [...document.body.querySelectorAll("*")]
      .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".scroll-x, [data-scrolls]"))
      .slice(0, 3).map((one) => this.name(one));
    return [`scrolls sideways by ${wide} px: ${culprits.join(", ")}`];
  },

  // Text that does not fit where it stands. `.clip` is a message's beginning, meant to be cut; so is a long name in the bar.
  cut() {
    const findings = [];
    for (const one of document.body.querySelectorAll("*")) {
      if (!this.holdsText(one) || one.closest(".visually-hidden, .skip, .clip, .topbar .tool, .scroll-x, [aria-hidden=true]")) continue;
      const style = getComputedStyle(one);
      if (style.display === "inline" || one.clientWidth === 0 || this.isForReadersAloud(one)) continue;
      const hides = style.overflowX === "hidden" || style.overflowX === "clip";
      const control = one.matches("button, .btn, .bottombar a, .status, summary, th, .tab");
      const frame = this.frame(one), box = one.getBoundingClientRect();
      if (frame && (box.right > frame.right + 1 || box.left < frame.left - 1)) findings.push(`cut off by what holds it: ${this.name(one)}`);
      if ((hides || control) && one.scrollWidth > one.clientWidth + 1) findings.push(`wider than its place: ${this.name(one)}`);
      if ((hides || control) && one.scrollHeight > one.clientHeight + 3) findings.push(`taller than its place: ${this.name(one)}`);
    }
    const canvas = document.createElement("canvas").getContext("2d");
    for (const one of document.querySelectorAll("select, input[placeholder]")) {
      if (!this.isVisible(one)) continue;
      const text = one.matches("select") ? one.selectedOptions[0]?.textContent.trim() || "" : one.value ? "" : one.placeholder;
      const style = getComputedStyle(one);
      canvas.font = style.font;
      canvas.letterSpacing = style.letterSpacing === "normal" ? "0px" : style.letterSpacing;
      // where the whole width is taken, nothing but a wider screen helps; an open list shows the words
      if (one.matches("select") && one.offsetWidth > innerWidth - 80) continue;
      const room = one.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      if (canvas.measureText(text).width > room + 1) findings.push(`shown in part: ${this.name(one)} «${text.slice(0, 40)}»`);
    }
    return [...new Set(findings)];
  },

  // A word that goes on in the next line without a hyphen. What has no spaces (addresses, numbers, codes) may break.
  broken() {
    const findings = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode, holder = node.parentElement;
      if (!/\p{Script=Latin}{3}/u.test(node.data) || !this.isVisible(holder) || holder.closest(".visually-hidden, .skip, pre, code, script, style, option")) continue;
      for (const word of node.data.matchAll(/[^\s\/／、。，「」-]+/gu)) {
        if (!/^\p{P}*\p{Script=Latin}{3,}\p{P}*$/u.test(word[0])) continue;
        const range = document.createRange();
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        const lines = new Set([...range.getClientRects()].filter((box) => box.width > 1).map((box) => Math.round(box.top)));
        if (lines.size > 1) findings.add(`«${word[0]}» goes on in the next line: ${this.name(holder)}`);
      }
    }
    return [...findings];
  },

  isForReadersAloud(one) {
    for (let each = one; each; each = each.parentElement) if (getComputedStyle(each).clipPath === "inset(50%)") return true;
    return false;
  },

  // The nearest holder that shows nothing of what reaches over its edge.
  frame(one) {
    for (let each = one.parentElement; each && each !== document.body; each = each.parentElement) {
      const { overflowX, position } = getComputedStyle(each);
      if (overflowX === "auto" || overflowX === "scroll" || position === "fixed") return null;
      if (overflowX !== "visible") return each.offsetWidth > 1 ? each.getBoundingClientRect() : null;
    }
    return null;
  },

  holdsText(one) {
    return [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) && this.isVisible(one);
  },

  isVisible(one) {
    const box = one.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && one.checkVisibility({ visibilityProperty: true });
  },

  name(one) {
    const text = (one.getAttribute("aria-label") || one.textContent || one.name || "").trim().replace(/\s+/g, " ").slice(0, 30);
    const css = typeof one.className === "string" && one.className ? "." + one.className.trim().split(/\s+/).slice(0, 2).join(".") : "";
    return `${one.tagName.toLowerCase()}${css} «${text}»`;
  },
})
