"""One-time secrets: temporary passwords sent by SMS, and the tokens of links in letters (A1.4, A2.4, A3.5, A4.4).

Only hashes are kept. A newer one kills the older, each works once, and whether it still does is decided by one UPDATE,
so that two browsers cannot both use it. Nothing here commits: a secret is part of the change it belongs to.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.access.session import system
from app.accounts.models import Account, OneTimeSecret, SecretPurpose
from app.crypto.sealing import keyed_indexes
from app.extensions import db
from app.model_types import now

TEMPORARY_PASSWORDS = frozenset({SecretPurpose.FIRST_PASSWORD, SecretPurpose.RESET_PASSWORD})
LIFE = {
    SecretPurpose.FIRST_PASSWORD: timedelta(minutes=10),
    SecretPurpose.RESET_PASSWORD: timedelta(minutes=10),
    SecretPurpose.ACTIVATION: timedelta(hours=24),
    SecretPurpose.RESET_LINK: timedelta(minutes=30),
}
MOST_TRIES = 5

_CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_SMALL = "abcdefghijkmnpqrstuvwxyz"
_DIGITS = "23456789"
_SIGNS_OF_A_PASSWORD = _CAPITALS + _SMALL + _DIGITS
"""Without the look-alikes 0 O o, 1 I l."""
_LENGTH_OF_A_PASSWORD = 10


# ---------- issuing ----------


def issue_temporary_password(account_id: int, purpose: SecretPurpose) -> str:
    """A new temporary password, for ten minutes; older ones of the purpose stop working. Does not commit."""
    password = _random_password()
    _issue(account_id, purpose, _password_hashes(account_id, password)[0])
    return password


def issue_link_token(account_id: int, purpose: SecretPurpose) -> str:
    """A new token for the link of a letter, fit for an address; older ones of the purpose stop working. Does not commit."""
    token = secrets.token_urlsafe(32)
    _issue(account_id, purpose, hash_token(token))
    return token


def revoke(account_id: int) -> None:
    """Let every secret of an account stop working (its password has changed, or it was shut). Does not commit."""
    with system("revoke one-time secrets"):
        _wipe(OneTimeSecret.account_id == account_id)


def _issue(account_id: int, purpose: SecretPurpose, secret_hash: str) -> None:
    moment = now()
    with system("issue a one-time secret"):
        _hold(account_id)
        _wipe(OneTimeSecret.account_id == account_id, OneTimeSecret.purpose == purpose)
        db.session.add(
            OneTimeSecret(
                account_id=account_id,
                purpose=purpose,
                secret_hash=secret_hash,
                created_at=moment,
                expires_at=moment + LIFE[purpose],
            )
        )


def _hold(account_id: int) -> None:
    """Wait for others who issue to this account: an UPDATE that changes nothing locks on both databases."""
    table = Account.__table__
    db.session.execute(sa.update(table).where(table.c.id == account_id).values(username=table.c.username))


def _wipe(*conditions: sa.ColumnElement[bool]) -> None:
    """The rows stay, for whoever wants to know when the last one went out; without a hash they open nothing."""
    db.session.execute(
        sa.update(OneTimeSecret)
        .where(*conditions, OneTimeSecret.secret_hash != "")
        .values(secret_hash="")
        .execution_options(synchronize_session=False)
    )


def _random_password() -> str:
    while True:
        password = "".join(secrets.choice(_SIGNS_OF_A_PASSWORD) for _ in range(_LENGTH_OF_A_PASSWORD))
        if all(set(password) & set(kind) for kind in (_CAPITALS, _SMALL, _DIGITS)):
            return password


# ---------- links ----------


def find_by_token(token: str, purpose: SecretPurpose) -> int | None:
    """The account of a link that still works; looking uses nothing up (a mail scanner may open every link)."""
    return find_by_hash(hash_token(token), purpose)


def find_by_hash(token_hash: str, purpose: SecretPurpose) -> int | None:
    """The same, for a page that kept only the token's hash."""
    with system("look at a letter's link"):
        return db.session.scalar(sa.select(OneTimeSecret.account_id).where(*_works(purpose, token_hash)))


def consume(token: str, purpose: SecretPurpose) -> int | None:
    """Use the link up: its account, or None when it does not work (any more). Of two at once one gets it."""
    return consume_by_hash(hash_token(token), purpose)


def consume_by_hash(token_hash: str, purpose: SecretPurpose) -> int | None:
    with system("use a letter's link"):
        return _use_up(OneTimeSecret.account_id, *_works(purpose, token_hash))


def hash_token(token: str) -> str:
    """256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


# ---------- temporary passwords ----------


def consume_temporary_password(account_id: int, text: str) -> SecretPurpose | None:
    """Use a temporary password up: which purpose it served, or None; a wrong one counts, and five end it.

    The caller commits in either case, or the wrong try is not counted.
    """
    moment = now()
    of_the_account = (
        OneTimeSecret.account_id == account_id,
        OneTimeSecret.purpose.in_(TEMPORARY_PASSWORDS),
        OneTimeSecret.used_at.is_(None),
        OneTimeSecret.expires_at > moment,
        OneTimeSecret.tries < MOST_TRIES,
    )
    with system("check a temporary password"):
        purpose = _use_up(
            OneTimeSecret.purpose, *of_the_account, OneTimeSecret.secret_hash.in_(_password_hashes(account_id, text))
        )
        if purpose is None:
            _count_a_try(*of_the_account)
    return purpose


def is_temporary_password_in_use(account_id: int, text: str, purpose: SecretPurpose, *, at_any_time: bool = False) -> bool:
    """Whether ``text`` is the account's last temporary password, used for the present sign-in or not used yet.

    The forced change asks for it once more (A1.6), within its ten minutes; after a reset it stands for 「目前密碼」
    (A2.7) as long as the session that it opened (``at_any_time``). A wrong one counts; the caller commits.
    """
    moment = now()
    with system("check the temporary password again"):
        last = db.session.execute(
            sa.select(
                OneTimeSecret.id,
                OneTimeSecret.secret_hash,
                OneTimeSecret.expires_at,
                OneTimeSecret.used_at,
                OneTimeSecret.tries,
            )
            .where(OneTimeSecret.account_id == account_id, OneTimeSecret.purpose == purpose)
            .order_by(OneTimeSecret.id.desc())
            .limit(1)
        ).first()
        if last is None or last.tries >= MOST_TRIES:
            return False
        if last.expires_at <= moment and not (at_any_time and last.used_at is not None):
            return False
        if any(secrets.compare_digest(last.secret_hash, each) for each in _password_hashes(account_id, text)):
            return True
        _count_a_try(OneTimeSecret.id == last.id)
    return False


def _password_hashes(account_id: int, text: str) -> tuple[str, ...]:
    """Keyed: ten signs could be found from a plain hash. Under every key, the present one first."""
    return keyed_indexes(f"temporary password|{account_id}|{text.encode('utf-8', 'replace').decode()}")


# ---------- the one UPDATE ----------


def _works(purpose: SecretPurpose, secret_hash: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        OneTimeSecret.secret_hash == secret_hash,
        OneTimeSecret.purpose == purpose,
        OneTimeSecret.used_at.is_(None),
        OneTimeSecret.expires_at > now(),
    )


def _use_up(answer: Any, *conditions: sa.ColumnElement[bool]) -> Any:
    return db.session.scalar(
        sa.update(OneTimeSecret)
        .where(*conditions)
        .values(used_at=now())
        .returning(answer)
        .execution_options(synchronize_session=False)
    )


def _count_a_try(*conditions: sa.ColumnElement[bool]) -> None:
    db.session.execute(
        sa.update(OneTimeSecret)
        .where(*conditions)
        .values(tries=OneTimeSecret.tries + 1)
        .execution_options(synchronize_session=False)
    )
