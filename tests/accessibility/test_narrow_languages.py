"""Longer words than the Chinese ones on a narrow screen; a page of each kind is looked at by ``make a11y``."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from tests.accessibility.languages import LOCALES, examine_words
from tests.conftest import begin_session

pytestmark = pytest.mark.browser

TORN = """<!doctype html><html lang="id"><meta name="viewport" content="width=device-width">
<body style="margin: 0; overflow-wrap: anywhere">
<nav><a style="display: block; width: 3em">penghubung</a><a>parent_chen@example.org</a></nav>
<p style="width: 4em; overflow: hidden; white-space: nowrap">Tidak muat di sini</p>
<div style="width: 120vw">Lebar</div></body></html>"""


@pytest.mark.parametrize("locale", LOCALES)
def test_the_sign_in_page_and_the_bottom_bar_scrolled_sideways_or_broke_their_words(chromium, origin, small_world, locale):
    context = chromium.new_context(service_workers="block", viewport={"width": 390, "height": 844})
    tab: Tab = context.new_page()
    _speak(tab, origin, locale)
    tab.goto(origin + "/sign-in/general/")
    assert examine_words(tab, "sign-in", locale) == []
    key = begin_session(small_world.app, small_world.world.accounts["parent_chen"])
    context.add_cookies([{"name": "portal", "value": key, "url": origin}])
    _speak(tab, origin, locale)
    for path in ("/portal/", f"/portal/children/{small_world.world.students['王小明']}/contact-book"):
        tab.goto(origin + path)
        assert tab.locator(".bottombar").is_visible()
        assert examine_words(tab, path, locale) == []
    context.close()


def _speak(tab: Tab, origin: str, locale: str) -> None:
    tab.goto(origin + "/site-map")
    button = tab.locator(f"button[name=locale][value={locale}]").first
    with tab.expect_navigation():
        button.evaluate("button => button.form.requestSubmit(button)")


def test_what_is_torn_cut_or_too_wide_is_found(chromium: Browser):
    tab = chromium.new_page()
    tab.set_content(TORN)
    found = {(finding.rule, finding.detail.split(":")[0]) for finding in examine_words(tab, "torn", "id")}
    tab.close()
    assert ("broken", "«penghubung» goes on in the next line") in found
    assert ("cut", "wider than its place") in found
    assert any(rule == "sideways" for rule, _ in found)
    assert not any("example" in detail for _, detail in found)
