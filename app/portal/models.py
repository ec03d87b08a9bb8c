"""最新消息 of the city, on the public home page."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import Mapped, mapped_column

from app.access.ownership import Public
from app.model_types import today


class News(Public, Model):
    """A notice of the education bureau to everybody."""

    __tablename__ = "news"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    summary: Mapped[str] = mapped_column(sa.String(300), default="")
    body: Mapped[str] = mapped_column(sa.Text, default="")
    """Plain text; empty lines part the paragraphs."""
    category: Mapped[str] = mapped_column(sa.String(20), default="")
    office: Mapped[str] = mapped_column(sa.String(60), default="")
    published_on: Mapped[date] = mapped_column(default=today, index=True)

    def __str__(self) -> str:
        return self.title
