"""稽核紀錄: who did what, when, from where. Read by the city administrator, changed by nobody."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.audit.models import AuditEntry
from app.web.datamodel import ScopedInterface
from app.web.model_views import ScopedModelView


class AuditEntryAdmin(ScopedModelView):
    datamodel = ScopedInterface(AuditEntry)
    route_base = "/sso/audit"
    class_permission_name = "AuditEntryAdmin"
    list_title, row_name = _l("Audit log"), _l("Entry of the audit log")

    list_columns = ["at", "username", "action", "object_id", "address"]
    show_columns = ["at", "username", "action", "object_id", "address", "detail"]
    search_columns = ["username", "action", "object_id", "at", "address"]
    order_columns = ["at"]
    base_order = ("id", "desc")
