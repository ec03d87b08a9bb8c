"""What the home pages read."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from app.extensions import db
from app.model_types import today
from app.portal.models import News

PAGE = 20


def latest_news(count: int) -> Sequence[News]:
    """The newest published news."""
    return db.session.scalars(
        sa.select(News).where(News.published_on <= today()).order_by(News.published_on.desc(), News.id.desc()).limit(count)
    ).all()


def news_page(before: int | None = None) -> tuple[Sequence[News], int | None]:
    """A page of news by keyset, and the id to go on from when there are older ones."""
    query = sa.select(News).where(News.published_on <= today()).order_by(News.id.desc()).limit(PAGE + 1)
    if before is not None:
        query = query.where(News.id < before)
    rows = db.session.scalars(query).all()
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


def find_news(news_id: int) -> News | None:
    return db.session.scalar(sa.select(News).where(News.id == news_id, News.published_on <= today()))
