"""Accounts and what belongs to them: profile, placements, sessions, one-time secrets."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.access.ownership import AccountOwned, Internal, SchoolOwned
from app.model_types import LabelledEnum, UtcDateTime, enum_column, now, today


class AccountKind(LabelledEnum):
    """公務帳號 and 一般帳號: two entrances, and one account of each kind for one identity number."""

    OFFICIAL = "official", _l("Official account")
    GENERAL = "general", _l("General account")


class AccountType(LabelledEnum):
    """The types of A3.3; an official account has the type STAFF."""

    GUARDIAN = "guardian", _l("Guardian of a student")
    STUDENT = "student", _l("Student of a Taoyuan municipal school")
    OUTSIDE_STAFF = "outside_staff", _l("Staff of a public school outside Taoyuan's municipal schools")
    CITIZEN = "citizen", _l("Citizen")
    STAFF = "staff", _l("Staff of Taoyuan's schools and education bureau")


class AccountState(LabelledEnum):
    """Where an account stands on its way in (design: §4 Accounts)."""

    PENDING_PASSWORD_CHANGE = "pending_password_change", _l("Awaiting first sign-in")
    PENDING_REVIEW = "pending_review", _l("Awaiting review")
    PENDING_ACTIVATION = "pending_activation", _l("Awaiting activation")
    ACTIVE = "active", _l("In use")
    SUSPENDED = "suspended", _l("Suspended")
    CLOSED = "closed", _l("Closed")


class IdentityKind(LabelledEnum):
    """What an identity number is: 國民身分證, 居留證 (old and new), 護照."""

    NATIONAL_ID = "national_id", _l("National ID")
    RESIDENT_CERTIFICATE = "resident_certificate", _l("Resident certificate")
    PASSPORT = "passport", _l("Passport")


class Account(User):
    """FAB's user (table ab_user), with the kind, type and state of this product.

    Sign-in needs this table before anybody is known, so it stays outside the row scope; personal data sits in
    ``AccountProfile``. ``username`` is compared without regard to letter case; ``email`` is a placeholder because FAB
    wants it unique, while one person may use one mailbox for both kinds of account.
    """

    __tablename__ = "ab_user"

    kind: Mapped[AccountKind] = mapped_column(enum_column(AccountKind), default=AccountKind.GENERAL)
    account_type: Mapped[AccountType] = mapped_column(enum_column(AccountType), default=AccountType.CITIZEN)
    state: Mapped[AccountState] = mapped_column(enum_column(AccountState), default=AccountState.PENDING_ACTIVATION)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    """Signed in with a temporary password after a reset: only 我的基本資料 opens until it is changed (A2.6)."""
    password_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    second_factor_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when signing in asks for a one-time code as well; None: it does not."""
    lock_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the owner was last told of five failures in a row."""

    profile: Mapped[AccountProfile] = relationship(back_populates="account", uselist=False, cascade="all, delete-orphan")

    def __str__(self) -> str:
        return self.username


sa.Index("uq_ab_user_username_lower", sa.func.lower(User.username), unique=True)


class AccountProfile(AccountOwned, Model):
    """我的基本資料: what a person says about themselves. The fields asked for follow the account type."""

    __tablename__ = "account_profile"
    __table_args__ = (sa.UniqueConstraint("identity_number_index", "kind"),)

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[AccountKind] = mapped_column(enum_column(AccountKind))
    full_name: Mapped[str] = mapped_column(sa.String(100))
    email: Mapped[str] = mapped_column(sa.String(254))
    mobile: Mapped[str] = mapped_column(sa.String(20), default="")
    """E.164, for example +886912345678."""
    birth_date: Mapped[date | None]
    identity_kind: Mapped[IdentityKind] = mapped_column(enum_column(IdentityKind))
    identity_number_sealed: Mapped[str] = mapped_column(sa.Text)
    """AES-GCM with the key's id (app.crypto); never shown whole."""
    identity_number_index: Mapped[str] = mapped_column(sa.String(64))
    """Keyed index for look-up: equal numbers give equal values, nothing else can be read from it."""
    locale: Mapped[str] = mapped_column(sa.String(12), default="zh_Hant_TW")
    organization: Mapped[str] = mapped_column(sa.String(120), default="")
    """服務單位 as typed, for staff of other schools."""
    job_title: Mapped[str] = mapped_column(sa.String(60), default="")
    school_id: Mapped[int | None] = mapped_column(sa.ForeignKey("school.id"))
    """The school that a student's account names."""
    student_number: Mapped[str] = mapped_column(sa.String(30), default="")
    postal_address: Mapped[str] = mapped_column(sa.String(200), default="")

    account: Mapped[Account] = relationship(back_populates="profile")


class PlacementRequestStatus(LabelledEnum):
    PENDING = "pending", _l("Pending review")
    APPROVED = "approved", _l("Approved")
    REFUSED = "refused", _l("Refused")


class PlacementRequest(SchoolOwned, Model):
    """調校申請: an account asks to be placed at a unit with a title; that unit's personnel officer decides (A1.8)."""

    __tablename__ = "placement_request"
    __table_args__ = (
        sa.Index(
            "uq_placement_request_pending",
            "account_id",
            unique=True,
            sqlite_where=sa.text("status = 'pending'"),
            postgresql_where=sa.text("status = 'pending'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"), index=True)
    username: Mapped[str] = mapped_column(sa.String(64))
    applicant_name: Mapped[str] = mapped_column(sa.String(100))
    job_title: Mapped[str] = mapped_column(sa.String(60))
    status: Mapped[PlacementRequestStatus] = mapped_column(
        enum_column(PlacementRequestStatus), default=PlacementRequestStatus.PENDING
    )
    granted_roles: Mapped[str] = mapped_column(sa.String(300), default="")
    """The roles granted, joined by 、, as the decision recorded them."""
    reason: Mapped[str] = mapped_column(sa.String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    decided_by_name: Mapped[str] = mapped_column(sa.String(100), default="")

    school = relationship("School", lazy="joined", innerjoin=True)

    def __str__(self) -> str:
        return f"{self.applicant_name} {self.job_title}"


class StaffPlacement(SchoolOwned, Model):
    """Where a member of staff works now. Roles count only here; ending a placement ends its roles."""

    __tablename__ = "staff_placement"
    __table_args__ = (
        sa.Index(
            "uq_staff_placement_active",
            "account_id",
            unique=True,
            sqlite_where=sa.text("ended_on IS NULL"),
            postgresql_where=sa.text("ended_on IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"))
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"), index=True)
    username: Mapped[str] = mapped_column(sa.String(64))
    staff_name: Mapped[str] = mapped_column(sa.String(100))
    job_title: Mapped[str] = mapped_column(sa.String(60))
    started_on: Mapped[date] = mapped_column(default=today)
    ended_on: Mapped[date | None]

    school = relationship("School", lazy="joined", innerjoin=True)

    def __str__(self) -> str:
        return f"{self.staff_name}（{self.job_title}）"


class AccountSession(AccountOwned, Model):
    """A browser's session, kept on the server; the cookie holds only a random key whose hash is looked up here."""

    __tablename__ = "account_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    key_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    data: Mapped[str] = mapped_column(sa.Text, default="{}")
    """JSON: CSRF secret, captcha answers (hashed), messages for the next page."""
    user_agent: Mapped[str] = mapped_column(sa.String(200), default="")
    address: Mapped[str] = mapped_column(sa.String(45), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    """The absolute end; the idle limit is counted from last_seen_at."""
    is_kept: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """A guardian asked to stay signed in on this device: no idle limit, and a later end."""


class SecretPurpose(LabelledEnum):
    """One table, one purpose each: what a one-time secret opens."""

    FIRST_PASSWORD = "first_password"  # noqa: S105 (a purpose)
    RESET_PASSWORD = "reset_password"  # noqa: S105 (a purpose)
    ACTIVATION = "activation"
    RESET_LINK = "reset_link"


class OneTimeSecret(Internal, Model):
    """A temporary password or the token of a letter's link: hashed, once only, short-lived; a newer one kills the older."""

    __tablename__ = "one_time_secret"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[SecretPurpose] = mapped_column(enum_column(SecretPurpose))
    secret_hash: Mapped[str] = mapped_column(sa.String(256), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)


class PasswordHistory(Internal, Model):
    """The last passwords of an account, hashed: none of the last three may be used again."""

    __tablename__ = "password_history"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    password_hash: Mapped[str] = mapped_column(sa.String(256))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class SecondFactor(Internal, Model):
    """The key that an account shares with an authenticator app (TOTP, RFC 6238)."""

    __tablename__ = "second_factor"

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    secret_sealed: Mapped[str] = mapped_column(sa.Text)
    last_step: Mapped[int] = mapped_column(sa.BigInteger)
    """The time step (30 seconds since 1970) of the last code accepted: it and older ones are not accepted again."""


class RecoveryCode(Internal, Model):
    """One of ten codes that stand for a lost phone: hashed, each once."""

    __tablename__ = "recovery_code"
    __table_args__ = (sa.UniqueConstraint("account_id", "code_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(sa.String(64))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInCounter(Internal, Model):
    """Failed sign-ins of one name at one entrance; unknown names are counted too, so that nobody learns which exist."""

    __tablename__ = "sign_in_counter"

    entrance: Mapped[AccountKind] = mapped_column(enum_column(AccountKind), primary_key=True)
    username: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_failure_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AccessVersion(Internal, Model):
    """One row whose number every change of role permissions raises; processes drop their permission cache by it."""

    __tablename__ = "access_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
