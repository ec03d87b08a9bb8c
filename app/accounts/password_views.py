"""Forgotten and first passwords (A1.6, A2, A4)."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import expose

from app.web.base_views import PortalView


class OfficialResetView(PortalView):
    route_base = "/reset/official"
    default_view = "ask"

    @expose("/", methods=["GET", "POST"])
    def ask(self) -> Any:
        return self.render("layouts/public.html", surface="portal")

    @expose("/done", methods=["GET"])
    def done(self) -> Any:
        return self.render("layouts/public.html", surface="portal")


class GeneralResetView(PortalView):
    route_base = "/reset/general"
    default_view = "ask"

    @expose("/", methods=["GET", "POST"])
    def ask(self) -> Any:
        return self.render("layouts/public.html", surface="portal")

    @expose("/done", methods=["GET"])
    def done(self) -> Any:
        return self.render("layouts/public.html", surface="portal")

    @expose("/<token>", methods=["GET", "POST"])
    def renew(self, token: str) -> Any:
        return self.render("layouts/public.html", surface="portal")


class FirstPasswordView(PortalView):
    route_base = "/first-password"
    default_view = "change"

    @expose("/", methods=["GET", "POST"])
    def change(self) -> Any:
        return self.render("layouts/public.html", surface="portal")
