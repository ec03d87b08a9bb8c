"""稽核紀錄: who did what, when (UTC), from where. Entries are only ever added; a chain of seals shows that they stay."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.access.ownership import Internal, Ledger
from app.model_types import UtcDateTime, now


class AuditEntry(Ledger, Model):
    """One act of one account on one object, by its name and number. The database's triggers refuse changes to it."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        sa.Index(
            "ix_audit_entry_student",
            "student_id",
            "id",
            sqlite_where=sa.text("student_id IS NOT NULL"),
            postgresql_where=sa.text("student_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    account_id: Mapped[int | None] = mapped_column(index=True)
    username: Mapped[str] = mapped_column(sa.String(64), default="")
    roles: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    """The roles that counted at that moment, joined by 、."""
    action: Mapped[str] = mapped_column(sa.String(60))
    """verb.object, for example ``approve.guardian_link``."""
    object_id: Mapped[str] = mapped_column(sa.String(40), default="")
    school_id: Mapped[int | None]
    student_id: Mapped[int | None]
    """Set for readings alone: the student whose record was read. No foreign key: the entry outlives the row."""
    address: Mapped[str] = mapped_column(sa.String(45), default="")
    detail: Mapped[str] = mapped_column(sa.String(500), default="")
    proof: Mapped[str] = mapped_column(sa.String(120), default="", server_default="")
    """Key, nonce and MAC: the portal wrote this row. Empty only in entries from before there were proofs."""

    school: Mapped[Any] = relationship(
        "School", primaryjoin="foreign(AuditEntry.school_id) == School.id", viewonly=True, uselist=False
    )
    seal: Mapped[AuditSeal | None] = relationship(
        primaryjoin="AuditEntry.id == foreign(AuditSeal.entry_id)", viewonly=True, uselist=False
    )

    def __str__(self) -> str:
        return f"{self.action} {self.object_id}"


class AuditSeal(Ledger, Model):
    """One link of the chain: the hash over an entry and the link before it. Written by the worker, never changed."""

    __tablename__ = "audit_seal"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1, 2, 3 … without a gap, in the order of sealing."""
    entry_id: Mapped[int] = mapped_column(unique=True)
    key_id: Mapped[str] = mapped_column(sa.String(40))
    """Which key of FIELD_KEYS the hash was made with."""
    hash: Mapped[str] = mapped_column(sa.String(64))


class AuditHead(Internal, Model):
    """The one row that says where the chain ends and where what is kept of it begins, under a MAC of its own."""

    __tablename__ = "audit_head"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(default=0)
    hash: Mapped[str] = mapped_column(sa.String(64), default="")
    settled_id: Mapped[int] = mapped_column(default=0)
    """No entry up to this number waits for its seal any more: the sealer looks beyond it alone."""
    anchor_number: Mapped[int] = mapped_column(default=0)
    """Everything up to this link was removed because it was old enough; the chain starts after it …"""
    anchor_hash: Mapped[str] = mapped_column(sa.String(64), default="")
    """… with this hash as the one before."""
    unproved_id: Mapped[int] = mapped_column(default=0)
    """Entries up to this number are from before there were proofs."""
    key_id: Mapped[str] = mapped_column(sa.String(40), default="")
    mac: Mapped[str] = mapped_column(sa.String(64), default="")
    """Over all of the above; empty until the first seal."""
