"""What a generated screen or REST resource has to say before it exists. What is missing or unsafe stops the start.

Flask-AppBuilder fills in what is not said: all columns are shown, searched, sorted and written, and keys of other rows
are taken as sent. Here nothing is shown or written that was not named, and whoever forgets to name it reads it at once.
docs/extending.md tells the same from the other side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role as FabRole
from flask_appbuilder.security.sqla.models import User as FabUser

from app.access.ownership import is_owned
from app.access.pages import PAGES, acts_of
from app.web.datamodel import ScopedInterface


class UnsafeDeclaration(TypeError):
    """The screen or resource cannot be registered; the message says what to write instead."""


def require_safe_declaration(view: Any, writes: Mapping[str, str]) -> None:
    """Check what the class of ``view`` declares, before Flask-AppBuilder fills in the rest.

    ``writes``: act that writes → attribute that names its columns. Raises UnsafeDeclaration.
    """
    declared = Declared(view)
    declared.has_owner()
    declared.has_page()
    declared.names_columns("list_columns", is_needed=True)
    declared.names_columns("show_columns", is_needed=False)
    for act, attribute in writes.items():
        declared.names_columns(attribute, is_needed=act in acts_of(declared.page))
        declared.writes_only_own_columns(attribute)
    declared.names_columns("export_columns", is_needed="export" in acts_of(declared.page))
    declared.searches_sorts_and_exports_what_it_shows()
    declared.has_no_actions()


class Declared:
    """One screen or resource as its class declares it."""

    def __init__(self, view: Any) -> None:
        self.view = view
        self.name = type(view).__name__
        self.page = view.class_permission_name or self.name
        self.datamodel = view.datamodel
        self.model = getattr(view.datamodel, "obj", None)

    def refuse(self, words: str) -> None:
        raise UnsafeDeclaration(f"{self.name}: {words}")

    def columns(self, *attributes: str) -> Iterator[str]:
        for attribute in attributes:
            yield from getattr(self.view, attribute, None) or ()

    # ---------- the checks ----------

    def has_owner(self) -> None:
        if not isinstance(self.datamodel, ScopedInterface):
            self.refuse("its datamodel is a ScopedInterface (app.web.datamodel)")
        if self.view.is_account_screen:
            if not issubclass(self.model, (FabUser, FabRole)):  # type: ignore[arg-type]
                self.refuse("is_account_screen is for the accounts and roles of Flask-AppBuilder alone")
        elif not is_owned(self.model):
            self.refuse(f"{self.model.__name__} declares no owner (app.access.ownership)")  # type: ignore[union-attr]
        for relation, lookup in getattr(self.view, "lookups", {}).items():
            if not is_owned(lookup.model):
                self.refuse(f"lookups: {relation!r} offers {lookup.model.__name__}, which no scope covers")
        key = sa.inspect(self.model).primary_key  # type: ignore[union-attr]
        if len(key) != 1 or not isinstance(key[0].type, sa.Integer):
            self.refuse("rows are addressed by one whole number: give the table a single integer primary key")

    def has_page(self) -> None:
        if self.page not in PAGES:
            self.refuse(f"say in access.pages which roles open {self.page!r}")

    def names_columns(self, attribute: str, is_needed: bool) -> None:
        """Columns are named, exist, and lead to no table that the scope does not cover."""
        if is_needed and not any(self.columns(attribute)):
            self.refuse(f"name the columns in {attribute}; none is taken unasked")
        for path in self.columns(attribute):
            self._follow(path)

    def _follow(self, path: str) -> None:
        model: Any = self.model
        for name in path.split("."):
            if not hasattr(model, name):
                self.refuse(f"{model.__name__} has no {name!r} ({path})")
            relation = sa.inspect(model).relationships.get(name)
            if relation is None:
                return
            model = relation.mapper.class_
            if not is_owned(model) and not self.view.is_account_screen:
                self.refuse(f"{path!r} leads to {model.__name__}, which no scope covers; copy what is shown of it")

    def writes_only_own_columns(self, attribute: str) -> None:
        """A key that is sent as a number would be taken unasked; a relation is looked up within the scope."""
        mapper: Any = sa.inspect(self.model)
        for name in self.columns(attribute):
            column = mapper.columns.get(name)
            if column is not None and column.foreign_keys:
                self.refuse(f"{attribute}: name the relation, not its key {name!r}")
            if column is not None and column.primary_key:
                self.refuse(f"{attribute}: the number of a row, {name!r}, is not written")
            relation = mapper.relationships.get(name)
            if relation is not None and relation.uselist:
                self.refuse(f"{attribute}: {name!r} holds many rows; they are written on a screen of their own")
            if relation is not None and name not in getattr(self.view, "lookups", {name: None}):
                self.refuse(f"{attribute}: say in lookups how the rows of {name!r} are found and named")
        if getattr(self.view, attribute.replace("_columns", "_fieldsets"), None):
            self.refuse(f"{attribute}: fieldsets are not drawn; name the columns in their order")

    def searches_sorts_and_exports_what_it_shows(self) -> None:
        """By searching or sorting a column that is not shown its values can be guessed one after the other."""
        shown = {path.split(".")[0] for path in self.columns("list_columns", "show_columns")}
        for path in self.columns("search_columns"):
            self._follow(path)
            if path.split(".")[0] not in shown:
                self.refuse(f"search_columns: {path!r} is neither in list_columns nor in show_columns")
        for attribute in ("order_columns", "export_columns"):
            for path in self.columns(attribute):
                if path not in self.view.list_columns:
                    self.refuse(f"{attribute}: {path!r} is not in list_columns")

    def has_no_actions(self) -> None:
        for name in dir(type(self.view)):
            if hasattr(getattr(type(self.view), name), "_action"):
                self.refuse(f"{name}: @action loads rows unasked; write an address that asks and acts (docs/extending.md)")


# ---------- what is filled in where nothing is said ----------


def searchable(datamodel: Any, columns: Iterable[str]) -> list[str]:
    """Those of ``columns`` that have conditions of their own: columns of the table and relations to one row."""
    return [name for name in columns if datamodel.is_relation(name) or name in datamodel.list_columns]


def sortable(datamodel: Any, columns: Iterable[str]) -> list[str]:
    """Those of ``columns`` that stand in the table itself."""
    return [name for name in columns if name in datamodel.list_columns]


def foreign_routes(view: Any, base: type | None) -> list[str]:
    """Addresses of ``view`` that Flask-AppBuilder's own code would answer, beyond what ``base`` (ours) lets it.

    Its forms, charts, master-detail and many-in-one views load rows and ask permissions in ways of their own.
    """
    wanted = view.include_route_methods
    names = [name for name in dir(type(view)) if name not in view.exclude_route_methods and (not wanted or name in wanted)]
    found = []
    for name in names:
        method = getattr(type(view), name)
        is_fabs = hasattr(method, "_urls") and method.__module__.startswith("flask_appbuilder.")
        if is_fabs and method is not getattr(base, name, None):
            found.append(name)
    return found
