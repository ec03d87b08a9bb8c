"""Statements that are built, scoped and compiled once per process, for the pages that are asked for most.

They take no other way into the database: the session's hook puts the scope on (session.py) and runs what it has scoped.
"""

from __future__ import annotations

from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, CursorResult, Dialect
from sqlalchemy.orm import ORMExecuteState
from sqlalchemy.sql.compiler import SQLCompiler

SelectType = TypeVar("SelectType", bound=sa.Select)  # type: ignore[type-arg]

_FORMS, _COMPILED = "scoped_forms", "compiled_forms"


def fixed(statement: SelectType) -> SelectType:
    """Keep ``statement``, a select of columns, for ever.

    Its values are ``bindparam``s, given at execution: never an actor's, never today's. The data layer remembers its scoped
    form for each combination of roles, and that form as the database's own words; who acts is bound anew each time.
    """
    statement.__dict__[_FORMS] = {}
    statement.__dict__[_COMPILED] = {}
    return statement


def is_fixed(statement: Any) -> bool:
    return _FORMS in statement.__dict__


def forms_of(statement: Any) -> dict[str, Any]:
    """Combination of roles → the scoped form of a fixed statement."""
    forms: dict[str, Any] = statement.__dict__[_FORMS]
    return forms


def run_fixed(state: ORMExecuteState, statement: Any, shape: str | None) -> CursorResult[Any]:
    """Run ``state.statement``, the form of a fixed statement for ``shape``, without the ORM's detour for entities.

    ``shape`` None is ``access.system``, which has no scope; a visitor's shape is the empty string.
    SQLAlchemy prepares a statement of the ORM anew at every execution; for a small question that took 40 % of its time.
    ``_execute_context`` is private to it: the version is pinned, and tests/access/test_statements.py is the contract.
    """
    session = state.session
    if session.autoflush:
        session.flush()
    connection = session.connection(state.bind_arguments)
    forms: dict[tuple[str | None, Dialect], SQLCompiler] = statement.__dict__[_COMPILED]
    compiled = forms.get((shape, connection.dialect))
    if compiled is None:
        compiled = forms[shape, connection.dialect] = _compile(state.statement, connection)
    parameters: list[Any] = [state.parameters or {}]
    context = connection.dialect.execution_ctx_cls._init_compiled  # type: ignore[attr-defined]
    result: CursorResult[Any] = connection._execute_context(
        connection.dialect,
        context,
        compiled,
        parameters,
        state.execution_options,
        compiled,
        parameters,
        state.statement,
        None,
    )
    return result


def _compile(form: Any, connection: Connection) -> SQLCompiler:
    if any(isinstance(column["expr"], type) for column in form.column_descriptions):
        raise TypeError("a fixed statement selects columns; whole rows are loaded by the ORM")
    compiled: SQLCompiler = form.compile(connection, for_executemany=False)
    return compiled
