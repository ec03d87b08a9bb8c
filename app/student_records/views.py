"""成績／出勤／獎懲 of one child, as its guardian reads them (B4.2)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from flask import request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name

from app.model_types import today
from app.portal.children import child_or_404
from app.student_records import attendance, charts, queries, services
from app.student_records.conduct import PUNISHMENTS, REWARDS, side_of
from app.student_records.models import ConductKind
from app.web.base_views import PortalView, acting_account
from app.web.formatting import grade_term_label, month_label, weekday_initials


class ChildRecordsView(PortalView):
    route_base = "/portal/children"
    default_view = "records"
    class_permission_name = "ChildAreas"

    @expose("/<int:student_id>/records", methods=["GET"])
    @has_access
    @permission_name("open")
    def records(self, student_id: int) -> Any:
        actor = acting_account()
        child, children = child_or_404(actor, student_id)
        table = queries.marks_of(student_id)
        term = queries.present_term_of(student_id)
        services.note_reading(actor, student_id, child.school_id)
        labels = [grade_term_label(each.grade_level, each.semester) for each in table.terms]
        return self.render(
            "student_records/records.html",
            child=child,
            children=children,
            bar="records",
            table=table,
            labels=labels,
            overall=charts.overall_charts(table, labels),
            change=charts.change_in_words(table, labels),
            charts=charts.subject_charts(table, labels),
            term=term,
            month_label=month_label,
            weekdays=weekday_initials(),
            **(_attendance(term) if term else {}),
        )


def _attendance(term: queries.PresentTerm) -> dict[str, Any]:
    """What the page shows of a term: sums, days, the chosen month; conduct by kind."""
    months = attendance.months_of(term, today())
    asked = _month_asked_for()
    here = next((place for place, each in enumerate(months) if each.first_day == asked), len(months) - 1)
    counted = Counter[ConductKind]()
    for each in term.conduct:
        counted[each.kind] += each.count
    return {
        "sums": attendance.sums(term.absences),
        "lines": attendance.day_lines(term.absences),
        "months": months,
        "month": attendance.month_of(months[here].first_day, term.absences, today()),
        "month_before": months[here - 1].first_day if here else None,
        "month_after": months[here + 1].first_day if here + 1 < len(months) else None,
        "rewards": side_of(REWARDS, counted),
        "punishments": side_of(PUNISHMENTS, counted),
    }


def _month_asked_for() -> date | None:
    try:
        return date.fromisoformat(f"{request.args.get('month', '')}-01")
    except ValueError:
        return None
