"""我的基本資料 (A5)."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name

from app.web.base_views import PortalView


class ProfileView(PortalView):
    route_base = "/portal/profile"
    default_view = "show"
    class_permission_name = "Profile"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("open")
    def show(self) -> Any:
        return self.render("layouts/shell.html", surface="portal")

    @expose("/edit", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def edit(self) -> Any:
        return self.render("layouts/shell.html", surface="portal")
