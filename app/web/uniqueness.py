"""Is there a row like this already? Asked before saving, so that the answer stands beside the field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from app.extensions import db


def column_already_taken(model: type, row: Any) -> Sequence[str] | None:
    """The columns of the first unique rule of ``model`` that another row within the scope fulfils already, or None.

    The database has the last word: a row outside the scope, or one saved in this moment, fails there.
    """
    mapper: Any = sa.inspect(model)
    key = mapper.primary_key[0]
    for columns in _unique_rules(model):
        values = [_value(mapper, row, column) for column in columns]
        if any(value is None or value == "" for value in values):
            continue
        same = [mapper.columns[column] == value for column, value in zip(columns, values, strict=True)]
        own_key = getattr(row, key.key)
        if own_key is not None:
            same.append(key != own_key)
        if db.session.scalar(sa.select(getattr(model, key.key)).where(*same).limit(1)) is not None:
            return columns
    return None


def _unique_rules(model: type) -> Iterator[list[str]]:
    table: Any = sa.inspect(model).local_table
    for rule in sorted(table.constraints, key=lambda constraint: str(constraint.name)):
        if isinstance(rule, sa.UniqueConstraint):
            yield [column.key for column in rule.columns]


def _value(mapper: Any, row: Any, column: str) -> Any:
    """The value that will be written: a relation that was set counts before its key is."""
    for name, relation in mapper.relationships.items():
        if relation.viewonly or relation.uselist:
            continue
        pairs = [remote for local, remote in relation.local_remote_pairs if local.key == column]
        related = getattr(row, name) if pairs else None
        if related is not None:
            return getattr(related, pairs[0].key)
    return getattr(row, column)
