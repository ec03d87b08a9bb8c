"""我的資料: one's own rows for the password, and nobody else's."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.access.session import system
from app.audit.models import AuditEntry
from app.audit.record import record
from app.conversations.models import Channel, ChannelSwitch
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.model_types import now, today
from tests.world import PASSWORD

PATH = "/portal/my-data/"


def fetch(client, password: str = PASSWORD):
    return client.post(PATH, data={"current_password": password})


def opened(answer) -> tuple[dict, str]:
    assert answer.content_type == "application/zip", answer.text
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert sorted(archive.namelist()) == ["my-data.html", "my-data.json"]
        return json.loads(archive.read("my-data.json")), archive.read("my-data.html").decode()


@pytest.mark.every_database
def test_a_guardian_gets_profile_sessions_applications_and_conversations(client_as, flask_app, world, actor_of):
    chen = actor_of("parent_chen")
    with flask_app.app_context(), system("tests"):
        record(chen, "sign_in.account", chen.id, detail="general")
        record(actor_of("parent_wang"), "sign_in.account", 7)
        db.session.commit()
    answer = fetch(client_as("parent_chen"))
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=my-data-")
    data, page = opened(answer)
    assert data["profile"][0]["identity_number"][3:7] == "****"
    assert (data["profile"][0]["username"], data["profile"][0]["email"]) == ("parent_chen", "parent_chen@example.org")
    assert [each["version"] for each in data["consents"]] == ["2026-11"]
    assert len(data["sessions"]) >= 1
    assert len(data["sign_ins"]) == 1
    assert {each["student_name"] for each in data["link_applications"]} == {"王小明", "王小華"}
    assert {each["student"] for each in data["messages"]} == {"王小明", "王小華"}
    assert all(each["is_own"] is False for each in data["messages"])
    for someone_else in ("林品妤", "李宥廷", "王志強", "parent_wang"):
        assert someone_else not in page
        assert someone_else not in json.dumps(data, ensure_ascii=False)
    assert "王小明 homeroom 訊息" in page
    assert "<script" not in page
    with flask_app.app_context(), system("tests"):
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "export.own_data")).one()
        assert (entry.username, entry.object_id) == ("parent_chen", str(chen.id))


@pytest.mark.every_database
def test_what_a_guardian_has_opened_is_in_the_copy_and_is_nobody_elses(client_as, world):
    guardian, ming = client_as("parent_chen"), world.students["王小明"]
    book = guardian.get(f"/portal/children/{ming}/contact-book")
    bulletins = guardian.get(f"/portal/children/{ming}/bulletins").text
    address = re.search(rf"/portal/children/{ming}/bulletins/\d+", bulletins)
    assert book.status_code == guardian.get(address[0]).status_code == 200
    data, _page = opened(fetch(guardian))
    assert {each["what"] for each in data["read"]} == {"501 公告", today().isoformat()}
    assert opened(fetch(client_as("parent_wang")))[0]["read"] == []


def test_what_the_pages_hide_is_not_in_the_copy_either(client_as, flask_app, world):
    with flask_app.app_context(), system("tests"):
        db.session.execute(
            sa.update(GuardianLink)
            .where(GuardianLink.student_id == world.students["王小華"])
            .values(status=LinkStatus.ENDED, ended_at=now())
        )
        db.session.execute(sa.update(ChannelSwitch).where(ChannelSwitch.channel == Channel.COUNSELING).values(is_open=False))
        db.session.commit()
    data, _page = opened(fetch(client_as("parent_chen")))
    assert {(each["student"], each["channel"]) for each in data["messages"]} == {
        ("王小明", "homeroom"),
        ("王小明", "academic_affairs"),
    }


def test_staff_get_their_own_messages_and_placements_not_their_pupils(client_as, world):
    data, page = opened(fetch(client_as("teacher_501")))
    assert data["messages"] == []
    assert [each["unit"] for each in data["placements"]] == ["文昌國小"]
    assert "link_applications" not in data
    assert "王小明" not in page


def test_it_needs_the_password_and_stops_asking_after_five_wrong_ones(client_as, world):
    client = client_as("parent_chen")
    for _attempt in range(4):
        assert "目前密碼不正確" in fetch(client, "wrong").text
    assert "鎖定" in fetch(client, "wrong").text
    assert "鎖定" in fetch(client).text


def test_there_is_one_copy_an_hour(client_as, world):
    client = client_as("parent_chen")
    opened(fetch(client))
    assert "請於 60 分鐘後再試" in fetch(client).text
    with time_machine.travel(now() + timedelta(minutes=61)):
        opened(fetch(client_as("parent_chen")))


def test_a_half_way_account_and_a_visitor_get_nothing(client_as, visitor, flask_app, world):
    assert visitor.get(PATH).status_code == 302
    with flask_app.app_context(), system("tests"):
        db.session.execute(sa.text("UPDATE ab_user SET state = 'pending_review' WHERE username = 'teacher_501'"))
        db.session.commit()
    assert fetch(client_as("teacher_501")).status_code == 302
