"""Load one row within the acting account's scope, or answer 404: the same body whether it exists or not."""

from __future__ import annotations

from typing import Any, TypeVar

import sqlalchemy as sa
from flask import abort

from app.extensions import db

ModelType = TypeVar("ModelType")

LARGEST_ID = 2**31 - 1


def get_or_404(model: type[ModelType], row_id: int, *conditions: Any, options: tuple[Any, ...] = ()) -> ModelType:
    """The row of ``model`` with this id that also fulfils ``conditions``; the scope is added by the data layer."""
    if not 0 < row_id <= LARGEST_ID:
        abort(404)
    key = sa.inspect(model).primary_key[0]
    row = db.session.scalar(sa.select(model).where(key == row_id, *conditions).options(*options))
    if row is None:
        abort(404)
    return row
