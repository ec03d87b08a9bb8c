"""A person walking through the manual: finds things by the words on the page, leaves a picture of every step."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

BUILD = Path(__file__).resolve().parents[2] / "build"
PICTURES = BUILD / "walk"
CAPTCHA = "24680"
expect.set_options(timeout=15_000)

ALLOWED_ENGLISH = re.compile(
    r"Bahasa Indonesia|Tiếng Việt|"
    r"English|Emma|Johnson|Sarah|Chromium|Chrome|Linux|HeadlessChrome|Safari|Mozilla|HTML|"
    r"[\w.+-]+@[\w.-]+|https?://\S+|\b[\w.-]+\.(?:pdf|png|jpg|txt|docx|csv|zip)\b|\b[a-z]+_\w+\b",
    re.IGNORECASE,
)
"""Names, addresses and file names: what may stand in Latin letters on a Chinese page."""


NOTE_WORDS = """(() => {
  const shown = () => [
    document.body.innerText,
    ...[...document.querySelectorAll("[aria-label]")].map((each) => each.getAttribute("aria-label")),
    ...[...document.querySelectorAll("option")].map((each) => each.textContent),
  ].join("\\n");
  addEventListener("load", () => noteWords(shown()));
  addEventListener("click", () => noteWords(shown()), true);
})()"""
"""Tells what can be read on a page when it has loaded, and again at every press: a menu may have been opened."""


class Manual:
    """What the living manual takes from a walk (tests.manual): of each step its picture and the words on its pages."""

    TALLEST = {1280: 1150, 390: 1100}
    """Pixels of a page that its picture shows."""

    def __init__(self, edition: str) -> None:
        self.folder = BUILD / "manual" / edition
        self.folder.mkdir(parents=True, exist_ok=True)
        self.noted: list[str] = []

    def note(self, words: str) -> None:
        self.noted.append(words)

    def begin(self, page: Page) -> None:
        self.noted.clear()
        self.note(page.locator("body").inner_text())

    def show(self, page: Page, step: str, width: int) -> None:
        """Photograph the page as it is now."""
        size = page.viewport_size or {"width": width, "height": 900}
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": min(max(height, size["height"]), self.TALLEST[width])})
        page.screenshot(path=str(self.folder / f"{step}-{width}.png"), animations="disabled")
        page.set_viewport_size(size)

    def end(self, page: Page, ids: tuple[str, ...], width: int) -> None:
        self.note(page.locator("body").inner_text())
        for step in ids:
            if not (self.folder / f"{step}-{width}.png").exists():
                self.show(page, step, width)
            (self.folder / f"{step}-{width}.txt").write_text("\n".join(self.noted), "utf-8")


class Walk:
    """One browser of one person at one width."""

    def __init__(
        self, browser: Browser, origin: str, width: int, *, keep_pictures: bool, manual: Manual | None = None
    ) -> None:
        height = 844 if width < 600 else 900
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            locale="zh-TW",
            timezone_id="Asia/Taipei",
            service_workers="block",  # tests/phone walks with it; here it would be installed anew for every journey
        )
        self.context.set_default_timeout(20_000)
        self.page: Page = self.context.new_page()
        self.origin = origin
        self.width = width
        self.keep_pictures = keep_pictures and bool(os.environ.get("WALK"))
        self.manual = manual
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        self.page.on(
            "console",
            lambda message: self.problems.append(message.text) if "Content Security Policy" in message.text else None,
        )
        if manual:
            self.page.expose_function("noteWords", manual.note)
            self.page.add_init_script(NOTE_WORDS)

    def close(self) -> None:
        self.context.close()

    def open(self, path: str = "/") -> None:
        self.page.goto(self.origin + path)

    @contextmanager
    def step(self, *ids: str) -> Iterator[Page]:
        """Do one step of acceptance.md; afterwards the page must be Chinese and must not scroll sideways."""
        if self.manual:
            self.manual.begin(self.page)
        yield self.page
        self.page.wait_for_load_state("load")
        name = ids[-1]
        if self.manual is None and self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            self.problems.append(f"{name}: the page scrolls sideways at {self.width} px")
        for word in self.english_words() if self.manual is None else ():
            self.problems.append(f"{name}: English on a Chinese page: {word}")
        if self.keep_pictures:
            PICTURES.mkdir(parents=True, exist_ok=True)
            self._photograph([PICTURES / f"{step}-{self.width}.png" for step in ids])
        if self.manual:
            self.manual.end(self.page, ids, self.width)

    def _photograph(self, paths: list[Path]) -> None:
        """The whole page in a window as tall as it is, so that bars which stay in view stand where they belong."""
        size = self.page.viewport_size or {"width": self.width, "height": 900}
        height = self.page.evaluate("document.documentElement.scrollHeight")
        self.page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
        for path in paths:
            self.page.screenshot(path=str(path))
        self.page.set_viewport_size(size)

    def english_words(self) -> list[str]:
        text = ALLOWED_ENGLISH.sub(" ", self.page.locator("body").inner_text())
        return sorted(set(re.findall(r"[A-Za-z]{3,}", text)) - {"SMS"})

    def show(self, step: str) -> None:
        """What the manual shows of ``step`` is the page as it is now, not as it is at the step's end."""
        if self.manual:
            self.manual.show(self.page, step, self.width)

    # ---------- what people do ----------

    def menu(self, section: str, line: str) -> None:
        """Open ``line`` of the menu; on a phone the menu is behind 選單."""
        page = self.page
        if self.width < 992:
            page.get_by_text("選單", exact=True).first.click()
            page.get_by_role("navigation", name="選單").get_by_role("link", name=line, exact=True).first.click()
            return
        side = page.get_by_role("navigation", name="側邊選單")
        expect(side.get_by_text(section, exact=True).first).to_be_visible()
        side.get_by_role("link", name=line, exact=True).first.click()

    def fill_in(self, fields: dict[str, str]) -> None:
        """Type into the fields with these labels; choices are chosen by their words."""
        for label, value in fields.items():
            control = self.page.get_by_label(label, exact=True)
            tag = control.evaluate("element => element.tagName")
            if tag == "SELECT":
                control.select_option(label=value)
            else:
                control.fill(value)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text).filter(visible=True).first).to_be_visible()

    def sign_in(self, entrance: str, username: str, password: str) -> None:
        """Through the home page's red or green block."""
        self.open("/")
        self.page.get_by_role("link", name=entrance).click()
        self.fill_in({"帳號": username, "密碼": password, "圖像識別碼": CAPTCHA})
        self.press("登入")

    def sign_in_official(self, username: str, password: str = "Portal-demo-2026") -> None:
        self.sign_in("教育公務帳號登入", username, password)

    def sign_in_general(self, username: str, password: str = "Portal-demo-2026") -> None:
        self.sign_in("使用一般帳號登入", username, password)

    def sign_out(self) -> None:
        self.context.clear_cookies()
        self.open("/")
