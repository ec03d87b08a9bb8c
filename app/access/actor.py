"""Who acts: the light account that a request carries, and how to be somebody else.

``current_actor()`` answers from the request; ``acting_as`` and ``access.session.system`` override it for tests,
workers and the few named places that must look beyond a person's scope. Outside a request, with neither, it raises:
forgetting to say who acts is an error, not an administrator.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

from flask import g, has_request_context

from app.access.roles import Role

EVERYONE = "everyone"
"""Stands in a rule for «any signed-in account, about its own rows»; an account that is not active holds no role."""


class NoActor(RuntimeError):
    """A statement ran outside a request without ``acting_as`` or ``system``."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in account as one row of the session's query gives it. It is flask_login's user as well."""

    id: int
    username: str
    full_name: str = ""
    kind: str = "general"
    account_type: str = "citizen"
    state: str = "active"
    must_change_password: bool = False
    has_second_factor: bool = False
    roles: frozenset[Role] = frozenset()
    school_id: int | None = None
    school_name: str = ""
    locale: str = "zh_Hant_TW"
    session_id: int | None = None
    permission_version: int = 0
    linked_children: int = 0
    """How many approved student links the account has: a guardian's menu shows 親師互動功能 from the first on (B1.4)."""
    waiting_links: int = 0
    """How many of the account's link applications no school has decided on."""

    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        return True

    def get_id(self) -> str:
        return str(self.id)

    def has_role(self, *roles: Role) -> bool:
        """True when the actor holds every one of ``roles``, each of them at the school of the placement."""
        return all(role in self.roles for role in roles)

    @property
    def shape(self) -> str:
        """The combination of roles: one constant scope option exists for each (docs/decisions/0002)."""
        return _shape_of(self.roles)


@lru_cache(maxsize=1000)
def _shape_of(roles: frozenset[Role]) -> str:
    return "|".join(sorted([EVERYONE, *roles]))


@dataclass(frozen=True, slots=True)
class System:
    """The product itself, for a stated reason; nothing is hidden from it."""

    reason: str


override: ContextVar[Actor | System | None] = ContextVar("access_override", default=None)


def current_actor() -> Actor | System | None:
    """The one who acts now: None is an anonymous visitor of a request.

    Raises NoActor outside a request when neither ``acting_as`` nor ``system`` is in force, in child threads too.
    """
    overridden = override.get()
    if overridden is not None:
        return overridden
    if has_request_context():
        return g.get("actor")
    raise NoActor("no request and no access.system(reason): say who acts")


def current_account_id() -> int | None:
    actor = current_actor()
    return actor.id if isinstance(actor, Actor) else None


def current_school_id() -> int | None:
    actor = current_actor()
    return actor.school_id if isinstance(actor, Actor) else None


@contextmanager
def acting_as(actor: Actor) -> Iterator[Actor]:
    """Be ``actor`` where there is no request: tests, command line, jobs that serve one person."""
    token = override.set(actor)
    try:
        yield actor
    finally:
        override.reset(token)
