"""Load one row within the acting account's scope, or answer 404: the same body whether it exists or not."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import abort

from app.access.actor import Actor, current_actor
from app.access.ownership import is_owned
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


def writable_ids(model: Any, ids: Collection[int]) -> set[int]:
    """Those of ``ids`` whose rows the acting account may change: one statement, none where it may change all or nothing.

    Models without an owner (FAB's accounts and roles) are their pages' business.
    """
    actor = current_actor()
    if not ids or not isinstance(actor, Actor) or not is_owned(model):
        return set(ids)
    scope = model.write_scope(actor.shape)
    if isinstance(scope, sa.True_):
        return set(ids)
    if isinstance(scope, sa.False_):
        return set()
    key = sa.inspect(model).primary_key[0]
    return set(db.session.scalars(sa.select(getattr(model, key.key)).where(key.in_(ids), scope)))
