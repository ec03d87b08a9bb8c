"""「誰看過我的孩子」: what the audit log tells the guardians of a child."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _

from app.access.roles import AS_GUARDIAN, offices_of
from app.audit import queries
from app.audit.actions import kind_of
from app.portal.children import child_or_404
from app.web.base_views import PortalView, acting_account
from app.web.formatting import joined


class ChildReadersView(PortalView):
    route_base = "/portal/children"
    default_view = "readers"
    class_permission_name = "ChildAreas"

    @expose("/<int:student_id>/readers", methods=["GET"])
    @has_access
    @permission_name("open")
    def readers(self, student_id: int) -> Any:
        actor = acting_account()
        child, children = child_or_404(actor, student_id)
        before = request.args.get("before", type=int)
        readings, older = queries.readings_about(actor, student_id, before)
        return self.render(
            "audit/readers.html",
            child=child,
            children=children,
            bar="",
            readings=[(reading, _reader(reading), kind_of(reading.action)) for reading in readings],
            older=older,
            is_first_page=before is None,
        )


def _reader(reading: queries.Reading) -> str:
    """The office or role and its school; of guardians, whether it was the reader of this page."""
    if reading.is_own:
        return _("You")
    if set(reading.roles.split("、")) == AS_GUARDIAN:
        return _("Another guardian of the child")
    roles = joined(offices_of(reading.roles)) or _("The school")
    return f"{reading.school_name} {roles}".strip()
