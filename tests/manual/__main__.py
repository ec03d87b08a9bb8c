"""``make manual``: walk the running product and write docs/manual from what was seen.

``python -m tests.manual [EDITION …] [--no-walk]``. For each edition (zh-TW, en) the journeys of tests/journeys are walked
in its language; every step leaves its picture and the words that could be read. Ends with 1, and writes nothing, when a
step's words were on no page of that step: each such step is named. Last the PDF is made (app.manual.printing).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.journeys.conftest import EDITIONS
from tests.journeys.walk import BUILD
from tests.manual.chapters import chapters_in
from tests.manual.writing import write_edition

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.manual", description=__doc__)
    parser.add_argument("editions", nargs="*", default=list(EDITIONS), metavar="EDITION")
    parser.add_argument("--no-walk", action="store_true", help="write from what the last walk left in build/manual")
    arguments = parser.parse_args()
    for edition in arguments.editions:
        if not arguments.no_walk and not _walked(edition):
            print(f"{edition}: a journey failed, the manual was not written")
            return 1
        problems = _problems(edition)
        if problems:
            print(*problems, sep="\n")
            return 1
        size = write_edition(edition, BUILD / "manual" / edition)
        print(f"docs/manual/{edition}: {sum(len(each.steps) for each in chapters_in(edition))} steps, {size / 1e6:.1f} MB")
    return subprocess.run([sys.executable, "-m", "flask", "--app", "app", "portal", "manual"], cwd=ROOT).returncode


def _walked(edition: str) -> bool:
    shutil.rmtree(BUILD / "manual" / edition, ignore_errors=True)
    print(f"{edition}: walking the journeys …", flush=True)
    environment = {**os.environ, "MANUAL": edition, "JOURNEY_DATABASES": "sqlite", "REQUIRE_ALL": "1"}
    command = [sys.executable, "-m", "pytest", "tests/journeys", "-m", "browser", "-q", "-p", "no:randomly"]
    return subprocess.run(command, cwd=ROOT, env=environment).returncode == 0


def _problems(edition: str) -> list[str]:
    """Steps that were not walked, and steps whose words could not be read."""
    problems = []
    for chapter in chapters_in(edition):
        for step in chapter.steps:
            read = [path.read_text("utf-8") for path in (BUILD / "manual" / edition).glob(f"{step.id}-*.txt")]
            if not read:
                problems.append(f"{edition} {step.id}: the step was not walked")
            problems += [
                f"{edition} {step.id}: «{word}» is no longer on the page"
                for word in step.missing_from("\n".join(read))
                if read
            ]
    return problems


if __name__ == "__main__":
    sys.exit(main())
