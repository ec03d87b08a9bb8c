"""What has been counted lately."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import Mapped, mapped_column

from app.access.ownership import Internal
from app.model_types import UtcDateTime


class LimitCount(Internal, Model):
    """How often something has happened under one cap. Whom it counts stands here as a keyed hash only."""

    __tablename__ = "limit_count"

    cap: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    """Keyed hash of a mobile number, mailbox, account or address; of nothing where a cap is everybody's."""
    used: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    """The count begins anew after this."""
