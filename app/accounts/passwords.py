"""Passwords: what is allowed, how they are kept, and what a change sets off (design: §4 Sign-in).

Hashing is scrypt by way of Werkzeug, as dear as a sign-in of 100 ms of processor allows (24 MB; figures in
docs/decisions/0006-passwords-and-one-time-secrets.md). Unknown accounts cost the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from flask_babel import lazy_gettext as _l
from werkzeug.security import check_password_hash, generate_password_hash
from wtforms import PasswordField, ValidationError
from wtforms.validators import DataRequired
from zxcvbn import zxcvbn

from app.access.session import system
from app.accounts import secrets
from app.accounts.breached import is_breached
from app.accounts.models import (
    Account,
    AccountKind,
    AccountProfile,
    PasswordHistory,
    SecretPurpose,
    StaffPlacement,
)
from app.accounts.notices import tell_owner
from app.accounts.sessions import end_sessions
from app.crypto.sealing import CannotOpen, open_sealed
from app.extensions import db
from app.model_types import now
from app.schools.models import School

_log = structlog.get_logger("accounts")

HASH_METHOD = "scrypt:16384:12:1"
UNUSABLE = "!"
"""Stands for a password that nothing matches: the account waits for its first one, or for a new one after a reset."""
_HASH_OF_NOBODY = (
    "scrypt:16384:12:1$BQF2xiYodhZoMYgK$4fe5a8842bc36be5ec80bc6f138a7818c7c30e9e868b7"
    "14430e49686d029c6a7bd2dc3fc895468df700cbb529ca9d15074118d2d4bd492285a95b950497b8e95"
)

SHORTEST = 10
LONGEST = 128
_WEAKEST = 2
"""zxcvbn's scale from 0 to 4: at least a million guesses, six years of five tries per quarter of an hour."""
_ESTIMATED_PART = 72
_REMEMBERED = 3
YOUNGEST = timedelta(days=1)
_WORDS_OF_THE_PORTAL = ("taoyuan", "portal", "桃園", "教育局")

TOO_SHORT = _l("Use at least 10 characters.")
TOO_LONG = _l("Use at most 128 characters.")
TOO_UNIFORM = _l("Mix at least three of these four: capital letters, small letters, digits, signs.")
TOO_PERSONAL = _l("Your account, name, numbers and birthday may not be part of the password.")
TOO_EASY = _l("This is too easy to guess. Several unrelated words are easy to remember and hard to guess.")
CHANGED_TODAY = _l("This password is less than a day old. If somebody else knows it, please reset it on the sign-in page.")
BREACHED = _l("This password is known from leaks of other sites. Please choose another one.")
USED_BEFORE = _l("This is one of your last three passwords. Please choose another one.")


# ---------- what is allowed ----------


def problems_with(kind: AccountKind, password: str, context_words: Iterable[str] = ()) -> list[Any]:
    """What speaks against ``password``, as sentences for beside the field; empty when nothing does.

    ``context_words`` are what somebody who knows the person would try: see ``words_about``. Staff also need three of
    four kinds of characters (資通系統防護基準 4-2-4).
    """
    if len(password) < SHORTEST:
        return [TOO_SHORT]
    if len(password) > LONGEST or "\x00" in password:
        return [TOO_LONG]
    words = [word.casefold() for word in context_words if word]
    problems = []
    if kind == AccountKind.OFFICIAL and _kinds_of_characters(password) < 3:
        problems.append(TOO_UNIFORM)
    if any(_is_part(word, password.casefold()) for word in words):
        problems.append(TOO_PERSONAL)
    elif zxcvbn(password[:_ESTIMATED_PART], [*words, *_WORDS_OF_THE_PORTAL])["score"] < _WEAKEST:
        problems.append(TOO_EASY)
    return problems


def problems_for(account: Account, password: str) -> list[Any]:
    """``problems_with`` for an account that exists: its own words, and none of its last three passwords."""
    problems = problems_with(account.kind, password, words_about(account))
    if not problems and is_one_of_the_last(account, password):
        problems.append(USED_BEFORE)
    return problems or _problems_elsewhere(password)


def problems_for_new(kind: AccountKind, password: str, context_words: Iterable[str]) -> list[Any]:
    """``problems_with`` for an account that is about to be made, and whether it is known from leaks."""
    return problems_with(kind, password, context_words) or _problems_elsewhere(password)


def _problems_elsewhere(password: str) -> list[Any]:
    try:
        return [BREACHED] if is_breached(password) else []
    except OSError as error:  # the estimate above has spoken; the doctor says that the list is gone
        _log.error("the list of breached passwords cannot be read", problem=type(error).__name__)
        return []


def words_about(account: Account) -> tuple[str, ...]:
    """Account name, own name, mailbox, telephone, birthday (西元 and 民國), identity number and school of an account."""
    with system("words that a password may not contain"):
        profile = db.session.get(AccountProfile, account.id)
        if profile is None:
            return (account.username,)
        words = [account.username, profile.full_name, profile.email.partition("@")[0], profile.mobile[-9:]]
        if profile.birth_date is not None:
            words += birthday_words(profile.birth_date.year, profile.birth_date.month, profile.birth_date.day)
        with suppress(CannotOpen):
            words.append(open_sealed(profile.identity_number_sealed))
        words += [word for school in db.session.execute(_schools_of(profile)) for word in school]
    return (*words, profile.organization)


def _schools_of(profile: AccountProfile) -> sa.Select[str, str]:
    """Name and code of the unit where somebody is placed, and of the school that a student names."""
    placed_at = sa.select(StaffPlacement.school_id).where(
        StaffPlacement.account_id == profile.account_id, StaffPlacement.ended_on.is_(None)
    )
    return sa.select(School.name, School.code).where(sa.or_(School.id.in_(placed_at), School.id == profile.school_id))


def is_too_young(account: Account) -> bool:
    """A password of staff is kept for a day (資通系統防護基準 4-2-4), or three changes would bring the old one back.
    One that has to be changed is changed at once."""
    if account.kind != AccountKind.OFFICIAL or account.must_change_password or account.password == UNUSABLE:
        return False
    return account.password_changed_at is not None and account.password_changed_at > now() - YOUNGEST


def birthday_words(year: int, month: int, day: int) -> list[str]:
    """A birthday as people write it into passwords: 19830418, 720418."""
    return [f"{year}{month:02}{day:02}", f"{year - 1911}{month:02}{day:02}"]


def _is_part(word: str, password: str) -> bool:
    """The word itself; of numbers any six digits in a row; of names in Chinese the name."""
    digits = "".join(sign for sign in word if sign.isdigit())
    if len(digits) >= 6 and any(digits[start : start + 6] in password for start in range(len(digits) - 5)):
        return True
    return len(word) >= (4 if word.isascii() else 2) and word in password


def _kinds_of_characters(password: str) -> int:
    kinds = (str.isupper, str.islower, str.isdigit, lambda sign: not sign.isalnum())
    return sum(any(is_of(sign) for sign in password) for is_of in kinds)


def is_one_of_the_last(account: Account, password: str) -> bool:
    """The present password or one of the two before it."""
    with system("compare with former passwords"):
        former = db.session.scalars(
            sa.select(PasswordHistory.password_hash)
            .where(PasswordHistory.account_id == account.id)
            .order_by(PasswordHistory.id.desc())
            .limit(_REMEMBERED)
        ).all()
    last = list(dict.fromkeys([account.password, *former]))
    return any(_matches(known, password) for known in [known for known in last if known != UNUSABLE][:_REMEMBERED])


# ---------- how they are kept ----------


def generate_hash(password: str) -> str:
    return generate_password_hash(password, HASH_METHOD)


def check(password_hash: str | None, password: str) -> bool:
    """Whether ``password`` is the one of this hash; None and UNUSABLE are no one's and cost as much as a real one.

    HMAC, and with it scrypt, takes a password and the same one followed by NULs for equal: such are nobody's.
    """
    if len(password) > LONGEST or "\x00" in password:
        password = ""
    if password_hash is None or password_hash == UNUSABLE:
        _matches(_HASH_OF_NOBODY, password)
        return False
    return _matches(password_hash, password)


def _matches(password_hash: str, password: str) -> bool:
    return check_password_hash(password_hash, password.encode("utf-8", "replace").decode())


def renew_hash(account: Account, password: str) -> None:
    """``password`` is the account's: keep it under today's cost where its hash is of an older one. Does not commit."""
    old = account.password
    if old.startswith(f"{HASH_METHOD}$"):
        return
    account.password = generate_hash(password)
    with system("remember the last passwords"):
        db.session.execute(
            sa.update(PasswordHistory)
            .where(PasswordHistory.account_id == account.id, PasswordHistory.password_hash == old)
            .values(password_hash=account.password)
            .execution_options(synchronize_session=False)
        )


def is_current_password(account: Account, password: str) -> bool:
    """「目前密碼」. After a sign-in with a temporary password after a reset, that one (A2.7). The caller commits."""
    if check(account.password, password):
        return True
    return account.must_change_password and secrets.is_temporary_password_in_use(
        account.id, password, SecretPurpose.RESET_PASSWORD, at_any_time=True
    )


# ---------- what a change sets off ----------


def set_password(account: Account, password: str) -> None:
    """Give the account a password that has passed ``problems_for``. Ends all one-time secrets. Does not commit."""
    account.password = generate_hash(password)
    account.password_changed_at = now()
    account.must_change_password = False
    db.session.flush()
    secrets.revoke(account.id)
    with system("remember the last passwords"):
        db.session.add(PasswordHistory(account_id=account.id, password_hash=account.password))
        db.session.flush()
        _forget_older_passwords(account.id)


def change_password(account: Account, password: str, *, keep_session_id: int | None = None) -> None:
    """``set_password``, and what has to follow: other sessions end, a letter tells the owner. Does not commit."""
    set_password(account, password)
    end_sessions(account.id, except_session_id=keep_session_id)
    tell_owner(account.id, "password_changed")


def make_unusable(account: Account) -> None:
    """The password stops working and stays among the last three. Does not commit."""
    if account.password == UNUSABLE:
        return
    with system("remember the last passwords"):
        known = db.session.scalars(
            sa.select(PasswordHistory.password_hash).where(PasswordHistory.account_id == account.id)
        ).all()
        if account.password not in known:
            db.session.add(PasswordHistory(account_id=account.id, password_hash=account.password))
    account.password = UNUSABLE


def _forget_older_passwords(account_id: int) -> None:
    kept = (
        sa.select(PasswordHistory.id)
        .where(PasswordHistory.account_id == account_id)
        .order_by(PasswordHistory.id.desc())
        .limit(_REMEMBERED)
    )
    db.session.execute(
        sa.delete(PasswordHistory)
        .where(PasswordHistory.account_id == account_id, PasswordHistory.id.not_in(kept))
        .execution_options(synchronize_session=False)
    )


# ---------- in forms ----------


class NewPasswordMixin:
    """新密碼 and 確認新密碼. The view says for whom: ``form.account`` when it exists, else kind and words."""

    new_password = PasswordField(_l("New password"), [DataRequired(_l("Please enter a new password."))])
    new_password_again = PasswordField(_l("Confirm new password"))

    account: Account | None = None
    account_kind: AccountKind = AccountKind.GENERAL
    context_words: Iterable[str] = ()

    def validate_new_password(self, field: Any) -> None:
        if self.account is not None and is_too_young(self.account):
            raise ValidationError(CHANGED_TODAY)
        problems = (
            problems_for(self.account, field.data)
            if self.account is not None
            else problems_for_new(self.account_kind, field.data, self.context_words)
        )
        if problems:
            raise ValidationError(" ".join(str(problem) for problem in problems))

    def validate_new_password_again(self, field: Any) -> None:
        if field.data != self.new_password.data:
            raise ValidationError(_l("The two passwords differ."))
