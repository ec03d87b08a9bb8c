"""The second factor: one-time codes of an authenticator app (TOTP, RFC 6238), and recovery codes for a lost phone.

A code is six digits for thirty seconds; the one before and the one after are accepted too, because clocks differ, and
none twice. Setting up, setting up anew, new recovery codes and turning off ask for the password once more, and each is
told to the owner by letter and ends the other sessions. Why so: docs/decisions/0013-the-second-factor.md.
"""

from __future__ import annotations

import io
import secrets
import unicodedata
from typing import Any, cast

import pyotp
import segno
import sqlalchemy as sa
from flask import current_app

from app.access import policy
from app.access.actor import Actor
from app.access.session import system
from app.accounts import lockout
from app.accounts.first_passwords import own_account
from app.accounts.models import Account, RecoveryCode, SecondFactor
from app.accounts.notices import tell_owner
from app.accounts.reentry import require_current_password
from app.accounts.sessions import end_sessions
from app.audit.record import record
from app.crypto.sealing import keyed_indexes, open_sealed, seal
from app.extensions import db
from app.model_types import LabelledEnum, now

STEP = 30
"""Seconds that a code is shown."""
CLOCKS_DIFFER_BY = 1
"""Steps."""
RECOVERY_CODES = 10
REASON_LENGTH = 300

_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without the look-alikes 0 o, 1 i l."""
_LENGTH = 10
_LONGEST_TYPED = 40


class Proof(LabelledEnum):
    """What proved it."""

    APP = "app"
    RECOVERY_CODE = "recovery_code"


class WrongCode(Exception):
    """Not a code of the authenticator app that is set up here, or one that was used already."""


class MustKeep(Exception):
    """The second factor is obligatory for this role."""


class MayNotRemove(Exception):
    """Removing somebody's second factor is the city administrator's, and never about the own account."""


class NothingToRemove(Exception):
    """The account has no second factor (any more)."""


class ReasonMissing(Exception):
    """The audit log says why."""


# ---------- setting up ----------


def begin_set_up(actor: Actor, password: str, code: str = "") -> str:
    """A new key, sealed; the caller keeps it until its first code. ``code`` proves a second factor that is there already.

    Raises WrongCurrentPassword, WrongCode, EntranceLocked.
    """
    account = own_account(actor)
    require_current_password(actor, account, password)
    if account.second_factor_since is not None:
        _require_code(actor, account, code)
    db.session.commit()
    return seal(pyotp.random_base32())


def key_to_type(sealed_key: str) -> str:
    """The key in groups of four, for those who cannot scan the picture."""
    key = open_sealed(sealed_key)
    return " ".join(key[start : start + 4] for start in range(0, len(key), 4))


def picture_of(actor: Actor, sealed_key: str) -> bytes:
    """The key as a QR picture (SVG) that an authenticator app reads."""
    uri = pyotp.TOTP(open_sealed(sealed_key)).provisioning_uri(
        name=actor.username, issuer_name=current_app.config["APP_NAME"]
    )
    drawn = io.BytesIO()
    segno.make_qr(uri, error="m").save(drawn, kind="svg", scale=5, border=4, dark="#000", light="#fff", xmldecl=False)
    return drawn.getvalue()


def turn_on(actor: Actor, sealed_key: str, code: str) -> list[str]:
    """From now on signing in asks for a code. Answers the recovery codes, which nobody sees again. Commits.

    Raises WrongCode.
    """
    step = _step_of(open_sealed(sealed_key), code)
    if step is None:
        raise WrongCode
    _note_on_account(actor.id, since=now())
    with system("keep a second factor"):
        db.session.execute(sa.delete(SecondFactor.__table__).where(SecondFactor.__table__.c.account_id == actor.id))
        db.session.add(SecondFactor(account_id=actor.id, secret_sealed=sealed_key, last_step=step))
    codes = _new_recovery_codes(actor.id)
    _finish(actor, "turn_on.second_factor", "second_factor_on")
    return codes


def turn_off(actor: Actor, password: str, code: str) -> None:
    """Signing in asks for the password alone again. Commits.

    Raises MustKeep, WrongCurrentPassword, WrongCode, EntranceLocked.
    """
    if policy.must_have_second_factor(actor):
        raise MustKeep
    account = own_account(actor)
    require_current_password(actor, account, password)
    _require_code(actor, account, code)
    _forget(actor.id)
    _finish(actor, "turn_off.second_factor", "second_factor_off")


def remove(actor: Actor, account: Account, reason: str) -> None:
    """For somebody who lost the phone and the recovery codes: the account's sessions end, and a letter tells its owner.

    Commits. Raises MayNotRemove, ReasonMissing, NothingToRemove.
    """
    if not policy.may_remove_second_factor(actor, account):
        raise MayNotRemove
    remove_from(account, reason, actor)


def remove_from(account: Account, reason: str, actor: Actor | None = None) -> None:
    """The same for the operator at the server's console, where nobody is signed in."""
    if not reason.strip():
        raise ReasonMissing
    if not _forget(account.id):
        db.session.rollback()
        raise NothingToRemove
    end_sessions(account.id)
    tell_owner(account.id, "second_factor_removed", reason=reason.strip()[:REASON_LENGTH])
    record(actor, "remove.second_factor", account.id, detail=reason.strip()[:REASON_LENGTH])
    db.session.commit()


def _finish(actor: Actor, act: str, letter: str) -> None:
    end_sessions(actor.id, except_session_id=actor.session_id)
    tell_owner(actor.id, letter)
    record(actor, act, actor.id)
    db.session.commit()


def _forget(account_id: int) -> bool:
    if not _note_on_account(account_id, since=None):
        return False
    with system("keep a second factor"):
        for table in (SecondFactor.__table__, RecoveryCode.__table__):
            db.session.execute(sa.delete(table).where(table.c.account_id == account_id))
    return True


def _note_on_account(account_id: int, since: Any) -> bool:
    """The account's row goes first: it makes those who change the same second factor wait for each other.

    False when there was none to take away.
    """
    table = Account.__table__
    mine = table.c.id == account_id
    condition = mine if since is not None else sa.and_(mine, table.c.second_factor_since.is_not(None))
    changed = db.session.execute(sa.update(table).where(condition).values(second_factor_since=since))
    return cast("sa.CursorResult[Any]", changed).rowcount == 1


# ---------- recovery codes ----------


def renew_recovery_codes(actor: Actor, password: str) -> list[str]:
    """Ten new ones; the older stop working. Commits. Raises WrongCurrentPassword, EntranceLocked, NothingToRemove."""
    account = own_account(actor)
    require_current_password(actor, account, password)
    if account.second_factor_since is None:
        db.session.commit()
        raise NothingToRemove
    codes = _new_recovery_codes(actor.id)
    _finish(actor, "renew.recovery_codes", "recovery_codes_renewed")
    return codes


def unused_recovery_codes(account_id: int) -> int:
    table = RecoveryCode.__table__
    with system("keep a second factor"):
        unused = sa.select(sa.func.count()).where(table.c.account_id == account_id, table.c.used_at.is_(None))
        return int(db.session.scalar(unused) or 0)


def _new_recovery_codes(account_id: int) -> list[str]:
    table = RecoveryCode.__table__
    codes = {"".join(secrets.choice(_SIGNS) for _ in range(_LENGTH)) for _ in range(RECOVERY_CODES)}
    with system("keep a second factor"):
        db.session.execute(sa.delete(table).where(table.c.account_id == account_id))
        db.session.add_all(RecoveryCode(account_id=account_id, code_hash=_hashes(account_id, code)[0]) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _hashes(account_id: int, code: str) -> tuple[str, ...]:
    """Keyed, so that nobody searches ten signs in a stolen database. Under every key, the present one first."""
    return keyed_indexes(f"recovery code|{account_id}|{code}")


# ---------- proving ----------


def prove(account_id: int, typed: str) -> Proof | None:
    """Use up a code of the app, or a recovery code; None for neither. Of two at once one gets in. The caller commits."""
    code = _normal(typed)
    if len(code) == 6 and code.isdecimal():
        return Proof.APP if _use_code_of_app(account_id, code) else None
    if not _use_recovery_code(account_id, code):
        return None
    tell_owner(account_id, "recovery_code_used", left=unused_recovery_codes(account_id))
    return Proof.RECOVERY_CODE


def _require_code(actor: Actor, account: Account, typed: str) -> None:
    tried = lockout.count_try_inside(actor)
    if prove(account.id, typed) is None:
        lockout.fail(tried, account, "fail.second_factor")
        raise WrongCode
    lockout.succeed(tried)


def _use_code_of_app(account_id: int, code: str) -> bool:
    table = SecondFactor.__table__
    with system("keep a second factor"):
        sealed = db.session.scalar(sa.select(table.c.secret_sealed).where(table.c.account_id == account_id))
        step = _step_of(open_sealed(sealed), code) if sealed is not None else None
        if step is None:
            return False
        used = db.session.execute(
            sa.update(table).where(table.c.account_id == account_id, table.c.last_step < step).values(last_step=step)
        )
    return cast("sa.CursorResult[Any]", used).rowcount == 1


def _use_recovery_code(account_id: int, code: str) -> bool:
    table = RecoveryCode.__table__
    with system("keep a second factor"):
        used = db.session.execute(
            sa.update(table)
            .where(
                table.c.account_id == account_id, table.c.code_hash.in_(_hashes(account_id, code)), table.c.used_at.is_(None)
            )
            .values(used_at=now())
        )
    return cast("sa.CursorResult[Any]", used).rowcount == 1


def _step_of(key: str, typed: str) -> int | None:
    """The time step whose code was typed, of those that clocks may show now."""
    code, present, generator = _normal(typed), int(now().timestamp()) // STEP, pyotp.TOTP(key, interval=STEP)
    for step in range(present - CLOCKS_DIFFER_BY, present + CLOCKS_DIFFER_BY + 1):
        if secrets.compare_digest(generator.generate_otp(step).encode(), code.encode()):
            return step
    return None


def _normal(typed: str) -> str:
    """Small letters and digits as they are shown, without the spaces and dashes people copy along."""
    shown = unicodedata.normalize("NFKC", typed[:_LONGEST_TYPED]).lower()
    return "".join(sign for sign in shown if sign.isascii() and sign.isalnum())
