"""Where files are kept: a folder, or an S3-compatible store. STORAGE_URL says which (``file:///…``, ``s3://bucket/…``)."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Protocol

from flask import current_app

KEY = re.compile(r"[0-9a-f]{48}")

LEAST_ROOM = 16 * 1024 * 1024
"""Bytes that a folder's disk must have left: one file of the largest kind, and some."""


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

    def keys(self, before: datetime) -> Iterator[str]:
        """The keys of all files that were last written before this moment."""

    def check(self) -> None:
        """Nothing when files can be kept now, without keeping any. Raises whatever the storage raises."""


class LocalStorage:
    """A folder of this machine, by the first two characters of the key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key):
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
        self._path(key).with_suffix(".part").unlink(missing_ok=True)

    def keys(self, before: datetime) -> Iterator[str]:
        """Also of what was never written to its end (``.part``): ``delete`` takes it as well."""
        for path in self.folder.glob("??/*"):
            key = path.name.removesuffix(".part")
            if KEY.fullmatch(key) and path.stat().st_mtime < before.timestamp():
                yield key

    def check(self) -> None:
        folder = next(path for path in (self.folder, *self.folder.parents) if path.exists())
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if shutil.disk_usage(folder).free < LEAST_ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


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
