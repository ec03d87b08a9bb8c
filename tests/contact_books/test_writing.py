"""每日聯絡簿 on the teachers' side: one book per class and day, lines with files, and what is said of bad input."""

from __future__ import annotations

import re
import threading
from datetime import date, timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as
from app.access.session import OutOfScope, system
from app.attachments.models import Attachment
from app.audit.models import AuditEntry
from app.contact_books import services
from app.contact_books.models import ContactBookEntry, ContactBookItem, ItemKind
from app.contact_books.services import Line
from app.extensions import db
from app.model_types import today
from app.schools.models import SchoolClass
from tests.attachments import samples
from tests.bulletins.test_publishing import kept_files, rows, same_page

HOME = "/student-affairs/contact-book/"
TOMORROW = today() + timedelta(days=1)


def form(world, label="501", day=TOMORROW, lines=(("homework", "國語習作第 9 課"),), **changes):
    sent = {"class_id": str(world.classes[label]), "entry_date": day.isoformat() if isinstance(day, date) else day}
    for number, line in enumerate(lines):
        kind, text, *more = line
        sent |= {f"lines-{number}-kind": kind, f"lines-{number}-text": text, f"lines-{number}-item_id": ""}
        for name, value in (more[0] if more else {}).items():
            sent[f"lines-{number}-{name}"] = value
    return {**sent, **changes}


def pdf(name="練習卷.pdf"):
    return (BytesIO(samples.PDF), name)


def written_on(world, day, label="501"):
    return rows(ContactBookEntry, ContactBookEntry.class_id == world.classes[label], ContactBookEntry.entry_date == day)


@pytest.mark.every_database
def test_a_teacher_writes_the_day_with_files_and_the_class_parents_read_it(client_as, world, flask_app):
    lines = [
        ("homework", "國語習作第 9 課"),
        ("homework", "數學練習卷", {"files": [pdf(), pdf("解答.pdf")]}),
        ("homework", ""),
        ("bring", "水彩用具"),
        ("exam", " "),
        ("other", "天氣轉涼"),
    ]
    answer = client_as("teacher_501").post(HOME + "add", data=form(world, lines=lines), follow_redirects=True)
    assert "新增資料成功!" in answer.text
    with flask_app.app_context():
        entry = written_on(world, TOMORROW)[0]
        assert (entry.school_id, entry.author_id) == (world.schools["wenchang"], world.accounts["teacher_501"])
        items = rows(ContactBookItem, ContactBookItem.entry_id == entry.id)
        assert [(item.kind, item.text) for item in items] == [
            (ItemKind.HOMEWORK, "國語習作第 9 課"),
            (ItemKind.HOMEWORK, "數學練習卷"),
            (ItemKind.BRING, "水彩用具"),
            (ItemKind.OTHER, "天氣轉涼"),
        ]
        assert [file.item_id for file in rows(Attachment)] == [items[1].id] * 2
        assert rows(AuditEntry, AuditEntry.action == "write.contact_book_entry")[0].detail == TOMORROW.isoformat()
    page = client_as("parent_chen").get(f"/portal/children/{world.students['王小明']}/contact-book?date={TOMORROW}").text
    assert "數學練習卷" in page
    assert "解答.pdf" in page


@pytest.mark.every_database
def test_a_teacher_changes_lines_and_files_of_a_day(client_as, world, flask_app):
    teacher = client_as("teacher_501")
    lines = [("homework", "甲", {"files": [pdf("舊.pdf"), pdf("留.pdf")]}), ("bring", "乙", {"files": [pdf("走.pdf")]})]
    teacher.post(HOME + "add", data=form(world, lines=lines))
    with flask_app.app_context():
        entry_id = written_on(world, TOMORROW)[0].id
        first, second = (item.id for item in rows(ContactBookItem, ContactBookItem.entry_id == entry_id))
        old = rows(Attachment)[0].id
    page = teacher.get(f"{HOME}{entry_id}").text
    assert all(text in page for text in ("甲", "乙", "舊.pdf", "走.pdf", "修改儲存"))
    changed = [
        ("homework", "甲改", {"item_id": str(first), "dropped": [str(old)], "files": [pdf("新.pdf")]}),
        ("bring", "", {"item_id": str(second)}),
        ("notice", "丙"),
    ]
    answer = teacher.post(f"{HOME}{entry_id}", data=form(world, lines=changed), follow_redirects=True)
    assert "修改資料成功!" in answer.text
    with flask_app.app_context():
        items = rows(ContactBookItem, ContactBookItem.entry_id == entry_id)
        assert [(item.id == first, item.kind, item.text) for item in items] == [
            (True, ItemKind.HOMEWORK, "甲改"),
            (False, ItemKind.NOTICE, "丙"),
        ]
        assert [file.original_name for file in rows(Attachment)] == ["留.pdf", "新.pdf"]
    assert len(kept_files(flask_app)) == 2


def test_deleting_a_day_asks_first_and_takes_its_files_along(client_as, world, flask_app):
    teacher = client_as("teacher_501")
    teacher.post(HOME + "add", data=form(world, lines=[("homework", "甲", {"files": [pdf()]})]))
    with flask_app.app_context():
        entry_id = written_on(world, TOMORROW)[0].id
    assert "要刪除這一天的聯絡簿嗎？" in teacher.get(f"{HOME}{entry_id}/delete").text
    assert len(kept_files(flask_app)) == 1
    teacher.post(f"{HOME}{entry_id}/delete")
    assert kept_files(flask_app) == []
    with flask_app.app_context():
        assert written_on(world, TOMORROW) == []
        assert rows(ContactBookItem, ContactBookItem.text == "甲") == []


# ---------- one book per class and day ----------


def test_a_second_book_of_a_day_is_refused_beside_the_date_with_a_way_to_the_first(client_as, world, flask_app):
    answer = client_as("teacher_501").post(HOME + "add", data=form(world, day=today()))
    assert answer.status_code == 200
    said = answer.text.split('id="entry_date-e"')[1][:500]
    assert "這個班級這一天已經有聯絡簿了" in said
    assert f'href="{HOME}{world.entries["501"]}"' in said
    assert "國語習作第 9 課" in answer.text
    with flask_app.app_context():
        assert len(written_on(world, today())) == 1


def test_another_class_may_have_a_book_of_the_same_day(client_as, world):
    teacher = client_as("lead_wc")
    assert teacher.post(HOME + "add", data=form(world, "501")).status_code == 302
    assert teacher.post(HOME + "add", data=form(world, "502")).status_code == 302


def test_a_book_cannot_be_moved_to_a_day_that_has_one(client_as, world, flask_app):
    teacher = client_as("teacher_501")
    teacher.post(HOME + "add", data=form(world, lines=[("homework", "明天的", {"files": [pdf()]})]))
    with flask_app.app_context():
        entry_id = written_on(world, TOMORROW)[0].id
        item_id = rows(ContactBookItem, ContactBookItem.entry_id == entry_id)[0].id
    lines = [("homework", "改過的", {"item_id": str(item_id)})]
    answer = teacher.post(f"{HOME}{entry_id}", data=form(world, day=today(), lines=lines))
    assert "已經有聯絡簿了" in answer.text
    assert "改過的" in answer.text
    assert "練習卷.pdf" in answer.text
    assert (
        teacher.post(f"{HOME}{entry_id}", data=form(world, day=TOMORROW + timedelta(days=1), lines=lines)).status_code == 302
    )


@pytest.mark.every_database
def test_of_those_who_write_a_day_at_once_one_wins_and_the_others_are_told(client_as, world, flask_app):
    clients = [client_as("teacher_501") for _ in range(4)]
    start = threading.Barrier(4)
    answers = []

    def send(client, number):
        data = form(world, lines=[("homework", f"第 {number} 位", {"files": [pdf()]})])
        start.wait()
        answers.append(client.post(HOME + "add", data=data))

    threads = [threading.Thread(target=send, args=(client, number)) for number, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 302]
    assert all("已經有聯絡簿了" in answer.text for answer in answers if answer.status_code == 200)
    with flask_app.app_context():
        entry = written_on(world, TOMORROW)
        assert len(entry) == 1
        assert len(rows(ContactBookItem, ContactBookItem.entry_id == entry[0].id)) == 1
        assert len(rows(Attachment)) == 1
    assert len(kept_files(flask_app)) == 1


# ---------- whose class ----------

FOREIGN = [("teacher_501", "502"), ("teacher_501", "701"), ("teacher_701", "501"), ("lead_wc", "701")]


@pytest.mark.parametrize(("person", "label"), FOREIGN)
def test_nobody_writes_for_a_foreign_class_by_changing_its_number(client_as, world, flask_app, person, label):
    assert client_as(person).post(HOME + "add", data=form(world, label)).status_code == 404
    with flask_app.app_context():
        assert written_on(world, TOMORROW, label) == []


@pytest.mark.parametrize(("person", "label"), FOREIGN)
@pytest.mark.parametrize("act", ["", "/delete"])
def test_a_foreign_book_is_not_there(client_as, world, flask_app, person, label, act):
    client = client_as(person)
    answer = client.get(f"{HOME}{world.entries[label]}{act}")
    assert answer.status_code == 404
    assert same_page(answer, client.get(f"{HOME}999999{act}"))
    assert client.post(f"{HOME}{world.entries[label]}{act}", data=form(world)).status_code == 404
    with flask_app.app_context():
        assert len(written_on(world, today(), label)) == 1


def test_the_service_refuses_a_foreign_class_whoever_calls_it(context, world, actor_of):
    teacher = actor_of("teacher_501")
    with system("tests"):
        foreign = db.session.get(SchoolClass, world.classes["502"])
    db.session.add(foreign)
    with acting_as(teacher), pytest.raises(OutOfScope):
        services.write_entry(teacher, foreign, TOMORROW, [Line(ItemKind.HOMEWORK, "甲")])


def test_a_line_of_another_book_is_not_changed_through_this_one(client_as, world, flask_app):
    with flask_app.app_context():
        foreign = rows(ContactBookItem, ContactBookItem.class_id == world.classes["502"])[0]
        number, text = foreign.id, foreign.text
    lines = [("homework", "新的", {"item_id": str(number)})]
    answer = client_as("teacher_501").post(f"{HOME}{world.entries['501']}", data=form(world, day=today(), lines=lines))
    assert answer.status_code == 302
    with flask_app.app_context():
        untouched = rows(ContactBookItem, ContactBookItem.id == number)[0]
        assert (untouched.text, untouched.class_id) == (text, world.classes["502"])


def test_a_manager_who_teaches_is_offered_the_whole_school_own_class_first(client_as, world):
    lead = client_as("lead_wc")
    page = lead.get(HOME).text
    assert "六年級</option>" in page
    assert "601 作業" in page
    assert "501 作業" in lead.get(f"{HOME}?class_id={world.classes['501']}&grade_level=5").text
    assert "501 作業" in lead.get(f"{HOME}?class_id={world.classes['601']}&grade_level=5").text
    assert client_as("manager_wc").get(HOME).status_code == 403


# ---------- what is said of bad input ----------

LINE = ("homework", "國語習作第 9 課")
BAD = [
    ("no date", {"day": ""}, "entry_date-e", "請填寫"),
    ("not a date", {"day": "明天"}, "entry_date-e", "這不是正確的日期"),
    ("a mistyped year", {"day": "15/11/20"}, "entry_date-e", "年份"),
    ("nothing written", {"lines": [("homework", " "), ("bring", "")]}, "lines-e", "請至少寫一項"),
    ("no lines at all", {"lines": []}, "lines-e", "請至少寫一項"),
    ("a long line", {"lines": [LINE, ("exam", "長" * 501)]}, "lines-1-text-e", "500"),
    ("a file without words", {"lines": [LINE, ("exam", "", {"files": "pdf"})]}, "lines-1-text-e", "請寫下附件的說明文字"),
    ("a program", {"lines": [LINE, ("exam", "乙", {"files": "exe"})]}, "lines-1-files-e", "「遊戲.exe」"),
    ("six files", {"lines": [LINE, ("exam", "乙", {"files": "six"})]}, "lines-1-files-e", "最多可以附 5 個檔案"),
    ("a class that is no number", {"class_id": "x"}, "class_id-e", ""),
]


@pytest.mark.parametrize(("given", "place", "said"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_input_is_said_in_its_place_and_what_was_typed_is_kept(client_as, world, flask_app, given, place, said):
    files = {
        "pdf": lambda: [pdf()],
        "exe": lambda: [(BytesIO(samples.EXE), "遊戲.exe")],
        "six": lambda: [pdf(f"{number}.pdf") for number in range(6)],
    }
    given = dict(given)
    if "lines" in given:
        given["lines"] = [
            (kind, text, *({**rest, "files": files[rest["files"]]()} for rest in more))
            for kind, text, *more in given["lines"]
        ]
    answer = client_as("teacher_501").post(HOME + "add", data=form(world, **given))
    assert answer.status_code == 200
    assert said in answer.text.split(f'id="{place}"')[1][:400]
    if "lines" not in given or LINE in given["lines"]:
        assert "國語習作第 9 課" in answer.text
    with flask_app.app_context():
        assert written_on(world, TOMORROW) == []
    assert kept_files(flask_app) == []


def test_roc_dates_are_read(client_as, world, flask_app):
    text = f"{TOMORROW.year - 1911}年{TOMORROW.month}月{TOMORROW.day}日"
    client_as("teacher_501").post(HOME + "add", data=form(world, day=text))
    with flask_app.app_context():
        assert len(written_on(world, TOMORROW)) == 1


def test_without_scripts_a_button_gives_more_lines_and_keeps_what_was_typed(client_as, world, flask_app):
    answer = client_as("teacher_501").post(HOME + "add", data=form(world, more="1"))
    assert answer.status_code == 200
    assert "國語習作第 9 課" in answer.text
    assert answer.text.count("data-line>") == 6
    with flask_app.app_context():
        assert written_on(world, TOMORROW) == []


def test_a_fresh_page_has_lines_under_every_heading_and_todays_date(client_as):
    page = client_as("teacher_501").get(HOME + "add").text
    assert page.count("data-line>") == 7
    assert all(f"</svg>{label}</h2>" in page for label in ("作業", "攜帶", "考試", "通知", "其他"))
    assert f"{today().year - 1911}年{today().month}月{today().day}日" in page


def test_a_flood_of_lines_is_cut_and_breaks_nothing(client_as, world, flask_app):
    client_as("teacher_501").post(HOME + "add", data=form(world, lines=[("homework", "甲")] * 100))
    with flask_app.app_context():
        entry = written_on(world, TOMORROW)[0]
        assert len(rows(ContactBookItem, ContactBookItem.entry_id == entry.id)) == 40


def test_odd_numbers_in_hidden_fields_break_nothing(client_as, world):
    lines = [
        ("homework", "甲", {"item_id": "99999999999999999999", "dropped": ["x", "-1", "99999999999999999"]}),
        ("??", "乙"),
    ]
    answer = client_as("teacher_501").post(f"{HOME}{world.entries['501']}", data=form(world, lines=lines))
    assert answer.status_code == 302


@pytest.mark.every_database
@pytest.mark.parametrize("count", [3, 300])
def test_a_teachers_list_costs_the_same_however_long_it_is(client_as, world, flask_app, count_statements, count):
    add_days(flask_app, world, count)
    teacher = client_as("teacher_501")
    teacher.get(HOME)
    with count_statements() as statements:
        assert teacher.get(HOME).status_code == 200
    assert len(statements) == 4, str(statements)


def add_days(flask_app, world, count, label="501", lines=3):
    """``count`` written days before today, each with ``lines`` lines that carry a file each."""
    with flask_app.app_context(), system("tests"):
        owner = {"class_id": world.classes[label], "school_id": world.schools["wenchang"]}
        for number in range(1, count + 1):
            entry = ContactBookEntry(
                **owner,
                entry_date=today() - timedelta(days=number),
                author_id=world.accounts["teacher_501"],
                author_name="林老師",
            )
            for position in range(lines):
                item = ContactBookItem(
                    **owner, position=position, kind=ItemKind.HOMEWORK, text=f"第 {number} 天第 {position} 項"
                )
                key = f"{number:024}{position:024}"
                item.attachments.append(
                    Attachment(**owner, storage_key=key, original_name="單.pdf", content_type="application/pdf", size=1)
                )
                entry.items.append(item)
            db.session.add(entry)
        db.session.commit()


def test_the_pages_of_a_long_list_show_every_day_once(client_as, world, flask_app):
    add_days(flask_app, world, 45, lines=1)
    teacher = client_as("teacher_501")
    first = teacher.get(HOME).text
    before = today() - timedelta(days=19)
    assert f"before={before.isoformat()}" in first
    second = teacher.get(f"{HOME}?class_id={world.classes['501']}&before={before.isoformat()}").text
    assert "第 19 天" in first
    assert "第 20 天" not in first
    assert "第 20 天" in second
    assert "第 39 天" in second
    assert "第 19 天" not in second


def test_a_class_without_books_says_how_to_begin(client_as, world, flask_app):
    with flask_app.app_context(), system("tests"):
        db.session.execute(sa.delete(ContactBookItem))
        db.session.execute(sa.delete(ContactBookEntry))
        db.session.commit()
    assert "五年一班還沒有聯絡簿。" in client_as("teacher_501").get(HOME).text


@pytest.mark.every_database
def test_changes_that_are_sent_twice_at_once_are_made_once(client_as, world, flask_app):
    clients = [client_as("teacher_501") for _ in range(4)]
    start = threading.Barrier(4)
    answers = []

    def send(client):
        data = form(world, day=today(), lines=[("homework", "新的一行", {"files": [pdf()]})])
        start.wait()
        answers.append(client.post(f"{HOME}{world.entries['501']}", data=data))

    threads = [threading.Thread(target=send, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {200, 302}
    with flask_app.app_context():
        assert [item.text for item in rows(ContactBookItem, ContactBookItem.entry_id == world.entries["501"])] == [
            "新的一行"
        ]
        assert len(rows(Attachment)) == len(kept_files(flask_app)) == 1


def test_an_edit_of_what_somebody_changed_meanwhile_is_told_and_kept(client_as, world, flask_app):
    teacher, lead = client_as("teacher_501"), client_as("lead_wc")
    address = f"{HOME}{world.entries['501']}"
    seen = re.search(r'name="seen"[^>]* value="([^"]+)"', teacher.get(address).text)[1].replace("&#43;", "+")
    lead.post(address, data=form(world, day=today(), lines=[("homework", "主任改的")], seen=seen))
    answer = teacher.post(address, data=form(world, day=today(), lines=[("homework", "導師改的")], seen=seen))
    assert "在您編輯的時候，這份資料已被修改" in answer.text
    assert "導師改的" in answer.text
    with flask_app.app_context():
        assert [item.text for item in rows(ContactBookItem, ContactBookItem.entry_id == world.entries["501"])] == [
            "主任改的"
        ]


# ---------- typed in one go, and taken over from another day ----------


def texts_of(flask_app, world, day, label="501"):
    with flask_app.app_context():
        entry = written_on(world, day, label)[0]
        return [(item.kind, item.text) for item in rows(ContactBookItem, ContactBookItem.entry_id == entry.id)]


@pytest.mark.every_database
def test_what_is_typed_in_one_go_becomes_lines_under_their_headings(client_as, world, flask_app):
    typed = "國習 P.24\r\n帶 水彩用具\r\n考 國語第九課\r\n"
    sent = form(world, lines=[("homework", "數習")], typed=typed)
    assert client_as("teacher_501").post(HOME + "add", data=sent).status_code == 302
    assert texts_of(flask_app, world, TOMORROW) == [
        (ItemKind.HOMEWORK, "數習"),
        (ItemKind.HOMEWORK, "國習 P.24"),
        (ItemKind.BRING, "水彩用具"),
        (ItemKind.EXAM, "國語第九課"),
    ]


def test_what_is_left_in_the_box_goes_where_the_writer_left_off(client_as, world, flask_app):
    sent = form(world, lines=(), typed="雨衣", typed_kind="bring")
    assert client_as("teacher_501").post(HOME + "add", data=sent).status_code == 302
    assert texts_of(flask_app, world, TOMORROW) == [(ItemKind.BRING, "雨衣")]


def test_the_box_adds_to_a_day_that_is_changed(client_as, world, flask_app):
    teacher = client_as("teacher_501")
    assert teacher.post(f"{HOME}{world.entries['501']}", data=form(world, day=today(), typed="帶 雨衣")).status_code == 302
    assert (ItemKind.BRING, "雨衣") in texts_of(flask_app, world, today())


@pytest.mark.parametrize(
    ("typed", "message"),
    [("長" * 501, "超過 500 個字"), ("\n".join(f"第 {number} 行" for number in range(41)), "一天最多 40 行")],
    ids=["a long line", "many lines"],
)
def test_what_does_not_fit_is_said_and_kept(client_as, world, flask_app, typed, message):
    answer = client_as("teacher_501").post(HOME + "add", data=form(world, lines=(), typed=typed))
    assert answer.status_code == 200
    assert message in answer.text
    assert typed.splitlines()[-1] in answer.text
    with flask_app.app_context():
        assert written_on(world, TOMORROW) == []


def test_a_day_that_is_written_says_so_before_anything_is_typed(client_as, world):
    teacher = client_as("teacher_501")
    page = teacher.get(HOME + "add").text
    assert "這一天的聯絡簿已經寫好了" in page
    assert f'href="{HOME}{world.entries["501"]}"' in page
    assert "已經寫好了" not in teacher.get(f"{HOME}add?date={TOMORROW}").text


@pytest.mark.every_database
def test_the_lines_of_an_earlier_day_are_taken_over_beside_what_was_typed(client_as, world, flask_app):
    add_days(flask_app, world, 9, lines=2)
    teacher = client_as("teacher_501")
    page = teacher.get(f"{HOME}add?date={TOMORROW}").text
    offered = re.findall(r'name="take_over" value="(\d+)"', page)
    assert len(offered) == 7
    assert offered[0] == str(world.entries["501"])
    sent = form(world, lines=[("homework", "自己寫的")], typed="還在寫", take_over=offered[1])
    answer = teacher.post(HOME + "add", data=sent)
    assert answer.status_code == 200
    for text in ("自己寫的", "還在寫", "第 1 天第 0 項", "第 1 天第 1 項"):
        assert text in answer.text, text
    with flask_app.app_context():
        assert written_on(world, TOMORROW) == []


def test_a_day_of_another_class_cannot_be_taken_over(client_as, world):
    sent = form(world, take_over=str(world.entries["502"]))
    answer = client_as("teacher_501").post(HOME + "add", data=sent)
    assert answer.status_code == 404
    assert "502 作業" not in answer.text


@pytest.mark.parametrize("count", [3, 300])
def test_an_empty_page_costs_the_same_however_many_days_there_are(client_as, world, flask_app, count_statements, count):
    add_days(flask_app, world, count)
    teacher = client_as("teacher_501")
    teacher.get(HOME + "add")
    with count_statements() as statements:
        assert teacher.get(HOME + "add").status_code == 200
    assert len(statements) == 3, str(statements)
