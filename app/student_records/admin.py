"""成績／出勤／獎懲 as the school keeps them: generated screens of 雲端學務系統."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l

from app.schools.lookups import STUDENTS, TERMS
from app.student_records.models import AttendanceEvent, ConductRecord, TermGrade
from app.web.cells import shown
from app.web.datamodel import ScopedInterface
from app.web.formatting import term_label
from app.web.generated_forms import Between
from app.web.model_views import ScopedModelView

_LOOKUPS = {"student": STUDENTS, "term": TERMS}


def _term_words(term: Any) -> str:
    return term_label(term.school_year, term.semester) if term is not None else ""


class RecordView(ScopedModelView):
    """What the screens of a student's records share."""

    surface = "student_affairs"
    lookups = _LOOKUPS
    title_column = "student"
    formatters_columns = {"term": _term_words}

    def row_title(self, row: Any) -> str:
        return f"{row.student} {row}"


class TermGradeAdmin(RecordView):
    datamodel = ScopedInterface(TermGrade)
    route_base = "/student-affairs/term-grades"
    class_permission_name = "TermGradeAdmin"
    list_title, row_name = _l("Marks"), _l("Mark")
    label_columns = {"kind": _l("Kind of mark")}

    list_columns = export_columns = ["student.student_number", "student", "term", "subject", "score", "level"]
    show_columns = ["student", "student.student_number", "term", "grade_level", "kind", "subject", "score", "level"]
    add_columns = ["student", "term", "grade_level", "kind", "subject", "score"]
    edit_columns = ["grade_level", "kind", "subject", "score"]
    search_columns = ["student", "term", "subject", "kind", "score", "grade_level"]
    order_columns = ["subject", "score"]
    base_order = ("id", "desc")
    number_columns = ("score",)
    validators_columns = {"score": [Between(Decimal(0), Decimal(100))], "grade_level": [Between(1, 12)]}

    def row_title(self, row: TermGrade) -> str:
        return f"{row.student} {_term_words(row.term)} {row.subject}"


class DatedRecordView(RecordView):
    """Records of a day: the day lies in the term."""

    def check_form(self, form: Any, row: Any) -> None:
        term = form.term.data if "term" in form else row.term
        if not term.starts_on <= form.event_date.data <= term.ends_on:
            form.refuse("event_date", _l("This day does not lie in that term."))


class AttendanceEventAdmin(DatedRecordView):
    datamodel = ScopedInterface(AttendanceEvent)
    route_base = "/student-affairs/attendance"
    class_permission_name = "AttendanceEventAdmin"
    list_title, row_name = _l("Attendance"), _l("Absence")

    list_columns = export_columns = ["student.student_number", "student", "event_date", "period", "category"]
    show_columns = ["student", "student.student_number", "term", "event_date", "period", "category"]
    add_columns = ["student", "term", "event_date", "period", "category"]
    edit_columns = ["event_date", "period", "category"]
    search_columns = ["student", "event_date", "category", "period", "term"]
    order_columns = ["event_date"]
    base_order = ("id", "desc")
    number_columns = ("period",)
    description_columns = {"period": _l("0 is the study time before the first lesson.")}
    validators_columns = {"period": [Between(0, 12)]}

    def row_title(self, row: AttendanceEvent) -> str:
        return f"{row.student} {shown(row.event_date)} {shown(row.category)}"


class ConductRecordAdmin(DatedRecordView):
    datamodel = ScopedInterface(ConductRecord)
    route_base = "/student-affairs/conduct"
    class_permission_name = "ConductRecordAdmin"
    list_title, row_name = _l("Rewards and punishments"), _l("Reward or punishment")
    label_columns = {"kind": _l("Kind of reward or punishment"), "reason": _l("What for")}

    list_columns = export_columns = ["student.student_number", "student", "event_date", "kind", "count", "reason"]
    show_columns = ["student", "student.student_number", "term", "event_date", "kind", "count", "reason"]
    add_columns = ["student", "term", "event_date", "kind", "count", "reason"]
    edit_columns = ["event_date", "kind", "count", "reason"]
    search_columns = ["student", "event_date", "kind", "reason", "term"]
    order_columns = ["event_date"]
    base_order = ("id", "desc")
    number_columns = ("count",)
    validators_columns = {"count": [Between(1, 99)]}

    def row_title(self, row: ConductRecord) -> str:
        return f"{row.student} {shown(row.event_date)} {shown(row.kind)}"
