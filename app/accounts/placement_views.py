"""調校申請: applying for a placement and waiting for it, and 單一認證授權平台's first page (A1.8, A1.9)."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, g, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _

from app.access import policy
from app.access.actor import Actor
from app.accounts import placements, queries
from app.accounts.models import AccountState, PlacementRequestStatus
from app.accounts.placement_forms import PlacementForm
from app.web.base_views import PortalView, acting_account


class _Application:
    """The form and the list of own requests, as two pages show them."""

    def __init__(self, actor: Actor) -> None:
        self.requests = queries.own_placement_requests(actor)
        self.pending = next((one for one in self.requests if one.status == PlacementRequestStatus.PENDING), None)
        self.form = PlacementForm()
        self.form.school_id.offer(queries.units_to_choose() if self.pending is None else {})

    def is_sent(self, actor: Actor) -> bool:
        """True when a new request was filed, or one is on file already: in both cases the page has to be read anew."""
        if self.pending is not None or not self.form.validate_on_submit():
            return False
        try:
            placements.request_placement(actor, self.form.school_id.data or 0, self.form.job_title.data)
        except placements.PlacementAlreadyPending:
            flash(_("Your last request has not been decided yet."), "warning")
        else:
            flash(_("Application sent"), "success")
        return True


class PlacementApplicationView(PortalView):
    """調校申請 of somebody who works already and moves, or whose unit or title changes."""

    route_base = "/portal/placement"
    default_view = "apply"
    class_permission_name = "PlacementApplication"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def apply(self) -> Any:
        actor = acting_account()
        if not policy.may_apply_for_placement(actor):
            abort(404)
        application = _Application(actor)
        if application.is_sent(actor):
            return redirect(url_for("PlacementApplicationView.apply"))
        return self.render("accounts/placement.html", application=application)


class UnderReviewView(PortalView):
    """What an applicant finds until a unit has taken him in: under review, or refused and free to apply again.

    Opened by the account's state alone (access.gates).
    """

    route_base = "/under-review"
    default_view = "show"

    @expose("/", methods=["GET", "POST"])
    def show(self) -> Any:
        actor = g.actor
        if actor is None:
            return redirect(url_for("OfficialLoginView.login"))
        if actor.state != AccountState.PENDING_REVIEW:
            return redirect(url_for("PortalHomeView.home"))
        application = _Application(actor)
        if application.is_sent(actor):
            return redirect(url_for("UnderReviewView.show"))
        return self.render("accounts/under_review.html", application=application)


class SsoHomeView(PortalView):
    """單一認證授權平台: what waits for the actor, and the ways in."""

    route_base = "/sso"
    default_view = "home"
    class_permission_name = "SsoHome"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("open")
    def home(self) -> Any:
        actor = acting_account()
        waiting = queries.count_waiting_placement_requests(actor) if policy.reviews_placements(actor) else None
        return self.render("sso/home.html", surface="sso", waiting=waiting)
