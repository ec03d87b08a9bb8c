"""Publishing, editing and deleting a bulletin (B3.2, B3.3). Each public function is one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from app.access.actor import Actor
from app.access.edits import claim_edit
from app.access.policy import may_write_for_class
from app.access.reading_marks import leave_mark
from app.access.session import OutOfScope, system
from app.attachments.checks import AcceptedFile
from app.attachments.services import filing
from app.audit.record import record
from app.bulletins.models import Bulletin, BulletinRead
from app.extensions import db
from app.model_types import now
from app.schools.models import SchoolClass
from app.web.rich_text import to_html

SENT_TWICE = timedelta(minutes=1)
"""The same words of the same author for the same class within this time are one bulletin: a second click."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a teacher fills in. ``text`` is as typed, see app.web.rich_text."""

    title: str
    text: str
    is_pinned: bool
    publish_from: date
    publish_until: date | None = None


def publish_bulletin(
    actor: Actor, school_class: SchoolClass, wording: Wording, files: Sequence[AcceptedFile] = ()
) -> Bulletin:
    """Publish to the guardians of a class (B3.2). Sent twice, it is one bulletin. Raises OutOfScope, TooManyFiles."""
    _require_writer(actor, school_class)
    with filing(actor) as filed:
        _wait_for_class(school_class)
        bulletin = Bulletin(
            class_id=school_class.id,
            school_id=school_class.school_id,
            author_id=actor.id,
            author_name=actor.full_name,
            **_columns(wording),
        )
        db.session.add(bulletin)
        db.session.flush()
        twin = _elder_twin(bulletin)
        if twin is not None:
            db.session.rollback()
            return db.session.get_one(Bulletin, twin)
        filed.attach(bulletin, files)
        record(actor, "publish.bulletin", bulletin.id, school_id=bulletin.school_id)
        db.session.commit()
    return bulletin


def edit_bulletin(
    actor: Actor,
    bulletin: Bulletin,
    wording: Wording,
    files: Sequence[AcceptedFile] = (),
    dropped: Collection[int] = (),
    seen: datetime | None = None,
) -> None:
    """Change what is written, attach ``files``, take off the attachments numbered in ``dropped`` (B3.3).

    ``seen`` is the ``updated_at`` that the writer saw. Raises OutOfScope, EditedMeanwhile, TooManyFiles.
    """
    _require_writer(actor, bulletin.school_class)
    with filing(actor) as filed:
        claim_edit(bulletin, seen or bulletin.updated_at)
        for column, value in _columns(wording).items():
            setattr(bulletin, column, value)
        filed.detach(bulletin, [each for each in bulletin.attachments if each.id in dropped])
        filed.attach(bulletin, files)
        record(actor, "edit.bulletin", bulletin.id, school_id=bulletin.school_id)
        db.session.commit()


def delete_bulletin(actor: Actor, bulletin: Bulletin) -> None:
    """Take a bulletin and its files away for good. Raises OutOfScope."""
    _require_writer(actor, bulletin.school_class)
    with filing(actor) as filed:
        record(actor, "delete.bulletin", bulletin.id, school_id=bulletin.school_id)
        filed.detach(bulletin, list(bulletin.attachments))
        db.session.delete(bulletin)
        db.session.commit()


def mark_read(actor: Actor, bulletin_id: int) -> None:
    """Note that the actor has read a bulletin now. One statement; commits."""
    keys = {"account_id": actor.id, "bulletin_id": bulletin_id}
    with system("note that a bulletin has been read"):
        leave_mark(BulletinRead, tuple(keys), {**keys, "read_at": now()}, rising="read_at")


def _require_writer(actor: Actor, school_class: SchoolClass) -> None:
    if not may_write_for_class(actor, school_class):
        raise OutOfScope("Bulletin: not the actor's class to write for")


def _columns(wording: Wording) -> dict[str, object]:
    return {
        "title": wording.title,
        "body": to_html(wording.text),
        "is_pinned": wording.is_pinned,
        "publish_from": wording.publish_from,
        "publish_until": wording.publish_until,
    }


def _wait_for_class(school_class: SchoolClass) -> None:
    """Those who publish to one class go one after another, so that _elder_twin sees whoever came first.

    SQLite has one writer at a time anyway, from the first INSERT on.
    """
    locked = sa.select(SchoolClass.id).where(SchoolClass.id == school_class.id).with_for_update(key_share=True)
    db.session.scalar(locked)


def _elder_twin(bulletin: Bulletin) -> int | None:
    return db.session.scalar(
        sa.select(Bulletin.id).where(
            Bulletin.class_id == bulletin.class_id,
            Bulletin.author_id == bulletin.author_id,
            Bulletin.id < bulletin.id,
            Bulletin.created_at > now() - SENT_TWICE,
            Bulletin.title == bulletin.title,
            Bulletin.body == bulletin.body,
        )
    )
