"""``python -m tests.accessibility`` (``make a11y``): every page × 390 and 1280 px × light and dark, and what was found.
Then a page of each kind in the four languages on a narrow screen (languages.py).

Options: ``--only WORD`` looks at the pages whose name or path contains the word (while mending); ``--moda PYTHON`` also
runs a11y-moda with that interpreter (tests/accessibility/requirements.txt) over the same pages.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import structlog

from tests.accessibility import languages
from tests.accessibility.axe import examine
from tests.accessibility.explained import Explained, sort_out
from tests.accessibility.finding import Finding, tell
from tests.accessibility.looking import THEMES, WIDTHS, Visitor, chromium
from tests.accessibility.pages import Found, Page, chosen, find_pages, kind_of, one_of_each_kind
from tests.accessibility.world import DemoPortal

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--moda", default="", help="the Python that has a11y-moda")
    parser.add_argument("--no-axe", action="store_true")
    parser.add_argument(
        "--probe", choices=("none", "kinds", "all"), default="kinds", help="a11y-moda in the browser: one page of each kind"
    )
    parser.add_argument(
        "--languages", choices=("none", "kinds", "all"), default="kinds", help="the four languages at 390 and 320 px"
    )
    arguments = parser.parse_args()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[lambda *_: ""])
    began = time.monotonic()
    findings: list[Finding] = []
    with tempfile.TemporaryDirectory() as folder, DemoPortal(Path(folder)) as portal:
        found = find_pages(portal)
        pages = [page for page in found.pages if chosen(page, arguments.only)]
        if not arguments.only:
            _tell_what_is_no_page(found)
        if not arguments.no_axe:
            findings += _axe(portal, pages)
        if arguments.languages != "none":
            narrow = pages if arguments.languages == "all" else one_of_each_kind(pages)
            with chromium() as browser:
                findings += languages.look(browser, portal, narrow, with_axe=not arguments.no_axe)
        if arguments.moda:
            findings += _moda(portal, pages, arguments.moda, arguments.probe)
    left, explained = sort_out(findings)
    tell(left)
    is_whole = (
        arguments.moda
        and not arguments.only
        and not arguments.no_axe
        and "none" not in (arguments.probe, arguments.languages)
    )
    stale = _tell_what_is_explained(explained, bool(is_whole))
    print(f"to be mended: {len(left)}; explained: {len(findings) - len(left)}; {time.monotonic() - began:.0f} s")
    return int(bool(left or stale or (found.not_reached and not arguments.only)))


def _axe(portal: DemoPortal, pages: list[Page]) -> list[Finding]:
    findings: list[Finding] = []
    with chromium() as browser:
        visitor = Visitor(browser, portal)
        for number, page in enumerate(pages, 1):
            if sys.stderr.isatty():
                print(f"\r{number}/{len(pages)} {page.path:<70}", end="", file=sys.stderr)
            findings += _examined(visitor, page)
        visitor.close()
    size = f"{len(pages)} pages × {len(WIDTHS)} widths × {len(THEMES)} themes"
    print(
        f"axe-core and our own checks: {size} = {len(pages) * len(WIDTHS) * len(THEMES)} looked at, {len(findings)} findings"
    )
    return findings


def _examined(visitor: Visitor, page: Page) -> list[Finding]:
    """What the page has; a page that breaks is tried once more, and does not hide what the others have."""
    for is_last in (False, True):
        try:
            with visitor.opened(page) as tab:
                findings = examine(tab, str(page))
                return findings + [Finding(str(page), "any", "console", said) for said in dict.fromkeys(visitor.said)]
        except Exception as problem:
            print(f"{'not examined' if is_last else 'tried once more'}: {page}: {problem}")
            told = str(problem)
    return [Finding(str(page), "any", "not examined", told)]


def _tell_what_is_no_page(found: Found) -> None:
    for rule, reason in found.no_pages.items():
        print(f"no page: {rule}  {reason}")
    for rule, reason in found.not_reached.items():
        print(f"NOT REACHED: {rule}  {reason}")


def _tell_what_is_explained(explained: dict[Explained, list[Finding]], is_whole: bool) -> int:
    """How many entries explain nothing any more; only a run over everything can tell."""
    for entry, found in explained.items():
        if found:
            names = sorted({finding.page for finding in found})
            print(f"explained: {entry.rule} on {', '.join(names)} ({len(found)}): {entry.reason} [{entry.shown_by}]")
    stale = [entry for entry, found in explained.items() if not found] if is_whole else []
    for entry in stale:
        print(f"EXPLAINS NOTHING ANY MORE: {entry.rule} on {entry.page}: take it out of explained.py")
    return len(stale)


def _moda(portal: DemoPortal, pages: list[Page], python: str, probe: str) -> list[Finding]:
    """a11y-moda over the same pages: its static rules on all of them, its probes in the browser on one of each kind."""
    kinds: set[str] = set()
    work = []
    for page in pages:
        if page.is_sent_empty:
            continue
        kind = kind_of(page)
        work.append(
            {
                "url": portal.origin_as(page.person) + page.path,
                "name": str(page),
                "probe": probe == "all" or probe == "kinds" and kind not in kinds,
            }
        )
        kinds.add(kind)
    done = subprocess.run(
        [python, str(ROOT / "tests/accessibility/moda.py")],
        input=json.dumps(work),
        text=True,
        check=True,
        stdout=subprocess.PIPE,
    )
    said = json.loads(done.stdout)
    caveats: dict[tuple[str, str], set[str]] = {}
    for name, rule, words in said["caveats"]:
        caveats.setdefault((rule, words), set()).add(name)
    for (rule, words), names in sorted(caveats.items()):
        print(f"to be looked at by a person: {rule} {words}: {len(names)} pages, {min(names)}")
    probed = sum(bool(each["probe"]) for each in work)
    print(
        f"a11y-moda {said['version']}, level AA: {len(work)} pages read, {probed} of them in Chromium, light and dark:"
        f" {len(said['failures'])} failures, {len(said['unread'])} not read"
    )
    return [Finding(name, f"a11y-moda, {where}", rule, words) for name, where, rule, words in said["failures"]] + [
        Finding(name, f"a11y-moda, {where}", "not read", problem) for name, where, problem in said["unread"]
    ]


if __name__ == "__main__":
    sys.exit(main())
