"""Where files are kept: a folder, or an S3-compatible store. STORAGE_URL says which (``file:///…``, ``s3://bucket/…``)."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Protocol

from flask import current_app

_KEY = re.compile(r"[0-9a-f]{48}")


class FileMissing(Exception):
    """The storage has no file under this key."""


class Storage(Protocol):
    """Keeps files under random keys. It knows nothing of names, owners and readers."""

    def save(self, key: str, stream: BinaryIO) -> None:
        """Keep what ``stream`` holds from its beginning, whole or not at all."""

    def open(self, key: str) -> BinaryIO:
        """The file for reading; the caller closes it. Raises FileMissing."""

    def delete(self, key: str) -> None:
        """Forget the file; one that is not there is no error."""


class LocalStorage:
    """A folder of this machine, by the first two characters of the key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise FileMissing(key)
        return self.folder / key[:2] / key

    def save(self, key: str, stream: BinaryIO) -> None:
        path = self._path(key)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        stream.seek(0)
        part = path.with_suffix(".part")
        try:
            with part.open("wb") as target:
                shutil.copyfileobj(stream, target)
                target.flush()
                os.fsync(target.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def open(self, key: str) -> BinaryIO:
        try:
            return self._path(key).open("rb")
        except FileNotFoundError as error:
            raise FileMissing(key) from error

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)


def new_key() -> str:
    """A key that nobody can guess and that says nothing about the file."""
    return secrets.token_hex(24)


@lru_cache(maxsize=4)
def storage_at(url: str) -> Storage:
    """The storage that a STORAGE_URL names. Raises ValueError for a scheme that is neither file nor s3."""
    if url.startswith("file://"):
        return LocalStorage(Path(url.removeprefix("file://")))
    if url.startswith("s3://"):
        from app.attachments.s3_storage import S3Storage  # boto3 is heavy: only where it is used

        return S3Storage.from_url(url)
    raise ValueError("STORAGE_URL must begin with file:// or s3://")


def storage() -> Storage:
    """The storage of this application."""
    return storage_at(current_app.config["STORAGE_URL"])
