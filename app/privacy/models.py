"""個資告知與同意: which version of the notice an account accepted, and when."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import Mapped, mapped_column

from app.access.ownership import AccountOwned
from app.accounts.models import AccountKind
from app.model_types import UtcDateTime, enum_column, now


class Consent(AccountOwned, Model):
    """One acceptance. Rows are only ever added; they go with the account."""

    is_written_once = True
    __tablename__ = "consent"
    __table_args__ = (sa.UniqueConstraint("account_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"))
    version: Mapped[str] = mapped_column(sa.String(20))
    """The version of the notice (app.privacy.notices)."""
    given_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    entrance: Mapped[AccountKind] = mapped_column(enum_column(AccountKind))
    """Where it was given: the registration or the door of official or of general accounts."""

    def __str__(self) -> str:
        return self.version
