"""Rewards and punishments in the school's own measure: three of a kind are one of the next.

3 嘉獎 = 1 小功, 3 小功 = 1 大功, and the same for 警告, 小過, 大過: common practice of the schools (學生獎懲規定). That
rewards and punishments are set off against each other (獎懲抵銷) stands in 國民小學及國民中學學生學習評量辦法 §13:
who then has fewer than three 大過 can graduate. How a school sets them off is its own rule: the page says so and makes
no balance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.student_records.models import ConductKind

REWARDS = (ConductKind.MAJOR_MERIT, ConductKind.MINOR_MERIT, ConductKind.COMMENDATION)
PUNISHMENTS = (ConductKind.MAJOR_DEMERIT, ConductKind.MINOR_DEMERIT, ConductKind.WARNING)
STEP = 3


@dataclass(frozen=True)
class Side:
    """The rewards, or the punishments, of a term."""

    counts: tuple[tuple[ConductKind, int], ...]
    """As they were given, the greatest kind first."""
    worth: tuple[tuple[ConductKind, int], ...]
    """The same with three of a kind taken as one of the next; empty where that changes nothing."""

    @property
    def is_empty(self) -> bool:
        return not any(count for _kind, count in self.counts)


def side_of(kinds: tuple[ConductKind, ...], counted: Mapping[ConductKind, int]) -> Side:
    """``kinds`` from the greatest to the least; ``counted`` how many of each were given."""
    counts = tuple((kind, counted.get(kind, 0)) for kind in kinds)
    total = 0
    for _kind, count in counts:
        total = total * STEP + count
    worth = []
    for kind in reversed(kinds[1:]):
        worth.append((kind, total % STEP))
        total //= STEP
    worth.append((kinds[0], total))
    settled = tuple((kind, count) for kind, count in reversed(worth) if count)
    return Side(counts, settled if settled != tuple(each for each in counts if each[1]) else ())
