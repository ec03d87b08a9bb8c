"""The demo city: made by its script, brought in by the importer, with a school life around it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_appbuilder.security.sqla.models import Role as FabRole
from flask_appbuilder.security.sqla.models import assoc_user_role
from flask_migrate import upgrade

import config
from app import create_app
from app.access.pages import sync_pages
from app.access.session import system
from app.accounts import passwords
from app.accounts.models import Account, AccountState, PlacementRequest, PlacementRequestStatus
from app.attachments.models import Attachment
from app.attachments.storage import storage
from app.bulletins.models import Bulletin
from app.contact_books.models import ContactBookEntry, ContactBookItem
from app.conversations.models import ChannelSwitch, Conversation
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.importing.demo import PASSWORD, seed_demo
from app.importing.demo_city.make import BUNDLE, demo_city, write_bundle
from app.importing.services import import_path
from app.model_types import today
from app.portal.models import News
from app.schools.models import AcademicTerm, Enrollment, HomeroomAssignment, School, SchoolClass, Student
from app.student_records.models import AttendanceEvent, ConductRecord, SubjectKind, TermGrade
from tests.conftest import _postgresql_answers
from tests.template import POSTGRESQL

SECONDS = 60
"""The seed takes about three; a busy machine may need more."""


pytestmark = pytest.mark.written_order
"""The demo is loaded once for each database."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def demo(request, tmp_path_factory) -> Iterator[tuple[Flask, list[tuple[str, str]]]]:
    folder = tmp_path_factory.mktemp("demo")
    server, name = None, f"portal_demo_{uuid.uuid4().hex[:8]}"
    if request.param == "postgresql":
        if not _postgresql_answers():
            pytest.skip("no PostgreSQL at TEST_DATABASE_URL or 127.0.0.1:5432")
        server = sa.create_engine(POSTGRESQL, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
        url = sa.make_url(POSTGRESQL).set(database=name).render_as_string(hide_password=False)
    else:
        url = f"sqlite:///{folder / 'demo.db'}"
    settings = config.load({"PORTAL_ENV": "test", "DATABASE_URL": url, "INSTANCE_DIR": str(folder / "instance")})
    flask_app = create_app(settings)
    with flask_app.app_context():
        upgrade()
        sync_pages(db.session)
        started = time.monotonic()
        people = seed_demo()
        assert time.monotonic() - started < SECONDS
        db.session.remove()
    yield flask_app, people
    with flask_app.app_context():
        db.session.remove()
        db.engine.dispose()
    if server is not None:
        with server.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
def looking(demo) -> Iterator[list[tuple[str, str]]]:
    flask_app, people = demo
    with flask_app.app_context(), system("tests look"):
        yield people
        db.session.rollback()


def count(model, *conditions) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*conditions))


def test_the_bundle_in_the_tree_is_what_the_script_writes(tmp_path):
    write_bundle(tmp_path, demo_city())
    for path in BUNDLE.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name
    assert len(list(tmp_path.iterdir())) == len(list(BUNDLE.iterdir()))


def test_three_schools_and_the_bureau(looking):
    assert {school.name: school.accepts_link_requests for school in db.session.scalars(sa.select(School))} == {
        "文昌國小": True,
        "中興國中": True,
        "武陵國小": False,
        "桃園市政府教育局": False,
    }
    assert count(SchoolClass) >= 12
    assert count(Student) >= 300
    years = set(db.session.execute(sa.select(AcademicTerm.school_year, AcademicTerm.semester)).tuples())
    assert years == {(year, semester) for year in (113, 114, 115) for semester in (1, 2)}


def test_rare_and_foreign_names_are_kept_whole(looking):
    names = set(db.session.scalars(sa.select(Student.full_name)))
    assert {"𡍼𠮷", "Emma Johnson", "王小明", "王小華", "歐陽芷若"} <= names


def test_children_have_the_age_of_their_grade(looking):
    rows = db.session.execute(
        sa.select(Student.birth_date, SchoolClass.grade_level)
        .join(Enrollment, Enrollment.student_id == Student.id)
        .join(SchoolClass, SchoolClass.id == Enrollment.class_id)
    )
    for birth_date, grade_level in rows:
        assert (
            (2020 - grade_level, 9, 2) <= (birth_date.year, birth_date.month, birth_date.day) <= (2021 - grade_level, 9, 1)
        )


def test_everybody_who_is_named_can_sign_in(looking):
    accounts = {account.username: account for account in db.session.scalars(sa.select(Account))}
    for username, description in looking:
        assert accounts[username].state == AccountState.ACTIVE
        assert description
    assert passwords.check(accounts["teacher_501"].password, PASSWORD)
    roles = sa.select(FabRole.name).join(assoc_user_role, assoc_user_role.c.role_id == FabRole.id)
    held = set(db.session.scalars(roles.where(assoc_user_role.c.user_id == accounts["registrar_wc"].id)))
    assert held == {"校端_一般_註冊", "校端_一般_教學"}


def test_every_class_has_its_homeroom_teacher_placed(looking):
    assert count(HomeroomAssignment, HomeroomAssignment.placement_id.is_(None)) == 0
    assert count(HomeroomAssignment) == count(SchoolClass)


def test_links_wait_for_review_in_501(looking):
    def links(status: LinkStatus) -> list[GuardianLink]:
        return list(db.session.scalars(sa.select(GuardianLink).where(GuardianLink.status == status)))

    pending = links(LinkStatus.PENDING)
    assert {link.school_class.label for link in pending} == {"五年一班"}
    assert [link.guardian_name for link in pending if link.student_id is None] == ["高婉如"]
    assert [link.guardian_name for link in pending if link.student and link.typed_birth_date != link.student.birth_date] == [
        "王志強"
    ]
    chen = [link.student.full_name for link in links(LinkStatus.APPROVED) if link.guardian_name == "陳美玲"]
    assert chen == ["王小明", "王小華"]
    assert count(PlacementRequest, PlacementRequest.status == PlacementRequestStatus.PENDING) == 1


def test_every_child_has_marks_of_the_years_it_was_at_school(looking):
    marked = sa.select(TermGrade.student_id).where(TermGrade.kind == SubjectKind.OVERALL)
    unmarked = db.session.scalars(
        sa.select(SchoolClass.grade_level)
        .join(Enrollment, Enrollment.class_id == SchoolClass.id)
        .where(Enrollment.student_id.not_in(marked))
    )
    assert set(unmarked) == {1}
    assert count(AttendanceEvent) > 300
    assert count(Student, Student.id.not_in(sa.select(ConductRecord.student_id))) == 0


def test_a_fortnight_of_contact_books_bulletins_talks_and_news(looking):
    assert count(ContactBookEntry) == 10 * count(SchoolClass)
    assert count(ContactBookEntry, ContactBookEntry.entry_date >= today()) == 0
    assert count(ContactBookItem) > 2 * count(ContactBookEntry)
    assert count(Bulletin) == 4 * count(SchoolClass)
    assert count(Conversation) >= 5
    assert count(ChannelSwitch, ChannelSwitch.is_open.is_(sa.true())) == count(SchoolClass) + 4
    assert count(News) == 6


def test_the_attached_worksheet_can_be_opened(looking):
    attachment = db.session.scalars(sa.select(Attachment)).one()
    with storage().open(attachment.storage_key) as file:
        content = file.read()
    assert content.startswith(b"%PDF-")
    assert len(content) == attachment.size


def test_importing_the_bundle_again_changes_nothing(demo):
    flask_app, _ = demo
    with flask_app.app_context():
        outcome = import_path(BUNDLE)
        assert outcome.examination.plan.changes == 0
        db.session.remove()


def test_postgresql_has_counted_what_came(demo):
    """Nobody had let it: with autovacuum off a teacher's page took eight seconds."""
    flask_app, _people = demo
    with flask_app.app_context(), db.engine.connect() as connection:
        there = connection.scalar(sa.text("SELECT count(*) FROM enrollment"))
        believed = "SELECT reltuples FROM pg_class WHERE oid = 'enrollment'::regclass"
        assert there > 300
        if connection.dialect.name == "postgresql":
            assert connection.scalar(sa.text(believed)) == there
