"""The matrix, the canaries and the hardening cases, through pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from tests.hardening.cases import CASES, SHOWN_ELSEWHERE, case_of
from tests.security.report import Line

TESTS = ("tests/hardening", "tests/access", "tests/security")

_ELSEWHERE = {
    (path.removesuffix(".py").replace("/", "."), test): case
    for case, names in SHOWN_ELSEWHERE.items()
    for path, _, test in (name.partition("::") for name in names)
}


def run(root: Path, folder: Path) -> tuple[list[Line], list[str]]:
    """A line for each case P01–P31, and one for each other file of TESTS. A case without a test has failed."""
    report = folder / "tests.xml"
    elsewhere = sorted({name for names in SHOWN_ELSEWHERE.values() for name in names if not name.startswith(TESTS)})
    command = [
        sys.executable,
        "-m",
        "pytest",
        *TESTS,
        *elsewhere,
        "-n",
        "2",
        "--dist",
        "loadfile",
        "--no-loadscope-reorder",
        f"--junitxml={report}",
    ]
    everything = {**os.environ, "MATRIX": "full"}
    done = subprocess.run(command, cwd=root, env=everything, capture_output=True, text=True, check=False)
    (folder / "tests.log").write_text(done.stdout + done.stderr, "utf-8")
    if not report.exists():
        return [Line("tests", failed=1, note="pytest wrote no report")], [done.stdout[-3000:] + done.stderr[-3000:]]
    return read(report)


def read(report: Path) -> tuple[list[Line], list[str]]:
    """pytest's report as lines of the table, and the names of what failed."""
    cases = {case: Line(f"{case} {title}") for case, title in CASES.items()}
    files: dict[str, Line] = {}
    details = []
    for test in ElementTree.parse(report).iter("testcase"):
        module, name = test.get("classname", ""), test.get("name", "")
        case = case_of(name) if module.startswith("tests.hardening") else _ELSEWHERE.get((module, name.partition("[")[0]))
        line = cases[case] if case in cases else files.setdefault(module, Line(_called(module)))
        outcome = next((child for child in test if child.tag in ("failure", "error", "skipped")), None)
        if outcome is None:
            line.passed += 1
        elif outcome.tag == "skipped":
            line.skipped += Counter([outcome.get("message") or "no reason given"])
        else:
            line.failed += 1
            details.append(f"{module}::{name}: {(outcome.get('message') or '').splitlines()[:1]}")
    for line in cases.values():
        if not line.cases:
            line.failed, line.note = 1, "no test"
    return [*cases.values(), *files.values()], details


def _called(module: str) -> str:
    return "/".join(module.split(".")[1:]) + ".py"
