"""What the home pages read: the news of the city, and who a guardian's children are."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.access.actor import Actor
from app.access.statements import fixed
from app.conversations.models import Channel, ChannelSwitch
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.model_types import today
from app.portal.models import News
from app.schools.models import Enrollment, School, SchoolClass, Student, class_label

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


@dataclass(frozen=True, slots=True)
class Child:
    """A linked child as the pages of a guardian show it."""

    student_id: int
    name: str
    variant: str
    """The shape of the name tag: "a" square, "b" round, by turns."""
    school_id: int
    school_name: str
    class_id: int | None
    """None when the child sits in no class now."""
    class_label: str
    open_channels: frozenset[Channel]
    """「互動開關」 at 開; a channel that is not here has no area at all (B3.6)."""

    @property
    def mark(self) -> str:
        """The character on the name tag: 明 of 王小明, E of Emma Johnson."""
        name = self.name.strip()
        if not name or name[0].isascii():
            return name[:1].upper()
        last = len(name) - 1
        while last > 0 and unicodedata.category(name[last]).startswith("M"):
            last -= 1
        return name[last:]

    def has_channel(self, channel: str) -> bool:
        return channel in self.open_channels


_SWITCH_OF_CLASS = (ChannelSwitch.channel == Channel.HOMEROOM) & (ChannelSwitch.class_id == Enrollment.class_id)
_SWITCH_OF_SCHOOL = (ChannelSwitch.channel != Channel.HOMEROOM) & ChannelSwitch.class_id.is_(None)
_CHILDREN = fixed(
    sa.select(
        Student.id,
        Student.full_name,
        School.id.label("school_id"),
        School.name.label("school_name"),
        SchoolClass.id.label("class_id"),
        SchoolClass.grade_level,
        SchoolClass.class_name,
        ChannelSwitch.channel,
    )
    .select_from(GuardianLink)
    .join(Student, Student.id == GuardianLink.student_id)
    .join(School, School.id == Student.school_id)
    .outerjoin(Enrollment, (Enrollment.student_id == Student.id) & Enrollment.ended_on.is_(None))
    .outerjoin(SchoolClass, SchoolClass.id == Enrollment.class_id)
    .outerjoin(
        ChannelSwitch,
        (ChannelSwitch.school_id == Student.school_id)
        & ChannelSwitch.is_open.is_(sa.true())
        & (_SWITCH_OF_CLASS | _SWITCH_OF_SCHOOL),
    )
    .where(GuardianLink.account_id == sa.bindparam("account_id"), GuardianLink.status == LinkStatus.APPROVED)
    .order_by(GuardianLink.id)
)


def children_of(actor: Actor) -> list[Child]:
    """The children of the actor's approved links in the order in which they were linked, in one statement."""
    if not actor.linked_children:
        return []
    rows = db.session.execute(_CHILDREN, {"account_id": actor.id}).all()
    channels: dict[int, set[Channel]] = {}
    for row in rows:
        channels.setdefault(row.id, set()).update({row.channel} if row.channel else ())
    first_rows = {row.id: row for row in reversed(rows)}
    return [
        Child(
            student_id=student_id,
            name=row.full_name,
            variant="b" if number % 2 else "a",
            school_id=row.school_id,
            school_name=row.school_name,
            class_id=row.class_id,
            class_label=class_label(row.grade_level, row.class_name) if row.class_id else "",
            open_channels=frozenset(channels[student_id]),
        )
        for number, student_id in enumerate(channels)
        for row in (first_rows[student_id],)
    ]
