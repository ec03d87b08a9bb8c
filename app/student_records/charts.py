"""Marks as small line pictures: SVG attributes only, so that the strict content policy needs no exception."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from flask_babel import gettext as _

from app.student_records.queries import Mark, MarkTable, SubjectKind, short_number
from app.web.formatting import joined


class Point(NamedTuple):
    x: float
    y: float
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One line; ``points`` oldest first. Each kind of stroke is one path: a page holds a dozen charts."""

    title: str
    width: int
    height: int
    points: tuple[Point, ...]
    lines: tuple[tuple[float, int], ...]
    """Horizontal, from the foot up: (y, value)."""
    foot: str
    grid: str
    polyline: str
    dots: str
    """Of every point but the last."""
    last_dot: str

    @property
    def scale(self) -> tuple[int, int]:
        """The values at the foot and at the head."""
        return self.lines[0][1], self.lines[-1][1]

    @property
    def text(self) -> str:
        """The picture in words, for those who do not see it."""
        return joined(f"{point.label} {point.value}" for point in self.points)


def overall_charts(table: MarkTable, labels: Sequence[str]) -> tuple[Chart, Chart] | None:
    """學期總平均 over the terms, wide and narrow; None where fewer than two terms have one. ``labels`` newest first."""
    row = next((row for row in table.rows if row.kind == SubjectKind.OVERALL), None)
    if row is None or sum(mark is not None for mark in row.marks) < 2:
        return None
    return (
        _chart(row.subject, row.marks, labels, width=860, height=230, left=34, pad=(28, 34), foot=34),
        _chart(row.subject, row.marks, labels, width=358, height=220, left=34, pad=(28, 38), foot=34),
    )


def change_in_words(table: MarkTable, labels: Sequence[str]) -> str:
    """«四下 92.9，比四上多 1.7 分» of the overall mark; empty where fewer than two terms have one."""
    row = next((row for row in table.rows if row.kind == SubjectKind.OVERALL), None)
    marked = [(mark, label) for mark, label in zip(row.marks, labels, strict=True) if mark] if row else []
    if len(marked) < 2:
        return ""
    (mark, label), (former, former_label) = marked[:2]
    words = {
        "term": label,
        "mark": mark.text,
        "former": former_label,
        "points": short_number(abs(mark.score - former.score)),
    }
    if mark.score == former.score:
        return _("%(term)s %(mark)s, the same as in %(former)s", **words)
    if mark.score > former.score:
        return _("%(term)s %(mark)s, %(points)s more than in %(former)s", **words)
    return _("%(term)s %(mark)s, %(points)s less than in %(former)s", **words)


def subject_charts(table: MarkTable, labels: Sequence[str]) -> list[Chart]:
    """One small line for each subject with marks in at least two terms, all on one scale: they are looked at together."""
    rows = [row for row in table.rows if row.kind == SubjectKind.SUBJECT and sum(mark is not None for mark in row.marks) > 1]
    least = _foot_of_scale(row.marks for row in rows)
    return [
        _chart(row.subject, row.marks, labels, width=180, height=72, left=0, pad=(8, 0), foot=8, least=least) for row in rows
    ]


def _foot_of_scale(rows: Iterable[Sequence[Mark | None]]) -> int:
    """The ten below the least mark, so that none lies on the foot; 90 at most, 0 at least."""
    scores = [mark.score for marks in rows for mark in marks if mark is not None]
    return max(0, int((min(scores, default=Decimal(91)) - 1) // 10 * 10))


def _chart(
    title: str,
    marks: Sequence[Mark | None],
    labels: Sequence[str],
    *,
    width: int,
    height: int,
    left: int,
    pad: tuple[int, int],
    foot: int,
    least: int | None = None,
) -> Chart:
    """The scale goes from ``least``, or the ten below the least mark, to 100; all of a kind have the same width per term."""
    top, _unused = pad
    least = min(90, _foot_of_scale([marks])) if least is None else min(90, least)
    base = float(height - foot)
    side = 24 if left else 10
    step = (width - left - 2 * side) / max(1, len(marks) - 1)
    points = tuple(
        Point(left + side + number * step, _height(float(mark.score), base, top, least), mark.text, label)
        for number, (mark, label) in enumerate(zip(reversed(marks), reversed(labels), strict=True))
        if mark is not None
    )
    lines = _lines(base, top, least)
    rows = [f"M{left} {y:.1f}H{width}" for y, _value in lines]
    dots = [_dot(point, 5 if left else 3.5) for point in points]
    return Chart(
        title=title,
        width=width,
        height=height,
        points=points,
        lines=lines,
        foot=rows[0],
        grid="".join(rows[1:]),
        polyline=" ".join(f"{point.x:.1f},{point.y:.1f}" for point in points),
        dots="".join(dots[:-1]),
        last_dot=dots[-1],
    )


@lru_cache(maxsize=100)
def _lines(base: float, top: int, least: int) -> tuple[tuple[float, int], ...]:
    return tuple((_height(value, base, top, least), value) for value in range(least, 101, 10))


def _height(score: float, base: float, top: int, least: int) -> float:
    return base - (base - top) * (min(score, 100) - least) / (100 - least)


def _dot(point: Point, radius: float) -> str:
    """A circle as a path: two halves."""
    half = f"a{radius} {radius} 0 1 0"
    return f"M{point.x - radius:.1f} {point.y:.1f}{half} {2 * radius} 0{half} {-2 * radius} 0z"
