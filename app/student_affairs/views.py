"""今天: the teachers' desk."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name

from app.web.base_views import PortalView


class TeacherDeskView(PortalView):
    route_base = "/student-affairs"
    default_view = "today"
    class_permission_name = "TeacherDesk"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("open")
    def today(self) -> Any:
        return self.render("layouts/shell.html", surface="student_affairs")
