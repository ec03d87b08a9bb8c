"""The two entrances (A1.1, A3.1) and the way out. An official account does not sign in at the green one."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, session, url_for
from flask_appbuilder import expose

from app.web.base_views import PortalView


class OfficialLoginView(PortalView):
    """教育公務帳號登入."""

    route_base = "/sign-in/official"
    default_view = "login"

    @expose("/", methods=["GET", "POST"])
    def login(self) -> Any:
        return self.render("accounts/sign_in_official.html")


class GeneralLoginView(PortalView):
    """一般帳號登入."""

    route_base = "/sign-in/general"
    default_view = "login"

    @expose("/", methods=["GET", "POST"])
    def login(self) -> Any:
        return self.render("accounts/sign_in_general.html")


class SignOutView(PortalView):
    """登出, by POST: a link in a letter cannot sign anybody out."""

    route_base = "/sign-out"
    default_view = "sign_out"

    @expose("/", methods=["POST"])
    def sign_out(self) -> Any:
        session.end()  # type: ignore[attr-defined]
        g.actor = None
        return redirect(url_for("HomeView.index"))
