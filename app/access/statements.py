"""Statements that are built once per process: the pages that are asked for most spend their time elsewhere."""

from __future__ import annotations

from typing import TypeVar

import sqlalchemy as sa

SelectType = TypeVar("SelectType", bound=sa.Select)  # type: ignore[type-arg]


def fixed(statement: SelectType) -> SelectType:
    """Keep ``statement`` for ever. Its values are ``bindparam``s, given at execution: never an actor's, never today's.

    The data layer remembers its scoped form for each combination of roles (session.py); who acts is bound anew each time.
    """
    statement.__dict__["scoped_forms"] = {}
    return statement
