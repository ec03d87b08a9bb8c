"""今天: the desk of teachers and school offices."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name

from app.model_types import today
from app.student_affairs import queries
from app.web.base_views import PortalView, acting_account


class TeacherDeskView(PortalView):
    route_base = "/student-affairs"
    default_view = "today"
    class_permission_name = "TeacherDesk"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("open")
    def today(self) -> Any:
        actor = acting_account()
        return self.render(
            "student_affairs/today.html",
            surface="student_affairs",
            day=today(),
            days=queries.days_of_week(),
            overview=queries.overview(actor),
            classes=queries.own_classes_today(actor),
            waiting=queries.waiting_messages(actor),
            names_of=queries.names_of,
        )
