"""導師互動區 and the offices' areas as a guardian reads and writes them (B4.6–8)."""

from __future__ import annotations

import re

import pytest

from app.conversations.models import Channel
from tests.conversations.rows import forget_conversations, link, messages_about, turn_switch, without_values, write_many


def address(world, name: str, channel: str = "homeroom") -> str:
    return f"/portal/children/{world.students[name]}/threads/{channel}"


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("channel", "heading", "staff", "area"),
    [
        (Channel.HOMEROOM, "導師互動區", "teacher_501", "homeroom"),
        (Channel.ACADEMIC_AFFAIRS, "教務處互動區", "registrar_wc", "academic-affairs"),
        (Channel.COUNSELING, "輔導室互動區", "counselor_wc", "counseling"),
    ],
)
def test_a_guardian_writes_and_the_school_sees_it(client_as, flask_app, world, channel, heading, staff, area):
    with flask_app.app_context():
        forget_conversations()
    parent, path = client_as("parent_chen"), address(world, "王小明", channel.value)
    page = parent.get(path)
    assert f"<h1>{heading}</h1>" in page.text
    assert "還沒有訊息，可以在下方寫第一則。" in page.text
    answer = parent.post(path, data={"body": "請問明天要帶什麼？", "send_key": "k"})
    assert (answer.status_code, answer.location) == (302, f"{path}#newest")
    mine = parent.get(path).text
    assert "<b>陳美玲</b>母親" in mine
    assert 'class="msg is-mine" id="newest"' in mine
    theirs = client_as(staff).get(f"/student-affairs/threads/{area}/{world.students['王小明']}").text
    assert "請問明天要帶什麼？" in theirs
    assert 'class="msg" id="newest"' in theirs


def test_all_linked_guardians_share_the_conversation(client_as, flask_app, world):
    with flask_app.app_context():
        link(world, "parent_lin", "王小明", "501")
    client_as("parent_chen").post(address(world, "王小明"), data={"body": "媽媽寫的", "send_key": "k"})
    page = client_as("parent_lin").get(address(world, "王小明")).text
    assert "媽媽寫的" in page
    assert page.count('class="msg is-mine"') == 1


@pytest.mark.every_database
def test_other_children_answer_like_unknown_ones(client_as, world):
    for person, names in {
        "parent_chen": ["李宥廷", "林品妤"],
        "parent_wang": ["王小明", "王小華"],
        "parent_lin": ["王小明"],
    }.items():
        client = client_as(person)
        unknown = without_values(client.get("/portal/children/999999/threads/homeroom").text)
        for name in names:
            answer = client.get(address(world, name))
            assert (answer.status_code, without_values(answer.text)) == (404, unknown), (person, name)
            assert client.post(address(world, name), data={"body": "您好", "send_key": "k"}).status_code == 404
    assert client_as("citizen_wu").get(address(world, "王小明")).status_code == 403
    assert client_as("teacher_501").get(address(world, "王小明")).status_code == 403


@pytest.mark.parametrize("channel", ["", "x", "HOMEROOM", "homeroom%00", "academic-affairs"])
def test_an_area_that_does_not_exist_is_not_found(client_as, world, channel):
    assert client_as("parent_chen").get(address(world, "王小明", channel)).status_code == 404


@pytest.mark.every_database
@pytest.mark.parametrize("channel", Channel, ids=str)
def test_at_off_the_area_is_gone_by_every_route_and_back_with_its_history(client_as, flask_app, world, channel):
    parent, path = client_as("parent_chen"), address(world, "王小明", channel.value)
    old_form = parent.get(path).text
    key = re.search(r'name="send_key"[^>]*value="([^"]+)"', old_form)[1]
    with flask_app.app_context():
        turn_switch(world, channel, "501", is_open=False)
    unknown = without_values(parent.get("/portal/children/999999/threads/homeroom").text)
    assert without_values(parent.get(path).text) == unknown
    for form in ({"body": "您好", "send_key": key}, {"body": "", "send_key": key}, {}):
        answer = parent.post(path, data=form)
        assert (answer.status_code, without_values(answer.text)) == (404, unknown)
    with flask_app.app_context():
        assert len(messages_about(world.students["王小明"], channel)) == 1
    others = parent.get(address(world, "王小華", channel.value))
    assert others.status_code == 200
    assert path not in others.text
    with flask_app.app_context():
        turn_switch(world, channel, "501", is_open=True)
    assert f"王小明 {channel.value} 訊息" in parent.get(path).text


@pytest.mark.parametrize(
    ("text", "sentence"), [(" \n", "請先輸入對話內容再送出。"), ("字" * 5001, "對話內容超過 5,000 字，請縮短或分次送出。")]
)
def test_what_cannot_be_sent_is_said_beside_the_field_and_kept(client_as, flask_app, world, text, sentence):
    answer = client_as("parent_chen").post(address(world, "王小明"), data={"body": text, "send_key": "k"})
    assert answer.status_code == 200
    assert sentence in answer.text
    assert text.strip() in answer.text
    with flask_app.app_context():
        assert len(messages_about(world.students["王小明"], Channel.HOMEROOM)) == 1


def test_fields_that_are_not_asked_for_change_nothing(client_as, flask_app, world):
    client_as("parent_chen").post(
        address(world, "王小明"),
        data={
            "body": "您好",
            "send_key": "k",
            "student_id": world.students["李宥廷"],
            "author_name": "校長",
            "is_from_guardian": "",
            "channel": "counseling",
        },
    )
    with flask_app.app_context():
        message = messages_about(world.students["王小明"])[-1]
    assert (message.author_name, message.is_from_guardian, message.channel) == ("陳美玲", True, Channel.HOMEROOM)


@pytest.mark.every_database
def test_a_page_costs_three_statements_and_one_more_when_something_is_new(client_as, flask_app, world, count_statements):
    client, path = client_as("parent_chen"), address(world, "王小明")
    client.get(path)  # the audit log notes the reading, once in ten minutes
    for number in (3, 300):
        with flask_app.app_context():
            write_many(world, "王小明", Channel.HOMEROOM, number, from_guardian=False)
        for expected in (4, 3):
            with count_statements() as statements:
                assert client.get(path).status_code == 200
            assert len(statements) == expected, str(statements)


def test_the_days_stand_between_the_messages(client_as, flask_app, world):
    page = client_as("parent_chen").get(address(world, "王小明")).text
    assert re.search(r'<div class="thread-day">今天 \d+月\d+日 星期.</div>', page)
    english = client_as("parent_chen")
    english.post("/language/", data={"locale": "en", "next": "/"})
    assert "Talk with the homeroom teacher" in english.get(address(world, "王小明")).text
