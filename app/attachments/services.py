"""Files and rows change together: what was written is taken back when the transaction fails, what was dropped goes
from the storage once it is committed. Where there is a virus scanner, new files are held until it has passed them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from flask import current_app

from app.access.actor import Actor
from app.attachments.checks import AcceptedFile
from app.attachments.models import Attachment, ScanState
from app.attachments.scanning import scanner
from app.attachments.storage import Storage, new_key, storage
from app.bulletins.models import Bulletin
from app.contact_books.models import ContactBookItem
from app.extensions import db
from app.limits.counts import Limit, take, used
from app.notifications.outbox import wake_worker_after_commit

log = structlog.get_logger(__name__)

MOST_OF_ITEM = 5
MOST_OF_BULLETIN = 10


class TooManyFiles(Exception):
    """More files than a bulletin or an item may carry. The forms say so first; this is the last word."""


def _quota(account_id: int, size: int) -> Limit:
    """``size`` bytes more of an account within a day, in megabytes begun."""
    most = current_app.config["CAP_UPLOAD_MEGABYTES"]
    return Limit("uploads.account", str(account_id), most, timedelta(days=1), amount=-(-size // 1_000_000))


def is_room_for(account_id: int, size: int) -> bool:
    """Whether ``size`` bytes more fit into what an account may attach within a day."""
    limit = _quota(account_id, size)
    return limit.most <= 0 or used(limit).used + limit.amount <= limit.most


class Filing:
    """The files of one transaction of one account."""

    def __init__(self, shelf: Storage, actor: Actor) -> None:
        self.shelf = shelf
        self.actor = actor
        self.written: list[str] = []
        self.dropped: list[str] = []

    def attach(self, owner: Bulletin | ContactBookItem, files: Iterable[AcceptedFile]) -> None:
        """Keep ``files`` with ``owner``, in its class and school. Raises TooManyFiles, LimitReached."""
        files = list(files)
        if not files:
            return
        state = ScanState.PASSED if scanner() is None else ScanState.HELD
        for file in files:
            key = new_key()
            self.written.append(key)
            self.shelf.save(key, file.stream)
            owner.attachments.append(
                Attachment(
                    class_id=owner.class_id,
                    school_id=owner.school_id,
                    storage_key=key,
                    original_name=file.name,
                    content_type=file.content_type,
                    size=file.size,
                    scan_state=state,
                    uploaded_by_id=self.actor.id,
                )
            )
        if len(owner.attachments) > (MOST_OF_BULLETIN if isinstance(owner, Bulletin) else MOST_OF_ITEM):
            raise TooManyFiles
        take(_quota(self.actor.id, sum(file.size for file in files)))
        if state == ScanState.HELD:
            wake_worker_after_commit()

    def detach(self, owner: Bulletin | ContactBookItem, attachments: Iterable[Attachment]) -> None:
        """Take ``attachments`` off ``owner``; their files go after the commit."""
        for attachment in attachments:
            self.dropped.append(attachment.storage_key)
            owner.attachments.remove(attachment)
            db.session.delete(attachment)


@contextmanager
def filing(actor: Actor) -> Iterator[Filing]:
    """The block makes the whole change and commits it. Leaving it by an exception rolls back rows and files."""
    files = Filing(storage(), actor)
    try:
        yield files
    except BaseException:
        db.session.rollback()
        _forget(files.shelf, files.written)
        raise
    _forget(files.shelf, files.dropped)


def _forget(shelf: Storage, keys: list[str]) -> None:
    """A file that cannot be deleted now is noted and left: the rows are what counts, nobody can reach it."""
    for key in keys:
        try:
            shelf.delete(key)
        except Exception:
            log.exception("file_left_behind", key=key)
