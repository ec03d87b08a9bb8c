"""P26–P31: sent twice, decided at once, killed in between, database, queue or disk away, copied and brought back."""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask_migrate import downgrade, upgrade
from huey import RedisHuey

import app.attachments.services
from app.access.pages import sync_pages
from app.access.session import system
from app.attachments.models import Attachment
from app.attachments.storage import LocalStorage, storage
from app.audit.models import AuditEntry
from app.bulletins.models import Bulletin
from app.conversations.models import Message
from app.extensions import db, mail
from app.guardian_links.models import GuardianLink, LinkStatus
from app.jobs import Waker
from app.model_types import now, today
from app.notifications.delivery import deliver_due
from app.notifications.models import OutboxChannel, OutboxMessage, OutboxStatus
from app.notifications.outbox import WAKE_WORKER
from app.operations.backup import back_up, restore
from app.portal.models import News
from app.student_records.models import ConductRecord
from tests.attachments import samples
from tests.bulletins.test_publishing import form as bulletin_form
from tests.bulletins.test_publishing import kept_files
from tests.conftest import PersonClient, begin_session
from tests.contact_books.test_writing import form as book_form
from tests.operations.test_backup import needs
from tests.template import Template
from tests.world import PASSWORD

MIGRATIONS = "app/migrations"


def together(*calls: Callable[[], Any]) -> list[Any]:
    """All calls at the same moment, each in its thread; their answers in order."""
    barrier, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        barrier.wait(10)
        answers[place] = call()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def count(flask_app, model, *conditions) -> int:
    with flask_app.app_context(), system("tests"):
        return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*conditions))


# ---------- P26 ----------


def hidden(page: str, name: str) -> str:
    return re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)[1]


@pytest.mark.every_database
def test_p26_what_is_sent_three_times_at_once_has_one_effect(flask_app, client_as, world):
    """A bad line, an impatient finger: message, bulletin, contact book, a mark by the registrar, a piece of news."""
    student, child = world.students["王小明"], f"/portal/children/{world.students['王小明']}/threads/homeroom"
    registrar, city = client_as("registrar_wc"), client_as("city_admin")
    conduct = {
        "form_key": hidden(registrar.get("/student-affairs/conduct/add").text, "form_key"),
        "student": str(student),
        "term": str(world.terms[115, 1]),
        "event_date": today().isoformat(),
        "kind": "commendation",
        "count": "1",
        "reason": "拾金不昧",
    }
    news = {
        "form_key": hidden(city.get("/sso/news/add").text, "form_key"),
        "title": "停課",
        "body": "颱風",
        "published_on": today().isoformat(),
    }
    sent = [
        ("parent_chen", child, {"body": "老師好", "send_key": "one form"}, (Message, Message.body == "老師好")),
        ("teacher_501", "/student-affairs/bulletins/add", bulletin_form(world), (Bulletin, Bulletin.title == "校慶園遊會")),
        ("registrar_wc", "/student-affairs/conduct/add", conduct, (ConductRecord, ConductRecord.reason == "拾金不昧")),
        ("city_admin", "/sso/news/add", news, (News, News.title == "停課")),
    ]
    for person, address, data, what in sent:
        answers = together(*(partial(client_as(person).post, address, data=dict(data)) for _ in range(3)))
        assert [answer.status_code for answer in answers] == [302, 302, 302], address
        assert count(flask_app, *what) == 1, address
    day, book = "/student-affairs/contact-book/add", book_form(world, lines=[("homework", "背唐詩")])
    answers = together(*(partial(client_as("teacher_501").post, day, data=dict(book)) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 302], "the others are told that the day is written"
    registrar.post("/student-affairs/conduct/add", data=conduct | {"count": "2"})
    assert count(flask_app, ConductRecord, ConductRecord.reason == "拾金不昧") == 2, "a changed form is another one"


@pytest.mark.every_database
def test_p26_of_approve_and_refuse_at_the_same_moment_one_wins_and_the_other_is_told(flask_app, client_as, world):
    with flask_app.app_context(), system("tests"):
        link_id = db.session.scalar(sa.select(GuardianLink.id).where(GuardianLink.status == LinkStatus.PENDING))
    address = f"/student-affairs/links/{link_id}"
    teacher, manager = client_as("teacher_501"), client_as("lead_wc")
    answers = together(
        lambda: teacher.post(address, data={"decision": "approve"}, follow_redirects=True),
        lambda: manager.post(address, data={"decision": "reject", "reason": "不是家長"}, follow_redirects=True),
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    with flask_app.app_context(), system("tests"):
        link = db.session.get(GuardianLink, link_id)
        assert link.status in (LinkStatus.APPROVED, LinkStatus.REJECTED)
        told = db.session.scalars(sa.select(OutboxMessage.purpose)).all()
        assert told == ["link_approved" if link.status == LinkStatus.APPROVED else "link_rejected"]
        acts = sa.select(AuditEntry.action).where(AuditEntry.action.in_(("approve.guardian_link", "reject.guardian_link")))
        assert len(db.session.scalars(acts).all()) == 1
    assert sum("已經處理" in answer.text or "已由" in answer.text for answer in answers) == 1


# ---------- P27 ----------


class MailServer:
    """A mail server of a few lines: keeps letters, may keep silent, may stop after it has taken a letter."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.is_deaf = False
        self.stops_after_taking = False
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.heard = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb", 0) as line:
            if self.is_deaf:
                self.heard.set()
                time.sleep(5)
                return
            line.write(b"220 here\r\n")
            while command := line.readline():
                if command.upper().startswith(b"DATA"):
                    line.write(b"354 go on\r\n")
                    letter = b""
                    while (text := line.readline()) not in (b".\r\n", b""):
                        letter += text
                    self.letters.append(letter)
                    self.heard.set()
                    if self.stops_after_taking:
                        time.sleep(5)
                        return
                line.write(b"250 OK\r\n")

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def mail_server(flask_app, monkeypatch) -> Iterator[MailServer]:
    server = MailServer()
    for name, value in {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": server.port, "MAIL_TIMEOUT": 2.0}.items():
        monkeypatch.setitem(flask_app.config, name, value)
    mail.init_app(flask_app)
    yield server
    server.close()
    monkeypatch.undo()
    mail.init_app(flask_app)


def approve(client_as, flask_app) -> float:
    """Approve the pending link, which writes one letter; the seconds that the page took."""
    with flask_app.app_context(), system("tests"):
        link_id = db.session.scalar(sa.select(GuardianLink.id).where(GuardianLink.status == LinkStatus.PENDING))
    began = time.monotonic()
    answer = client_as("teacher_501").post(f"/student-affairs/links/{link_id}", data={"decision": "approve"})
    assert answer.status_code == 302
    return time.monotonic() - began


def killed_while_delivering(flask_app, server: MailServer) -> None:
    """A worker of its own process, killed with -9 as soon as the mail server has heard from it."""
    with flask_app.app_context():
        db.engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            with flask_app.app_context():
                deliver_due(OutboxChannel.EMAIL)
        finally:
            os._exit(0)
    assert server.heard.wait(30)
    os.kill(child, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    server.heard.clear()


@pytest.mark.every_database
@pytest.mark.parametrize("moment", ["before the server answers", "after the server has taken it"])
def test_p27_a_worker_killed_in_the_middle_loses_no_letter(flask_app, client_as, mail_server, moment):
    """At least once: before the server has taken the letter it leaves once; after that, a second time under the same
    Message-ID, by which mailboxes know it."""
    approve(client_as, flask_app)
    mail_server.is_deaf = moment.startswith("before")
    mail_server.stops_after_taking = not mail_server.is_deaf
    killed_while_delivering(flask_app, mail_server)
    mail_server.is_deaf = mail_server.stops_after_taking = False
    assert count(flask_app, OutboxMessage, OutboxMessage.status == OutboxStatus.QUEUED) == 1
    with flask_app.app_context():
        assert deliver_due(OutboxChannel.EMAIL) == {}, "nobody else takes it while it may still be under way"
        with time_machine.travel(now() + timedelta(minutes=5), tick=True):
            assert deliver_due(OutboxChannel.EMAIL) == {"sent": 1}
            assert deliver_due(OutboxChannel.EMAIL) == {}
    ids = [re.search(rb"(?im)^message-id: (.+)$", letter)[1].strip() for letter in mail_server.letters]
    assert len(ids) == (1 if moment.startswith("before") else 2)
    assert len(set(ids)) == 1


def test_p27_a_page_waits_neither_for_a_slow_nor_for_a_dead_mail_server(flask_app, client_as, mail_server):
    mail_server.is_deaf = True
    usual = min(timed(lambda: client_as("teacher_501").get("/student-affairs/links/")) for _ in range(2))
    assert approve(client_as, flask_app) < usual + 1.5
    assert not mail_server.heard.is_set()
    mail_server.close()
    with flask_app.app_context():
        assert deliver_due(OutboxChannel.EMAIL) == {"put_off": 1}


def timed(call: Callable[[], Any]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


# ---------- P28 ----------


@pytest.fixture
def as_in_production(flask_app, monkeypatch) -> None:
    """Exceptions become pages, as outside tests."""
    monkeypatch.setitem(flask_app.config, "TESTING", False)
    monkeypatch.setitem(flask_app.config, "PROPAGATE_EXCEPTIONS", False)


@contextmanager
def database_away(database: Template) -> Iterator[None]:
    with database.app.app_context():
        db.engine.dispose()
    if database.kind == "postgresql":
        database._execute(f'ALTER DATABASE "{database.name}" ALLOW_CONNECTIONS false')
        cut_connections(database)
        try:
            yield
        finally:
            database._execute(f'ALTER DATABASE "{database.name}" ALLOW_CONNECTIONS true')
        return
    path = database.folder / "test.db"
    path.rename(database.folder / "away")
    path.mkdir()
    try:
        yield
    finally:
        path.rmdir()
        (database.folder / "away").rename(path)


def cut_connections(database: Template) -> None:
    """What a restart of the server does to those who are connected."""
    database._execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.name}'")


@pytest.mark.every_database
def test_p28_while_the_database_is_away_pages_say_so_with_a_code_and_then_go_on(
    database, client_as, visitor, as_in_production
):
    parent = client_as("parent_chen")
    assert parent.get("/portal/").status_code == 200
    with database_away(database):
        for client, address in (
            (parent, "/portal/"),
            (visitor, "/"),
            (visitor, "/sign-in/general/"),
            (parent, "/portal/links/"),
        ):
            answer = client.get(address)
            assert answer.status_code == 503, address
            assert answer.headers["Retry-After"] == "10"
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert "服務暫時中斷" in answer.text
            assert re.search("代碼|編號", answer.text)
            assert not re.search("sqlite|psycopg|postgres|Traceback|OperationalError", answer.text)
        assert parent.post("/portal/links/", data={}).status_code == 503
        assert visitor.get("/static/portal.css").status_code == 200
        assert visitor.get("/health/live").json == {"status": "ok"}
        database.app.extensions.pop("health", None)
        health = visitor.get("/health")
        assert health.status_code == 503
        assert health.json == {"status": "away", "database": "away", "storage": "ok", "worker": "unknown"}
    database.app.extensions.pop("health", None)
    assert parent.get("/portal/").status_code == 200
    assert visitor.get("/health").json == {"status": "ok", "database": "ok", "storage": "ok", "worker": "ok"}


@pytest.mark.every_database
def test_p28_the_first_request_after_a_restart_of_the_database_is_answered(database, client_as, as_in_production):
    parent = client_as("parent_chen")
    for _ in range(3):
        assert parent.get("/portal/").status_code == 200
        if database.kind == "postgresql":  # a file has nobody who could be restarted
            cut_connections(database)
    assert parent.get("/portal/").status_code == 200


def test_p28_without_redis_pages_answer_in_time_and_the_letter_is_kept(flask_app, client_as, monkeypatch):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    huey = RedisHuey("portal", results=False, host="127.0.0.1", port=port, socket_connect_timeout=2)
    monkeypatch.setitem(flask_app.extensions, WAKE_WORKER, Waker([huey.task()(lambda: None)]))
    assert approve(client_as, flask_app) < 5
    assert count(flask_app, OutboxMessage, OutboxMessage.status == OutboxStatus.QUEUED) == 1
    assert client_as("parent_chen").get("/portal/").status_code == 200


def test_p28_a_full_disk_under_the_files_keeps_neither_half_a_row_nor_half_a_file(
    flask_app, client_as, world, as_in_production, monkeypatch
):
    """The kernel's own word: the file under way is /dev/full."""
    key = "ab" + "0" * 46
    folder = Path(flask_app.config["STORAGE_URL"].removeprefix("file://")) / "ab"
    folder.mkdir(parents=True)
    (folder / f"{key}.part").symlink_to("/dev/full")
    with monkeypatch.context() as full:
        full.setattr(app.attachments.services, "new_key", lambda: key)
        before = count(flask_app, Bulletin)
        sent = bulletin_form(world, files=[(BytesIO(samples.PDF), "單.pdf")])
        answer = client_as("teacher_501").post("/student-affairs/bulletins/add", data=sent)
    assert answer.status_code == 507
    assert "這次沒有儲存任何資料" in answer.text
    assert (count(flask_app, Bulletin), count(flask_app, Attachment), kept_files(flask_app)) == (before, 0, [])
    sent = bulletin_form(world, files=[(BytesIO(samples.PDF), "單.pdf")])
    assert client_as("teacher_501").post("/student-affairs/bulletins/add", data=sent).status_code == 302


def test_p28_a_full_disk_under_the_database_is_a_507_and_reading_goes_on(
    flask_app, client_as, world, as_in_production, database
):
    teacher = client_as("teacher_501")
    database.is_touched = True

    def no_room(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # SQLite takes the present size as the limit

    with flask_app.app_context():
        engine = db.engine
    sa.event.listen(engine, "connect", no_room)
    try:
        engine.dispose()
        sent = bulletin_form(world, text="字" * 19_000, files=[(BytesIO(samples.PDF), "單.pdf")])
        answer = teacher.post("/student-affairs/bulletins/add", data=sent)
        assert answer.status_code == 507
        assert teacher.get("/student-affairs/bulletins/").status_code == 200
    finally:
        sa.event.remove(engine, "connect", no_room)
        engine.dispose()
    assert kept_files(flask_app) == []
    assert count(flask_app, Bulletin, Bulletin.title == "校慶園遊會") == 0
    sent = bulletin_form(world, text="字" * 19_000)
    assert teacher.post("/student-affairs/bulletins/add", data=sent).status_code == 302


@pytest.mark.postgresql
def test_p28_a_full_disk_under_postgresql_is_a_507_and_reading_goes_on(flask_app, client_as, world, as_in_production):
    """With the server's own code for it. (A real one, a tablespace of 80 MB on a tmpfs, was tried by hand.)"""
    teacher = client_as("teacher_501")
    with flask_app.app_context():
        engine = db.engine
    with engine.begin() as connection:
        connection.exec_driver_sql(
            """CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"""
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER no_room BEFORE INSERT ON bulletin FOR EACH ROW EXECUTE FUNCTION no_room()"
        )
    try:
        answer = teacher.post("/student-affairs/bulletins/add", data=bulletin_form(world))
        assert answer.status_code == 507
        assert "這次沒有儲存任何資料" in answer.text
        assert teacher.get("/student-affairs/bulletins/").status_code == 200
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP FUNCTION no_room() CASCADE")
    assert count(flask_app, Bulletin, Bulletin.title == "校慶園遊會") == 0
    assert teacher.post("/student-affairs/bulletins/add", data=bulletin_form(world)).status_code == 302


def test_p28_health_tells_a_full_storage_and_a_worker_that_does_not_run(flask_app, visitor, client_as, monkeypatch):
    def health() -> Any:
        flask_app.extensions.pop("health", None)
        return visitor.get("/health")

    assert health().json["worker"] == "ok"
    approve(client_as, flask_app)
    with time_machine.travel(now() + timedelta(minutes=10), tick=True):
        answer = health()
        assert (answer.status_code, answer.json["worker"]) == (200, "late")

    def full(self: LocalStorage) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(LocalStorage, "check", full)
    answer = health()
    assert (answer.status_code, answer.json["storage"], answer.json["database"]) == (503, "away", "ok")
    assert set(answer.json) == {"status", "database", "storage", "worker"}


# ---------- P29 ----------


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def own_template(request, templates, tmp_path_factory) -> Iterator[Template]:
    templates(request.param)  # skips where there is no PostgreSQL
    template = Template(request.param, tmp_path_factory.mktemp(f"own-{request.param}"))
    yield template
    template.drop()


@pytest.fixture
def own(own_template) -> Template:
    """A database of this module's own, filled, which may be thrown about."""
    own_template.is_touched = True
    own_template.fresh()
    return own_template


def all_rows(template: Template) -> dict[str, list[str]]:
    with template.app.app_context(), db.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(sa.select(table)).all()))
            for table in db.metadata.sorted_tables
            if table.name not in ("account_session", "access_version", "one_time_secret")
        }


def signs_in(template: Template, username: str, password: str) -> bool:
    browser = template.app.test_client()
    page = browser.get("/sign-in/general/").text
    data = {"username": username, "password": password, "captcha": "24680", "csrf_token": hidden(page, "csrf_token")}
    return browser.post("/sign-in/general/", data=data).status_code == 302


def test_p29_a_copy_brings_back_rows_files_and_sign_ins(own, tmp_path):
    if own.kind == "postgresql":
        needs("pg_dump")
    before = all_rows(own)
    with own.app.app_context():
        storage().save("cd" * 24, BytesIO(samples.PDF))
        archive = back_up(tmp_path)
        with db.engine.begin() as connection:
            connection.execute(sa.update(db.metadata.tables["message"]).values(body="gone"))
            connection.execute(sa.update(db.metadata.tables["ab_user"]).values(password="gone"))
        storage().delete("cd" * 24)
        assert not signs_in(own, "parent_chen", PASSWORD)
        restore(archive)
        db.session.remove()
        with storage().open("cd" * 24) as file:
            assert file.read() == samples.PDF
    assert all_rows(own) == before
    assert signs_in(own, "parent_chen", PASSWORD)


def test_p29_the_schema_goes_down_and_up_again_and_keeps_what_was_there(own):
    """Down to the first schema: what later ones added is gone with them, what the first one knew stays to the letter."""
    later = {"attachment": {"scan_state", "uploaded_by_id"}}
    with own.app.app_context():
        first = kept = None
        downgrade(directory=MIGRATIONS, revision="0001")
        with db.engine.connect() as connection:
            present = sa.inspect(connection)
            first = {name: [column["name"] for column in present.get_columns(name)] for name in present.get_table_names()}
            kept = snapshot(connection, first)
        upgrade(directory=MIGRATIONS)
        db.session.remove()
        with db.engine.connect() as connection:
            assert snapshot(connection, first) == kept
        sync_pages(db.session)
        db.session.remove()
        downgrade(directory=MIGRATIONS, revision="0001")
        with db.engine.connect() as connection:
            assert not later["attachment"] & {column["name"] for column in sa.inspect(connection).get_columns("attachment")}
        upgrade(directory=MIGRATIONS)
        db.session.remove()
    assert sum(map(len, kept.values())) > 100
    assert signs_in(own, "parent_chen", PASSWORD)


def snapshot(connection: Any, columns: dict[str, list[str]]) -> dict[str, list[str]]:
    unlike = ("alembic_version", "account_session", "access_version", "ab_permission", "ab_view_menu")
    return {
        name: sorted(map(repr, connection.execute(sa.text(f'SELECT {", ".join(names)} FROM "{name}"')).all()))
        for name, names in columns.items()
        if not name.startswith(unlike)
    }


# ---------- P31 ----------


def test_p31_four_machines_that_start_on_an_empty_database_at_once_all_come_up(own):
    with own.app.app_context():
        db.session.remove()
        downgrade(directory=MIGRATIONS, revision="base")
        db.session.remove()
        db.engine.dispose()
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                result = own.app.test_cli_runner().invoke(args=["portal", "init"])
                code = result.exit_code
                if code:
                    os.write(2, repr(result.exception)[:2000].encode())
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0, 0]
    with own.app.app_context(), db.engine.connect() as connection:
        names = connection.execute(sa.text("SELECT count(*), count(DISTINCT name) FROM ab_role")).one()
        assert names[0] == names[1] > 5
    assert own.app.test_client().get("/").status_code == 200


@pytest.mark.every_database
def test_p31_sixteen_threads_read_and_write_their_own_and_nobody_elses(flask_app, world):
    """Parents of two children and two teachers, again and again, each with a word of their own."""
    people = {"parent_chen": "王小明", "parent_wang": "李宥廷", "teacher_501": "王小明", "teacher_502": "李宥廷"}
    keys = {name: begin_session(flask_app, world.accounts[name]) for name in people}

    def work(person: str, number: int) -> list[str]:
        browser = PersonClient(flask_app, flask_app.response_class)
        browser.set_cookie(flask_app.config["SESSION_COOKIE_NAME"], keys[person])
        child, foreign = people[person], {"王小明": "李宥廷", "李宥廷": "王小明"}[people[person]]
        number_of = world.students[child]
        thread = (
            "/portal/children/%d/threads/homeroom" if person.startswith("parent") else "/student-affairs/threads/homeroom/%d"
        )
        wrong = []
        for turn in range(3):
            word = f"{child}-{person}-{number}-{turn}"
            sent = browser.post(thread % number_of, data={"body": word, "send_key": word})
            page = browser.get(thread % number_of)
            other = browser.get(thread % world.students[foreign])
            if sent.status_code != 302 or word not in page.text or f"{foreign}-" in page.text or other.status_code != 404:
                wrong.append(f"{word}: {sent.status_code} {page.status_code} {other.status_code}")
        return wrong

    jobs = [lambda person=person, number=number: work(person, number) for number in range(4) for person in people]
    assert [each for answer in together(*jobs) for each in answer] == []
    with flask_app.app_context(), system("tests"):
        rows = db.session.execute(sa.select(Message.student_id, Message.body).where(Message.body.contains("-"))).all()
        assert len([row for row in rows if row.body.count("-") == 3]) == 16 * 3
        assert all(world.students[row.body.split("-")[0]] == row.student_id for row in rows if row.body.count("-") == 3)
