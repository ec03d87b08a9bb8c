"""Every language on a narrow screen: nothing scrolls sideways, is cut off or torn; and axe on a page of each kind.

``python -m tests.accessibility.languages`` looks at a page of each kind alone, while mending; ``--only WORD`` at the pages
whose name or path contains the word, ``--locale vi`` at one language. It is a part of ``make a11y``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import structlog
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from tests.accessibility.axe import run_axe
from tests.accessibility.explained import sort_out
from tests.accessibility.finding import Finding, tell
from tests.accessibility.looking import Visitor, chromium
from tests.accessibility.pages import Page, chosen, find_pages, one_of_each_kind
from tests.accessibility.world import DemoPortal

WORDS = (Path(__file__).parent / "words.js").read_text("utf-8")
ASK = f"""([how, checks]) => {{
  const words = {WORDS};
  words.draw(how);
  return checks.map((check) => [check, words[check]()]);
}}"""
LOCALES = ("zh_Hant_TW", "en", "vi", "id")
NARROW = {390: 844, 320: 640}
CHECKS = {"own": ("sideways", "cut", "broken"), "wide": ("sideways", "cut", "broken"), "spaced": ("sideways", "cut")}
"""How the letters are drawn → what is asked. With the spacing of WCAG 1.4.12 a long word may be torn."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--locale", action="append", default=[], choices=LOCALES)
    parser.add_argument("--no-axe", action="store_true")
    arguments = parser.parse_args()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[lambda *_: ""])
    with tempfile.TemporaryDirectory() as folder, DemoPortal(Path(folder)) as portal, chromium() as browser:
        pages = one_of_each_kind([page for page in find_pages(portal).pages if chosen(page, arguments.only)])
        findings = look(browser, portal, pages, tuple(arguments.locale) or LOCALES, with_axe=not arguments.no_axe)
    left, _explained = sort_out(findings)
    tell(left)
    return int(bool(left))


def look(
    browser: Browser, portal: DemoPortal, pages: list[Page], locales: tuple[str, ...] = LOCALES, *, with_axe: bool = True
) -> list[Finding]:
    """The pages in each of the languages; what was found."""
    began = time.monotonic()
    pages = [page for page in pages if page.endpoint != "StyleguideView.show"]  # Chinese in whatever language it is read
    findings: list[Finding] = []
    for locale in locales:
        portal.speak(locale)
        visitor = Visitor(browser, portal)
        for number, page in enumerate(pages, 1):
            if sys.stderr.isatty():
                print(f"\r{locale} {number}/{len(pages)} {page.path:<70}", end="", file=sys.stderr)
            try:
                with visitor.opened(page, 390) as tab:
                    name = str(page)
                    if with_axe and locale != LOCALES[0]:  # Chinese pages are examined one and all, in both themes
                        findings += run_axe(tab, name, f"{locale} 390")
                    findings += examine_words(tab, name, locale)
            except Exception as problem:  # one page that breaks does not hide what the others have
                findings.append(Finding(str(page), locale, "not examined", str(problem)))
        visitor.close()
    portal.speak(LOCALES[0])
    looks = len(pages) * len(locales) * len(NARROW) * len(CHECKS)
    print(
        f"Languages: {len(pages)} pages × {len(locales)} locales × {len(NARROW)} widths × {len(CHECKS)} drawings of letters"
        f" = {looks} looked at, {len(findings)} findings, {time.monotonic() - began:.0f} s"
    )
    return findings


def examine_words(tab: Tab, name: str, locale: str) -> list[Finding]:
    """What happens to the words of the page at both narrow widths, however the letters are drawn."""
    findings: list[Finding] = []
    for width, height in NARROW.items():
        tab.set_viewport_size({"width": width, "height": height})
        for letters, checks in CHECKS.items():
            answers = tab.evaluate(ASK, [letters, list(checks)])
            where = f"{locale} {width}{'' if letters == 'own' else ' ' + letters}"
            findings += [Finding(name, where, check, detail) for check, details in answers for detail in details]
    return findings


if __name__ == "__main__":
    sys.exit(main())
