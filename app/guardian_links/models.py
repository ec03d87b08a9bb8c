"""學生連結: the tie between a guardian's account and a child."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from flask_appbuilder import Model
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.access.ownership import GuardianOwned, SchoolOwned
from app.model_types import LabelledEnum, UtcDateTime, enum_column, now
from app.schools.models import class_label


class LinkStatus(LabelledEnum):
    PENDING = "pending", _l("Pending review")
    APPROVED = "approved", _l("Approved")
    REJECTED = "rejected", _l("Not approved")
    ENDED = "ended", _l("Ended")


class Relationship(LabelledEnum):
    """關係: who the guardian is to the child; also the capacity shown beside a message."""

    MOTHER = "mother", _l("Mother")
    FATHER = "father", _l("Father")
    GRANDPARENT = "grandparent", _l("Grandparent")
    LEGAL_GUARDIAN = "legal_guardian", _l("Legal guardian")
    OTHER = "other", _l("Other relative")


_LIVE = sa.text("status IN ('pending', 'approved')")


class GuardianLink(GuardianOwned, Model):
    """An application and what became of it. What the parent typed is kept beside the roster's student found by it."""

    __tablename__ = "guardian_link"
    __table_args__ = (
        sa.Index(
            "ix_guardian_link_approved",
            "account_id",
            "student_id",
            sqlite_where=sa.text("status = 'approved'"),
            postgresql_where=sa.text("status = 'approved'"),
        ),
        sa.Index(
            "uq_guardian_link_live", "student_id", "account_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE
        ),
        sa.Index(
            "uq_guardian_link_claim", "account_id", "claim_key", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE
        ),
        sa.Index("ix_guardian_link_account_status", "account_id", "status"),
        sa.Index("ix_guardian_link_class_status", "class_id", "status"),
        sa.Index("ix_guardian_link_school_status", "school_id", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"))
    guardian_name: Mapped[str] = mapped_column(sa.String(100))
    relationship_kind: Mapped[Relationship] = mapped_column(enum_column(Relationship))
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"))
    class_id: Mapped[int | None] = mapped_column(sa.ForeignKey("school_class.id"))
    """The class that reviews: the student's where one was found, else the one that was typed."""
    student_id: Mapped[int | None] = mapped_column(sa.ForeignKey("student.id"), index=True)
    """The roster's student found by what was typed; None when nobody matches."""
    claim_key: Mapped[str] = mapped_column(sa.String(64))
    """Keyed index of what was typed: the same child cannot be applied for twice, whether it exists or not."""

    typed_grade_level: Mapped[int]
    typed_class_name: Mapped[str] = mapped_column(sa.String(20))
    typed_seat_number: Mapped[int]
    typed_name: Mapped[str] = mapped_column(sa.String(100))
    typed_student_key: Mapped[str] = mapped_column(sa.String(64))
    """The student number as typed, or the identity number masked (its full form is only in claim_key, as an index)."""
    typed_birth_date: Mapped[date]

    status: Mapped[LinkStatus] = mapped_column(enum_column(LinkStatus), default=LinkStatus.PENDING)
    held_for_manager: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """An application that a protection mark concerns: no class reviews it, and the guardian is not told."""
    reason: Mapped[str] = mapped_column(sa.String(300), default="")
    """Why it was refused or ended; the guardian reads it."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    decided_by_name: Mapped[str] = mapped_column(sa.String(100), default="")
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    school = relationship("School", lazy="joined", innerjoin=True)
    school_class = relationship("SchoolClass")
    student = relationship("Student")

    @property
    def typed_class_label(self) -> str:
        """年班 as typed, for example 五年一班."""
        return class_label(self.typed_grade_level, self.typed_class_name)

    def __str__(self) -> str:
        return f"{self.guardian_name}／{self.typed_name}"


class ProtectionMark(SchoolOwned, Model):
    """保護註記: by a protection order (保護令) this guardian may learn nothing of this child until the mark is lifted.

    It outlives link and account: who comes back under another account is known by identity number or by name.
    Read by the school's manager and registrar and by the city administrator, never by the guardian.
    """

    __tablename__ = "protection_mark"
    __table_args__ = (
        sa.Index(
            "uq_protection_mark_link",
            "guardian_link_id",
            unique=True,
            sqlite_where=sa.text("lifted_at IS NULL"),
            postgresql_where=sa.text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"), index=True)
    guardian_link_id: Mapped[int | None] = mapped_column(sa.ForeignKey("guardian_link.id", ondelete="SET NULL"))
    """The link at which it was set."""
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="SET NULL"), index=True)
    identity_number_index: Mapped[str] = mapped_column(sa.String(64), default="")
    """Keyed index of the guardian's identity number."""
    guardian_name: Mapped[str] = mapped_column(sa.String(100))
    student_id: Mapped[int | None] = mapped_column(sa.ForeignKey("student.id"), index=True)
    student_name: Mapped[str] = mapped_column(sa.String(100))
    reason: Mapped[str] = mapped_column(sa.String(300))
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    placed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="SET NULL"))
    placed_by_name: Mapped[str] = mapped_column(sa.String(100))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lifted_by_name: Mapped[str] = mapped_column(sa.String(100), default="")
    lifted_reason: Mapped[str] = mapped_column(sa.String(300), default="")

    school = relationship("School", lazy="joined", innerjoin=True)

    def __str__(self) -> str:
        return f"{self.guardian_name}／{self.student_name}"
