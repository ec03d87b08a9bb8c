"""``python -m tests.security`` (``make security``): everything that looks for weaknesses, and one table at the end.

The matrix, the canaries and the hardening cases through pytest; bandit over the sources; wapiti and sqlmap against a
demo portal of its own on 127.0.0.1. Parts can be named: ``python -m tests.security tests bandit scan``. What is kept
for a closer look (reports, logs, the portal's instance folder) lies in build/security/.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.security import case_tests, sources, sqlmap, wapiti
from tests.security.findings import Explanation, load_explanations
from tests.security.report import Line, print_table
from tests.security.scanned import SCOUTS, ScannedPortal

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "security"
PARTS = ("tests", "bandit", "scan")
Told = tuple[list[Line], list[str]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.security", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="|".join(PARTS), help="default: all")
    parser.add_argument("--as", dest="scouts", default=",".join(scout.name for scout in SCOUTS), help="who scans")
    parser.add_argument(
        "--tools", type=Path, default=ROOT / ".venv-security" / "bin", help="where bandit and the others are"
    )
    parser.add_argument("--module-seconds", type=int, default=30, help="at most so long for one of wapiti's modules")
    parser.add_argument("--sqlmap-seconds", type=int, default=600, help="at most so long for sqlmap as one person")
    arguments = parser.parse_args()
    arguments.tools = arguments.tools.resolve()
    parts = arguments.parts or PARTS
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    explanations = load_explanations()
    lines: list[Line] = []
    details: list[str] = []
    for part in parts:
        _say(part)
        if part == "tests":
            found = case_tests.run(ROOT, FOLDER)
        elif part == "bandit":
            found = sources.run(ROOT, arguments.tools, FOLDER, explanations)
        else:
            found = _scan(arguments, explanations)
        lines += found[0]
        details += found[1]
    print_table(lines, details)
    _say_what_is_explained(explanations, is_whole=set(parts) == set(PARTS))
    return int(any(line.failed for line in lines))


def _scan(arguments: argparse.Namespace, explanations: list[Explanation]) -> Told:
    lines: list[Line] = []
    details: list[str] = []
    tools = arguments.tools

    def attempt(what: str, step: Callable[[], Told]) -> None:
        """A step that breaks is a line that failed; what the others saw is kept."""
        _say(what)
        try:
            found = step()
        except Exception:
            found = [Line(what, failed=1, note="broke off")], [traceback.format_exc()]
        lines.extend(found[0])
        details.extend(found[1])

    portal = ScannedPortal(FOLDER)
    try:
        _say("a demo portal")
        portal.start()
        for scout in SCOUTS:
            if scout.name not in arguments.scouts.split(","):
                continue
            requests: list[wapiti.Request] = []
            attempt(
                f"wapiti as {scout.name}",
                lambda scout=scout, requests=requests: wapiti.scan(
                    portal, scout, tools, FOLDER, arguments.module_seconds, explanations, requests
                ),
            )
            attempt(
                f"sqlmap as {scout.name}",
                lambda scout=scout, requests=requests: sqlmap.scan(
                    portal, scout, requests, tools, FOLDER, arguments.sqlmap_seconds
                ),
            )
        form = {"next": "/news", "locale": "en"}
        attempt(
            "wapiti on the form for the language",
            lambda: wapiti.scan_form(portal, "/language/", form, tools, FOLDER, arguments.module_seconds, explanations),
        )
    except Exception:
        lines.append(Line("the demo portal", failed=1, note="did not start"))
        details.append(traceback.format_exc())
    finally:
        found = portal.end()
    return [*lines, *found[0]], [*details, *found[1]]


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {what} …", flush=True)


def _say_what_is_explained(explanations: list[Explanation], *, is_whole: bool) -> None:
    for each in explanations:
        if each.count:
            print(f"explained {each.count} × {each.tool} {each.rule}: {each.reason}")
        elif is_whole:
            print(f"no longer found, its explanation can go: {each.tool} {each.rule} {each.where}")


if __name__ == "__main__":
    sys.exit(main())
