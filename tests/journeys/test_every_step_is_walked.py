"""The list of acceptance steps, and that a journey names each of them."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent


def test_every_acceptance_step_is_covered_by_a_journey():
    steps = [line.split()[0] for line in (HERE / "acceptance_steps.txt").read_text("utf-8").splitlines() if line.strip()]
    assert len(steps) == len(set(steps)) == 57
    walked = set()
    for path in HERE.glob("test_[ab]*.py"):
        for arguments in re.findall(r"\.step\(([^)]*)\)", path.read_text("utf-8")):
            walked.update(re.findall(r"\"([AB]\d\.\d)\"", arguments))
    assert walked == set(steps)
