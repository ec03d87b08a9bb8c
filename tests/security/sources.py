"""bandit over the sources of the product."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.security.findings import Explanation, Finding, triage
from tests.security.report import Line

SOURCES = ("app", "config.py", "run.py", "deploy")


def run(root: Path, tools: Path, folder: Path, explanations: list[Explanation]) -> tuple[list[Line], list[str]]:
    """One line; a case is a source file, and it has failed when something in it is not explained."""
    report = folder / "bandit.json"
    command = [str(tools / "bandit"), "--quiet", "--recursive", *SOURCES, "--format", "json", "--output", str(report)]
    subprocess.run(command, cwd=root, check=False)
    told = json.loads(report.read_text("utf-8"))
    findings = [_finding(root, each) for each in told["results"]]
    open_, answered = triage(findings, explanations)
    files = len(told["metrics"]) - 1  # beside the files it has their sum
    failed = {finding.where.split(":")[0] for finding in open_}
    unread = [f"bandit could not read {each['filename']}: {each['reason']}" for each in told["errors"]]
    line = Line("bandit", files - len(failed), len(failed) + len(unread), explained=len(answered), note="files")
    return [line], [*map(str, open_), *unread]


def _finding(root: Path, told: dict[str, Any]) -> Finding:
    """The line itself is part of what is said: an explanation names it and answers no other line of that file."""
    name, number = told["filename"].removeprefix("./"), told["line_number"]
    source = (root / name).read_text("utf-8").splitlines()[number - 1].strip()
    return Finding("bandit", told["test_id"], f"{name}:{number}", f"{told['issue_text']} «{source}»")
