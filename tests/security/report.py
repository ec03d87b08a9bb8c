"""The one table that ``make security`` ends with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Line:
    """One part of the run: how many cases there were and what became of them."""

    part: str
    passed: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    """Reason → number of cases."""
    explained: int = 0
    """Findings that explained.toml answers; each belongs to a case that passed."""
    note: str = ""

    @property
    def cases(self) -> int:
        return self.passed + self.failed + self.skipped.total()


def print_table(lines: list[Line], details: list[str]) -> None:
    """The details of what failed first, then the table, then why cases were skipped, then one closing line."""
    for detail in details:
        print(detail)
    width = max([len(line.part) for line in lines] + [4])
    print(f"\n{'part':<{width}}  cases  passed  failed  skipped  explained")
    for line in [*lines, _total(lines)]:
        print(
            f"{line.part:<{width}}  {line.cases:>5}  {line.passed:>6}  {line.failed:>6}  {line.skipped.total():>7}"
            f"  {line.explained:>9}  {line.note}".rstrip()
        )
    for line in lines:
        for reason, count in sorted(line.skipped.items()):
            print(f"skipped {count} of {line.part}: {reason}")
    total = _total(lines)
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped.total()} skipped")


def _total(lines: list[Line]) -> Line:
    total = Line("all")
    for line in lines:
        total.passed += line.passed
        total.failed += line.failed
        total.skipped += line.skipped
        total.explained += line.explained
    return total
