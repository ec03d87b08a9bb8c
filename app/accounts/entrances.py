"""The two entrances (A1.1, A3.1) and the way out. An official account does not sign in at the green one."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar

from flask import current_app, flash, g, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_appbuilder.const import FLAMSG_ERR_SEC_ACCESS_DENIED
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from app.access.actor import Actor
from app.access.pages import may_open
from app.accounts import sign_in as service
from app.accounts.models import AccountKind
from app.accounts.password_forms import CodeForm, GeneralSignInForm, OfficialSignInForm
from app.accounts.refusals import refusal_text, say_why_not
from app.extensions import db
from app.web.base_views import PortalView, acting_account
from app.web.forms import PortalForm
from app.web.redirects import path_of

_PORTAL = "/portal"
_STAFF_DESKS = (("TeacherDesk", "TeacherDeskView.today"), ("SsoHome", "SsoHomeView.home"))
"""Where staff begin: the first of these that their roles open."""


class EntranceView(PortalView):
    """What both entrances share: name, password, verification code, and on to where somebody was going."""

    default_view = "login"
    entrance: ClassVar[AccountKind]
    form_class: ClassVar[type[PortalForm]]
    template: ClassVar[str]

    @expose("/", methods=["GET", "POST"])
    def login(self) -> Any:
        wanted = wanted_page()
        if g.actor is not None:
            return redirect(wanted or first_page_of(g.actor))
        if self._is_the_wrong_door(wanted):
            return redirect(url_for("GeneralLoginView.login", next=wanted))
        form: Any = self.form_class()
        refusal = ""
        if form.validate_on_submit():
            try:
                outcome = service.sign_in(
                    self.entrance, form.username.data, form.password.data, wants_to_stay=self._wants_to_stay(form)
                )
            except service.SignInRefused as error:
                refusal = refusal_text(error)
                form.password.errors = [refusal]
            else:
                if isinstance(outcome, service.SecondStep):
                    return ask_for_code(outcome, next=wanted, door=self.entrance)
                return let_in(outcome, f"{self.endpoint}.login", wanted)
        elif form.errors:
            refusal = next(iter(form.errors.values()))[0]
        forget_access_denied()
        return self.render(self.template, form=form, refusal=refusal, wanted=wanted)

    def _wants_to_stay(self, form: Any) -> bool:
        return False

    def _is_the_wrong_door(self, wanted: str | None) -> bool:
        """Flask-AppBuilder sends everybody to the red door; a page of the portal is for those of the green one first."""
        return False


class OfficialLoginView(EntranceView):
    """教育公務帳號登入."""

    route_base = "/sign-in/official"
    entrance = AccountKind.OFFICIAL
    form_class = OfficialSignInForm
    template = "accounts/sign_in_official.html"

    def _is_the_wrong_door(self, wanted: str | None) -> bool:
        was_sent = request.method == "GET" and "door" not in request.args
        return was_sent and wanted is not None and wanted.startswith(_PORTAL)


class GeneralLoginView(EntranceView):
    """一般帳號登入."""

    route_base = "/sign-in/general"
    entrance = AccountKind.GENERAL
    form_class = GeneralSignInForm
    template = "accounts/sign_in_general.html"

    def _wants_to_stay(self, form: Any) -> bool:
        return bool(form.stay.data)


_ENTRANCES = {AccountKind.OFFICIAL: "OfficialLoginView.login", AccountKind.GENERAL: "GeneralLoginView.login"}
_STEP = "second_step"
"""What the session of a visitor keeps after the right password; it opens nothing but the question for the code."""


class SecondStepView(PortalView):
    """The code after the right password, for those who have a second factor."""

    route_base = "/sign-in/second-step"
    default_view = "ask"

    @expose("/", methods=["GET", "POST"])
    def ask(self) -> Any:
        kept = session.get(_STEP)
        if g.actor is not None or kept is None:
            return redirect(url_for("OfficialLoginView.login") if g.actor is None else first_page_of(g.actor))
        step = service.SecondStep(**{**kept["step"], "began_at": datetime.fromisoformat(kept["step"]["began_at"])})
        door = _ENTRANCES[AccountKind(kept["door"])]
        form = CodeForm()
        try:
            username = service.account_of_step(step).username
            if form.validate_on_submit():
                return let_in(service.take_second_step(step, form.code.data), door, kept["next"])
        except service.WrongCode as refusal:
            say_why_not(form.code, refusal)
        except service.SignInRefused as refusal:
            session.begin_anew()  # type: ignore[attr-defined]
            flash(refusal_text(refusal), "danger")
            return redirect(url_for(door, next=kept["next"], door=kept["door"]))
        return self.render("accounts/second_step.html", form=form, username=username, door=door)


def ask_for_code(step: service.SecondStep, *, next: str | None, door: AccountKind) -> Any:
    """Keep the step in a new session, so that one who knew the visitor's session learns nothing by it."""
    session.begin_anew()  # type: ignore[attr-defined]
    session[_STEP] = {"step": {**asdict(step), "began_at": step.began_at.isoformat()}, "next": next, "door": door.value}
    return redirect(url_for("SecondStepView.ask"))


def let_in(signed_in: service.SignedIn, door: str, wanted: str | None) -> Any:
    """Begin the session; the door then sends on to where somebody was going."""
    session.begin_for(signed_in.account_id, is_kept=signed_in.stays)  # type: ignore[attr-defined]
    if signed_in.must_change_password:
        flash(_("Please set a new password now; then every page opens again."), "warning")
    return redirect(url_for(door, next=wanted))


class SignOutView(PortalView):
    """登出, by POST: a link in a letter cannot sign anybody out."""

    route_base = "/sign-out"
    default_view = "sign_out"

    @expose("/", methods=["POST"])
    def sign_out(self) -> Any:
        if g.actor is not None:
            service.sign_out(acting_account())
        session.end()  # type: ignore[attr-defined]
        g.actor = None
        flash(_("You are signed out."), "success")
        answer = redirect(url_for("HomeView.index"))
        # caches, databases and the service worker with them: it comes back with the next page, without anything of anybody
        answer.headers["Clear-Site-Data"] = '"storage"'
        return answer


def wanted_page() -> str | None:
    """The page that ``next`` names, if it is one of this portal's and can be opened by following a link."""
    path = path_of(request.args.get("next"), request.host)
    if path is None:
        return None
    try:
        current_app.url_map.bind(request.host).match(path.partition("?")[0], method="GET")
    except RequestRedirect:
        return path
    except HTTPException:
        return None
    return path


def first_page_of(actor: Actor) -> str:
    """Where somebody begins: staff at their desk, everybody else in the portal."""
    if actor.kind == AccountKind.OFFICIAL:
        for page, endpoint in _STAFF_DESKS:
            if may_open(db.session, actor, "can_open", page):
                return url_for(endpoint)
    return url_for("PortalHomeView.home")


def forget_access_denied() -> None:
    """Somebody who has to sign in first was refused nothing: Flask-AppBuilder's message goes, the page says why."""
    denied = str(FLAMSG_ERR_SEC_ACCESS_DENIED)
    kept = [message for message in session.get("_flashes", []) if message[1] != denied]
    if kept:
        session["_flashes"] = kept
    else:
        session.pop("_flashes", None)
