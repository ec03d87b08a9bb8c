"""What the guardian typed beside the roster's student, line by line, with the differing parts marked (B2.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app.accounts.identity import masked_from_sealed, normal_form
from app.guardian_links.matching import same_name
from app.guardian_links.models import GuardianLink
from app.schools.class_names import normal_class_name
from app.schools.models import class_label
from app.web.formatting import long_date

Part = tuple[str, bool]
"""A piece of text, and whether it differs from the other side."""


@dataclass(frozen=True)
class ComparedLine:
    label: str
    typed: tuple[Part, ...]
    roster: tuple[Part, ...]
    is_same: bool


def compare(link: GuardianLink, student: Any) -> list[ComparedLine]:
    """One line per field. ``student`` is a row of ``queries.roster_student``, or None: the roster's side stays empty."""
    typed_class = class_label(link.typed_grade_level, link.typed_class_name)
    if student is None:
        lines = [
            (_("Class"), typed_class),
            (_("Seat number"), str(link.typed_seat_number)),
            (_("Full name"), link.typed_name),
            (_("Student number or ID number"), link.typed_student_key),
            (_("Birthday"), long_date(link.typed_birth_date)),
        ]
        return [ComparedLine(label, ((text, False),), (), is_same=False) for label, text in lines]
    key_label, key, has_same_key = _key(link, student)
    is_same_class = (link.typed_grade_level, link.typed_class_name) == (
        student.grade_level,
        normal_class_name(student.class_name or ""),
    )
    roster_class = class_label(student.grade_level, student.class_name) if student.class_name else ""
    seat = "" if student.seat_number is None else str(student.seat_number)
    return [
        _line(_("Class"), typed_class, roster_class, is_same_class),
        _line(_("Seat number"), str(link.typed_seat_number), seat, str(link.typed_seat_number) == seat),
        _line(_("Full name"), link.typed_name, student.full_name, same_name(link.typed_name, student.full_name)),
        _line(key_label, link.typed_student_key, key, has_same_key),
        _line(
            _("Birthday"),
            long_date(link.typed_birth_date),
            long_date(student.birth_date),
            link.typed_birth_date == student.birth_date,
        ),
    ]


def _key(link: GuardianLink, student: Any) -> tuple[str, str, bool]:
    """Label, the roster's text and whether they agree; an identity number is compared and shown by its mask."""
    if "*" in link.typed_student_key:
        masked = masked_from_sealed(student.identity_number_sealed)
        return _("ID number of the student"), masked, link.typed_student_key == masked
    is_same = normal_form(link.typed_student_key) == normal_form(student.student_number)
    return _("Student number"), student.student_number, is_same


def _line(label: str, typed: str, roster: str, is_same: bool) -> ComparedLine:
    if is_same:
        return ComparedLine(label, ((typed, False),), ((roster, False),), is_same)
    left, right = re.findall(r"\d+|\D", typed), re.findall(r"\d+|\D", roster)
    if len(left) != len(right):
        return ComparedLine(label, ((typed, True),), ((roster, bool(roster)),), is_same)
    pairs = [(a, b, a != b) for a, b in zip(left, right, strict=True)]
    return ComparedLine(
        label, tuple((a, differs) for a, _b, differs in pairs), tuple((b, differs) for _a, b, differs in pairs), is_same
    )
