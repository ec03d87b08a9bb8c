"""One edit at a time: of two people, or two clicks, that change the same row, the later one is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.extensions import db
from app.model_types import now


class EditedMeanwhile(Exception):
    """The row is no longer as it was when its form was opened."""


def claim_edit(row: Any, seen: datetime) -> None:
    """Take ``row`` for an edit, if its ``updated_at`` is still ``seen``; the transaction holds it from then on.

    One conditional UPDATE, so that it also decides between requests that run at the same moment. Raises EditedMeanwhile.
    """
    model, moment = type(row), now()
    claim = sa.update(model).where(model.id == row.id, model.updated_at == seen).values(updated_at=moment)
    result = db.session.execute(claim, execution_options={"synchronize_session": False})
    if result.rowcount != 1:  # type: ignore[attr-defined]
        raise EditedMeanwhile
    row.updated_at = moment
