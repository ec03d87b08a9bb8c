"""稽核紀錄: who did what, when, from where. Read by the city administrator, changed by nobody."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.access.roles import labels_of
from app.audit.actions import known_actions, screen_of, thing_of, words_of
from app.audit.models import AuditEntry
from app.extensions import db
from app.schools.lookups import SCHOOLS
from app.web.conditions import WordIs, with_words
from app.web.datamodel import ScopedInterface, row_key
from app.web.formatting import joined
from app.web.model_views import ScopedModelView


class ActionIs(WordIs):
    def choices(self) -> list[tuple[str, str]]:
        return known_actions()


class AuditLog(ScopedInterface):
    filter_converter_class = with_words(action=ActionIs)


class AuditEntryAdmin(ScopedModelView):
    datamodel = AuditLog(AuditEntry)
    route_base = "/sso/audit"
    class_permission_name = "AuditEntryAdmin"
    list_title, row_name = _l("Audit log"), _l("Entry of the audit log")
    lookups = {"school": SCHOOLS}
    label_columns = {
        "id": _l("Number of the entry"),
        "object_id": _l("Done to"),
        "roles": _l("Roles at that moment"),
        "student_id": _l("Whose record was read"),
        "seal": _l("Sealed"),
    }

    list_columns = ["at", "username", "action", "object_id", "school", "seal"]
    show_columns = [
        "id",
        "at",
        "username",
        "roles",
        "action",
        "object_id",
        "student_id",
        "school",
        "address",
        "detail",
        "seal",
    ]
    search_columns = ["username", "action", "school", "at", "object_id", "address"]
    order_columns = ["at"]
    base_order = ("id", "desc")
    formatters_columns = {
        "action": words_of,
        "roles": lambda names: joined(labels_of(names)),
        "seal": lambda seal: _("Yes") if seal is not None else _("Waiting"),
    }
    empty_words = _l("Nothing has been noted yet.")

    def row_title(self, row: AuditEntry) -> str:
        return words_of(row.action)

    def cell(self, row: AuditEntry, name: str) -> Any:
        if name == "object_id":
            return f"{thing_of(row.action.partition('.')[2])} {row.object_id}".strip()
        return super().cell(row, name)

    def cell_of_page(self, row: AuditEntry, name: str) -> Any:
        """On the page of one entry the object is called by its name, if it is still there."""
        if name == "object_id":
            return f"{self.cell(row, name)} {_name_of(row.action.partition('.')[2], row.object_id)}".strip()
        if name == "student_id" and row.student_id is not None:
            return f"{row.student_id} {_name_of('student', row.student_id)}".strip()
        return super().cell_of_page(row, name)


def _name_of(name: str, number: object) -> str:
    key, view = row_key(number), screen_of({"student_records": "student", "identity_number": "student"}.get(name, name))
    row = db.session.get(view.datamodel.obj, key) if view is not None and key is not None else None
    return view.row_title(row) if view is not None and row is not None else ""
