"""The data layer's hook: every statement of a request carries the actor's scope; what cannot carry it is refused.

How it is built and what was tried: docs/decisions/0002-one-scope-in-the-data-layer.md.
"""

from __future__ import annotations

import threading
import weakref
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, cast

import sqlalchemy as sa
from flask import current_app, g, has_app_context, has_request_context
from flask_appbuilder import Model
from flask_sqlalchemy.session import Session
from sqlalchemy import event, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapper, ORMExecuteState, with_loader_criteria
from sqlalchemy.orm.interfaces import CriteriaOption
from sqlalchemy.sql.visitors import InternalTraversal, iterate

from app.access.actor import Actor, System, current_actor, override
from app.access.ownership import Ledger, Owned, is_owned
from app.access.scopes import updatable
from app.access.statements import forms_of, is_fixed, run_fixed


class OutOfScope(SQLAlchemyError):
    """A write touched a row that the actor may not write. Noted in ``g`` too: FAB's forms swallow exceptions."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        if has_request_context():
            g.out_of_scope = problem


class ScopeEscape(SQLAlchemyError):
    """A statement form that cannot carry a scope was used on owned tables; load through the ORM, or name a system reason."""


def owned_mappers() -> list[Mapper[Any]]:
    return [mapper for mapper in Model.registry.mappers if is_owned(mapper.class_)]


def _owned_tables() -> frozenset[str]:
    return frozenset(mapper.class_.__tablename__ for mapper in owned_mappers())


class ScopeOption(CriteriaOption):
    """All owned models' criteria for one combination of roles, as one constant option with a constant cache key."""

    _traverse_internals = [("shape", InternalTraversal.dp_string), ("edition", InternalTraversal.dp_string)]
    propagate_to_loaders = True

    def __init__(self, shape: str, edition: int) -> None:
        self.shape = shape
        self.edition = str(edition)
        self.options = [
            with_loader_criteria(mapper.class_, mapper.class_.scope(shape), include_aliases=True)
            for mapper in owned_mappers()
            if mapper.class_.rule != "Public"
        ]

    def get_global_criteria(self, attributes: dict[Any, Any]) -> None:
        for option in self.options:
            option.get_global_criteria(attributes)

    def process_compile_state(self, compile_state: Any) -> None:
        self.get_global_criteria(compile_state.global_attributes)

    def process_compile_state_replaced_entities(self, compile_state: Any, mapper_entities: Any) -> None:
        self.get_global_criteria(compile_state.global_attributes)

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return option_for, (self.shape,)


_options: dict[str, ScopeOption] = {}
_tables: list[frozenset[str]] = []
_editions = count()
_lock = threading.RLock()


def option_for(shape: str) -> ScopeOption:
    """The one option of this process for a combination of roles; built once."""
    option = _options.get(shape)
    if option is None:
        with _lock:
            option = _options.get(shape) or ScopeOption(shape, next(_editions))
            _options[shape] = option
    return option


@event.listens_for(Mapper, "after_mapper_constructed")
def _begin_anew(mapper: Mapper[Any], model: type) -> None:
    """Options that were built before ``model`` was declared say nothing of it: all its rows would be everybody's."""
    if is_owned(model):
        with _lock:
            _options.clear()
            _tables.clear()


def _tables_with_owner() -> frozenset[str]:
    with _lock:
        if not _tables:
            _tables.append(_owned_tables())
        return _tables[0]


class ScopedSession(Session):
    """Flask-SQLAlchemy's session, without the three doors that fire no flush event."""

    def bulk_save_objects(self, *args: Any, **kwargs: Any) -> None:
        raise ScopeEscape("bulk_save_objects passes by the scope; add the objects")

    def bulk_insert_mappings(self, *args: Any, **kwargs: Any) -> None:
        raise ScopeEscape("bulk_insert_mappings passes by the scope; add the objects")

    def bulk_update_mappings(self, *args: Any, **kwargs: Any) -> None:
        raise ScopeEscape("bulk_update_mappings passes by the scope; change the objects")


def _shape_of(actor: Actor | None) -> str:
    return actor.shape if actor is not None else ""


@event.listens_for(ScopedSession, "do_orm_execute")
def _scope_statement(state: ORMExecuteState) -> sa.Result[Any] | None:
    actor = current_actor()
    statement = state.statement
    if isinstance(actor, System):
        return run_fixed(state, statement, None) if is_fixed(statement) else None
    if not state.is_orm_statement:
        _refuse_owned_tables(statement)
        return None
    if state.is_from_statement:
        raise ScopeEscape("from_statement() cannot carry the scope")
    shape = _shape_of(actor)
    if state.is_select:
        if not state.is_column_load:
            state.statement = _scoped(statement, shape)
            if is_fixed(statement):
                return run_fixed(state, statement, shape)
        return None
    mapper = state.bind_mapper
    if mapper is None or not is_owned(mapper.class_):
        return None
    if state.is_insert or state.is_executemany:
        raise ScopeEscape("bulk inserts and updates by key pass by the scope; use the session's objects")
    scope = mapper.class_.left_scope(shape)
    if state.is_update:
        changed = _values_of(statement)
        if not changed or set(changed) & set(mapper.class_.ownership_columns):
            raise ScopeEscape("an UPDATE names its values, and may not move rows to another owner")
        scope = updatable(mapper.class_, shape, changed)
    if mapper.class_.is_written_once:
        raise OutOfScope(f"{mapper.class_.__name__}: written once, not to be changed")
    dml = cast("sa.Update | sa.Delete", statement)
    state.statement = dml.options(option_for(shape)).where(scope)
    return None


def _values_of(statement: Any) -> dict[str, Any]:
    """Column → the value that an UPDATE sets; None where it is computed."""
    values = getattr(statement, "_values", None) or {}
    return {getattr(column, "key", column): getattr(value, "value", None) for column, value in values.items()}


def _scoped(statement: Any, shape: str) -> Any:
    """``statement`` with the option of ``shape``; a fixed one (access.statements) keeps its form for each shape."""
    forms: dict[str, Any] = forms_of(statement) if is_fixed(statement) else {}
    if shape in forms:
        return forms[shape]
    option = option_for(shape)
    if option in getattr(statement, "_with_options", ()):
        return statement
    forms[shape] = statement.options(option)
    return forms[shape]


def _refuse_owned_tables(statement: Any) -> None:
    if isinstance(statement, sa.TextClause):
        raise ScopeEscape("text() cannot carry the scope")
    owned = _tables_with_owner()
    for element in iterate(statement):
        if isinstance(element, sa.Table) and element.name in owned:
            raise ScopeEscape(f"a Core statement on {element.name} cannot carry the scope")
        if isinstance(element, sa.TextClause):
            raise ScopeEscape("text() cannot carry the scope")


# ---------- writes: like USING (as stored) and WITH CHECK (as written) ----------


@event.listens_for(ScopedSession, "before_flush")
def _check_rows_as_stored(session: Session, context: Any, instances: Any) -> None:
    actor = current_actor()
    if isinstance(actor, System):
        return
    changed, deleted = [row for row in session.dirty if session.is_modified(row)], list(session.deleted)
    for row in changed + deleted:
        if isinstance(row, Owned) and row.is_written_once:
            raise OutOfScope(f"{type(row).__name__}: written once, not to be changed")
    _require(session, actor, changed, "write_scope")
    _require(session, actor, deleted, "left_scope")


@event.listens_for(ScopedSession, "after_flush")
def _check_rows_as_written(session: Session, context: Any) -> None:
    actor = current_actor()
    if isinstance(actor, System):
        return
    new = [row for row in session.new if not isinstance(row, Ledger)]
    _require(session, actor, new + [row for row in session.dirty if session.is_modified(row)], "left_scope")


def _require(session: Session, actor: Actor | None, rows: list[Any], scope: str) -> None:
    keys: dict[type[Owned], set[tuple[Any, ...]]] = defaultdict(set)
    for row in rows:
        if is_owned(type(row)):
            identity = inspect(row).identity or inspect(row).mapper.primary_key_from_instance(row)
            keys[type(row)].add(tuple(identity))
    shape = _shape_of(actor)
    for model, wanted in keys.items():
        columns = inspect(model).primary_key
        left = columns[0] if len(columns) == 1 else sa.tuple_(*columns)
        values = [key[0] for key in wanted] if len(columns) == 1 else list(wanted)
        query = select(*columns).where(left.in_(values), getattr(model, scope)(shape))
        with session.no_autoflush:
            found = {tuple(row) for row in session.connection().execute(query)}
        if found != wanted:
            raise OutOfScope(f"{model.__name__}: not the actor's to write")


# ---------- leaving the scope ----------


@event.listens_for(ScopedSession, "loaded_as_persistent")
def _note_rows_loaded_by_system(session: Session, instance: Any) -> None:
    if isinstance(instance, Owned) and isinstance(current_actor(), System):
        session.info.setdefault("loaded_by_system", weakref.WeakSet()).add(instance)


@contextmanager
def system(reason: str) -> Iterator[None]:
    """Leave the scope, for ``reason``, for a few lines. Every use stands in tests/access/test_leaving_scope.py.

    On the way out what was changed is flushed while it is still allowed, and the owned rows that were loaded are
    forgotten, so that ``session.get`` and many-to-one loads cannot hand them to the actor afterwards.
    """
    outermost = not isinstance(override.get(), System)
    token = override.set(System(reason))
    try:
        yield
        if outermost and has_app_context():
            current_app.extensions["sqlalchemy"].session.flush()
    finally:
        if outermost and has_app_context():
            _forget_rows_loaded_by_system(current_app.extensions["sqlalchemy"].session())
        override.reset(token)


def _forget_rows_loaded_by_system(session: Session) -> None:
    for row in list(session.info.pop("loaded_by_system", ())):
        if row in session and not session.is_modified(row):
            session.expunge(row)
