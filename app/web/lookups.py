"""How the rows of a related model are found by what a person types, and named in forms, lists and answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from app.extensions import db

LOOKUP_ROWS = 20
"""A lookup answers no more: who sees too many types more."""
CHOICES = 200
"""A small table is offered whole, up to this many rows."""


@dataclass(frozen=True)
class Lookup:
    """One related model as a choice. Rows come from within the scope, which the data layer adds."""

    model: type
    matches: Callable[[str], ColumnElement[bool]]
    """What a row has to fulfil to fit a typed text."""
    label: Callable[[Any], str]
    order: tuple[Any, ...]
    is_small: bool = False
    """Offered as a plain list of choices; everything else is searched for."""
    options: tuple[Any, ...] = ()
    """Loader options for what the label says."""
    offered: Callable[[], ColumnElement[bool]] | None = None
    """Narrows what may be chosen anew, for example to placements that have not ended."""
    key_name: str = ""
    """The column that names a row, where it is not the primary key."""

    def find(self, typed: str, limit: int = LOOKUP_ROWS) -> Sequence[Any]:
        """The first rows that fit ``typed``; an empty text fits all."""
        query = self._select().order_by(*self.order).limit(limit)
        if self.offered is not None:
            query = query.where(self.offered())
        if typed:
            query = query.where(self.matches(typed))
        return db.session.scalars(query).unique().all()

    def keys_of(self, typed: str) -> Any:
        """The keys of all rows that fit ``typed``, as a part of another statement."""
        return sa.select(self.key).where(self.matches(typed))

    def load(self, key: int) -> Any | None:
        """The row of this number within the scope; None alike for a foreign and for an unknown one."""
        return db.session.scalars(self._select().where(self.key == key)).unique().one_or_none()

    def all(self) -> Sequence[Any]:
        """The whole of a small table."""
        return self.find("", CHOICES)

    @property
    def key(self) -> Any:
        return getattr(self.model, self.key_name or sa.inspect(self.model).primary_key[0].key)

    def key_of(self, row: Any) -> int:
        return getattr(row, self.key.key)

    def _select(self) -> Any:
        return sa.select(self.model).options(*self.options)
