"""``python -m tests`` (``make test``): the whole suite in three parts, with times, totals and the reasons of every skip.

First what is run before every commit (``make fast``); then the attacks, which walk over every address with bad input and
foreign rows (``make security`` runs them as well, with more people); then the journeys in Chromium. All of them run even
if one fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IN_TWO = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
PARTS = (
    # who is done takes over half of what the other one has left: no long file is begun last
    ("without a browser", ["-n", "2", "--dist", "worksteal", "-m", "not browser and not attack"]),
    ("attacks", [*IN_TWO, "-m", "attack and not browser"]),
    ("in the browser", ["-m", "browser"]),  # browser, web server, worker and database fill two processors already
)
NO_TESTS = 5
"""pytest's code for «nothing was collected»."""


def main() -> int:
    reports = ROOT / "build" / "tests"
    reports.mkdir(parents=True, exist_ok=True)
    lines, skips, failed = [], Counter[str](), False
    for number, (name, options) in enumerate(PARTS):
        report = reports / f"{os.getpid()}-{number}.xml"
        began = time.monotonic()
        command = [sys.executable, "-m", "pytest", *options, f"--junitxml={report}", *sys.argv[1:]]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        totals = _read(report, skips)
        told = ", ".join(f"{count} {what}" for what, count in totals.items() if count) or "no tests"
        lines.append(f"{name}: {told} in {time.monotonic() - began:.0f} s")
        failed = failed or code not in (0, NO_TESTS) or not totals["passed"]
    for reason, count in sorted(skips.items()):
        print(f"skipped {count}: {reason}")
    print("\n".join(lines))
    print("FAILED" if failed else "passed")
    return int(failed)


def _read(report: Path, skips: Counter[str]) -> Counter[str]:
    totals: Counter[str] = Counter(passed=0)
    if not report.exists():
        return totals
    for case in ElementTree.parse(report).iter("testcase"):
        found = {child.tag for child in case}
        what = next((tag for tag in ("failure", "error", "skipped") if tag in found), "")
        totals[{"failure": "failed", "error": "errors", "skipped": "skipped"}.get(what, "passed")] += 1
        if what == "skipped":
            node = case.find("skipped")
            skips[(node.get("message") or "") if node is not None else ""] += 1
    report.unlink()
    return totals


if __name__ == "__main__":
    sys.exit(main())
