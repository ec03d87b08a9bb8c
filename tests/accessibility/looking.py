"""Opening the pages in Chromium, as the person to whom each of them belongs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, sync_playwright
from playwright.sync_api import Page as Tab

from tests.accessibility.pages import Page
from tests.accessibility.world import DemoPortal
from tests.conftest import CHROMIUM_ARGUMENTS

WIDTHS = {390: 844, 1280: 900}
THEMES = ("light", "dark")

SEND_EMPTY = """() => {
  const forms = [...document.querySelectorAll("main form[method=post]")];
  const form = forms.find((one) => one.querySelector("input:not([type=hidden])"));
  form.noValidate = true;
  form.requestSubmit(form.querySelector(".btn-primary, .btn-official, .btn-general"));
}"""

POST_NOTHING = "HTMLFormElement.prototype.requestSubmit = HTMLFormElement.prototype.submit = () => {};"
"""The page would post itself; one whose post is answered by nothing never ends loading."""


@contextmanager
def chromium() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise SystemExit("No Chromium on this machine: apt install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


class Visitor:
    """Opens pages; one browser context for each person, and what the pages complained about in ``said``."""

    def __init__(self, browser: Browser, portal: DemoPortal) -> None:
        self.browser, self.portal = browser, portal
        self.contexts: dict[str, BrowserContext] = {}
        self.said: list[str] = []

    @contextmanager
    def opened(self, page: Page, width: int = 1280) -> Iterator[Tab]:
        """The page in a tab of its own, its form sent empty when the page says so. Nothing posts itself."""
        self.said = []
        tab = self._context_of(page.person).new_page()
        try:
            tab.set_viewport_size({"width": width, "height": WIDTHS.get(width, 900)})
            tab.on("console", lambda message: self._note(message.type, message.text))
            tab.on("pageerror", lambda error: self.said.append(f"script: {error}"))
            if page.endpoint == "ActivationView.confirm":
                tab.add_init_script(POST_NOTHING)
            tab.goto(self.portal.origin + page.path, wait_until="load")
            if page.is_sent_empty:
                with tab.expect_navigation(wait_until="load"):
                    tab.evaluate(SEND_EMPTY)
            yield tab
        finally:
            tab.close()

    def close(self) -> None:
        for context in self.contexts.values():
            context.close()

    def _note(self, kind: str, text: str) -> None:
        if (
            kind in ("error", "warning") and "Failed to load resource" not in text
        ):  # an answer of 403, 404, 410 is what some of the pages are
            self.said.append(f"console: {text}")

    def _context_of(self, person: str) -> BrowserContext:
        once = person not in self.contexts or person == "has codes"
        if once:
            context = self.browser.new_context(locale="zh-TW")
            key = self.portal.cookie_of(person)
            name = self.portal.app.config["SESSION_COOKIE_NAME"]
            context.add_cookies([{"name": name, "value": key, "url": self.portal.origin}])
            self.contexts[person] = context
        return self.contexts[person]
