"""學期報告: who gets which, how it is made, and that nobody gets another child's."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import zlib
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.attachments.storage import storage
from app.audit.models import AuditEntry
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.model_types import now
from app.schools.models import Student
from app.student_records.models import SubjectKind, TermGrade
from app.term_reports import making
from app.term_reports.contents import contents_of
from app.term_reports.making import html, make_waiting, write_pdf
from app.term_reports.models import ReportState, TermReport
from app.term_reports.services import forget_old_reports

MING = "王小明"


@pytest.fixture
def quick(monkeypatch):
    """The file's own making takes seconds; here its words are enough."""
    monkeypatch.setattr(making, "write_pdf", lambda contents, locale: b"%PDF-" + html(contents, locale).encode())


def address(world, name: str = MING, report: object = "") -> str:
    return f"/portal/children/{world.students[name]}/reports/{report}"


def ask(browser, world, name: str = MING):
    return browser.post(address(world, name), data={"term_id": world.terms[115, 1]})


def only_report() -> TermReport:
    with system("tests"):
        return db.session.scalars(sa.select(TermReport)).one()


@pytest.fixture
def made(flask_app, client_as, world, quick):
    """A report of 王小明 that parent_chen asked for; answers its number."""
    assert ask(client_as("parent_chen"), world).status_code == 302
    with flask_app.app_context():
        assert make_waiting() == {"made": 1}
        return only_report().id


@pytest.mark.every_database
def test_a_guardian_asks_the_worker_makes_and_the_guardian_takes_it_along(flask_app, client_as, world, quick):
    browser = client_as("parent_chen")
    page = browser.get(address(world)).text
    assert "製作報告" in page
    assert ask(browser, world).status_code == 302
    page = browser.get(address(world)).text
    assert "data-comes-again" in page
    assert "等候中" in page
    with flask_app.app_context():
        assert make_waiting() == {"made": 1}
        report_id = only_report().id
    page = browser.get(address(world)).text
    assert address(world, report=report_id) in page
    assert "data-comes-again" not in page
    answer = browser.get(address(world, report=report_id))
    assert answer.status_code == 200
    assert answer.content_type == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert MING in answer.get_data().decode()
    with flask_app.app_context(), system("tests"):
        noted = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "export.term_report")).one()
        assert (noted.username, noted.student_id) == ("parent_chen", world.students[MING])


@pytest.mark.every_database
def test_another_childs_report_cannot_be_asked_for_seen_or_had(client_as, world, made):
    for username in ("parent_lin", "parent_wang"):
        stranger = client_as(username)
        assert stranger.get(address(world)).status_code == 404
        assert ask(stranger, world).status_code == 404
        assert stranger.get(address(world, report=made)).status_code == 404
    chen = client_as("parent_chen")
    assert chen.get(address(world, "林品妤")).status_code == 404
    assert chen.get(address(world, "王小華", made)).status_code == 404, (
        "the number of one child's report under another child"
    )
    assert client_as("teacher_501").get(f"/student-affairs/reports/{made}").status_code == 404


@pytest.mark.every_database
def test_a_link_that_has_ended_opens_no_report_that_was_made_before(flask_app, client_as, world, made):
    browser = client_as("parent_chen")
    assert browser.get(address(world, report=made)).status_code == 200
    with flask_app.app_context(), system("tests"):
        link = db.session.scalars(
            sa.select(GuardianLink).where(
                GuardianLink.student_id == world.students[MING], GuardianLink.account_id == world.accounts["parent_chen"]
            )
        ).one()
        link.status = LinkStatus.ENDED
        db.session.commit()
    assert browser.get(address(world, report=made)).status_code == 404


def test_only_terms_with_something_on_record_can_be_asked_for(client_as, world):
    browser = client_as("parent_chen")
    assert browser.post(address(world), data={"term_id": 999_999}).status_code == 404
    assert browser.post(address(world), data={}).status_code == 404


def test_asking_again_takes_the_place_of_the_former_report_and_its_file(flask_app, client_as, world, made):
    with flask_app.app_context():
        key = only_report().storage_key
        storage().open(key).close()
    ask(client_as("parent_chen"), world)
    with flask_app.app_context():
        report = only_report()
        assert (report.state, report.storage_key) == (ReportState.WAITING, "")
        assert not list(storage().keys(now() + timedelta(days=1)))


def test_a_homeroom_teacher_takes_the_own_class_along_and_no_other(flask_app, client_as, world, quick):
    teacher = client_as("teacher_501")
    page = teacher.get("/student-affairs/reports/").text
    assert "五年一班" in page
    assert "五年二班" not in page
    asked = {"class_id": world.classes["501"], "term_id": world.terms[115, 1]}
    assert teacher.post("/student-affairs/reports/", data=asked).status_code == 302
    other = {**asked, "class_id": world.classes["502"]}
    assert teacher.post("/student-affairs/reports/", data=other).status_code == 404
    with flask_app.app_context():
        assert make_waiting() == {"made": 1}
        report_id = only_report().id
    text = teacher.get(f"/student-affairs/reports/{report_id}").get_data().decode()
    assert MING in text
    assert "林品妤" in text
    assert "李宥廷" not in text
    with flask_app.app_context(), system("tests"):
        noted = db.session.scalars(sa.select(AuditEntry.student_id).where(AuditEntry.action == "export.term_report"))
        assert set(noted) == {world.students[MING], world.students["林品妤"]}
    for username in ("teacher_502", "manager_wc", "teacher_701"):
        assert client_as(username).get(f"/student-affairs/reports/{report_id}").status_code == 404, "it is the asker's alone"


@pytest.mark.parametrize(("username", "status"), [("registrar_wc", 200), ("manager_wc", 200), ("counselor_wc", 403)])
def test_who_keeps_all_three_records_opens_the_page_of_classes(client_as, username, status):
    assert client_as(username).get("/student-affairs/reports/").status_code == status


def test_a_report_that_cannot_be_made_says_so_and_keeps_no_other_waiting(flask_app, client_as, world, monkeypatch):
    browser = client_as("parent_chen")
    ask(browser, world)
    ask(browser, world, "王小華")
    tried = []

    def fail_first(contents, locale):
        tried.append(contents.students[0].name)
        if len(tried) == 1:
            raise RuntimeError("no font")
        return b"%PDF"

    monkeypatch.setattr(making, "write_pdf", fail_first)
    with flask_app.app_context():
        assert make_waiting() == {"failed": 1, "made": 1}
    assert "製作失敗" in browser.get(address(world)).text


def test_a_report_whose_worker_was_killed_is_given_up(flask_app, client_as, world):
    ask(client_as("parent_chen"), world)
    with flask_app.app_context(), system("tests"):
        report = db.session.scalars(sa.select(TermReport)).one()
        report.state, report.begun_at = ReportState.BEING_MADE, now() - timedelta(minutes=11)
        db.session.commit()
    with flask_app.app_context():
        assert make_waiting() == {}
        assert only_report().state == ReportState.FAILED


def test_reports_of_yesterday_are_forgotten_with_their_files(flask_app, world, made):
    with flask_app.app_context(), system("tests"):
        forget_old_reports()
        db.session.commit()
        assert db.session.scalar(sa.select(sa.func.count()).select_from(TermReport)) == 1
        db.session.scalars(sa.select(TermReport)).one().asked_at = now() - timedelta(days=1, minutes=1)
        db.session.commit()
        forget_old_reports()
        db.session.commit()
        assert db.session.scalar(sa.select(sa.func.count()).select_from(TermReport)) == 0
        assert not list(storage().keys(now() + timedelta(days=1)))


@pytest.mark.every_database
def test_the_pages_cost_a_handful_of_statements(client_as, world, count_statements, made):
    browser = client_as("parent_chen")
    browser.get(address(world))
    with count_statements() as statements:
        assert browser.get(address(world)).status_code == 200
    assert len(statements) <= 4, str(statements)
    teacher = client_as("teacher_501")
    teacher.get("/student-affairs/reports/")
    with count_statements() as statements:
        assert teacher.get("/student-affairs/reports/").status_code == 200
    assert len(statements) <= 4, str(statements)


def test_a_class_costs_as_many_statements_as_a_child(flask_app, world, count_statements):
    with flask_app.app_context(), system("tests"):
        of_class = TermReport(
            class_id=world.classes["501"], school_id=world.schools["wenchang"], term_id=world.terms[115, 1]
        )
        with count_statements() as statements:
            assert len(contents_of(of_class).students) == 2
        assert len(statements) <= 8, str(statements)


@pytest.fixture
def rare_characters_can_be_drawn():
    """The product needs Pango and such a font where its worker runs (deploy/README.md); not where tests run."""
    try:
        importlib.import_module("weasyprint")
    except OSError:
        pytest.skip("no Pango on this machine")
    listing = shutil.which("fc-list")
    if listing is None or not subprocess.run([listing, ":charset=2137c"], capture_output=True, check=True).stdout:
        pytest.skip("no font on this machine has 𡍼: apt install fonts-babelstone-han")


@pytest.mark.usefixtures("rare_characters_can_be_drawn")
def test_the_file_holds_the_characters_of_rare_names_and_fetches_nothing(flask_app, world):
    """𡍼, 𠮷 and 㛃 are drawn, not boxes; a name that is an address stays a name."""
    with flask_app.app_context(), system("tests"):
        student = db.session.get_one(Student, world.students[MING])
        student.full_name = "𡍼𠮷㛃"
        grade = TermGrade(
            student_id=student.id,
            school_id=student.school_id,
            term_id=world.terms[115, 1],
            subject='<img src="http://127.0.0.1:1/x.png">',
            kind=SubjectKind.SUBJECT,
            grade_level=5,
            score=Decimal("91.5"),
        )
        db.session.add(grade)
        db.session.flush()
        report = TermReport(student_id=student.id, school_id=student.school_id, term_id=world.terms[115, 1])
        contents = contents_of(report)
        page = html(contents, "zh_Hant_TW")
        assert "&lt;img src" in page
        assert "91.5" in page
        made = write_pdf(contents, "zh_Hant_TW")
    assert made.startswith(b"%PDF-1.")
    inside = b"".join(_unpacked(made))
    assert b"/FontFile" in inside, "the fonts are embedded"
    for character in "𡍼𠮷㛃":
        assert character.encode("utf-16-be").hex().encode() in inside.lower(), character
    assert len(made) < 2_000_000


def _unpacked(made: bytes) -> Iterator[bytes]:
    """The streams of a PDF; which character a glyph stands for is written there in UTF-16."""
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", made, re.DOTALL):
        try:
            yield zlib.decompress(packed)
        except zlib.error:
            continue
