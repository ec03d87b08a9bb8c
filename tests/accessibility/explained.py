"""Findings that are none: what a rule says of a page, why it is right all the same, and the test that shows it.

Each entry is narrow: one rule, the pages by name, words of the finding. What it explains is counted and printed apart,
and an entry that explains nothing any more fails the run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.accessibility.finding import Finding


@dataclass(frozen=True)
class Explained:
    rule: str
    page: str
    """Names of pages: a regular expression for the whole name."""
    words: str
    """A regular expression for a part of what the rule said."""
    reason: str
    shown_by: str
    """The test that shows that the page is right: file::name."""

    def fits(self, finding: Finding) -> bool:
        return bool(
            self.rule == finding.rule
            and re.fullmatch(self.page, finding.page.split(" (", 1)[0])
            and re.search(self.words, finding.detail)
        )


EXPLAINED: tuple[Explained, ...] = ()


def sort_out(
    findings: Iterable[Finding], entries: Sequence[Explained] = EXPLAINED
) -> tuple[list[Finding], dict[Explained, list[Finding]]]:
    """What is left to mend, and for each entry what it explains."""
    left: list[Finding] = []
    explained: dict[Explained, list[Finding]] = {entry: [] for entry in entries}
    for finding in findings:
        entry = next((entry for entry in entries if entry.fits(finding)), None)
        (left if entry is None else explained[entry]).append(finding)
    return left, explained
