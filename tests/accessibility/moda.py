"""a11y-moda over a list of addresses (JSON on standard input), level AA. Run with the interpreter that has it.

Its rules read each page as it was sent; those with ``probe`` are opened in Chromium too, light and dark, where it walks
the tab stops, measures contrast, sends forms empty and narrows the window. Answers JSON on standard output: what fails,
what a person has to look at, and what could not be read, for __main__.py to sort out.
"""

from __future__ import annotations

import json
import os
import shutil
import sys

os.environ["A11Y_ALLOW_PRIVATE_HOSTS"] = "1"

import a11y_moda
import tinycss2
from a11y_moda import css_utils
from a11y_moda.models import Level
from a11y_moda.scanner import scan_page
from playwright.sync_api import sync_playwright


def read_each_stylesheet_once() -> None:
    """It parses every stylesheet anew for each rule of each page: ten seconds a page instead of a tenth."""
    parsed: dict[str, object] = {}
    walked: dict[tuple[int, str], list[css_utils.Declaration]] = {}
    parse, walk = tinycss2.parse_stylesheet, css_utils._walk_rules

    def parse_once(text: str, **options: bool) -> object:
        if text not in parsed:
            parsed[text] = parse(text, **options)
        return parsed[text]

    def walk_once(nodes: list[object], source: str) -> list[css_utils.Declaration]:
        if not any(nodes is kept for kept in parsed.values()):
            return walk(nodes, source)
        key = (id(nodes), source)
        if key not in walked:
            walked[key] = walk(nodes, source)
        return walked[key]

    tinycss2.parse_stylesheet, css_utils._walk_rules = parse_once, walk_once


def main() -> int:
    read_each_stylesheet_once()
    work = json.load(sys.stdin)
    failures, caveats, unread = [], [], []
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for each in work:
            reports = [("as sent", scan_page(each["url"], level=Level.AA))]
            if each["probe"]:
                reports += [
                    (theme, scan_page(each["url"], level=Level.AA, render=True, browser=browser, color_scheme=theme))
                    for theme in ("light", "dark")
                ]
            for where, report in reports:
                if report.fetch_error and not report.fetch_error.startswith("HTTP 4"):
                    unread.append([each["name"], where, report.fetch_error])
                for issue in report.issues:
                    said = f"{issue.desc}: {' '.join(issue.message.split())[:160]} | {' '.join(issue.snippet.split())[:120]}"
                    if issue.status == "fail":
                        failures.append([each["name"], where, issue.rule_id, said])
                    elif issue.status in ("caveat", "needs_human"):
                        caveats.append([each["name"], issue.rule_id, issue.desc])
        browser.close()
    json.dump({"version": a11y_moda.__version__, "failures": failures, "caveats": caveats, "unread": unread}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
