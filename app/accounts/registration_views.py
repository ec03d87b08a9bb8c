"""Applying for an account (A1, A3)."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import expose

from app.web.base_views import PortalView


class OfficialRegistrationView(PortalView):
    route_base = "/register/official"
    default_view = "apply"

    @expose("/", methods=["GET", "POST"])
    def apply(self) -> Any:
        return self.render("layouts/public.html", surface="portal")

    @expose("/done", methods=["GET"])
    def done(self) -> Any:
        return self.render("layouts/public.html", surface="portal")


class GeneralRegistrationView(PortalView):
    route_base = "/register/general"
    default_view = "start"

    @expose("/", methods=["GET", "POST"])
    def start(self) -> Any:
        return self.render("layouts/public.html", surface="portal")

    @expose("/details", methods=["GET", "POST"])
    def apply(self) -> Any:
        return self.render("layouts/public.html", surface="portal")

    @expose("/done", methods=["GET"])
    def done(self) -> Any:
        return self.render("layouts/public.html", surface="portal")


class ActivationView(PortalView):
    route_base = "/activate"
    default_view = "activate"

    @expose("/<token>", methods=["GET", "POST"])
    def activate(self, token: str) -> Any:
        return self.render("layouts/public.html", surface="portal")
