"""調校申請: applying for a placement, waiting for it, and 單一認證授權平台's first page (A1.8)."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name

from app.web.base_views import PortalView


class PlacementApplicationView(PortalView):
    route_base = "/portal/placement"
    default_view = "apply"
    class_permission_name = "PlacementApplication"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def apply(self) -> Any:
        return self.render("layouts/shell.html", surface="portal")


class UnderReviewView(PortalView):
    route_base = "/under-review"
    default_view = "show"

    @expose("/", methods=["GET"])
    def show(self) -> Any:
        return self.render("layouts/public.html", surface="portal")


class SsoHomeView(PortalView):
    route_base = "/sso"
    default_view = "home"
    class_permission_name = "SsoHome"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("open")
    def home(self) -> Any:
        return self.render("layouts/shell.html", surface="sso")
