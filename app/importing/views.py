"""匯入名冊: upload, the difference to look at, 【匯入】."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from flask import flash, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.access.loading import get_or_404
from app.access.policy import may_import_roster
from app.attachments.uploads import TakesFiles
from app.importing import services
from app.importing.bundle import ON_THE_PAGE
from app.importing.forms import ApplyForm, UploadForm
from app.importing.models import ImportBatch, ImportStatus
from app.importing.plan import Act, Aspect, Difference, Part, Plan, PlanLine
from app.importing.problems import BundleRefused, Problem, Refusal, note_lines
from app.importing.queries import latest_batches
from app.schools.models import SchoolKind, StudentStatus
from app.web.base_views import PortalView, acting_account

SHOWN_LINES = 200
"""So many lines of each kind are written out; the counts tell of all."""

_TITLES = {
    Act.LEAVING: _l("Leaving"),
    Act.MOVED: _l("Moved"),
    Act.CHANGED: _l("Changed"),
    Act.NEW: _l("New"),
}
"""In the order of what deserves a look first."""

REFUSED = {
    services.AlreadyApplied: _l("This roster has been applied already."),
    services.PlanChanged: _l("The data have changed since this page was shown. Please look at the difference again."),
    services.ManyLeave: _l("Please confirm that so many students leave."),
    services.BundleGone: _l("The uploaded file is no longer kept. Please upload it again."),
    services.Conflict: _l("Somebody changed the same data at the same moment; nothing was applied. Please try again."),
}


class RosterImportView(TakesFiles, PortalView):
    route_base = "/sso/import"
    default_view = "start"
    class_permission_name = "RosterImport"
    most_of_request = 4 * services.LARGEST_UPLOAD
    """What is somewhat too large is told so in a sentence."""

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def start(self) -> Any:
        actor = acting_account()
        form = UploadForm()
        if form.validate_on_submit():
            try:
                batch = services.check_roster(actor, form.bundle.data.filename or "", form.bundle.data.stream)
            except BundleRefused as refused:
                form.bundle.errors = [_refusal(refused.refusal)]
            else:
                return redirect(url_for(".show", batch_id=batch.id))
        return self.render(
            "importing/start.html",
            surface="sso",
            form=form,
            batches=latest_batches(),
            is_city=may_import_roster(actor, None),
            largest=services.LARGEST_UPLOAD,
            most_rows=ON_THE_PAGE.rows,
        )

    @expose("/<int:batch_id>", methods=["GET"])
    @has_access
    @permission_name("open")
    def show(self, batch_id: int) -> Any:
        batch = get_or_404(ImportBatch, batch_id)
        return self._page(batch, ApplyForm())

    @expose("/<int:batch_id>/apply", methods=["POST"])
    @has_access
    @permission_name("open")
    def apply(self, batch_id: int) -> Any:
        batch = get_or_404(ImportBatch, batch_id)
        form = ApplyForm()
        form.validate()
        try:
            services.apply_roster(
                acting_account(), batch, form.fingerprint.data or "", many_may_leave=bool(form.many_may_leave.data)
            )
        except services.ManyLeave as refused:
            form.many_may_leave.errors = [REFUSED[type(refused)]]
            return self._page(get_or_404(ImportBatch, batch_id), form)
        except tuple(REFUSED) as refused:
            flash(str(REFUSED[type(refused)]), "danger")
        else:
            flash(_("The roster was imported."), "success")
        return redirect(url_for(".show", batch_id=batch_id))

    def _page(self, batch: ImportBatch, form: ApplyForm) -> str:
        summary = services.read_summary(batch)
        context: dict[str, Any] = {"surface": "sso", "batch": batch, "form": form, "plan": None, "sections": []}
        context["is_gone"] = batch.status == ImportStatus.CHECKED and not batch.storage_key
        problems = [Problem(**each) for each in json.loads(batch.errors)]
        total = summary.get("problems", len(problems))
        if batch.status == ImportStatus.CHECKED and batch.storage_key:
            try:
                examination = services.examine_again(batch)
            except services.BundleGone:
                context["is_gone"] = True
            else:
                summary = examination.summary()
                problems, total = examination.problems.kept, examination.problems.total
                form.fingerprint.data = examination.plan.fingerprint()
                context.update(plan=examination.plan, sections=_sections(examination.plan))
        return self.render(
            "importing/batch.html",
            problems=problems,
            total=total,
            counts=_counts(summary.get("counts", {})),
            notes=note_lines((kind, count) for kind, count in summary.get("notes", [])),
            summary=summary,
            Act=Act,
            ImportStatus=ImportStatus,
            **context,
        )


def _refusal(refusal: Refusal) -> str:
    if refusal in (Refusal.TOO_LARGE, Refusal.TOO_MANY_ROWS):
        return f"{refusal.label} " + _("The city's administrators can import it with the command “flask portal import”.")
    return str(refusal.label)


def _counts(stored: dict[str, dict[str, int]]) -> list[tuple[Any, dict[str, int]]]:
    """Rows of the table of counts, parts without anything left out."""
    return [(part.label, stored[part]) for part in Part if any(stored.get(part, {}).values())]


def _sections(plan: Plan) -> list[dict[str, Any]]:
    sections = []
    for act, title in _TITLES.items():
        for part in Part:
            lines = [line for line in plan.lines if line.part == part and line.act == act]
            if lines:
                sections.append(
                    {
                        "act": act,
                        "part": part,
                        "title": title + _(": ") + str(part.label),
                        "lines": [_shown(line) for line in lines[:SHOWN_LINES]],
                        "count": len(lines),
                        "more": max(0, len(lines) - SHOWN_LINES),
                    }
                )
    return sections


def _shown(line: PlanLine) -> dict[str, Any]:
    return {"name": line.name, "place": line.place, "differences": list(_said(line.differences))}


def _said(differences: Iterable[Difference]) -> Iterable[tuple[str, str, str]]:
    for each in differences:
        old, new = each.old, each.new
        if each.aspect == Aspect.STATUS:
            old, new = str(StudentStatus(old).label), str(StudentStatus(new).label)
        elif each.aspect == Aspect.KIND:
            old, new = str(SchoolKind(old).label), str(SchoolKind(new).label)
        yield str(each.aspect.label), old, new
