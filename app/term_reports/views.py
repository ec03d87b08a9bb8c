"""學期報告: asking for it, watching it being made, taking it along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import structlog
from flask import Response, abort, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from werkzeug.wsgi import wrap_file

from app.attachments.storage import FileMissing
from app.portal.children import child_or_404
from app.term_reports import queries, services
from app.term_reports.contents import students_in_class
from app.term_reports.models import TermReport
from app.web.base_views import PortalView, acting_account
from app.web.formatting import term_label
from app.web.locales import page_language
from app.web.requests import row_number

_log = structlog.get_logger(__name__)


class ChildReportsView(PortalView):
    """Of one linked child, for its guardian."""

    route_base = "/portal/children"
    default_view = "reports"
    class_permission_name = "ChildAreas"

    @expose("/<int:student_id>/reports/", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def reports(self, student_id: int) -> Any:
        actor = acting_account()
        child, children = child_or_404(actor, student_id)
        lines = queries.terms_of_child(actor, student_id)
        if request.method == "POST":
            term_id = _term_asked_for(lines)
            services.ask_for_child(actor, student_id, child.school_id, term_id, page_language())
            return redirect(url_for(".reports", student_id=student_id))
        return self.render(
            "term_reports/child.html", child=child, children=children, bar="records", lines=lines, term_label=term_label
        )

    @expose("/<int:student_id>/reports/<int:report_id>", methods=["GET"])
    @has_access
    @permission_name("open")
    def download(self, student_id: int, report_id: int) -> Any:
        """The link to the child is asked for first, each time: one that has ended opens nothing."""
        actor = acting_account()
        child, _children = child_or_404(actor, student_id)
        report = queries.made_report_or_404(actor, report_id, student_id=student_id)
        return _handed_out(report, [student_id], child.name, as_guardian=True)


class ClassReportsView(PortalView):
    """Of a whole class, for who keeps or teaches it."""

    route_base = "/student-affairs/reports"
    default_view = "reports"
    class_permission_name = "TermReports"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def reports(self) -> Any:
        actor = acting_account()
        if request.method == "POST":
            school_class = queries.class_or_404(actor, request.form.get("class_id", 0, type=row_number))
            term_id = _term_asked_for(queries.terms_of_class(actor, school_class.id))
            class_id = school_class.id
            services.ask_for_class(actor, school_class, term_id, page_language())
            return redirect(url_for(".reports", class_id=class_id))
        classes = queries.classes_to_report(actor)
        asked = request.args.get("class_id", type=row_number)
        chosen = next((each for each in classes if each.id == asked), None) if asked else next(iter(classes), None)
        if classes and chosen is None:
            abort(404)
        return self.render(
            "term_reports/classes.html",
            surface="student_affairs",
            classes=classes,
            chosen=chosen,
            lines=queries.terms_of_class(actor, chosen.id) if chosen else [],
            term_label=term_label,
        )

    @expose("/<int:report_id>", methods=["GET"])
    @has_access
    @permission_name("open")
    def download(self, report_id: int) -> Any:
        """The class is asked for first, each time: who teaches it no more gets nothing."""
        actor = acting_account()
        report = queries.made_report_or_404(actor, report_id)
        school_class = queries.class_or_404(actor, report.class_id or abort(404))
        return _handed_out(report, students_in_class(school_class.id), school_class.label, as_guardian=False)


def _term_asked_for(lines: Sequence[queries.TermLine]) -> int:
    """One of the terms that are offered; 404 for any other."""
    asked = request.form.get("term_id", type=row_number)
    return next((line.term.id for line in lines if line.term.id == asked), None) or abort(404)


def _handed_out(report: TermReport, student_ids: Sequence[int], of_whom: str, *, as_guardian: bool) -> Response:
    name = f"{of_whom} {term_label(report.term.school_year, report.term.semester)}.pdf"
    size = report.size
    try:
        stream = services.take_along(acting_account(), report, student_ids, as_guardian=as_guardian)
    except FileMissing:
        _log.error("file_missing", term_report=report.id)
        abort(404)
    answer = Response(wrap_file(request.environ, stream), content_type="application/pdf", direct_passthrough=True)
    answer.content_length = size
    answer.headers.set(
        "Content-Disposition", "attachment", filename="term-report.pdf", **{"filename*": f"UTF-8''{quote(name, safe='')}"}
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
