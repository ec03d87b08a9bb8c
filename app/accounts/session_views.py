"""登入中的裝置: one's own sessions, and ending them."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _

from app.accounts import own_sessions
from app.web.base_views import PortalView, acting_account
from app.web.requests import row_number


class SessionsView(PortalView):
    """Everybody's own: where they are signed in, since when, and the way to end it."""

    route_base = "/portal/sessions"
    default_view = "sessions"
    class_permission_name = "Sessions"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def sessions(self) -> Any:
        actor = acting_account()
        if request.method == "GET":
            return self.render("accounts/sessions.html", surface="portal", sessions=own_sessions.present_sessions(actor))
        if "others" in request.form:
            own_sessions.end_other_sessions(actor)
            flash(_("All other devices are signed out."), "success")
        else:
            own_sessions.end_session(actor, request.form.get("session", 0, type=row_number))
            flash(_("That device is signed out."), "success")
        return redirect(url_for(".sessions"))
