"""Somebody who has a keyboard and no mouse."""

from __future__ import annotations

from playwright.sync_api import Page as Tab

from tests.world import PASSWORD

MOST_TABS = 90
WHERE = """() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
  const words = [one.getAttribute("aria-label"), one.textContent, one.getAttribute("href"), "#" + one.id];
  return { words: words.filter(Boolean).join(" "),
           isSeen: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2)
                   || one === document.body || one.tabIndex < 0 || box.width === 0 };
}"""


class Hands:
    """Tab, Enter and typing on one page; every Tab on the way has to be seen."""

    def __init__(self, tab: Tab, origin: str) -> None:
        self.tab, self.origin = tab, origin

    def go(self, path: str) -> None:
        self.tab.goto(self.origin + path)

    def tab_to(self, *words: str) -> None:
        """Press Tab until the focus is on what has one of the words in its name or address; it is always to be seen."""
        passed = []
        for _ in range(MOST_TABS):
            self.tab.keyboard.press("Tab")
            here = self.tab.evaluate(WHERE)
            assert here["isSeen"], f"the focus cannot be seen on {here['words']!r}"
            if any(word in here["words"] for word in words):
                return
            passed.append(" ".join(here["words"].split())[:30])
        raise AssertionError(f"no Tab leads to {words}: {passed}")

    def press(self, key: str = "Enter") -> None:
        with self.tab.expect_navigation():
            self.tab.keyboard.press(key)

    def type(self, text: str) -> None:
        self.tab.keyboard.type(text)

    def sign_in(self, entrance: str, username: str) -> None:
        self.go("/")
        self.tab_to(f"/sign-in/{entrance}/")
        self.press()
        for field, text in (("#username", username), ("#password", PASSWORD), ("#captcha", "24680")):
            self.tab_to(field)
            self.type(text)
        self.press()
