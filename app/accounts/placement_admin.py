"""調校申請管理: the generated list of placement requests, and the page on which one is decided (A1.8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Query

from app.access import policy
from app.access.actor import Actor
from app.accounts import queries, review
from app.accounts.models import PlacementRequest, PlacementRequestStatus
from app.accounts.placement_forms import APPROVE, ReviewForm
from app.schools.lookups import SCHOOLS
from app.web.base_views import acting_account
from app.web.cells import status
from app.web.datamodel import ScopedInterface
from app.web.model_views import RowAct, ScopedModelView

TONES = {
    PlacementRequestStatus.PENDING: "pending",
    PlacementRequestStatus.APPROVED: "approved",
    PlacementRequestStatus.REFUSED: "refused",
}


class RequestsOfThoseWhoSignedIn(ScopedInterface):
    """A request appears once its applicant has signed in for the first time (A1.7 comes before A1.8)."""

    def start(self) -> Query[Any]:
        return super().start().filter(queries.has_signed_in())


class PlacementRequestAdmin(ScopedModelView):
    datamodel = RequestsOfThoseWhoSignedIn(PlacementRequest)
    route_base = "/sso/placement-requests"
    class_permission_name = "PlacementRequestAdmin"
    list_title, row_name = _l("Placement request management"), _l("Placement request")
    lookups = {"school": SCHOOLS}
    label_columns = {
        "applicant_name": _l("Full name"),
        "username": _l("Account applied for"),
        "school": _l("Unit of service"),
        "job_title": _l("Job title"),
        "created_at": _l("Sent on"),
        "granted_roles": _l("Roles granted"),
        "reason": _l("Reason for not approving"),
    }

    list_columns = ["applicant_name", "username", "school", "job_title", "status", "created_at"]
    show_columns = [
        "applicant_name",
        "username",
        "school",
        "job_title",
        "status",
        "created_at",
        "decided_at",
        "decided_by_name",
        "granted_roles",
        "reason",
    ]
    search_columns = ["applicant_name", "username", "school", "job_title", "status"]
    order_columns = ["applicant_name", "username", "created_at"]
    base_order = ("id", "desc")
    formatters_columns = {"status": status(TONES)}
    empty_words = _l("Nobody has applied for a placement here yet.")

    def acts_on(self, row: PlacementRequest) -> Sequence[RowAct]:
        if row.status != PlacementRequestStatus.PENDING or not policy.may_review_placement(acting_account(), row):
            return ()
        return (RowAct(self.address("review", row.id), _("Review this request"), "person-badge"),)

    @expose("/review/<pk>", methods=["GET", "POST"])
    @has_access
    @permission_name("review")
    def review(self, pk: Any) -> Any:
        row, actor = self._get_or_404(pk), acting_account()
        form = None
        if row.status == PlacementRequestStatus.PENDING and policy.may_review_placement(actor, row):
            form = ReviewForm()
            form.offered = policy.grantable_roles(actor, row.school)
            if form.validate_on_submit():
                self._decide(actor, row, form)
                return redirect(url_for("PlacementRequestAdmin.list"))
        return self.render_template(
            "accounts/placement_review.html", request_row=row, form=form, applicant=queries.applicant_of(row)
        )

    def _decide(self, actor: Actor, row: PlacementRequest, form: ReviewForm) -> None:
        try:
            if form.decision.data == APPROVE:
                review.approve_placement(actor, row, form.chosen_roles)
            else:
                review.refuse_placement(actor, row, form.reason.data or "")
        except review.PlacementAlreadyDecided:
            flash(_("Somebody else has decided on this request in the meantime; see its page."), "warning")
        except review.ApplicantNotReady:
            flash(_("This account is not in use at the moment; nothing was decided."), "warning")
        else:
            flash(_("Edited!"), "success")
