"""Leaving the scope is explicit, short and named: every reason stands here, and the forbidden doors are not used."""

from __future__ import annotations

import re
from pathlib import Path

APP = Path(__file__).resolve().parents[2] / "app"

REASONS: set[str] = {
    "apply a roster",
    "bind the classes that the roster names the teacher of",
    "carry a changed name to the own placement",
    "carry out the retention rules",
    "check a temporary password",
    "check the temporary password again",
    "compare with former passwords",
    "copy one's own sign-ins out of the audit log",
    "count failed sign-ins",
    "count under caps",
    "count what hangs on a row that is to be deleted",
    "deliver the outbox",
    "doctor",
    "end an account's sessions",
    "export the audit log",
    "find the account of a reset",
    "find the roster's student of a link application",
    "is this an empty portal",
    "health",
    "issue a one-time secret",
    "keep a guardian away by a protection order",
    "keep a second factor",
    "keep the reader's language",
    "lift a protection mark",
    "look at a letter's link",
    "look for protection marks before approving",
    "look for protection marks on an application",
    "move a placement from another school",
    "note how far a conversation has been read",
    "note how far the contact books of a class have been read",
    "note that a bulletin has been read",
    "make the term reports that were asked for",
    "plan a roster",
    "read page permissions",
    "read the session",
    "register an account",
    "remember the last passwords",
    "remove a lost second factor at the console",
    "remove accounts that nobody came to use",
    "remove what the audit log need not keep",
    "revoke one-time secrets",
    "seal the audit log",
    "seal under the present key",
    "see how the sealing stands",
    "see when somebody last took a copy of the own data",
    "see which keys are in use",
    "see whether a reopened account is placed",
    "see whether an identity number is registered",
    "see whether the notice in force was accepted",
    "seed the demo city",
    "send an activation letter again",
    "settle after a restore",
    "show held files to the virus scanner",
    "student links follow the child",
    "suspend staff accounts that nobody signs in to",
    "sync page permissions",
    "tell a reviewer who applies",
    "tell an applicant the decision",
    "tell the owner of an account",
    "tidy up",
    "use a letter's link",
    "verify the audit log",
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
    for name in ("access/branches.py", "access/scopes.py", "access/session.py", "access/ownership.py"):
        assert "lambda" not in re.sub(r'""".*?"""|#.*', "", (APP / name).read_text("utf-8"), flags=re.S), name


FORBIDDEN = re.compile(
    r"literal_column\(|session\.connection\(\)|engine\.connect\(\)|make_transient_to_detached|raw_connection"
)
ALLOWED = {"access/", "importing/", "accounts/sessions.py", "database.py", "cli.py", "model_types.py"}
"""The last writes the words of enumerations into statements, and nothing that was typed (tests/test_model_types.py)."""


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
