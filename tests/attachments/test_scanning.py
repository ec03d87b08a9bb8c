"""A file is held until the virus scanner has passed it, whatever becomes of the scanner."""

from __future__ import annotations

import socket
from io import BytesIO

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.attachments.clamd import Clamd, ScannerAway, ScannerGaveUp
from app.attachments.models import Attachment, ScanState
from app.attachments.scanning import scan_held
from app.attachments.storage import FileMissing, storage
from app.audit.models import AuditEntry
from app.extensions import db
from app.notifications.models import OutboxMessage
from app.operations.doctor import examine
from tests.attachments import samples
from tests.attachments.clamd_server import EICAR, small_clamd
from tests.bulletins.test_publishing import HOME, form

INFECTED = samples.PDF.replace(b"%%EOF", EICAR + b"\n%%EOF")


@pytest.fixture
def clamd(flask_app, monkeypatch):
    """The portal with a scanner, and what the scanner does."""
    with small_clamd() as server:
        monkeypatch.setitem(flask_app.config, "CLAMD_ADDRESS", server.address)
        yield server


@pytest.fixture
def state(flask_app):
    def ask() -> ScanState:
        with flask_app.app_context(), system("tests"):
            return db.session.scalars(sa.select(Attachment.scan_state)).one()

    return ask


def upload(client_as, world, data=samples.PDF, name="通知單.pdf"):
    answer = client_as("teacher_501").post(HOME + "add", data=form(world, files=[(BytesIO(data), name)]))
    assert answer.status_code == 302, answer.text


def scan(flask_app) -> dict[str, int]:
    with flask_app.app_context():
        return dict(scan_held())


def file_of(flask_app) -> Attachment:
    with flask_app.app_context(), system("tests"):
        row = db.session.scalars(sa.select(Attachment)).one()
        db.session.expunge(row)
        return row


def pages(client_as, world, attachment: Attachment):
    child = f"/portal/children/{world.students['王小明']}/bulletins/{attachment.bulletin_id}"
    return (
        client_as("parent_chen").get(child).text,
        client_as("teacher_501").get(f"{HOME}{attachment.bulletin_id}").text,
        client_as("parent_chen").get(f"/attachments/{attachment.id}").status_code,
    )


@pytest.mark.every_database
def test_a_file_is_held_until_the_scanner_has_passed_it(client_as, flask_app, world, clamd, state):
    upload(client_as, world)
    for page in pages(client_as, world, file_of(flask_app))[:2]:
        assert "檢查中" in page
        assert "/attachments/" not in page
    assert pages(client_as, world, file_of(flask_app))[2] == 404
    assert scan(flask_app) == {"passed": 1}
    assert clamd.heard == [samples.PDF]
    for page in pages(client_as, world, file_of(flask_app))[:2]:
        assert "檢查中" not in page
        assert "/attachments/" in page
    assert client_as("parent_chen").get(f"/attachments/{file_of(flask_app).id}").data == samples.PDF


@pytest.mark.every_database
def test_an_infected_file_is_deleted_noted_and_its_uploader_told(client_as, flask_app, world, clamd):
    upload(client_as, world, INFECTED)
    assert scan(flask_app) == {"infected": 1}
    attachment = file_of(flask_app)
    guardian, teacher, status = pages(client_as, world, attachment)
    assert status == 404
    assert "通知單.pdf" not in guardian
    assert "已移除：檔案含有惡意程式" in teacher
    with flask_app.app_context(), system("tests"):
        with pytest.raises(FileMissing):
            storage().open(attachment.storage_key)
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "remove.infected_attachment")).one()
        assert (entry.object_id, entry.detail) == (str(attachment.id), "Eicar-Test-Signature")
        letter = db.session.scalars(sa.select(OutboxMessage)).one()
        assert (letter.purpose, letter.receiver) == ("attachment_infected", "teacher_501@example.org")
    assert scan(flask_app) == {}


def nobody_listens() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def test_while_the_scanner_is_away_files_stay_held_and_pass_once_it_is_back(
    client_as, flask_app, world, clamd, state, monkeypatch
):
    upload(client_as, world)
    monkeypatch.setitem(flask_app.config, "CLAMD_ADDRESS", nobody_listens())
    assert scan(flask_app) == {"put off": 1}
    assert state() == ScanState.HELD
    with flask_app.app_context():
        finding = next(each for each in examine() if each.name == "scanner")
    assert not finding.is_well
    assert "1 file(s) are held" in finding.detail
    monkeypatch.setitem(flask_app.config, "CLAMD_ADDRESS", clamd.address)
    assert scan(flask_app) == {"passed": 1}
    assert state() == ScanState.PASSED


@pytest.mark.parametrize(
    "says", [b"", b"stream: OK FOUND OK\0", b"ERROR\0", b"stream: Can't allocate memory ERROR\0", b"stream: ok\0", b"\xff\0"]
)
def test_only_the_word_ok_lets_a_file_pass(client_as, flask_app, world, clamd, state, says):
    upload(client_as, world)
    clamd.says = says
    assert scan(flask_app) == {"put off": 1}
    assert state() == ScanState.HELD


def test_one_file_that_the_scanner_cannot_look_at_holds_up_no_other(client_as, flask_app, world, clamd):
    clamd.most = 2_000
    upload(client_as, world, samples.PDF.replace(b"%%EOF", b" " * 200_000 + b"\n%%EOF"))
    client_as("teacher_502").post(
        HOME + "add", data=form(world, class_id=world.classes["502"], files=[(BytesIO(samples.PDF), "b.pdf")])
    )
    assert scan(flask_app) == {"put off": 1, "passed": 1}


def test_without_a_scanner_a_file_is_there_at_once(client_as, flask_app, world, state):
    upload(client_as, world)
    assert state() == ScanState.PASSED
    assert client_as("parent_chen").get(f"/attachments/{file_of(flask_app).id}").status_code == 200


def test_what_an_account_may_attach_in_a_day_is_limited(client_as, flask_app, world, monkeypatch):
    monkeypatch.setitem(flask_app.config, "CAP_UPLOAD_MEGABYTES", 2)
    for title in ("一", "二"):
        sent = form(world, title=title, files=[(BytesIO(samples.PDF), "a.pdf")])
        assert client_as("teacher_501").post(HOME + "add", data=sent).status_code == 302
    answer = client_as("teacher_501").post(
        HOME + "add", data=form(world, title="三", files=[(BytesIO(samples.PDF), "a.pdf")])
    )
    assert answer.status_code == 200
    assert "今天附加的檔案太多了" in answer.text
    assert client_as("teacher_501").post(HOME + "add", data=form(world, title="三")).status_code == 302
    other = form(world, "502", files=[(BytesIO(samples.PDF), "a.pdf")])
    assert client_as("teacher_502").post(HOME + "add", data=other).status_code == 302


# ---------- the client ----------


def test_clamd_is_reached_by_the_path_of_its_socket_too(tmp_path):
    with small_clamd(str(tmp_path / "clamd.ctl")) as server:
        clamd = Clamd(server.address, 5)
        assert clamd.is_there()
        assert clamd.find_malware(BytesIO(b"a" * 200_000)) == ""
        assert clamd.find_malware(BytesIO(b"a" * 70_000 + EICAR)) == "Eicar-Test-Signature"


def test_a_scanner_that_keeps_silent_is_away_after_the_timeout():
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        clamd = Clamd(f"127.0.0.1:{deaf.getsockname()[1]}", 0.05)
        with pytest.raises(ScannerAway):
            clamd.find_malware(BytesIO(b"x"))
        assert not clamd.is_there()


@pytest.mark.parametrize(
    "address", ["/nowhere/clamd.ctl", "127.0.0.1:1", "[::1]:1", "no.such.host.invalid:3310", "nonsense"]
)
def test_an_address_where_nobody_answers_is_no_pass(address):
    with pytest.raises(ScannerAway):
        Clamd(address, 1).find_malware(BytesIO(b"x"))


def test_a_file_beyond_the_scanners_limit_is_not_passed():
    with small_clamd() as server:
        server.most = 100
        with pytest.raises((ScannerGaveUp, ScannerAway)):
            Clamd(server.address, 5).find_malware(BytesIO(b"x" * 5_000_000))
