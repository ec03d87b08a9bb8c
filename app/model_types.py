"""Column types and small values that every feature's models share: labelled enumerations, UTC instants, Taipei dates."""

from __future__ import annotations

import enum
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

TAIPEI = ZoneInfo("Asia/Taipei")


def now() -> datetime:
    """The present instant, aware, in UTC. The only clock of the product: tests move it with time-machine."""
    return datetime.now(UTC)


def today() -> date:
    """Today's date in Asia/Taipei, the day that a school means."""
    return now().astimezone(TAIPEI).date()


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC; SQLite keeps no zone, so it is put back on the way out."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored: use app.model_types.now()")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class LabelledEnum(enum.StrEnum):
    """An enumeration whose members carry a translatable label: ``MEMBER = "value", _l("Label")``.

    The value is what the database keeps; the label is what people read.
    """

    label: Any

    def __new__(cls, value: str, label: Any = None) -> LabelledEnum:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label if label is not None else value
        return member


def enum_column(enum_class: type[enum.StrEnum]) -> sa.Enum:
    """A portable VARCHAR column that holds the values (not the names) of ``enum_class``."""
    return sa.Enum(
        enum_class,
        native_enum=False,
        create_constraint=False,
        length=40,
        values_callable=lambda members: [member.value for member in members],
        validate_strings=True,
    )
