"""What a generated screen reads and writes through: FAB's interface, made quick, quiet and deaf to nonsense."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy.orm import Query, joinedload, selectinload

from app.web.conditions import ConditionConverter, ConditionFilters
from app.web.lookups import Lookup
from app.web.requests import row_number

COUNT_LIMIT = 10_000
"""Lists count no further: counting a city's four million marks costs more than the page."""

PORTION = 500
"""Rows of a file that are in memory at a time."""


def row_key(value: Any) -> int | None:
    """The row number that an address or a form names, or None for what cannot be one."""
    try:
        return row_number(str(value))
    except ValueError:
        return None


class ScopedInterface(SQLAInterface):
    """Reads within the scope that the data layer adds; ``start`` is where a screen may narrow it further."""

    filter_converter_class: type[ConditionConverter] = ConditionConverter
    lookups: Mapping[str, Lookup] = {}
    """Relation → how its rows are found and named; the screen declares it."""
    optional: frozenset[str] = frozenset()
    """Columns that a form may leave empty although the table does not."""
    eager: tuple[Any, ...] = ()
    """Loader options for what the columns of a list show."""
    eager_for_one: tuple[Any, ...] = ()
    """The same for the page and the form of one row."""

    def start(self) -> Query[Any]:
        """The rows that the screen is about."""
        return self.session.query(self.obj)

    def load_with(self, for_lists: Iterable[str], for_one: Iterable[str]) -> None:
        """Load the relations of these columns («student», «seat.school_class») with their rows, instead of one by one."""
        self.eager, self.eager_for_one = self._loaders(for_lists), self._loaders(for_one)

    def _loaders(self, paths: Iterable[str]) -> tuple[Any, ...]:
        return tuple(loader for path in dict.fromkeys(paths) if (loader := self._loader(path)) is not None)

    def _loader(self, path: str) -> Any:
        model, loader = self.obj, None
        for name in path.split("."):
            relation = sa.inspect(model).relationships.get(name)
            if relation is None:
                break
            attribute = getattr(model, name)
            if loader is None:
                loader = selectinload(attribute) if relation.uselist else joinedload(attribute)
            else:
                loader = loader.selectinload(attribute) if relation.uselist else loader.joinedload(attribute)
            model = relation.mapper.class_
        return loader

    def relations_of(self, column: str) -> list[str]:
        """The relations that keep their key in ``column``."""
        relations = sa.inspect(self.obj).relationships.items()
        return [name for name, relation in relations if column in {local.key for local in relation.local_columns}]

    # ---------- reading ----------

    def get_filters(self, search_columns: Any = None, search_filters: Any = None) -> ConditionFilters:
        return ConditionFilters(self.filter_converter_class, self, search_columns or [], search_filters)

    def get(
        self, id: Any, filters: Any = None, select_columns: list[str] | None = None, outer_default_load: bool = False
    ) -> Any:
        """The row of this number, or None: for a number that cannot be one, too."""
        key = row_key(id)
        if key is None:
            return None
        if select_columns:
            return super().get(key, filters, select_columns, outer_default_load)
        query = filters.apply_all(self.start()) if filters else self.start()
        return query.filter(self.get_pk() == key).options(*self.eager_for_one).one_or_none()

    def query_count(
        self, query: Query[Any], filters: Any = None, select_columns: list[str] | None = None, most: int | None = None
    ) -> int:
        """How many rows, at most ``most`` (COUNT_LIMIT unless said) + 1."""
        narrowed = self._apply_inner_all(query, filters, aliases_mapping={})
        return narrowed.with_entities(self.get_pk()).limit((COUNT_LIMIT if most is None else most) + 1).count()

    def every_row(self, filters: Any, order_column: str = "", order_direction: str = "") -> Iterable[Any]:
        """All rows that fulfil ``filters``, for a file: fetched in portions and let go of."""
        query = self.apply_all(self.start(), filters, order_column, order_direction)
        return query.options(*self.eager).yield_per(PORTION)

    def query(
        self,
        filters: Any = None,
        order_column: str = "",
        order_direction: str = "",
        page: int | None = None,
        page_size: int | None = None,
        select_columns: list[str] | None = None,
        outer_default_load: bool = False,
    ) -> tuple[int, list[Any]]:
        """(how many rows, one page of them). A first page that is not full is counted without asking."""
        if select_columns:
            return super().query(filters, order_column, order_direction, page, page_size, select_columns, outer_default_load)
        query = self.apply_all(self.start(), filters, order_column, order_direction, page, page_size)
        rows = query.options(*self.eager).all()
        if not page and page_size and len(rows) < page_size:
            return len(rows), rows
        return self.query_count(self.start(), filters), rows

    def too_many_to_sort(self, filters: Any) -> bool:
        """Sorting a city's marks by a column costs more than any page: lists beyond COUNT_LIMIT keep their own order."""
        return self.query_count(self.start(), filters) > COUNT_LIMIT

    @staticmethod
    def _get_attr_value(item: Any, col: str) -> Any:
        """The value itself: how it is shown (labels, dates) is decided in app.web.cells."""
        value = item
        for name in col.split("."):
            value = getattr(value, name, None)
        return value() if callable(value) else value

    # ---------- writing: what failed is the caller's to say; FAB would log the row's content ----------

    def add(self, item: Any, commit: bool = True) -> None:
        self.session.add(item)
        self._write(commit)

    def edit(self, item: Any, commit: bool = True) -> None:
        self.session.merge(item)
        self._write(commit)

    def delete(self, item: Any, commit: bool = True) -> None:
        self.session.delete(item)
        self._write(commit)

    def _write(self, commit: bool) -> None:
        try:
            self.session.flush()
            if commit:
                self.session.commit()
        except sa.exc.SQLAlchemyError:
            self.session.rollback()
            raise
