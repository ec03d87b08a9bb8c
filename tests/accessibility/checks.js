// What the portal asks of every page beside axe's rules. Each function answers a list of findings in words.
({
  sideways() {
    const wide = document.scrollingElement.scrollWidth - innerWidth;
    if (wide <= 1) return [];
    const culprits = [...document.body.querySelectorAll("*")]
      .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".scroll-x, [data-scrolls]"))
      .slice(0, 3).map((one) => this.name(one));
    return [`scrolls sideways by ${wide} px at ${innerWidth} px: ${culprits.join(", ")}`];
  },

  targets() {
    const small = [];
    for (const one of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [role=option]")) {
      if (one.disabled || one.closest("[hidden]") || one.matches(".skip, .visually-hidden, [tabindex='-1']") || !this.isVisible(one)) continue;
      // where a control has several labels, the largest is the one that is pressed
      const label = [...(one.labels || [])].sort((a, b) => b.offsetHeight - a.offsetHeight)[0];
      const tick = label && (["checkbox", "radio"].includes(one.type) || one.offsetWidth <= 1) ? label : one;
      const box = tick.getBoundingClientRect();
      const inText = one.matches("a") && getComputedStyle(one).display === "inline";
      const least = inText ? 0 : 44;
      if (box.height < least - 0.6 || box.width < (inText ? 0 : 24)) small.push(`${this.name(one)} ${Math.round(box.width)}×${Math.round(box.height)}`);
    }
    return small.length ? [`smaller than 44 px: ${small.slice(0, 6).join(", ")}${small.length > 6 ? ` and ${small.length - 6} more` : ""}`] : [];
  },

  focus() {
    const bad = [];
    for (const one of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")) {
      if (one.disabled || !this.isVisible(one) || one.matches("[tabindex='-1']")) continue;
      one.focus({ preventScroll: true });
      if (document.activeElement !== one) continue;
      const shown = [one, one.closest(".choice")].filter(Boolean).some((each) => {
        const style = getComputedStyle(each);
        const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && !/, 0\)$|transparent/.test(style.outlineColor);
        return outlined || (style.boxShadow !== "none" && /0px 0px 0px [3-9]px/.test(style.boxShadow));
      });
      if (!shown) bad.push(this.name(one));
    }
    document.activeElement?.blur();
    return bad.length ? [`focus cannot be seen on ${bad.slice(0, 4).join(", ")}`] : [];
  },

  moving() {
    const moving = [...document.querySelectorAll("*")].filter((one) => {
      const style = getComputedStyle(one);
      return parseFloat(style.transitionDuration) > 0.01 || parseFloat(style.animationDuration) > 0.01;
    });
    return moving.length ? [`moves although reduced motion is asked for: ${this.name(moving[0])}`] : [];
  },

  errors() {
    const silent = [];
    for (const one of document.querySelectorAll("[aria-invalid=true]")) {
      const told = (one.getAttribute("aria-describedby") || "").split(/\s+/).some((id) => id && document.getElementById(id)?.matches(".error"));
      if (!told) silent.push(this.name(one));
    }
    const said = document.querySelectorAll(".error:not([hidden])").length;
    const findings = silent.length ? [`an error is not tied to ${silent.join(", ")}`] : [];
    if (said && !document.querySelector("[role=alert]")) findings.push("errors are shown and nothing announces them");
    return findings;
  },

  pasting() {
    const blocked = [...document.querySelectorAll("input, textarea")].filter((one) => one.onpaste || one.getAttribute("onpaste"));
    return blocked.map((one) => `pasting is blocked in ${this.name(one)}`);
  },

  isVisible(one) {
    const box = one.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && one.checkVisibility({ visibilityProperty: true });
  },

  name(one) {
    const text = (one.getAttribute("aria-label") || one.textContent || one.name || "").trim().replace(/\s+/g, " ").slice(0, 20);
    const css = typeof one.className === "string" && one.className ? "." + one.className.trim().split(/\s+/).slice(0, 2).join(".") : "";
    return `${one.tagName.toLowerCase()}${css} «${text}»`;
  },
})
