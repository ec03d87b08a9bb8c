"""成績／出勤／獎懲 of one child, as its guardian reads them (B4.2)."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name

from app.portal.children import child_or_404
from app.web.base_views import PortalView, acting_account


class ChildRecordsView(PortalView):
    route_base = "/portal/children"
    default_view = "records"
    class_permission_name = "ChildAreas"

    @expose("/<int:student_id>/records", methods=["GET"])
    @has_access
    @permission_name("open")
    def records(self, student_id: int) -> Any:
        child, children = child_or_404(acting_account(), student_id)
        return self.render("student_records/records.html", child=child, children=children, bar="records")
