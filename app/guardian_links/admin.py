"""學生連結 on file: every application and what became of it. They are decided in 連結申請審核, not here."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.access.policy import may_protect
from app.guardian_links.models import GuardianLink, LinkStatus
from app.schools.lookups import CLASSES, SCHOOLS, STUDENTS
from app.web.base_views import acting_account
from app.web.cells import status
from app.web.datamodel import ScopedInterface
from app.web.model_views import RowAct, ScopedModelView

TONES = {
    LinkStatus.PENDING: "pending",
    LinkStatus.APPROVED: "approved",
    LinkStatus.REJECTED: "refused",
    LinkStatus.ENDED: "ended",
}


class GuardianLinkAdmin(ScopedModelView):
    datamodel = ScopedInterface(GuardianLink)
    surface = "student_affairs"
    route_base = "/student-affairs/link-records"
    class_permission_name = "GuardianLinkAdmin"
    list_title, row_name = _l("Student links"), _l("Student link")
    lookups = {"student": STUDENTS, "school_class": CLASSES, "school": SCHOOLS}

    list_columns = export_columns = [
        "guardian_name",
        "relationship_kind",
        "typed_name",
        "school_class",
        "created_at",
        "status",
    ]
    show_columns = [
        "guardian_name",
        "relationship_kind",
        "status",
        "reason",
        "school",
        "school_class",
        "student",
        "typed_name",
        "typed_grade_level",
        "typed_class_name",
        "typed_seat_number",
        "typed_student_key",
        "typed_birth_date",
        "created_at",
        "decided_at",
        "decided_by_name",
        "ended_at",
    ]
    search_columns = ["guardian_name", "typed_name", "student", "school_class", "status", "created_at", "school"]
    order_columns = ["guardian_name", "created_at"]
    base_order = ("id", "desc")
    formatters_columns = {"status": status(TONES)}
    empty_words = _l("No guardian has applied for a student link yet.")

    def acts_on(self, row: GuardianLink) -> Sequence[RowAct]:
        if not may_protect(acting_account(), row):
            return ()
        return (RowAct(url_for("LinkProtectionView.place", link_id=row.id), _("Protection order"), "shield-check"),)
