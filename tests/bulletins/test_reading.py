"""班級公佈欄 as guardians read it: the own child's class, from the first day to the last, and no script in it."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser
from io import BytesIO

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.attachments.models import Attachment
from app.bulletins.models import Bulletin
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.model_types import today
from tests.attachments import samples
from tests.bulletins.test_publishing import HOME, add_bulletins, form

ONE_DAY = timedelta(days=1)


def list_of(world, child):
    return f"/portal/children/{world.students[child]}/bulletins"


def publish(client_as, flask_app, world, **changes):
    """A bulletin of 501 with a file; returns its number and the file's."""
    sent = form(world, files=[(BytesIO(samples.PDF), "單.pdf")], **changes)
    assert client_as("teacher_501").post(HOME + "add", data=sent).status_code == 302
    with flask_app.app_context(), system("tests"):
        bulletin = db.session.scalars(sa.select(Bulletin).order_by(Bulletin.id.desc())).first()
        return bulletin.id, bulletin.attachments[0].id


def test_view_opens_the_whole_bulletin(client_as, world):
    parent = client_as("parent_chen")
    page = parent.get(list_of(world, "王小明"))
    assert "501 公告" in page.text
    assert "檢視" in page.text
    assert "701 公告" not in page.text
    assert "501 公告內容" in parent.get(f"{list_of(world, '王小明')}/{world.bulletins['501']}").text


SHOWN = [
    ("from today", 0, None, True),
    ("since long", -30, None, True),
    ("the last day", -30, 0, True),
    ("tomorrow", 1, None, False),
    ("over since yesterday", -30, -1, False),
]


@pytest.mark.every_database
@pytest.mark.parametrize(("first", "last", "is_shown"), [case[1:] for case in SHOWN], ids=[case[0] for case in SHOWN])
def test_a_bulletin_and_its_files_are_there_from_the_first_day_to_the_last(
    client_as, world, flask_app, first, last, is_shown
):
    bulletin_id, file_id = publish(
        client_as,
        flask_app,
        world,
        publish_from=(today() + first * ONE_DAY).isoformat(),
        publish_until="" if last is None else (today() + last * ONE_DAY).isoformat(),
    )
    parent, teacher = client_as("parent_chen"), client_as("teacher_501")
    assert ("校慶園遊會" in parent.get(list_of(world, "王小明")).text) is is_shown
    expected = 200 if is_shown else 404
    assert parent.get(f"{list_of(world, '王小明')}/{bulletin_id}").status_code == expected
    assert parent.get(f"/attachments/{file_id}").status_code == expected
    assert teacher.get(f"{HOME}{bulletin_id}").status_code == 200
    assert teacher.get(f"/attachments/{file_id}").status_code == 200


STRANGERS = ["parent_wang", "parent_lin", "citizen_wu", "teacher_502", "manager_wc", "counselor_wc", "registrar_wc"]


@pytest.mark.parametrize("person", STRANGERS)
def test_nobody_else_reads_a_childs_bulletins_or_their_files(client_as, world, flask_app, person):
    bulletin_id, file_id = publish(client_as, flask_app, world)
    client = client_as(person)
    assert client.get(list_of(world, "王小明")).status_code in (403, 404)
    assert client.get(f"{list_of(world, '王小明')}/{bulletin_id}").status_code in (403, 404)
    assert client.get(f"/attachments/{file_id}").status_code in (403, 404)


def test_a_bulletin_of_another_childs_class_is_not_shown_under_this_child(client_as, world):
    parent = client_as("parent_chen")
    assert parent.get(f"{list_of(world, '王小明')}/{world.bulletins['701']}").status_code == 404
    assert parent.get(f"{list_of(world, '王小華')}/{world.bulletins['701']}").status_code == 200
    assert parent.get(f"{list_of(world, '王小明')}/99999999999999").status_code == 404


def test_an_ended_link_closes_bulletins_and_files_at_once(client_as, world, flask_app):
    bulletin_id, file_id = publish(client_as, flask_app, world)
    parent = client_as("parent_chen")
    assert parent.get(f"/attachments/{file_id}").status_code == 200
    with flask_app.app_context(), system("tests"):
        student = GuardianLink.student_id == world.students["王小明"]
        db.session.execute(sa.update(GuardianLink).where(student).values(status=LinkStatus.ENDED))
        db.session.commit()
    assert parent.get(f"/attachments/{file_id}").status_code == 404
    assert parent.get(f"{list_of(world, '王小明')}/{bulletin_id}").status_code == 404


def active_parts(page):
    """Whatever on a page would run: handlers, inline scripts, script links, pictures of elsewhere."""
    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            given = dict(attributes)
            found.extend(name for name in given if name.startswith("on"))
            if (tag == "script" and not given.get("src", "").startswith("/static/")) or tag in ("img", "iframe", "object"):
                found.append(tag)
            if (given.get("href") or "").lower().startswith(("javascript", "data")):
                found.append(given["href"])

    Reader().feed(page)
    return found


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "**<svg onload=alert(1)>**",
    'https://example.org/"onmouseover=alert(1)',
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_markup_in_a_bulletin_is_shown_as_text(client_as, world, flask_app, attack):
    bulletin_id, _file = publish(client_as, flask_app, world, title=attack, text=attack)
    for page in (
        client_as("parent_chen").get(list_of(world, "王小明")).text,
        client_as("parent_chen").get(f"{list_of(world, '王小明')}/{bulletin_id}").text,
        client_as("teacher_501").get(HOME).text,
        client_as("teacher_501").get(f"{HOME}{bulletin_id}").text,
        client_as("teacher_501").get(f"{HOME}{bulletin_id}/delete").text,
    ):
        assert active_parts(page) == []


def test_a_row_that_was_written_without_cleaning_is_cleaned_when_it_is_shown(client_as, world, flask_app):
    with flask_app.app_context(), system("tests"):
        db.session.get(Bulletin, world.bulletins["501"]).body = '<p onclick="x()">好</p><script>alert(1)</script>'
        db.session.commit()
    page = client_as("parent_chen").get(f"{list_of(world, '王小明')}/{world.bulletins['501']}").text
    assert "<p>好</p>" in page
    assert "alert(1)" not in page
    assert "onclick" not in page


@pytest.mark.every_database
@pytest.mark.parametrize("count", [3, 300])
def test_a_parents_pages_cost_the_same_however_many_bulletins_there_are(
    client_as, world, flask_app, count_statements, count
):
    add_bulletins(flask_app, world, count)
    parent = client_as("parent_chen")
    parent.get(list_of(world, "王小明"))
    with count_statements() as statements:
        assert parent.get(list_of(world, "王小明")).status_code == 200
    assert len(statements) == 3, str(statements)
    for cost in (5, 4):  # the first reading leaves its mark
        with count_statements() as statements:
            assert parent.get(f"{list_of(world, '王小明')}/{world.bulletins['501']}").status_code == 200
        assert len(statements) == cost, str(statements)


def test_what_was_not_read_says_so_in_the_list(client_as, world):
    parent = client_as("parent_chen")
    assert "未讀" in parent.get(list_of(world, "王小明")).text.split("<main", 1)[1]
    assert "未讀" not in parent.get(f"{list_of(world, '王小明')}/{world.bulletins['501']}").text.split("<main", 1)[1]
    assert "未讀" not in parent.get(list_of(world, "王小明")).text.split("<main", 1)[1]
    assert "未讀" not in client_as("teacher_501").get(HOME).text.split("<main", 1)[1]


def test_a_class_without_bulletins_says_so_and_offers_the_contact_book(client_as, world, flask_app):
    with flask_app.app_context(), system("tests"):
        db.session.execute(sa.delete(Attachment))
        db.session.execute(sa.delete(Bulletin))
        db.session.commit()
    page = client_as("parent_chen").get(list_of(world, "王小明")).text
    assert "五年一班目前沒有公佈事項。" in page
    assert "/contact-book" in page
