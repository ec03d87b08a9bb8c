"""Leaving the scope is explicit, short and named: every reason stands here, and the forbidden doors are not used."""

from __future__ import annotations

import re
from pathlib import Path

APP = Path(__file__).resolve().parents[2] / "app"

REASONS: set[str] = {
    "apply a roster",
    "bind the classes that the roster names the teacher of",
    "carry a changed name to the own placement",
    "check a temporary password",
    "check the temporary password again",
    "compare with former passwords",
    "count answers about registered numbers",
    "count failed sign-ins",
    "count what hangs on a row that is to be deleted",
    "deliver the outbox",
    "doctor",
    "end an account's sessions",
    "find the account of a reset",
    "find the roster's student of a link application",
    "is this an empty portal",
    "issue a one-time secret",
    "keep the reader's language",
    "limit one-time secrets",
    "look at a letter's link",
    "move a placement from another school",
    "note how far a conversation has been read",
    "plan a roster",
    "read page permissions",
    "read the session",
    "register an account",
    "remember the last passwords",
    "revoke one-time secrets",
    "see whether a reopened account is placed",
    "see whether an identity number is registered",
    "seed the demo city",
    "send an activation letter again",
    "settle after a restore",
    "sync page permissions",
    "tell a reviewer who applies",
    "tell an applicant the decision",
    "tell the owner of a changed password",
    "tidy up",
    "use a letter's link",
    "words that a password may not contain",
    "write to the guardian of a student link",
}


def _sources() -> dict[str, str]:
    return {
        path.relative_to(APP).as_posix(): path.read_text("utf-8")
        for path in APP.rglob("*.py")
        if "migrations" not in path.parts
    }


def test_every_reason_for_leaving_the_scope_is_listed():
    used = {reason for text in _sources().values() for reason in re.findall(r"\bsystem\(\s*\"([^\"]+)\"", text)}
    assert used == REASONS


def test_no_lambda_reaches_the_scope():
    for name in ("access/scopes.py", "access/session.py", "access/ownership.py"):
        assert "lambda" not in re.sub(r'""".*?"""|#.*', "", (APP / name).read_text("utf-8"), flags=re.S), name


FORBIDDEN = re.compile(
    r"literal_column\(|session\.connection\(\)|engine\.connect\(\)|make_transient_to_detached|raw_connection"
)
ALLOWED = {"access/", "importing/", "accounts/sessions.py", "database.py", "cli.py"}


def test_the_doors_that_the_hook_cannot_see_are_used_only_where_allowed():
    offenders = {
        name
        for name, text in _sources().items()
        if FORBIDDEN.search(text) and not any(name.startswith(allowed) for allowed in ALLOWED)
    }
    assert offenders == set()


def test_a_role_name_is_decided_upon_only_in_access():
    pattern = re.compile(r"\bRole\.[A-Z_]+|校端_")
    allowed = ("access/", "importing/demo", "accounts/models.py")
    offenders = {name for name, text in _sources().items() if pattern.search(text) and not name.startswith(allowed)}
    assert offenders == set()
