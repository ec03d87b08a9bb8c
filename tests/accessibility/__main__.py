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
from tests.accessibility.axe import Finding, examine, tell
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
            tell(findings)
            print(
                f"axe-core and the portal's own checks: {len(pages)} pages × {len(WIDTHS)} widths × {len(THEMES)} themes"
                f" = {len(pages) * len(WIDTHS) * len(THEMES)} looked at, {len(findings)} findings"
            )
        if arguments.languages != "none":
            narrow = pages if arguments.languages == "all" else one_of_each_kind(pages)
            with chromium() as browser:
                findings += languages.look(browser, portal, narrow, with_axe=not arguments.no_axe)
        failures = _moda(portal, pages, arguments.moda, arguments.probe) if arguments.moda else 0
    print(f"{time.monotonic() - began:.0f} s")
    return int(bool(findings or failures or (found.not_reached and not arguments.only)))


def _axe(portal: DemoPortal, pages: list[Page]) -> list[Finding]:
    findings: list[Finding] = []
    with chromium() as browser:
        visitor = Visitor(browser, portal)
        for number, page in enumerate(pages, 1):
            if sys.stderr.isatty():
                print(f"\r{number}/{len(pages)} {page.path:<70}", end="", file=sys.stderr)
            try:
                with visitor.opened(page) as tab:
                    findings += examine(tab, f"{page.name} ({page.person} {page.path})")
                    findings += [Finding(page.name, "any", "console", said) for said in dict.fromkeys(visitor.said)]
            except Exception as problem:  # one page that breaks does not hide what the others have
                findings.append(Finding(page.name, "any", "not examined", f"{page.path}: {problem}"))
        visitor.close()
    return findings


def _tell_what_is_no_page(found: Found) -> None:
    for rule, reason in found.no_pages.items():
        print(f"no page: {rule}  {reason}")
    for rule, reason in found.not_reached.items():
        print(f"NOT REACHED: {rule}  {reason}")


def _moda(portal: DemoPortal, pages: list[Page], python: str, probe: str) -> int:
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
                "name": page.name,
                "probe": probe == "all" or probe == "kinds" and kind not in kinds,
            }
        )
        kinds.add(kind)
    done = subprocess.run(
        [python, str(ROOT / "tests/accessibility/moda.py")],
        input=json.dumps(work),
        text=True,
        check=False,
        stdout=sys.stdout,
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
