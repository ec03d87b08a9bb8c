"""Files and rows change together: what was written is taken back when the transaction fails, what was dropped goes
from the storage once it is committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import structlog

from app.attachments.checks import AcceptedFile
from app.attachments.models import Attachment
from app.attachments.storage import Storage, new_key, storage
from app.bulletins.models import Bulletin
from app.contact_books.models import ContactBookItem
from app.extensions import db

log = structlog.get_logger(__name__)

MOST_OF_ITEM = 5
MOST_OF_BULLETIN = 10


class TooManyFiles(Exception):
    """More files than a bulletin or an item may carry. The forms say so first; this is the last word."""


class Filing:
    """The files of one transaction."""

    def __init__(self, shelf: Storage) -> None:
        self.shelf = shelf
        self.written: list[str] = []
        self.dropped: list[str] = []

    def attach(self, owner: Bulletin | ContactBookItem, files: Iterable[AcceptedFile]) -> None:
        """Keep ``files`` with ``owner``, in its class and school. Raises TooManyFiles."""
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
                )
            )
        if len(owner.attachments) > (MOST_OF_BULLETIN if isinstance(owner, Bulletin) else MOST_OF_ITEM):
            raise TooManyFiles

    def detach(self, owner: Bulletin | ContactBookItem, attachments: Iterable[Attachment]) -> None:
        """Take ``attachments`` off ``owner``; their files go after the commit."""
        for attachment in attachments:
            self.dropped.append(attachment.storage_key)
            owner.attachments.remove(attachment)
            db.session.delete(attachment)


@contextmanager
def filing() -> Iterator[Filing]:
    """The block makes the whole change and commits it. Leaving it by an exception rolls back rows and files."""
    files = Filing(storage())
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
