"""匯入紀錄: which rosters came in, what they changed, and why one was refused."""

from __future__ import annotations

import json
from typing import Any

from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app.importing.models import ImportBatch, ImportStatus
from app.web.cells import status
from app.web.datamodel import ScopedInterface
from app.web.model_views import ScopedModelView

TONES = {ImportStatus.CHECKED: "pending", ImportStatus.APPLIED: "approved", ImportStatus.REFUSED: "refused"}
MOST_LINES = 100


def lines_of_json(text: str) -> Markup:
    """What an import noted (JSON), one line per entry; the first hundred are enough on a page."""
    found = json.loads(text or "null") or []
    entries = found.items() if isinstance(found, dict) else enumerate(found, start=1)
    lines = [Markup("<p>{}：{}</p>").format(name, _one_line(value)) for name, value in list(entries)[:MOST_LINES]]
    return Markup("").join(lines)


def _one_line(value: Any) -> str:
    if isinstance(value, dict):
        return "、".join(f"{name} {part}" for name, part in value.items() if part not in ("", None))
    return str(value)


class ImportBatchAdmin(ScopedModelView):
    datamodel = ScopedInterface(ImportBatch)
    route_base = "/sso/imports"
    class_permission_name = "ImportBatchAdmin"
    list_title, row_name = _l("Imports so far"), _l("Import")

    list_columns = ["file_name", "status", "account_name", "created_at", "applied_at"]
    show_columns = ["file_name", "status", "account_name", "created_at", "applied_at", "summary", "errors"]
    search_columns = ["file_name", "status", "account_name", "created_at"]
    order_columns = ["created_at"]
    base_order = ("id", "desc")
    formatters_columns = {"status": status(TONES), "summary": lines_of_json, "errors": lines_of_json}
    empty_words = _l("No roster has been imported yet.")
