"""A copy of everything that cannot be made again: the database and the attachments, in one file; and the way back.

The database is copied first, while people go on working: a file that arrives in between is one too many, never one too
few. Keys are not in it: SECRET_KEY and FIELD_KEYS are kept elsewhere, and without FIELD_KEYS a copy cannot be read.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_migrate import upgrade

from app.access.session import system
from app.accounts.models import AccountSession, OneTimeSecret
from app.attachments.storage import LocalStorage, storage_at
from app.extensions import db
from app.model_types import now
from app.notifications.models import OutboxMessage, OutboxStatus

DATABASE = "database"
STORAGE = "storage"
MANIFEST = "manifest.json"


class BackupProblem(Exception):
    """Why there is no copy, or why it was not put back; nothing was changed."""


def back_up(folder: Path) -> Path:
    """Write ``portal-<time>.tar.gz`` into ``folder`` and return its path. Raises BackupProblem.

    Attachments in a bucket are the bucket's to keep: then only the database is in the file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    moment = now()
    target = folder / f"portal-{moment:%Y%m%d-%H%M%S}.tar.gz"
    part = target.with_suffix(".part")
    url = db.engine.url
    storage = _storage_folder()
    try:
        with tempfile.TemporaryDirectory(dir=folder) as work:
            database = Path(work) / DATABASE
            if url.get_backend_name() == "sqlite":
                _copy_sqlite(str(url.database), database)
            else:
                _run("pg_dump", url, "--format=custom", "--no-owner", f"--file={database}")
            manifest = Path(work) / MANIFEST
            kind = url.get_backend_name()
            manifest.write_text(
                json.dumps({"database": kind, "made_at": moment.isoformat(), "storage": storage is not None})
            )
            os.close(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
            with tarfile.open(part, "w:gz", compresslevel=3) as archive:
                archive.add(manifest, MANIFEST)
                archive.add(database, DATABASE)
                if storage is not None and storage.exists():
                    archive.add(storage, STORAGE)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target


def restore(archive: Path) -> list[Path]:
    """Put a copy in the place of what is there, and bring it up to date. The portal must not be running.
    Raises BackupProblem.

    Returns where the former SQLite file and the former attachments were moved to. Afterwards nobody is signed in, no
    one-time secret works, and no message of that time is sent once more.
    """
    url = db.engine.url
    kind = url.get_backend_name()
    kept: list[Path] = []
    suffix = f".before-{now():%Y%m%d-%H%M%S}"
    storage = _storage_folder()
    with tempfile.TemporaryDirectory(dir=_beside(url, storage)) as work:
        manifest = _unpack(archive, Path(work))
        if manifest["database"] != kind:
            raise BackupProblem(f"this is a copy of a {manifest['database']} database; DATABASE_URL is {kind}")
        db.session.remove()
        db.engine.dispose()
        if kind == "sqlite":
            kept += _replace(Path(str(url.database)), Path(work) / DATABASE, suffix)
        else:
            options = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
            _run("pg_restore", url, *options, str(Path(work) / DATABASE))
        if storage is not None and manifest["storage"]:
            unpacked = Path(work) / STORAGE
            unpacked.mkdir(exist_ok=True)
            kept += _replace(storage, unpacked, suffix)
    upgrade()
    _settle()
    return kept


def _settle() -> None:
    """What was true then and must not be true again: sessions, secrets, messages that have long been sent."""
    with system("settle after a restore"):
        db.session.execute(sa.delete(AccountSession.__table__))
        db.session.execute(sa.delete(OneTimeSecret.__table__))
        outbox = OutboxMessage.__table__
        db.session.execute(
            sa.update(outbox)
            .where(outbox.c.status == OutboxStatus.QUEUED)
            .values(status=OutboxStatus.FAILED, content_sealed="", last_error="restored from a backup")
        )
        db.session.commit()


def _storage_folder() -> Path | None:
    storage = storage_at(current_app.config["STORAGE_URL"])
    return storage.folder if isinstance(storage, LocalStorage) else None


def _beside(url: sa.URL, storage: Path | None) -> Path:
    """A folder on the file system of what is replaced: then a rename does it."""
    folder = Path(str(url.database)).parent if url.get_backend_name() == "sqlite" else storage and storage.parent
    folder = folder or Path(current_app.config["INSTANCE_DIR"])
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _copy_sqlite(source: str, target: Path) -> None:
    with closing(sqlite3.connect(source, timeout=60)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


def _unpack(archive: Path, work: Path) -> Mapping[str, Any]:
    try:
        with tarfile.open(archive) as file:
            file.extractall(work, filter="data")
        manifest: Mapping[str, Any] = json.loads((work / MANIFEST).read_text())
        if manifest["database"] == "sqlite":
            with closing(sqlite3.connect(work / DATABASE)) as connection:
                if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                    raise BackupProblem("the database in the copy is damaged")
        elif not (work / DATABASE).stat().st_size:
            raise BackupProblem("the database in the copy is empty")
    except (OSError, KeyError, ValueError, tarfile.TarError, sqlite3.DatabaseError) as error:
        raise BackupProblem(f"{archive} is no whole copy of a portal ({type(error).__name__})") from error
    return manifest


def _replace(present: Path, restored: Path, suffix: str) -> list[Path]:
    """Move ``present`` aside and ``restored`` into its place; SQLite's side files would not fit the new one."""
    aside = present.with_name(present.name + suffix)
    moved = []
    if present.exists():
        present.rename(aside)
        moved.append(aside)
    for side_file in ("-wal", "-shm"):
        leftover = present.with_name(present.name + side_file)
        if leftover.is_file():
            leftover.rename(aside.with_name(aside.name + side_file))
    present.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(str(restored), present)
    return moved


def _run(program: str, url: sa.URL, *options: str) -> None:
    """Run one of PostgreSQL's programs on our database; the password goes by the environment, where nobody lists it."""
    environment = {**os.environ, "PGPASSWORD": str(url.password or "")} if url.password else dict(os.environ)
    address = url.set(drivername="postgresql", password=None).render_as_string()
    try:
        done = subprocess.run(  # noqa: S603 (our own program and settings)
            [program, f"--dbname={address}", *options], env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise BackupProblem(f"{program} is not installed (package postgresql-client)") from error
    if done.returncode:
        raise BackupProblem(f"{program}: {done.stderr.strip()[:500]}")
