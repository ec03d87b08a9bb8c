"""The two entrances (A1.1, A3.1) and the way out. An official account does not sign in at the green one."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import current_app, flash, g, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_appbuilder.const import FLAMSG_ERR_SEC_ACCESS_DENIED
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from app.access.actor import Actor
from app.access.pages import may_open
from app.accounts import sign_in as service
from app.accounts.models import AccountKind
from app.accounts.password_forms import GeneralSignInForm, OfficialSignInForm
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
                signed_in = service.sign_in(self.entrance, form.username.data, form.password.data)
            except service.SignInRefused as error:
                refusal = refusal_text(error)
                form.password.errors = [refusal]
            else:
                session.begin_for(signed_in.account_id)  # type: ignore[attr-defined]
                if signed_in.must_change_password:
                    flash(_("Please set a new password now; then every page opens again."), "warning")
                return redirect(url_for(f"{self.endpoint}.login", next=wanted))
        elif form.errors:
            refusal = next(iter(form.errors.values()))[0]
        forget_access_denied()
        return self.render(self.template, form=form, refusal=refusal, wanted=wanted)

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
        return redirect(url_for("HomeView.index"))


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


def refusal_text(refusal: service.SignInRefused) -> str:
    """What the person at the door reads."""
    if isinstance(refusal, service.EntranceLocked):
        return ngettext(
            "Five failed tries: this account is locked. Please try again in %(num)d minute.",
            "Five failed tries: this account is locked. Please try again in %(num)d minutes.",
            refusal.minutes_left,
        )
    if isinstance(refusal, service.NotActivatedYet):
        return _("This account is not activated yet. Please open the link in the letter that we sent you.")
    if isinstance(refusal, service.AccountSuspended):
        return _("This account is suspended. Please ask your school or the service desk.")
    if isinstance(refusal, service.AccountClosed):
        return _("This account is closed.")
    return _("The account name or the password is not right.")


def forget_access_denied() -> None:
    """Somebody who has to sign in first was refused nothing: Flask-AppBuilder's message goes, the page says why."""
    denied = str(FLAMSG_ERR_SEC_ACCESS_DENIED)
    kept = [message for message in session.get("_flashes", []) if message[1] != denied]
    if kept:
        session["_flashes"] = kept
    else:
        session.pop("_flashes", None)
