"""個資告知與同意, for everybody and for who has to accept it; 我的資料."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import PasswordField
from wtforms.validators import DataRequired, Length

from app.access.gates import ASKS_NOTICE
from app.accounts.lockout import EntranceLocked
from app.accounts.reentry import WrongCurrentPassword
from app.accounts.refusals import say_why_not
from app.model_types import today
from app.privacy import consents, notices, own_data
from app.web.base_views import PortalView, acting_account
from app.web.forms import PortalForm
from app.web.redirects import safe_next


class PrivacyNoticeView(PortalView):
    """The notice as everybody may read it, former versions too."""

    route_base = "/privacy"
    default_view = "show"

    @expose("/", methods=["GET"])
    @expose("/<version>", methods=["GET"])
    def show(self, version: str = "") -> Any:
        notice = notices.find_notice(version) if version else notices.in_force()
        return self.render("privacy/notice.html", notice=notice or abort(404), versions=notices.NOTICES)


class AcceptForm(PortalForm):
    """One button."""


class AcceptNoticeView(PortalView):
    """Asked once when a version is in force that the account has not accepted; then on to the page that was wanted."""

    route_base = "/portal/notice"
    default_view = "ask"
    class_permission_name = "AcceptNotice"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def ask(self) -> Any:
        wanted = safe_next(request.args.get("next")) or url_for("PortalHomeView.home")
        form = AcceptForm()
        if form.validate_on_submit():
            consents.accept_notice(acting_account())
            session.pop(ASKS_NOTICE, None)
            return redirect(wanted)
        if ASKS_NOTICE not in session:
            return redirect(wanted)
        return self.render("privacy/accept.html", notice=notices.in_force(), form=form)


class OwnDataForm(PortalForm):
    current_password = PasswordField(_l("Current password"), [DataRequired(_l("Please fill this in.")), Length(max=128)])


class OwnDataView(PortalView):
    """我的資料: a copy of one's own rows, for the password."""

    route_base = "/portal/my-data"
    default_view = "download"
    class_permission_name = "OwnData"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def download(self) -> Any:
        form = OwnDataForm()
        if form.validate_on_submit():
            try:
                packed = own_data.own_data(acting_account(), form.current_password.data or "")
            except (WrongCurrentPassword, EntranceLocked) as refusal:
                say_why_not(form.current_password, refusal)
            except own_data.TooSoon as error:
                too_soon = ngettext(
                    "A copy was made within this hour. The next one can be made in %(num)d minute.",
                    "A copy was made within this hour. The next one can be made in %(num)d minutes.",
                    error.minutes_left,
                )
                form.current_password.errors = [too_soon]
            else:
                return _as_download(packed)
        return self.render("privacy/own_data.html", surface="portal", form=form)


def _as_download(packed: bytes) -> Response:
    answer = Response(packed, content_type="application/zip")
    answer.headers.set("Content-Disposition", "attachment", filename=f"my-data-{today():%Y%m%d}.zip")
    answer.headers["Cache-Control"] = "no-store"
    return answer
