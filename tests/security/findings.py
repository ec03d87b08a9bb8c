"""What the tools found, and which of it is answered in explained.toml."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

EXPLAINED = Path(__file__).parent / "explained.toml"


@dataclass(frozen=True)
class Finding:
    """One thing a tool calls a weakness."""

    tool: str
    rule: str
    """The tool's name for it: bandit's test id, wapiti's module."""
    where: str
    """A file and line, or a method and path."""
    says: str

    def __str__(self) -> str:
        return f"{self.tool} {self.rule}: {self.where}: {self.says}"


@dataclass
class Explanation:
    """Why findings that look like this are no weakness here. ``where`` and ``says`` are regular expressions."""

    tool: str
    rule: str
    where: str
    says: str
    reason: str
    count: int = field(default=0, compare=False)

    def answers(self, finding: Finding) -> bool:
        return (
            (self.tool, self.rule) == (finding.tool, finding.rule)
            and re.fullmatch(self.where, finding.where) is not None
            and re.search(self.says, finding.says) is not None
        )


def load_explanations(path: Path = EXPLAINED) -> list[Explanation]:
    """Every explanation. Raises TypeError for one that lacks a field and ValueError for one without a reason."""
    found = [Explanation(**entry) for entry in tomllib.loads(path.read_text("utf-8"))["finding"]]
    for each in found:
        if len(each.reason) < 20:
            raise ValueError(f"{path.name}: {each.tool} {each.rule} says no reason")
    return found


def triage(findings: list[Finding], explanations: list[Explanation]) -> tuple[list[Finding], list[Finding]]:
    """(what nobody has explained, what is explained). Each explanation counts what it answers."""
    open_, answered = [], []
    for finding in findings:
        explanation = next((each for each in explanations if each.answers(finding)), None)
        if explanation is None:
            open_.append(finding)
        else:
            explanation.count += 1
            answered.append(finding)
    return open_, answered
