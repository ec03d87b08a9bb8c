"""What a model belongs to. Every model inherits one of these; a model without one cannot be registered.

The mixin says which column ties a row to its owner; *who* sees and writes such rows stands in ``scopes.py``. A new
model with a mixin is scoped with no further line, by the rule of its mixin.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, event
from sqlalchemy.orm import Mapper

from app.access.scopes import left_behind, readable, writable


class Owned:
    """The root of all declarations. ``scope`` and ``write_scope`` answer one plain SQL expression, never a lambda."""

    rule: ClassVar[str]
    """The name of the default rule in scopes.py."""
    ownership_columns: ClassVar[tuple[str, ...]] = ()
    is_written_once: ClassVar[bool] = False
    """Such rows are added within their scope; changed or deleted they are by ``system`` alone (what was said stays said)."""

    @classmethod
    def scope(cls, shape: str) -> ColumnElement[bool]:
        """The rows of this model that an actor of these roles may see."""
        return readable(cls, shape)

    @classmethod
    def write_scope(cls, shape: str) -> ColumnElement[bool]:
        """The rows that an actor of these roles may add, change or delete; narrower than ``scope``."""
        return writable(cls, shape)

    @classmethod
    def left_scope(cls, shape: str) -> ColumnElement[bool]:
        """The rows as an actor of these roles may leave them behind: nobody approves an application of one's own."""
        return left_behind(cls, shape)


class Misdeclared(TypeError):
    """A model lacks the columns that tie its rows to their owner, or the declaration itself."""


@event.listens_for(Owned, "instrument_class", propagate=True)
def _require_ownership_columns(mapper: Mapper[Any], model: type[Owned]) -> None:
    """Said when the class is declared: at the first statement it would break every page of the roles concerned."""
    if not hasattr(model, "rule"):
        raise Misdeclared(f"{model.__name__}: inherit SchoolOwned, ClassOwned, StudentOwned …, not Owned itself")
    own_name = {"class_id": getattr(model, "class_key", ""), "student_id": getattr(model, "student_key", "")}
    needed = {own_name.get(column) or column for column in model.ownership_columns}
    missing = sorted(needed - set(mapper.local_table.c.keys()))
    if missing:
        raise Misdeclared(f"{model.__name__} is {model.rule}, but has no column {', '.join(missing)}")


class Public(Owned):
    """Everybody may read it, signed in or not; who may write stands in scopes.py."""

    rule = "Public"


class SchoolOwned(Owned):
    """Belongs to one school by ``school_id``."""

    rule = "SchoolOwned"
    ownership_columns = ("school_id",)


class ClassOwned(Owned):
    """Belongs to one class by ``class_id`` and carries ``school_id``."""

    rule = "ClassOwned"
    ownership_columns = ("class_id", "school_id")
    class_key: ClassVar[str] = "class_id"


class StudentOwned(Owned):
    """Belongs to one student by ``student_id`` and carries ``school_id``."""

    rule = "StudentOwned"
    ownership_columns = ("student_id", "school_id")
    student_key: ClassVar[str] = "student_id"


class GuardianOwned(Owned):
    """A guardian's own row (``account_id``) about a child, reviewed by the class and the school."""

    rule = "GuardianOwned"
    ownership_columns = ("account_id", "school_id")
    class_key: ClassVar[str] = "class_id"


class AccountOwned(Owned):
    """One account's own row (``account_id``); nobody else's business."""

    rule = "AccountOwned"
    ownership_columns = ("account_id",)


class Ledger(Owned):
    """Rows are added by services on behalf of anybody, read by the city administrator, changed by the system alone."""

    rule = "Ledger"


class Internal(Owned):
    """Secrets and counters: no actor reads or writes them; code does, inside ``access.system(reason)``."""

    rule = "Internal"


def is_owned(model: Any) -> bool:
    """True for a mapped class that declares what it belongs to."""
    return isinstance(model, type) and issubclass(model, Owned)
