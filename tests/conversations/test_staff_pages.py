"""家長互動區 as homeroom teachers and offices open it: choices by role, reading, writing, the switch (B3.6–8)."""

from __future__ import annotations

import re

import pytest

from app.conversations.models import Channel
from tests.conversations.rows import forget_conversations, link, messages_about, without_values, write_many

HOMEROOM = "/student-affairs/threads/homeroom"
ACADEMIC = "/student-affairs/threads/academic-affairs"
COUNSELING = "/student-affairs/threads/counseling"


def options(answer, name: str) -> list[str]:
    select = re.search(rf'<select[^>]*name="{name}".*?</select>', answer.text, re.S)
    return [" ".join(text.split()) for text in re.findall(r"<option[^>]*>(.*?)</option>", select[0], re.S)] if select else []


def state_of_switch(answer) -> str:
    button = re.search(r'role="switch" aria-checked="(\w+)".*?<b>(.)</b>', answer.text, re.S)
    return f"{button[1]} {button[2]}"


@pytest.mark.parametrize(
    ("person", "address", "opens"),
    [
        ("teacher_501", HOMEROOM, True),
        ("lead_wc", HOMEROOM, True),
        ("manager_wc", HOMEROOM, False),
        ("registrar_wc", HOMEROOM, False),
        ("counselor_wc", HOMEROOM, False),
        ("city_admin", HOMEROOM, False),
        ("parent_chen", HOMEROOM, False),
        ("registrar_wc", ACADEMIC, True),
        ("only_registrar_wc", ACADEMIC, False),
        ("only_instruction_wc", ACADEMIC, False),
        ("manager_wc", ACADEMIC, False),
        ("teacher_501", ACADEMIC, False),
        ("counselor_wc", COUNSELING, True),
        ("lead_wc", COUNSELING, False),
        ("registrar_wc", COUNSELING, False),
        ("city_admin", COUNSELING, False),
    ],
)
def test_the_page_opens_by_role(client_as, world, person, address, opens):
    client, ming = client_as(person), world.students["王小明"]
    expected = 200 if opens else 403
    assert client.get(f"{address}/").status_code == expected
    assert client.get(f"{address}/{ming}").status_code == expected
    if not opens:
        assert client.post(f"{address}/{ming}", data={"body": "您好", "send_key": "k"}).status_code == 403
        assert client.post(f"{address}/switch", data={"to": "open"}).status_code == 403


@pytest.mark.every_database
def test_grades_and_classes_are_offered_by_role(client_as, world):
    own = client_as("teacher_501").get(f"{HOMEROOM}/")
    assert options(own, "grade_level") == ["五年級"]
    assert options(own, "class_id") == ["一班"]
    assert options(own, "student_id") == ["請選擇學生", "7 林品妤", "12 王小明"]
    lead = client_as("lead_wc")
    school = lead.get(f"{HOMEROOM}/")
    assert options(school, "grade_level") == ["全部年級", "五年級", "六年級"]
    assert options(school, "class_id") == ["全部班級", "五年一班", "五年二班", "六年一班"]
    of_grade = lead.get(f"{HOMEROOM}/?grade_level=6&class_id={world.classes['501']}")
    assert options(of_grade, "class_id") == ["一班"]
    assert options(of_grade, "student_id") == ["請選擇學生", "1 張子晴"]


@pytest.mark.every_database
@pytest.mark.parametrize(("person", "address"), [("registrar_wc", ACADEMIC), ("counselor_wc", COUNSELING)])
def test_an_office_is_offered_only_classes_with_approved_links(client_as, flask_app, world, person, address):
    client = client_as(person)
    page = client.get(f"{address}/")
    assert options(page, "grade_level") == ["全部年級", "五年級"]
    assert options(page, "class_id") == ["全部班級", "五年一班", "五年二班"]
    assert client.get(f"{address}/{world.students['張子晴']}").status_code == 404
    with flask_app.app_context():
        link(world, "parent_lin", "張子晴", "601")
    assert options(client.get(f"{address}/"), "grade_level") == ["全部年級", "五年級", "六年級"]
    assert client.get(f"{address}/{world.students['張子晴']}").status_code == 200


def test_choosing_a_student_leads_to_the_conversation(client_as, world):
    client, ming = client_as("teacher_501"), world.students["王小明"]
    answer = client.get(f"{HOMEROOM}/?grade_level=5&class_id={world.classes['501']}&student_id={ming}")
    assert (answer.status_code, answer.location) == (302, f"{HOMEROOM}/{ming}#newest")
    other = client.get(f"{HOMEROOM}/?class_id={world.classes['501']}&student_id={world.students['李宥廷']}")
    assert other.status_code == 200
    assert "李宥廷" not in other.text


@pytest.mark.parametrize(
    "arguments", ["grade_level=x&class_id=y", "class_id=99999999999999999999", "student_id=-1", "grade_level="]
)
def test_nonsense_in_the_address_is_no_choice(client_as, arguments):
    assert client_as("lead_wc").get(f"{HOMEROOM}/?{arguments}").status_code == 200


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("person", "address", "name"),
    [
        ("teacher_501", HOMEROOM, "李宥廷"),
        ("teacher_501", HOMEROOM, "王小華"),
        ("lead_wc", HOMEROOM, "王小華"),
        ("registrar_wc", ACADEMIC, "王小華"),
        ("counselor_wc", COUNSELING, "王小華"),
    ],
)
def test_foreign_students_answer_like_unknown_ones(client_as, world, person, address, name):
    client = client_as(person)
    unknown = client.get(f"{address}/999999")
    for number in (world.students[name], 0, 2**31, 10**30):
        answer = client.get(f"{address}/{number}")
        assert (answer.status_code, without_values(answer.text)) == (404, without_values(unknown.text))
        assert client.post(f"{address}/{number}", data={"body": "您好", "send_key": "k"}).status_code == 404


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("person", "address", "channel", "capacity"),
    [
        ("teacher_501", HOMEROOM, Channel.HOMEROOM, "導師"),
        ("registrar_wc", ACADEMIC, Channel.ACADEMIC_AFFAIRS, "教務處"),
        ("counselor_wc", COUNSELING, Channel.COUNSELING, "輔導室"),
    ],
)
def test_a_message_of_the_school_stands_in_the_conversation_of_both_sides(
    client_as, flask_app, world, person, address, channel, capacity
):
    with flask_app.app_context():
        forget_conversations()
    client, ming = client_as(person), world.students["王小明"]
    before = client.get(f"{address}/{ming}")
    assert "還沒有訊息" in before.text
    assert "陳美玲（母親）" in before.text
    answer = client.post(f"{address}/{ming}", data={"body": "<b>您好</b>\n謝謝", "send_key": "k"})
    assert (answer.status_code, answer.location) == (302, f"{address}/{ming}#newest")
    page = client.get(f"{address}/{ming}").text
    assert "&lt;b&gt;您好&lt;/b&gt;\n謝謝" in page
    assert f"<b>{person}老師</b>{capacity}" in page
    assert 'class="msg is-mine" id="newest"' in page
    theirs = client_as("parent_chen").get(f"/portal/children/{ming}/threads/{channel.value}").text
    assert "&lt;b&gt;您好&lt;/b&gt;\n謝謝" in theirs
    assert f"<b>{person}老師</b>{capacity}" in theirs
    assert 'class="msg" id="newest"' in theirs


def test_a_double_click_sends_one_message(client_as, flask_app, world):
    client, ming = client_as("teacher_501"), world.students["王小明"]
    key = re.search(r'name="send_key"[^>]*value="([^"]+)"', client.get(f"{HOMEROOM}/{ming}").text)[1]
    for _ in range(3):
        assert client.post(f"{HOMEROOM}/{ming}", data={"body": "您好", "send_key": key}).status_code == 302
    with flask_app.app_context():
        assert len(messages_about(ming, Channel.HOMEROOM)) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "請先輸入對話內容再送出。"),
        ("  \n", "請先輸入對話內容再送出。"),
        ("字" * 5001, "對話內容超過 5,000 字，請縮短或分次送出。"),
    ],
)
def test_what_cannot_be_sent_is_said_beside_the_field_and_kept(client_as, flask_app, world, text, sentence):
    client, ming = client_as("teacher_501"), world.students["王小明"]
    answer = client.post(f"{HOMEROOM}/{ming}", data={"body": text, "send_key": "k"})
    assert answer.status_code == 200
    assert re.search(rf'<span class="error" id="body-e"[^>]*>.*{sentence}', answer.text)
    assert 'aria-describedby="body-e"' in answer.text
    assert text.strip() in answer.text
    with flask_app.app_context():
        assert len(messages_about(ming, Channel.HOMEROOM)) == 1


def test_ten_megabytes_are_refused_without_breaking(client_as, flask_app, world):
    client, ming = client_as("teacher_501"), world.students["王小明"]
    answer = client.post(f"{HOMEROOM}/{ming}", data={"body": "x" * 10_000_000, "send_key": "k"})
    assert answer.status_code == 413
    assert client.post(f"{HOMEROOM}/{ming}", data={"body": "一\x00二", "send_key": "\x00" * 500}).status_code == 302
    with flask_app.app_context():
        assert [message.body for message in messages_about(ming, Channel.HOMEROOM)][1:] == ["一二"]


def test_a_student_without_a_linked_guardian_is_explained_instead_of_a_composer(client_as, flask_app, world):
    client, pinyu = client_as("teacher_501"), world.students["林品妤"]
    page = client.get(f"{HOMEROOM}/{pinyu}").text
    assert "家長還沒有連結" in page
    assert "<textarea" not in page
    answer = client.post(f"{HOMEROOM}/{pinyu}", data={"body": "有人嗎", "send_key": "k"})
    assert answer.status_code == 200
    assert "有人嗎" in answer.text
    with flask_app.app_context():
        assert len(messages_about(pinyu, Channel.HOMEROOM)) == 1


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("person", "address", "channel"),
    [
        ("teacher_501", HOMEROOM, Channel.HOMEROOM),
        ("registrar_wc", ACADEMIC, Channel.ACADEMIC_AFFAIRS),
        ("counselor_wc", COUNSELING, Channel.COUNSELING),
    ],
)
def test_the_switch_asks_before_it_turns_and_the_staff_still_read(client_as, flask_app, world, person, address, channel):
    client, ming = client_as(person), world.students["王小明"]
    form = {"student_id": ming, "class_id": world.classes["501"]}
    page = client.get(f"{address}/{ming}")
    assert state_of_switch(page) == "true 開"
    asked = client.post(f"{address}/switch", data={**form, "to": "close"})
    assert asked.status_code == 200
    assert "要關閉互動開關嗎？" in asked.text
    assert state_of_switch(client.get(f"{address}/{ming}")) == "true 開"
    closed = client.post(f"{address}/switch", data={**form, "to": "close", "confirmed": "1"}, follow_redirects=True)
    assert state_of_switch(closed) == "false 關"
    assert f"王小明 {channel.value} 訊息" in closed.text
    assert "<textarea" not in closed.text
    late = client.post(f"{address}/{ming}", data={"body": "來不及了", "send_key": "k"})
    assert "互動開關已關，這則訊息沒有送出。" in late.text
    assert "來不及了" in late.text
    with flask_app.app_context():
        assert len(messages_about(ming, channel)) == 1
    asked = client.post(f"{address}/switch", data={**form, "to": "open"})
    assert asked.status_code == 200
    assert "要開啟互動開關嗎？" in asked.text
    assert state_of_switch(client.get(f"{address}/{ming}")) == "false 關"
    opened = client.post(f"{address}/switch", data={**form, "to": "open", "confirmed": "1"}, follow_redirects=True)
    assert state_of_switch(opened) == "true 開"
    assert "<textarea" in opened.text


def test_a_teacher_turns_no_other_class_off(client_as, world):
    client = client_as("teacher_501")
    for class_id in (world.classes["502"], world.classes["701"], 0, 10**30, "x", ""):
        for to in ("open", "close"):
            form = {"to": to, "confirmed": "1"}
            asked = client.post(f"{HOMEROOM}/switch", data={"to": to, "class_id": class_id})
            assert asked.status_code == 404, (class_id, to)
            answer = client.post(f"{HOMEROOM}/switch", data={**form, "class_id": class_id})
            assert answer.status_code == 404, (class_id, form)
    own = {"class_id": world.classes["501"]}
    assert client.post(f"{HOMEROOM}/switch", data=own).status_code == 400
    assert client.post(f"{HOMEROOM}/switch", data={**own, "to": "elsewhere", "confirmed": "1"}).status_code == 400
    turned = client.post(f"{HOMEROOM}/switch", data={**own, "to": "open", "confirmed": "1", "student_id": "-5"})
    assert turned.status_code == 302


def test_no_switch_is_turned_by_an_address(client_as):
    assert client_as("teacher_501").get(f"{HOMEROOM}/switch?to=close&confirmed=1").status_code in (404, 405)


def test_unread_messages_are_marked_until_the_conversation_was_opened(client_as, flask_app, world):
    ming = world.students["王小明"]
    with flask_app.app_context():
        write_many(world, "王小明", Channel.HOMEROOM, 2)
    teacher, lead = client_as("teacher_501"), client_as("lead_wc")
    assert teacher.get(f"{HOMEROOM}/").text.count("is-new") == 1
    assert "12 王小明（未讀）" in options(teacher.get(f"{HOMEROOM}/"), "student_id")
    assert "is-new" not in teacher.get(f"{HOMEROOM}/{ming}").text
    assert "is-new" not in teacher.get(f"{HOMEROOM}/").text
    assert "is-new" in lead.get(f"{HOMEROOM}/").text


@pytest.mark.every_database
def test_long_conversations_are_read_page_by_page(client_as, flask_app, world):
    ming = world.students["王小明"]
    with flask_app.app_context():
        write_many(world, "王小明", Channel.HOMEROOM, 119)
    client = client_as("teacher_501")
    seen: list[str] = []
    address = f"{HOMEROOM}/{ming}"
    for _ in range(3):
        page = client.get(address)
        found = re.findall(r'<div class="msg-text"><p>(.*?)</p>', page.text)
        seen = found + seen
        older = re.search(r'class="back thread-older" href="([^"]+)"', page.text)
        if older:
            address = older[1]
    assert not older
    assert seen == ["王小明 homeroom 訊息"] + [f"第 {number} 則" for number in range(119)]
    for before in ("0", "-3", "x", str(10**30)):
        assert client.get(f"{HOMEROOM}/{ming}?before={before}").status_code == 200


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("person", "address", "channel"),
    [
        ("teacher_501", HOMEROOM, Channel.HOMEROOM),
        ("lead_wc", HOMEROOM, Channel.HOMEROOM),
        ("counselor_wc", COUNSELING, Channel.COUNSELING),
    ],
)
def test_statements_do_not_grow_with_messages(client_as, flask_app, world, count_statements, person, address, channel):
    client, ming = client_as(person), world.students["王小明"]
    for path in ("/", f"/?class_id={world.classes['501']}", f"/{ming}"):
        client.get(address + path)  # the audit log notes the readings, once in ten minutes
    counts = []
    for number in (3, 300):
        with flask_app.app_context():
            write_many(world, "王小明", channel, number)
        for path in (f"{address}/", f"{address}/?class_id={world.classes['501']}", f"{address}/{ming}", f"{address}/{ming}"):
            with count_statements() as statements:
                assert client.get(path).status_code == 200
            counts.append(len(statements))
    assert counts[:4] == counts[4:]
    assert max(counts) <= 6
