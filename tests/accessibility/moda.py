"""a11y-moda over a list of addresses (JSON on standard input), level AA. Run with the interpreter that has it.

Its rules read each page as it was sent; those with ``probe`` are opened in Chromium too, light and dark, where it walks
the tab stops, measures contrast, sends forms empty and narrows the window. Prints what fails and what is a caveat by rule;
ends with 1 when something fails.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections import defaultdict

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
    failures: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    caveats: dict[tuple[str, str], set[str]] = defaultdict(set)
    unread = 0
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for each in work:
            reports = [scan_page(each["url"], level=Level.AA)]
            if each["probe"]:
                reports += [
                    scan_page(each["url"], level=Level.AA, render=True, browser=browser, color_scheme=theme)
                    for theme in ("light", "dark")
                ]
            for report in reports:
                if report.fetch_error and not report.fetch_error.startswith("HTTP 4"):
                    unread += 1
                    print(f"not read: {each['name']} {report.fetch_error}")
                for issue in report.issues:
                    key = (issue.rule_id, issue.desc)
                    if issue.status == "fail":
                        failures[key].append((each["name"], f"{issue.message[:160]} | {issue.snippet[:120]}"))
                    elif issue.status in ("caveat", "needs_human"):
                        caveats[key].add(each["name"])
        browser.close()
    for (rule, words), found in sorted(failures.items()):
        print(f"{rule}: {words}: {len({name for name, _ in found})} pages")
        for name, what in list(dict.fromkeys(found))[:3]:
            print(f"    {name}: {' '.join(what.split())}")
    for (rule, words), names in sorted(caveats.items()):
        print(f"to be looked at by a person: {rule} {words}: {len(names)} pages, {sorted(names)[0]}")
    probed = sum(each["probe"] for each in work)
    count = sum(len(found) for found in failures.values())
    print(
        f"a11y-moda {a11y_moda.__version__}, level AA: {len(work)} pages read,"
        f" {probed} of them in Chromium, light and dark: {count} failures"
    )
    return int(bool(failures or unread))


if __name__ == "__main__":
    sys.exit(main())
