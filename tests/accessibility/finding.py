"""What was found on a page, and how it is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    page: str
    """Its name in the list of pages, who looked, the address."""
    where: str
    """Width and theme, or the language, or the tool."""
    rule: str
    detail: str


def tell(findings: list[Finding]) -> None:
    """Findings grouped: the same thing in the same place on many pages is one line."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule, finding.detail), []).append(finding)
    for (rule, detail), group in sorted(groups.items(), key=lambda item: (item[0][0], -len(item[1]))):
        pages = Counter(finding.page for finding in group)
        places = ", ".join(dict.fromkeys(finding.where for finding in group))
        print(f"{rule}: {detail}\n    {places}; {len(pages)} pages: {', '.join(list(pages)[:3])}")
