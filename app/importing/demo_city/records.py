"""成績／出勤／獎懲 of every pupil of the demo city, by a fixed seed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from app.extensions import db
from app.importing.demo_city.make import SCHOOL_YEAR
from app.importing.demo_city.roll import Pupil, Roll
from app.model_types import today
from app.schools.models import AcademicTerm
from app.student_records.models import (
    AttendanceCategory,
    AttendanceEvent,
    ConductKind,
    ConductRecord,
    SubjectKind,
    TermGrade,
)

# Learning domain → its subjects, with lessons a week as weights (十二年國教課程綱要).
_LOWER = {"語文領域": {"國語文": 6, "本土語文": 1}, "數學領域": {"數學": 4}, "生活領域": {"生活課程": 6}}
_LOWER |= {"健康與體育領域": {"健康": 1, "體育": 2}}
_UPPER = {
    "語文領域": {"國語文": 5, "英語文": 2, "本土語文": 1},
    "數學領域": {"數學": 4},
    "社會領域": {"社會": 3},
    "自然科學領域": {"自然科學": 3},
    "藝術領域": {"音樂": 1, "視覺藝術": 2},
    "綜合活動領域": {"綜合活動": 2},
    "健康與體育領域": {"健康": 1, "體育": 2},
}
_JUNIOR = {
    "語文領域": {"國語文": 5, "英語文": 3, "本土語文": 1},
    "數學領域": {"數學": 4},
    "社會領域": {"歷史": 1, "地理": 1, "公民與社會": 1},
    "自然科學領域": {"自然科學": 3},
    "藝術領域": {"音樂": 1, "視覺藝術": 1, "表演藝術": 1},
    "綜合活動領域": {"家政": 1, "童軍": 1, "輔導": 1},
    "科技領域": {"資訊科技": 1, "生活科技": 1},
    "健康與體育領域": {"健康教育": 1, "體育": 2},
}
OVERALL = "學期總平均"

_MERITS = (
    "擔任班級幹部認真負責",
    "拾金不昧",
    "熱心協助同學",
    "整潔工作確實",
    "參加校內閱讀心得比賽獲選",
    "代表班級參加大隊接力",
    "擔任圖書館小志工",
    "擔任校慶活動小主持人",
)
_FAULTS = ("走廊奔跑，已道歉", "未帶學用品，經多次提醒", "上課時使用手機")


def add_records(roll: Roll) -> None:
    """Marks of all past terms, and this term's attendance and conduct, for every pupil."""
    random = Random(113)  # noqa: S311 (invented marks)
    past = [term for term in roll.terms if term.ends_on < today()]
    marks: list[dict[str, Any]] = []
    for pupil in roll.pupils:
        ability = 91.0 if pupil.full_name in ("王小明", "王小華") else random.gauss(86, 5)
        for term in past:
            grade_level = pupil.grade_level - (SCHOOL_YEAR - term.school_year)
            if grade_level >= 1:
                marks += _marks(random, pupil, term, grade_level, ability)
    db.session.execute(sa.insert(TermGrade), marks)
    term = roll.present_term
    days = _school_days(term)
    if not days:
        return
    absences = [row for pupil in roll.pupils for row in _absences(random, pupil, term, days)]
    db.session.execute(sa.insert(AttendanceEvent), absences)
    conduct = [row for pupil in roll.pupils for row in _conduct(random, pupil, term, days)]
    db.session.execute(sa.insert(ConductRecord), conduct)


def _marks(random: Random, pupil: Pupil, term: AcademicTerm, grade_level: int, ability: float) -> list[dict[str, Any]]:
    domains = _LOWER if grade_level <= 2 else _UPPER if grade_level <= 6 else _JUNIOR
    rows: list[tuple[str, SubjectKind, float]] = []
    totals: list[tuple[str, float, int]] = []
    for domain, subjects in domains.items():
        scores = {subject: _score(random, ability) for subject in subjects}
        rows += [(subject, SubjectKind.SUBJECT, score) for subject, score in scores.items()]
        lessons = sum(subjects.values())
        totals.append((domain, sum(scores[each] * weight for each, weight in subjects.items()) / lessons, lessons))
    rows += [(domain, SubjectKind.DOMAIN, score) for domain, score, _ in totals]
    overall = sum(score * lessons for _, score, lessons in totals) / sum(lessons for *_, lessons in totals)
    rows.append((OVERALL, SubjectKind.OVERALL, overall))
    return [
        {
            "student_id": pupil.id,
            "school_id": pupil.school_id,
            "term_id": term.id,
            "subject": subject,
            "kind": kind,
            "grade_level": grade_level,
            "score": Decimal(f"{score:.1f}"),
        }
        for subject, kind, score in rows
    ]


def _score(random: Random, ability: float) -> int:
    return round(min(99, max(52, random.gauss(ability, 3.5))))


def _school_days(term: AcademicTerm) -> list[date]:
    """Weekdays of the term from September on, before today."""
    day, last = (
        max(term.starts_on, date(term.starts_on.year, term.starts_on.month, 1)),
        min(term.ends_on, today() - timedelta(days=1)),
    )
    if day.month == 8:
        day = date(day.year, 9, 1)
    return [day + timedelta(days=n) for n in range((last - day).days + 1) if (day + timedelta(days=n)).weekday() < 5]


def _absences(random: Random, pupil: Pupil, term: AcademicTerm, days: list[date]) -> list[dict[str, Any]]:
    """Up to three days of leave, at times a late morning."""
    count = min(len(days), random.choice((0, 0, 1, 1, 2, 3)))
    if pupil.full_name in ("王小明", "王小華"):
        count = min(len(days), 3)
    lessons = range(8 if pupil.grade_level > 2 else 5)
    rows: list[tuple[date, int, AttendanceCategory]] = []
    for number, day in enumerate(random.sample(days, count)):
        kind = random.random()
        if number == 2 or kind < 0.2:
            rows.append((day, 0, AttendanceCategory.TARDY))
        elif kind < 0.6:
            rows += [(day, period, AttendanceCategory.SICK_LEAVE) for period in lessons]
        elif kind < 0.9:
            first = random.choice((1, 5)) if pupil.grade_level > 2 else 1
            rows += [(day, first + each, AttendanceCategory.PERSONAL_LEAVE) for each in range(2)]
        else:
            rows += [(day, period, AttendanceCategory.OFFICIAL_LEAVE) for period in lessons]
    return [
        {
            "student_id": pupil.id,
            "school_id": pupil.school_id,
            "term_id": term.id,
            "event_date": day,
            "period": period,
            "category": category,
        }
        for day, period, category in rows
    ]


def _conduct(random: Random, pupil: Pupil, term: AcademicTerm, days: list[date]) -> list[dict[str, Any]]:
    """One reward or more for each; a warning for few."""
    rows: list[tuple[ConductKind, int, str]] = []
    for _ in range(random.choice((1, 1, 2, 3))):
        rows.append((ConductKind.COMMENDATION, random.choice((1, 1, 2)), random.choice(_MERITS)))
    if random.random() < 0.12 or pupil.full_name == "王小明":
        rows.append((ConductKind.MINOR_MERIT, 1, "全市科學展覽佳作"))
    if random.random() < 0.08 or pupil.full_name == "王小明":
        rows.append((ConductKind.WARNING, 1, random.choice(_FAULTS)))
    return [
        {
            "student_id": pupil.id,
            "school_id": pupil.school_id,
            "term_id": term.id,
            "event_date": random.choice(days),
            "kind": kind,
            "count": count,
            "reason": reason,
        }
        for kind, count, reason in rows
    ]
