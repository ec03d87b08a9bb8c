"""Names outside the first 65,536 characters (𡍼, 𠮷) and in Extension A (㛃): kept, shown and written in letters whole."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.crypto.sealing import open_sealed
from app.extensions import db
from app.notifications.models import OutboxMessage
from app.notifications.outbox import send_letter, send_sms
from app.schools.models import Student

NAME = "𡍼𠮷㛃"


@pytest.mark.every_database
def test_a_rare_name_is_kept_and_shown_to_guardian_and_teacher(flask_app, world, client_as):
    with flask_app.app_context(), system("tests"):
        db.session.execute(sa.update(Student).where(Student.id == world.students["王小明"]).values(full_name=NAME))
        db.session.commit()
        kept = db.session.scalars(sa.select(Student.full_name).where(Student.id == world.students["王小明"])).one()
    assert kept == NAME
    parent, teacher = client_as("parent_chen"), client_as("teacher_501")
    for page in (
        parent.get("/portal/"),
        parent.get(f"/portal/children/{world.students['王小明']}/records"),
        teacher.get("/sso/students/list/"),
    ):
        assert page.status_code == 200
        assert NAME in page.text


def test_a_rare_name_stands_in_letters_and_sms(context):
    with system("tests"):
        send_letter("chen@example.org", "link_approved", "vi", guardian_name=NAME, student_name=NAME, school_name="文昌國小")
        send_sms("+886912345678", "first_password", "id", temporary_password=NAME)
        db.session.commit()
        letter, sms = db.session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id))
    texts = json.loads(open_sealed(letter.content_sealed))
    assert NAME in texts["text"]
    assert NAME in texts["html"]
    assert NAME in json.loads(open_sealed(sms.content_sealed))["text"]


def test_the_pages_name_fonts_that_have_them(visitor):
    page = visitor.get("/").text
    address = page.split("/static/tokens.css")[1].split('"')[0]
    sheet = visitor.get(f"/static/tokens.css{address}").text
    assert "MingLiU-ExtB" in sheet
    assert "var(--font-rare)" in sheet.split("--font:")[1].split(";")[0]
