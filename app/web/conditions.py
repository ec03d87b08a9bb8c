"""The conditions of a search: per kind of column, in the order of their numbers in the address ``_flt_<n>_<column>``.

FAB's own take any text: a number too large, a NUL or a word where a number belongs became an error of the database.
Here ``read`` says what a text means to the column and raises ValueError when it means nothing.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.exceptions import InvalidOperationFilterFABException
from flask_appbuilder.models.filters import BaseFilter, FilterRelation, Filters
from flask_appbuilder.models.sqla.filters import SQLAFilterConverter
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Query

from app.model_types import TAIPEI
from app.web.clean_text import one_line
from app.web.formatting import parse_date


class ConditionMixin:
    """One condition on one column. Instances are shared between requests and hold nothing of them."""

    control = "text"
    """How its value is asked for: text, number, date, choice, or fixed (shown, not typed)."""
    column_name: str
    datamodel: Any
    model: Any

    def read(self, text: Any) -> Any:
        """What ``text`` means to the column. Raises ValueError."""
        return one_line(str(text))

    def clause(self, column: Any, value: Any) -> ColumnElement[bool]:
        raise NotImplementedError

    def apply(self, query: Query[Any], value: Any) -> Query[Any]:
        """Narrow ``query``; a text that means nothing to the column fits no row."""
        try:
            wanted = self.read(value)
        except ValueError:
            return query.filter(sa.false())
        return query.filter(self.clause(getattr(self.model, self.column_name), wanted))


class Condition(ConditionMixin, BaseFilter):
    pass


# ---------- text ----------


class Contains(Condition):
    name = _l("contains")
    arg_name = "ct"

    def clause(self, column: Any, value: str) -> ColumnElement[bool]:
        return column.icontains(value, autoescape=True)


class BeginsWith(Condition):
    name = _l("begins with")
    arg_name = "sw"

    def clause(self, column: Any, value: str) -> ColumnElement[bool]:
        return column.istartswith(value, autoescape=True)


class DoesNotContain(Contains):
    name = _l("does not contain")
    arg_name = "nct"

    def clause(self, column: Any, value: str) -> ColumnElement[bool]:
        return ~super().clause(column, value)


class Is(Condition):
    name = _l("equals")
    arg_name = "eq"

    def clause(self, column: Any, value: Any) -> ColumnElement[bool]:
        return column == value


class IsNot(Condition):
    name = _l("differs from")
    arg_name = "neq"

    def clause(self, column: Any, value: Any) -> ColumnElement[bool]:
        return column.is_distinct_from(value)


class AtLeast(Condition):
    name = _l("is at least")
    arg_name = "ge"

    def clause(self, column: Any, value: Any) -> ColumnElement[bool]:
        return column >= value


class AtMost(Condition):
    name = _l("is at most")
    arg_name = "le"

    def clause(self, column: Any, value: Any) -> ColumnElement[bool]:
        return column <= value


# ---------- numbers ----------


class WholeNumber:
    control = "number"

    def read(self, text: Any) -> int:
        number = int(str(text).strip())
        if abs(number) >= 2**31:
            raise ValueError("too large for the column")
        return number


class DecimalNumber:
    control = "number"

    def read(self, text: Any) -> Decimal:
        try:
            number = Decimal(str(text).strip())
        except InvalidOperation as error:
            raise ValueError("not a number") from error
        if not number.is_finite() or abs(number) >= 10**9:
            raise ValueError("too large for the column")
        return number


class IntegerIs(WholeNumber, Is):
    pass


class IntegerIsNot(WholeNumber, IsNot):
    pass


class IntegerAtLeast(WholeNumber, AtLeast):
    pass


class IntegerAtMost(WholeNumber, AtMost):
    pass


class DecimalIs(DecimalNumber, Is):
    pass


class DecimalAtLeast(DecimalNumber, AtLeast):
    pass


class DecimalAtMost(DecimalNumber, AtMost):
    pass


# ---------- days and instants ----------


class Day:
    control = "date"

    def read(self, text: Any) -> date:
        return parse_date(str(text))


class DayIs(Day, Is):
    name = _l("on the day")


class DayFrom(Day, AtLeast):
    name = _l("from the day")


class DayUntil(Day, AtMost):
    name = _l("until the day")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), TAIPEI).astimezone(UTC)


class InstantIs(DayIs):
    """On that day in Asia/Taipei."""

    def clause(self, column: Any, value: date) -> ColumnElement[bool]:
        return sa.and_(column >= _midnight(value), column < _midnight(value + timedelta(days=1)))


class InstantFrom(DayFrom):
    def clause(self, column: Any, value: date) -> ColumnElement[bool]:
        return column >= _midnight(value)


class InstantUntil(DayUntil):
    def clause(self, column: Any, value: date) -> ColumnElement[bool]:
        return column < _midnight(value + timedelta(days=1))


# ---------- choices ----------


class Member:
    """A member of the column's enumeration, by its value."""

    control = "choice"
    column_name: str
    datamodel: Any

    def choices(self) -> list[tuple[str, str]]:
        return [(member.value, str(member.label)) for member in self._enumeration()]

    def read(self, text: Any) -> Any:
        return self._enumeration()(str(text))

    def _enumeration(self) -> Any:
        return self.datamodel.list_columns[self.column_name].type.enum_class


class MemberIs(Member, Is):
    pass


class MemberIsNot(Member, IsNot):
    pass


class WordIs(Is):
    """One of the codes of a text column, chosen by its words. Subclasses answer ``choices``."""

    control = "choice"

    def choices(self) -> list[tuple[str, str]]:
        raise NotImplementedError

    def read(self, text: Any) -> str:
        if str(text) not in {code for code, _words in self.choices()}:
            raise ValueError("not one of the codes")
        return str(text)


class YesOrNo(Is):
    """Only «is»: «is not yes» says nothing more."""

    control = "choice"

    def choices(self) -> list[tuple[str, str]]:
        return [("y", str(_l("Yes"))), ("n", str(_l("No")))]

    def read(self, text: Any) -> bool:
        if text not in ("y", "n"):
            raise ValueError("neither y nor n")
        return text == "y"


class RelatedIs(ConditionMixin, FilterRelation):
    """The related row of this number. Condition 0 of a relation: related lists and «add» pages name their parent by it."""

    name = _l("equals")
    arg_name = "rel_o_m"

    @property
    def control(self) -> str:  # type: ignore[override]
        lookup = self.datamodel.lookups.get(self.column_name)
        return "choice" if lookup is not None and lookup.is_small else "fixed"

    def choices(self) -> list[tuple[str, str]]:
        lookup = self.datamodel.lookups[self.column_name]
        return [(str(lookup.key_of(row)), lookup.label(row)) for row in lookup.all()]

    def read(self, text: Any) -> int:
        return WholeNumber().read(text)

    def clause(self, column: Any, value: int) -> ColumnElement[bool]:
        return self.datamodel.get_relation_fk(self.column_name) == value


class RelatedFits(ConditionMixin, BaseFilter):
    """The related row is one that a lookup finds by this text: a student by name or number."""

    name = _l("contains")
    arg_name = "rel_ct"

    def clause(self, column: Any, value: str) -> ColumnElement[bool]:
        lookup = self.datamodel.lookups.get(self.column_name)
        if lookup is None:
            return sa.false()
        return self.datamodel.get_relation_fk(self.column_name).in_(lookup.keys_of(value))


# ---------- which conditions a kind of column has ----------

CONDITIONS: tuple[tuple[str, list[type[BaseFilter]]], ...] = (
    ("is_relation_many_to_one", [RelatedIs, RelatedFits]),
    ("is_relation_one_to_one", [RelatedFits]),
    ("is_enum", [MemberIs, MemberIsNot]),
    ("is_boolean", [YesOrNo]),
    ("is_date", [DayIs, DayFrom, DayUntil]),
    ("is_datetime", [InstantIs, InstantFrom, InstantUntil]),
    ("is_string", [Contains, Is, BeginsWith, DoesNotContain]),
    ("is_integer", [IntegerIs, IntegerAtLeast, IntegerAtMost, IntegerIsNot]),
    ("is_numeric", [DecimalIs, DecimalAtLeast, DecimalAtMost]),
)


class ConditionConverter(SQLAFilterConverter):
    """FAB asks here which conditions a column has."""

    conversion_table = CONDITIONS


def with_words(**columns: type[WordIs]) -> type[ConditionConverter]:
    """The converter of a screen some of whose text columns hold codes: column → the condition that knows their words."""

    class WithWords(ConditionConverter):
        def convert(self, col_name: str) -> Any:
            if col_name in columns:
                return [columns[col_name](col_name, self.datamodel)]
            return super().convert(col_name)

    return WithWords


class ConditionFilters(Filters):
    """FAB's list of active conditions, whose REST names are looked up per column and not in a table of the process."""

    def rest_add_filters(self, data: list[dict[str, Any]]) -> None:
        for wanted in data:
            column, operator = wanted.get("col"), wanted.get("opr")
            found = next((f for f in self._search_filters.get(column, []) if f.arg_name == operator), None)
            if found is None:
                raise InvalidOperationFilterFABException(f"Filter operation: {operator} not allowed on column: {column}")
            self._add_filter(found, wanted.get("value"))
