"""匯入紀錄: which rosters came in, what they changed, and why one was refused."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app.importing.models import ImportBatch, ImportStatus
from app.importing.plan import Act, Part
from app.importing.problems import Problem, note_lines
from app.web.cells import status
from app.web.datamodel import ScopedInterface
from app.web.formatting import joined
from app.web.model_views import ScopedModelView

TONES = {ImportStatus.CHECKED: "pending", ImportStatus.APPLIED: "approved", ImportStatus.REFUSED: "refused"}
MOST_LINES = 100


def counts_and_notes(text: str) -> Markup:
    """The stored summary: what was counted of each kind of data, and what was left out."""
    summary = _read(text, dict)
    lines, colon = [str(summary["format"])] if summary.get("format") else [], _(": ")
    for part in Part:
        acts = summary.get("counts", {}).get(part.value, {})
        counted = [f"{act.label} {acts[act.value]}" for act in Act if acts.get(act.value)]
        if counted:
            lines.append(f"{part.label}{colon}{joined(counted)}")
    lines += note_lines((kind, count) for kind, count in summary.get("notes", []))
    return _paragraphs(lines)


def errors_by_row(text: str) -> Markup:
    """The stored errors as file, line, field and sentence; the first hundred are enough on a page."""
    problems = [Problem(**each) for each in _read(text, list)[:MOST_LINES]]
    return _paragraphs(" ".join((each.file, str(each.line or ""), each.field, each.text)) for each in problems)


def _read(text: str, kind: type) -> Any:
    """What the batch holds as JSON; an older release may have written something else."""
    try:
        found = json.loads(text or "null")
    except ValueError:
        found = None
    return found if isinstance(found, kind) else kind()


def _paragraphs(lines: Iterable[str]) -> Markup:
    return Markup("").join(Markup("<p>{}</p>").format(line) for line in lines)


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
    formatters_columns = {"status": status(TONES), "summary": counts_and_notes, "errors": errors_by_row}
    empty_words = _l("No roster has been imported yet.")
