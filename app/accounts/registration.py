"""Registering: an official account by SMS (A1.2–4), a general one by letter (A3.3–6).

One identity number, one account of a kind; an account name belongs to one account of either kind. A registration that
nobody completed within a day gives way to a new one: a mistyped mailbox or number locks nobody out for good.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role as FabRole
from sqlalchemy.exc import IntegrityError

from app.access.policy import roles_of_type
from app.access.session import system
from app.accounts import passwords, secrets
from app.accounts.first_passwords import send_first_password
from app.accounts.identity import IdentityNumber
from app.accounts.models import (
    Account,
    AccountKind,
    AccountProfile,
    AccountState,
    AccountType,
    OneTimeSecret,
    PlacementRequest,
    SecretPurpose,
)
from app.audit.record import record
from app.extensions import db
from app.limits.counts import Limit, LimitReached, take, used, visitor_network
from app.limits.messages import Occasion, has_room
from app.model_types import now
from app.notifications.outbox import absolute_url, send_letter
from app.privacy.consents import note_consent

LAPSES_AFTER = timedelta(days=1)
ANSWERS_WITHOUT_CAPTCHA = 5
"""So many times an hour one address is told «already registered»; from then on it reads a picture first."""

_UNFINISHED = (AccountState.PENDING_ACTIVATION, AccountState.PENDING_PASSWORD_CHANGE)


class UsernameTaken(Exception):
    """Another account, of either kind, has this name, in whatever letter case."""


class IdentityNumberTaken(Exception):
    """There is an account of this kind for this identity number."""


class ActivationLinkDead(Exception):
    """The link was used, is older than a day, was replaced by a newer one, or is not whole."""


@dataclass(frozen=True)
class Person:
    """Who registers, as every form asks."""

    username: str
    full_name: str
    identity: IdentityNumber
    birth_date: date
    email: str
    mobile: str
    locale: str


@dataclass(frozen=True)
class OfficialApplication(Person):
    """What the form of A1.2 asks."""

    school_id: int
    job_title: str


@dataclass(frozen=True)
class GeneralApplication(Person):
    """What the forms of A3.4 ask; what a type does not ask stays empty."""

    account_type: AccountType
    password: str
    school_id: int | None = None
    student_number: str = ""
    organization: str = ""
    job_title: str = ""
    postal_address: str = ""


# ---------- registering ----------


def register_official(application: OfficialApplication) -> None:
    """A1.4: the account, its first 調校申請 and the SMS with the temporary password, or nothing at all.

    A number that has got enough SMS gets none; the reset page sends one later. Raises UsernameTaken, IdentityNumberTaken.
    """

    def write() -> None:
        account = _add_account(
            application,
            AccountKind.OFFICIAL,
            AccountType.STAFF,
            AccountState.PENDING_PASSWORD_CHANGE,
            job_title=application.job_title,
        )
        db.session.add(
            PlacementRequest(
                account_id=account.id,
                school_id=application.school_id,
                username=application.username,
                applicant_name=application.full_name,
                job_title=application.job_title,
            )
        )
        send_first_password(account.id, application.mobile, application.locale)

    _register(application, AccountKind.OFFICIAL, write)


def register_general(application: GeneralApplication) -> None:
    """A3.5: the account, waiting, and the letter that activates it.

    A mailbox that has got enough letters gets none; 再寄一次 sends one later. Raises UsernameTaken, IdentityNumberTaken.
    """

    def write() -> None:
        account = _add_account(
            application,
            AccountKind.GENERAL,
            application.account_type,
            AccountState.PENDING_ACTIVATION,
            school_id=application.school_id,
            student_number=application.student_number,
            organization=application.organization,
            job_title=application.job_title,
            postal_address=application.postal_address,
        )
        passwords.set_password(account, application.password)
        _send_activation_letter(account.id, application.email, application.full_name, application.locale)

    _register(application, AccountKind.GENERAL, write)


def _register(application: Person, kind: AccountKind, write: Callable[[], None]) -> None:
    try:
        with system("register an account"):
            _let_lapsed_registrations_go(application, kind)
            _require_free(application, kind)
            write()
            db.session.commit()
    except (UsernameTaken, IdentityNumberTaken):
        db.session.rollback()
        raise
    except IntegrityError:
        # Somebody took the name or the number between our look and our row: say so, as if they had come first.
        db.session.rollback()
        with system("register an account"):
            _require_free(application, kind)
        raise


def _add_account(
    person: Person,
    kind: AccountKind,
    account_type: AccountType,
    state: AccountState,
    *,
    school_id: int | None = None,
    **details: str,
) -> Account:
    """FAB wants a first name, a last name and a unique mailbox; ours stand in the profile, where two kinds of account
    of one person may share a mailbox."""
    roles = [role.value for role in roles_of_type(account_type)]
    account = Account(
        username=person.username,
        first_name=person.full_name[:64],
        last_name="",
        email=f"{person.username}@account.invalid",
        password=passwords.UNUSABLE,
        active=True,
        kind=kind,
        account_type=account_type,
        state=state,
        profile=AccountProfile(
            kind=kind,
            full_name=person.full_name,
            email=person.email,
            mobile=person.mobile,
            birth_date=person.birth_date,
            identity_kind=person.identity.kind,
            identity_number_sealed=person.identity.sealed,
            identity_number_index=person.identity.index,
            locale=person.locale,
            school_id=school_id,
            **details,
        ),
    )
    if roles:
        account.roles = list(db.session.scalars(sa.select(FabRole).where(FabRole.name.in_(roles))))
    db.session.add(account)
    db.session.flush()
    note_consent(account.id, kind)
    record(None, "register.account", account.id, detail=f"{kind} {account_type}")
    return account


def _require_free(person: Person, kind: AccountKind) -> None:
    if db.session.scalar(sa.select(Account.id).where(sa.func.lower(Account.username) == person.username)):
        raise UsernameTaken
    if _find_by_number(person.identity, kind):
        raise IdentityNumberTaken


def _find_by_number(identity: IdentityNumber, kind: AccountKind) -> int | None:
    return db.session.scalar(
        sa.select(AccountProfile.account_id).where(
            AccountProfile.identity_number_index.in_(identity.indexes), AccountProfile.kind == kind
        )
    )


# ---------- registrations that nobody completed ----------


def is_lapsed() -> sa.ColumnElement[bool]:
    """Nobody completed it, and no SMS or letter of the last day can complete it any more."""
    recent = sa.select(OneTimeSecret.account_id).where(OneTimeSecret.created_at > now() - LAPSES_AFTER)
    return sa.and_(Account.state.in_(_UNFINISHED), Account.id.not_in(recent))


def _let_lapsed_registrations_go(person: Person, kind: AccountKind) -> None:
    same_number = sa.select(AccountProfile.account_id).where(
        AccountProfile.identity_number_index.in_(person.identity.indexes), AccountProfile.kind == kind
    )
    db.session.execute(
        sa.delete(Account)
        .where(is_lapsed(), sa.or_(sa.func.lower(Account.username) == person.username, Account.id.in_(same_number)))
        .execution_options(synchronize_session=False)
    )


# ---------- the number asked first (A3.3) ----------


def require_unregistered(identity: IdentityNumber) -> None:
    """The first step of a general registration. Raises IdentityNumberTaken, and notes that somebody was told so."""
    with system("see whether an identity number is registered"):
        account_id = db.session.scalar(
            sa.select(AccountProfile.account_id)
            .join(Account, Account.id == AccountProfile.account_id)
            .where(
                AccountProfile.identity_number_index.in_(identity.indexes),
                AccountProfile.kind == AccountKind.GENERAL,
                sa.not_(is_lapsed()),
            )
        )
    if account_id is None:
        return
    with suppress(LimitReached):
        take(_told())
    record(None, "tell.identity_number_registered")
    db.session.commit()
    raise IdentityNumberTaken


def asks_too_often() -> bool:
    """Whether the visitor's address was told often in an hour that a number is registered: it may be trying numbers out."""
    return used(_told()).used >= ANSWERS_WITHOUT_CAPTCHA


def _told() -> Limit:
    return Limit("told.number", visitor_network(), ANSWERS_WITHOUT_CAPTCHA, timedelta(hours=1))


# ---------- activation ----------


def activate(token_hash: str) -> None:
    """A3.6: use the letter's link up and open the account. Raises ActivationLinkDead."""
    account_id = secrets.consume_by_hash(token_hash, SecretPurpose.ACTIVATION)
    account = db.session.get(Account, account_id) if account_id else None
    if account is None or account.state != AccountState.PENDING_ACTIVATION:
        db.session.rollback()
        raise ActivationLinkDead
    account.state = AccountState.ACTIVE
    record(None, "activate.account", account.id)
    db.session.commit()


def send_activation_again(username: str, identity: IdentityNumber) -> None:
    """再寄一次: a new letter to the mailbox of the registration; the older link stops working.

    Tells nobody whether such a registration exists.
    """
    with system("send an activation letter again"):
        found = db.session.execute(
            sa.select(Account.id, AccountProfile.email, AccountProfile.full_name, AccountProfile.locale)
            .join(AccountProfile, AccountProfile.account_id == Account.id)
            .where(
                sa.func.lower(Account.username) == username,
                Account.state == AccountState.PENDING_ACTIVATION,
                AccountProfile.identity_number_index.in_(identity.indexes),
            )
        ).first()
        if found is not None and _send_activation_letter(found.id, found.email, found.full_name, found.locale):
            record(None, "resend.activation", found.id)
        db.session.commit()


def _send_activation_letter(account_id: int, email: str, full_name: str, locale: str) -> bool:
    """The letter with a new link, if its cap has room."""
    if not has_room(Occasion.REGISTRATION, account_id, letter=email):
        return False
    token = secrets.issue_link_token(account_id, SecretPurpose.ACTIVATION)
    send_letter(
        email,
        "activation",
        locale,
        account_id=account_id,
        full_name=full_name,
        link=absolute_url("ActivationView.activate", token=token),
    )
    return True
