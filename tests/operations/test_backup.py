"""A copy of the portal, and the way back."""

from __future__ import annotations

import io
import shutil
import sqlite3
import stat
import tarfile
from contextlib import closing

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.attachments.storage import new_key, storage_at
from app.extensions import db
from app.model_types import now
from app.notifications.models import OutboxChannel, OutboxMessage, OutboxStatus
from app.operations.backup import BackupProblem, back_up, restore
from app.schools.models import School
from tests.conftest import begin_session


@pytest.fixture
def portal(context, tmp_path, monkeypatch):
    """The application with attachments in a folder of this test's own; works for the system."""
    monkeypatch.setitem(context.config, "STORAGE_URL", f"file://{tmp_path / 'storage'}")
    with system("tests"):
        yield context


def names() -> set[str]:
    db.session.rollback()
    return set(db.session.scalars(sa.select(School.name)))


def rename_schools(name: str) -> None:
    db.session.execute(sa.update(School.__table__).values(name=name))
    db.session.commit()


def needs(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"no {program} (package postgresql-client)")


@pytest.mark.every_database
def test_a_restored_portal_has_its_rows_and_its_files(portal, database, tmp_path):
    if database.kind == "postgresql":
        needs("pg_dump")
    before = names()
    storage, key = storage_at(portal.config["STORAGE_URL"]), new_key()
    storage.save(key, io.BytesIO("附件".encode()))
    archive = back_up(tmp_path / "copies")
    rename_schools("gone")
    storage.delete(key)
    restore(archive)
    assert names() == before
    with storage.open(key) as file:
        assert file.read().decode() == "附件"


def test_a_copy_is_the_owners_alone_and_holds_no_key(portal, tmp_path):
    archive = back_up(tmp_path / "copies")
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "copies").iterdir()] == [archive.name], "no leftovers"
    with tarfile.open(archive) as file:
        whole = b"".join(file.extractfile(member).read() for member in file if member.isfile())  # type: ignore[union-attr]
    for name in ("SECRET_KEY", "FIELD_KEYS"):
        assert portal.config[name].encode() not in whole


def test_a_copy_is_whole_while_people_go_on_working(portal, tmp_path):
    with db.engine.begin() as connection:
        connection.execute(sa.update(School.__table__).values(english_name="not committed yet"))
        archive = back_up(tmp_path)
    with tarfile.open(archive) as file:
        file.extractall(tmp_path / "out", filter="data")
    with closing(sqlite3.connect(tmp_path / "out" / "database")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*) FROM school WHERE english_name != ''").fetchone() == (0,)


def test_after_a_restore_nobody_is_signed_in_and_no_letter_goes_out_again(portal, world, tmp_path):
    key = begin_session(portal, world.accounts["parent_chen"])
    db.session.add(
        OutboxMessage(
            channel=OutboxChannel.SMS, purpose="x", receiver="+886912345678", content_sealed="x", next_attempt_at=now()
        )
    )
    db.session.commit()
    restore(back_up(tmp_path))
    client = portal.test_client()
    client.set_cookie(portal.config["SESSION_COOKIE_NAME"], key)
    assert client.get("/portal/").status_code == 302
    db.session.rollback()
    row = db.session.scalars(sa.select(OutboxMessage)).one()
    assert (row.status, row.content_sealed, row.last_error) == (OutboxStatus.FAILED, "", "restored from a backup")


def test_what_was_there_before_a_restore_is_kept_aside(portal, tmp_path):
    archive = back_up(tmp_path)
    rename_schools("what was there before")
    storage_at(portal.config["STORAGE_URL"]).save(new_key(), io.BytesIO(b"x"))
    database, storage = restore(archive)
    with closing(sqlite3.connect(database)) as former:
        assert former.execute("SELECT DISTINCT name FROM school").fetchall() == [("what was there before",)]
    assert any(path.is_file() for path in storage.rglob("*"))


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00 broken"])
def test_a_damaged_copy_changes_nothing(portal, tmp_path, content):
    before = names()
    (tmp_path / "copy.tar.gz").write_bytes(content)
    with pytest.raises(BackupProblem):
        restore(tmp_path / "copy.tar.gz")
    assert names() == before


def test_a_copy_with_a_path_that_leaves_the_folder_changes_nothing(portal, tmp_path):
    archive = tmp_path / "copy.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        evil = tarfile.TarInfo("../../evil")
        evil.size = 1
        file.addfile(evil, io.BytesIO(b"x"))
    with pytest.raises(BackupProblem):
        restore(archive)
    assert not list(tmp_path.rglob("evil"))


def test_a_copy_of_another_kind_of_database_is_refused(portal, tmp_path):
    archive = tmp_path / "copy.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        for name, content in (("manifest.json", b'{"database": "postgresql", "storage": false}'), ("database", b"dump")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            file.addfile(entry, io.BytesIO(content))
    with pytest.raises(BackupProblem, match="postgresql"):
        restore(archive)
