"""親師互動功能: the areas of one child (B4.1)."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name

from app.web.base_views import PortalView


class ChildAreasView(PortalView):
    route_base = "/portal/children"
    default_view = "pick"
    class_permission_name = "ChildAreas"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("open")
    def pick(self) -> Any:
        return self.render("layouts/shell.html", surface="portal")

    @expose("/<int:student_id>/", methods=["GET"])
    @has_access
    @permission_name("open")
    def areas(self, student_id: int) -> Any:
        return self.render("layouts/shell.html", surface="portal")

    @expose("/go/<area>", methods=["GET"])
    @has_access
    @permission_name("open")
    def go(self, area: str) -> Any:
        return self.render("layouts/shell.html", surface="portal")
