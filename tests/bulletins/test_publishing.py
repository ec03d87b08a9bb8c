"""班級公佈欄 on the teachers' side: who publishes for which class, what is said of bad input, one effect of one act."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as
from app.access.session import OutOfScope, system
from app.attachments.checks import MAX_BYTES, accept
from app.attachments.models import Attachment
from app.audit.models import AuditEntry
from app.bulletins import services
from app.bulletins.models import Bulletin
from app.bulletins.services import Wording
from app.extensions import db
from app.model_types import today
from app.schools.models import SchoolClass
from tests.attachments import samples

HOME = "/student-affairs/bulletins/"


def form(world, label="501", **changes):
    return {
        "class_id": str(world.classes[label]),
        "title": "校慶園遊會",
        "text": "各位家長好：\n\n請看附件。",
        "publish_from": today().isoformat(),
        "publish_until": "",
        **changes,
    }


def rows(model, *conditions):
    with system("tests"):
        return db.session.scalars(sa.select(model).where(*conditions).order_by(model.id)).all()


def same_page(one, other):
    """The same but for the token that every page carries and the address that was asked for."""
    token = re.compile(r'value="[^"]*"')
    return token.sub("", one.text) == token.sub("", other.text)


def kept_files(flask_app):
    folder = Path(flask_app.config["STORAGE_URL"].removeprefix("file://"))
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


@pytest.mark.every_database
def test_a_teacher_publishes_with_files_and_the_class_parents_read_it(client_as, world, flask_app):
    teacher = client_as("teacher_501")
    answer = teacher.post(
        HOME + "add",
        data=form(world, files=[(BytesIO(samples.PDF), "園遊會認購單.pdf"), (BytesIO(samples.picture()), "圖.png")]),
        follow_redirects=True,
    )
    assert "新增資料成功!" in answer.text
    with flask_app.app_context():
        bulletin = rows(Bulletin, Bulletin.title == "校慶園遊會")[0]
        assert bulletin.body == "<p>各位家長好：</p><p>請看附件。</p>"
        assert (bulletin.school_id, bulletin.author_id) == (world.schools["wenchang"], world.accounts["teacher_501"])
        assert [file.original_name for file in rows(Attachment)] == ["園遊會認購單.pdf", "圖.png"]
        assert rows(AuditEntry, AuditEntry.action == "publish.bulletin")[0].object_id == str(bulletin.id)
    parent = client_as("parent_chen")
    page = parent.get(f"/portal/children/{world.students['王小明']}/bulletins/{bulletin.id}")
    assert "各位家長好" in page.text
    assert "園遊會認購單.pdf" in page.text
    assert (
        client_as("parent_wang").get(f"/portal/children/{world.students['李宥廷']}/bulletins").text.count("校慶園遊會") == 0
    )


@pytest.mark.every_database
def test_a_teacher_changes_a_bulletin_and_its_files(client_as, world, flask_app):
    teacher = client_as("teacher_501")
    teacher.post(HOME + "add", data=form(world, files=[(BytesIO(samples.PDF), "舊.pdf"), (BytesIO(samples.PDF), "留.pdf")]))
    with flask_app.app_context():
        bulletin_id = rows(Bulletin, Bulletin.title == "校慶園遊會")[0].id
        old = rows(Attachment)[0].id
    page = teacher.get(f"{HOME}{bulletin_id}")
    assert "各位家長好：\r\n\r\n請看附件。" in page.text or "各位家長好：\n\n請看附件。" in page.text
    changed = form(
        world, title="校慶園遊會（改）", dropped=[str(old)], files=[(BytesIO(samples.PDF), "新.pdf")], is_pinned="y"
    )
    answer = teacher.post(f"{HOME}{bulletin_id}", data=changed, follow_redirects=True)
    assert "修改資料成功!" in answer.text
    with flask_app.app_context():
        bulletin = rows(Bulletin, Bulletin.id == bulletin_id)[0]
        assert (bulletin.title, bulletin.is_pinned) == ("校慶園遊會（改）", True)
        assert [file.original_name for file in rows(Attachment)] == ["留.pdf", "新.pdf"]
    assert len(kept_files(flask_app)) == 2


def test_deleting_asks_first_and_takes_the_files_along(client_as, world, flask_app):
    teacher = client_as("teacher_501")
    teacher.post(HOME + "add", data=form(world, files=[(BytesIO(samples.PDF), "單.pdf")]))
    with flask_app.app_context():
        bulletin_id = rows(Bulletin, Bulletin.title == "校慶園遊會")[0].id
    assert "要刪除這則公佈事項嗎？" in teacher.get(f"{HOME}{bulletin_id}/delete").text
    assert len(kept_files(flask_app)) == 1
    teacher.post(f"{HOME}{bulletin_id}/delete")
    assert kept_files(flask_app) == []
    with flask_app.app_context():
        assert rows(Bulletin, Bulletin.id == bulletin_id) == []
        assert rows(Attachment) == []


FOREIGN = [("teacher_501", "502"), ("teacher_501", "701"), ("teacher_701", "501"), ("lead_wc", "701")]


@pytest.mark.parametrize(("person", "label"), FOREIGN)
def test_nobody_publishes_for_a_foreign_class_by_changing_its_number(client_as, world, flask_app, person, label):
    answer = client_as(person).post(HOME + "add", data=form(world, label))
    assert answer.status_code == 404
    with flask_app.app_context():
        assert rows(Bulletin, Bulletin.title == "校慶園遊會") == []


@pytest.mark.parametrize(("person", "label"), FOREIGN)
@pytest.mark.parametrize("act", ["", "/delete"])
def test_a_foreign_bulletin_is_not_there(client_as, world, flask_app, person, label, act):
    client = client_as(person)
    address = f"{HOME}{world.bulletins[label]}{act}"
    answer = client.get(address)
    assert answer.status_code == 404
    assert same_page(answer, client.get(f"{HOME}999999{act}"))
    assert client.post(address, data=form(world)).status_code == 404
    with flask_app.app_context():
        assert rows(Bulletin, Bulletin.id == world.bulletins[label])[0].title == f"{label} 公告"


def test_the_service_refuses_a_foreign_class_whoever_calls_it(context, world, actor_of):
    teacher = actor_of("teacher_501")
    with system("tests"):
        foreign = db.session.get(SchoolClass, world.classes["502"])
    db.session.add(foreign)
    with acting_as(teacher), pytest.raises(OutOfScope):
        services.publish_bulletin(teacher, foreign, Wording("a", "b", False, today()))


def test_a_manager_who_teaches_writes_for_the_whole_school_and_a_manager_alone_has_no_page(client_as, world):
    lead = client_as("lead_wc")
    page = lead.get(HOME + "add").text
    assert all(label in page for label in ("五年一班", "五年二班", "六年一班"))
    assert "七年一班" not in page
    assert lead.post(HOME + "add", data=form(world, "502")).status_code == 302
    assert client_as("manager_wc").get(HOME).status_code == 403
    assert client_as("parent_chen").get(HOME).status_code == 403


def test_a_teacher_is_offered_the_own_classes_alone(client_as):
    page = client_as("teacher_501").get(HOME).text
    assert "五年級" in page
    assert "一班" in page
    assert "二班" not in page


def test_a_class_that_is_not_offered_is_not_there(client_as, world):
    teacher = client_as("teacher_501")
    assert teacher.get(f"{HOME}?class_id={world.classes['502']}").status_code == 404
    assert teacher.get(f"{HOME}?class_id=999999").status_code == 404
    assert teacher.get(f"{HOME}?class_id=99999999999999999999").status_code == 200, "no row's number: as if not given"
    assert teacher.get(f"{HOME}?class_id=x&after=1_2026-99-99_5").status_code == 200


BAD = [
    ("title", "", "請填寫"),
    ("title", "長" * 121, "120"),
    ("text", "  \n ", "請填寫"),
    ("text", "長" * 20_001, "20000"),
    ("publish_from", "", "請填寫"),
    ("publish_from", "昨天", "這不是正確的日期"),
    ("publish_from", "15/11/20", "年份"),
    ("publish_from", "2026-02-30", "這不是正確的日期"),
    ("publish_until", "2025-12-31", "早於第一天"),
    ("publish_until", "x", "這不是正確的日期"),
    ("class_id", "x", ""),
    ("class_id", "", ""),
]


@pytest.mark.parametrize(("field", "value", "said"), BAD)
def test_bad_input_is_said_beside_its_field_and_the_rest_is_kept(client_as, world, flask_app, field, value, said):
    answer = client_as("teacher_501").post(HOME + "add", data=form(world, **{field: value}))
    assert answer.status_code == 200
    assert f'id="{field}-e"' in answer.text
    assert said in answer.text.split(f'id="{field}-e"')[1][:400]
    if field != "title":
        assert "校慶園遊會" in answer.text
    if field != "text":
        assert "請看附件。" in answer.text
    with flask_app.app_context():
        assert rows(Bulletin, Bulletin.title == "校慶園遊會") == []


BAD_FILES = [
    ([(MAX_BYTES + 1, "大.pdf")], "「大.pdf」超過 10 MB"),
    ([(samples.EXE, "遊戲.exe")], "「遊戲.exe」"),
    ([(samples.EXE, "成績.pdf")], "「成績.pdf」的內容和檔名的類型不符"),
    ([(samples.PDF, f"{number}.pdf") for number in range(11)], "最多可以附 10 個檔案"),
]


@pytest.mark.parametrize(("files", "said"), BAD_FILES)
def test_a_refused_file_is_said_beside_its_field_and_nothing_is_saved(client_as, world, flask_app, files, said):
    sent = [(BytesIO(b"%PDF-" + b"0" * data if isinstance(data, int) else data), name) for data, name in files]
    answer = client_as("teacher_501").post(HOME + "add", data=form(world, files=sent))
    assert answer.status_code == 200
    assert said in answer.text.split('id="files-e"')[1][:300]
    assert "請重新選擇檔案。" in answer.text
    assert "請看附件。" in answer.text
    with flask_app.app_context():
        assert rows(Bulletin, Bulletin.title == "校慶園遊會") == []
    assert kept_files(flask_app) == []


def test_files_that_were_good_must_be_chosen_again_when_something_else_was_wrong(client_as, world):
    answer = client_as("teacher_501").post(
        HOME + "add", data=form(world, title="", files=[(BytesIO(samples.PDF), "單.pdf")])
    )
    assert "請重新選擇檔案。" in answer.text
    assert 'id="files-e"' not in answer.text


def test_more_than_the_pages_usual_size_is_taken_from_teachers_alone(client_as, world):
    body = samples.PDF[:-7] + b" " * (MAX_BYTES - len(samples.PDF)) + b"\n%%EOF\n"

    def sent():
        return form(world, files=[(BytesIO(body), f"{number}.pdf") for number in range(4)])

    assert client_as("teacher_501").post(HOME + "add", data=sent()).status_code == 302
    assert client_as("parent_chen").post(HOME + "add", data=sent()).status_code == 413


def test_what_a_transaction_wrote_is_taken_back_when_it_fails(context, world, actor_of, flask_app, monkeypatch):
    teacher = actor_of("teacher_501")

    def broken(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(services, "record", broken)
    file = accept("單.pdf", BytesIO(samples.PDF))
    with acting_as(teacher):
        school_class = db.session.get(SchoolClass, world.classes["501"])
        with pytest.raises(OSError, match="disk full"):
            services.publish_bulletin(teacher, school_class, Wording("a", "b", False, today()), [file])
    assert kept_files(flask_app) == []
    assert rows(Attachment) == []
    assert rows(Bulletin, Bulletin.title == "a") == []


def test_a_file_goes_only_after_its_row_is_gone(client_as, world, flask_app, monkeypatch):
    teacher = client_as("teacher_501")
    teacher.post(HOME + "add", data=form(world, files=[(BytesIO(samples.PDF), "單.pdf")]))
    with flask_app.app_context():
        bulletin_id = rows(Bulletin, Bulletin.title == "校慶園遊會")[0].id
        old = rows(Attachment)[0].id

    def broken(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(services, "record", broken)
    answer = teacher.post(f"{HOME}{bulletin_id}", data=form(world, dropped=[str(old)]))
    assert answer.status_code == 500
    assert len(kept_files(flask_app)) == 1
    with flask_app.app_context():
        assert len(rows(Attachment)) == 1


@pytest.mark.every_database
def test_a_double_click_publishes_once(client_as, world, flask_app):
    clients = [client_as("teacher_501") for _ in range(4)]
    start = threading.Barrier(4)
    statuses = []

    def send(client):
        start.wait()
        statuses.append(client.post(HOME + "add", data=form(world, files=[(BytesIO(samples.PDF), "單.pdf")])).status_code)

    threads = [threading.Thread(target=send, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [302] * 4
    with flask_app.app_context():
        assert len(rows(Bulletin, Bulletin.title == "校慶園遊會")) == 1
        assert len(rows(Attachment)) == 1
    assert len(kept_files(flask_app)) == 1


def test_an_attachment_of_another_bulletin_cannot_be_taken_off_through_this_one(client_as, world, flask_app):
    client_as("teacher_502").post(HOME + "add", data=form(world, "502", files=[(BytesIO(samples.PDF), "單.pdf")]))
    with flask_app.app_context():
        foreign = rows(Attachment)[0].id
    client_as("teacher_501").post(f"{HOME}{world.bulletins['501']}", data=form(world, dropped=[str(foreign)]))
    with flask_app.app_context():
        assert len(rows(Attachment)) == 1


def test_extra_fields_are_not_taken_from_the_client(client_as, world, flask_app):
    sent = form(world, school_id=str(world.schools["zhongxing"]), author_id="1", author_name="某人", created_at="2020-01-01")
    client_as("teacher_501").post(HOME + "add", data=sent)
    with flask_app.app_context():
        bulletin = rows(Bulletin, Bulletin.title == "校慶園遊會")[0]
        assert (bulletin.school_id, bulletin.author_id) == (world.schools["wenchang"], world.accounts["teacher_501"])


@pytest.mark.every_database
def test_signs_that_no_database_holds_do_not_break_a_page(client_as, world):
    answer = client_as("teacher_501").post(HOME + "add", data=form(world, title="園\x00遊會", text="a\x00\x07b"))
    assert answer.status_code == 302


@pytest.mark.every_database
@pytest.mark.parametrize("count", [3, 60])
def test_a_teachers_list_costs_the_same_however_long_it_is(client_as, world, flask_app, count_statements, count):
    add_bulletins(flask_app, world, count)
    teacher = client_as("teacher_501")
    teacher.get(HOME)
    with count_statements() as statements:
        page = teacher.get(HOME)
    assert page.status_code == 200
    assert len(statements) == 3, str(statements)


def add_bulletins(flask_app, world, count, label="501"):
    with flask_app.app_context(), system("tests"):
        for number in range(count):
            db.session.add(
                Bulletin(
                    class_id=world.classes[label],
                    school_id=world.schools["wenchang"],
                    title=f"第{number:03}則",
                    body="<p>內容</p>",
                    is_pinned=number % 50 == 7,
                    publish_from=today() - timedelta(days=number % 30),
                    author_id=world.accounts["teacher_501"],
                    author_name="林老師",
                )
            )
        db.session.commit()


@pytest.mark.every_database
def test_the_pages_of_a_long_list_show_every_bulletin_once_pinned_first(client_as, world, flask_app):
    add_bulletins(flask_app, world, 60)
    teacher = client_as("teacher_501")
    address, seen = HOME, []
    while address:
        page = teacher.get(address).text
        seen += re.findall(r"第\d{3}則(?=</th>)", page)
        older = re.search(r'href="([^"]*after=[^"]*)"', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert len(seen) == len(set(seen)) == 60
    assert set(seen[:2]) == {"第007則", "第057則"}


@pytest.mark.every_database
def test_of_two_who_edit_at_once_the_later_one_is_told_and_loses_nothing(client_as, world, flask_app):
    teacher, lead = client_as("teacher_501"), client_as("lead_wc")
    address = f"{HOME}{world.bulletins['501']}"
    seen = re.search(r'name="seen"[^>]* value="([^"]+)"', teacher.get(address).text)[1].replace("&#43;", "+")
    assert lead.post(address, data=form(world, title="主任改的", seen=seen)).status_code == 302
    answer = teacher.post(address, data=form(world, title="導師改的", seen=seen, files=[(BytesIO(samples.PDF), "單.pdf")]))
    assert answer.status_code == 200
    assert "在您編輯的時候，這份資料已被修改" in answer.text
    assert "導師改的" in answer.text
    assert "請重新選擇檔案。" in answer.text
    assert kept_files(flask_app) == []
    fresh = re.search(r'name="seen"[^>]* value="([^"]+)"', answer.text)[1].replace("&#43;", "+")
    assert teacher.post(address, data=form(world, title="導師再存", seen=fresh)).status_code == 302
    with flask_app.app_context():
        assert rows(Bulletin, Bulletin.id == world.bulletins["501"])[0].title == "導師再存"
