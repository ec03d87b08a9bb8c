"""Marks as small line pictures: SVG attributes only, so that the strict content policy needs no exception."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.student_records.queries import Mark, MarkTable, SubjectKind
from app.web.formatting import joined


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    value: str
    label: str
    is_last: bool


@dataclass(frozen=True)
class Chart:
    """One line; ``points`` oldest first. ``lines`` are horizontal: (y, value)."""

    title: str
    width: int
    height: int
    left: int
    points: tuple[Point, ...]
    lines: tuple[tuple[float, int], ...]
    base: float

    @property
    def polyline(self) -> str:
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.points)

    @property
    def text(self) -> str:
        """The picture in words, for those who do not see it."""
        return joined(f"{point.label} {point.value}" for point in self.points)


def short(mark: Mark) -> str:
    """92, 92.5: no zeros that say nothing."""
    return f"{mark.score:f}".rstrip("0").rstrip(".") if "." in f"{mark.score:f}" else f"{mark.score:f}"


def overall_charts(table: MarkTable, labels: Sequence[str]) -> tuple[Chart, Chart] | None:
    """學期總平均 over the terms, wide and narrow; None where fewer than two terms have one. ``labels`` newest first."""
    row = next((row for row in table.rows if row.kind == SubjectKind.OVERALL), None)
    if row is None or sum(mark is not None for mark in row.marks) < 2:
        return None
    return (
        _chart(row.subject, row.marks, labels, width=860, height=230, left=34, pad=(28, 34), foot=34),
        _chart(row.subject, row.marks, labels, width=358, height=220, left=34, pad=(28, 38), foot=34),
    )


def subject_charts(table: MarkTable, labels: Sequence[str]) -> list[Chart]:
    """One small line for each subject with marks in at least two terms."""
    return [
        _chart(row.subject, row.marks, labels, width=180, height=64, left=0, pad=(8, 0), foot=8)
        for row in table.rows
        if row.kind == SubjectKind.SUBJECT and sum(mark is not None for mark in row.marks) > 1
    ]


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
) -> Chart:
    """The scale goes from the ten below the least mark to 100; every chart of a kind has the same width per term."""
    top, _unused = pad
    scores = [float(mark.score) for mark in marks if mark is not None]
    least = min(90, int(min(scores) // 10 * 10))
    base = float(height - foot)
    side = 24 if left else 10
    step = (width - left - 2 * side) / max(1, len(marks) - 1)

    def y(score: float) -> float:
        return base - (base - top) * (min(score, 100) - least) / (100 - least)

    points = []
    for number, (mark, label) in enumerate(zip(reversed(marks), reversed(labels), strict=True)):
        if mark is not None:
            points.append((left + side + number * step, y(float(mark.score)), short(mark), label))
    return Chart(
        title=title,
        width=width,
        height=height,
        left=left,
        points=tuple(Point(*point, is_last=number == len(points) - 1) for number, point in enumerate(points)),
        lines=tuple((y(value), value) for value in range(least, 101, 10)),
        base=base,
    )
