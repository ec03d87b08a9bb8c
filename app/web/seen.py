"""A form that knows which version of its row the writer had before the eyes (app.access.edits)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from wtforms import HiddenField


class SeenMixin:
    """For forms that edit a row with ``updated_at``; open them with ``seen`` at ``row.updated_at.isoformat()``."""

    seen = HiddenField()
    is_edited_meanwhile = False
    """The page says so above the form; what was typed stays."""

    def seen_of(self, row: Any) -> datetime:
        """The version that the form was opened with; the present one when the form does not say."""
        try:
            seen = datetime.fromisoformat(self.seen.data or "")
        except ValueError:
            return row.updated_at
        return seen if seen.tzinfo is not None else row.updated_at

    def warn_and_go_on_from(self, row: Any) -> None:
        """Say that the row was changed meanwhile; the next save replaces the version that stands there now."""
        self.is_edited_meanwhile = True
        self.seen.data = row.updated_at.isoformat()
