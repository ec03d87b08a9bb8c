"""A signed-in person's home."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name

from app.web.base_views import PortalView


class PortalHomeView(PortalView):
    route_base = "/portal"
    default_view = "home"
    class_permission_name = "PortalHome"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("open")
    def home(self) -> Any:
        return self.render("layouts/shell.html", surface="portal")
