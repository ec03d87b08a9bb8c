"""Who may say what to whom, and that a message is sent once, whole, or not at all."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as
from app.access.session import OutOfScope, system
from app.audit.models import AuditEntry
from app.conversations.models import Channel
from app.conversations.services import (
    ChannelClosed,
    EmptyMessage,
    MessageTooLong,
    NoLinkedGuardian,
    OutOfReach,
    send_message,
)
from app.extensions import db
from tests.conversations.rows import (
    conversation_about,
    forget_conversations,
    forget_switches,
    messages_about,
    turn_switch,
)

pytestmark = pytest.mark.every_database

REFUSED = (OutOfReach, OutOfScope)

MAY_WRITE = [
    ("parent_chen", "王小明", Channel.HOMEROOM, "mother"),
    ("parent_chen", "王小明", Channel.ACADEMIC_AFFAIRS, "mother"),
    ("parent_chen", "王小華", Channel.COUNSELING, "mother"),
    ("teacher_501", "王小明", Channel.HOMEROOM, "homeroom"),
    ("teacher_701", "王小華", Channel.HOMEROOM, "homeroom"),
    ("lead_wc", "李宥廷", Channel.HOMEROOM, "homeroom"),
    ("registrar_wc", "王小明", Channel.ACADEMIC_AFFAIRS, "academic_affairs"),
    ("counselor_wc", "李宥廷", Channel.COUNSELING, "counseling"),
]


@pytest.mark.parametrize("begun", [True, False], ids=["a further message", "the first message"])
def test_who_may_write(context, world, actor_of, begun):
    if not begun:
        forget_conversations()
    for person, name, channel, capacity in MAY_WRITE:
        actor = actor_of(person)
        with acting_as(actor):
            send_message(actor, world.students[name], channel, " 您好\r\n謝謝 ", "key")
        message = messages_about(world.students[name], channel)[-1]
        assert message.body == "您好\n謝謝"
        assert (message.author_id, message.author_name) == (actor.id, actor.full_name)
        assert (message.author_capacity, message.is_from_guardian) == (capacity, person.startswith("parent"))
        conversation = conversation_about(world.students[name], channel)
        assert conversation.last_message_id == message.id
        assert conversation.last_message_text == "您好 謝謝"
        assert conversation.last_message_is_from_guardian == person.startswith("parent")


MAY_NOT_WRITE = [
    ("parent_chen", "李宥廷", Channel.HOMEROOM),
    ("parent_wang", "王小明", Channel.HOMEROOM),  # the link waits for review
    ("parent_lin", "王小明", Channel.HOMEROOM),
    ("citizen_wu", "王小明", Channel.HOMEROOM),
    ("teacher_501", "李宥廷", Channel.HOMEROOM),
    ("teacher_501", "王小華", Channel.HOMEROOM),
    ("teacher_501", "王小明", Channel.ACADEMIC_AFFAIRS),
    ("teacher_501", "王小明", Channel.COUNSELING),
    ("lead_wc", "王小華", Channel.HOMEROOM),
    ("lead_wc", "王小明", Channel.COUNSELING),
    ("manager_wc", "王小明", Channel.HOMEROOM),
    ("manager_wc", "王小明", Channel.ACADEMIC_AFFAIRS),
    ("only_registrar_wc", "王小明", Channel.ACADEMIC_AFFAIRS),
    ("only_instruction_wc", "王小明", Channel.ACADEMIC_AFFAIRS),
    ("registrar_wc", "王小明", Channel.HOMEROOM),
    ("registrar_wc", "王小明", Channel.COUNSELING),
    ("registrar_wc", "王小華", Channel.ACADEMIC_AFFAIRS),
    ("counselor_wc", "王小明", Channel.ACADEMIC_AFFAIRS),
    ("counselor_wc", "王小華", Channel.COUNSELING),
    ("personnel_wc", "王小明", Channel.HOMEROOM),
    ("city_admin", "王小明", Channel.HOMEROOM),
    ("city_admin", "王小明", Channel.COUNSELING),
]


@pytest.mark.parametrize("begun", [True, False], ids=["a further message", "the first message"])
def test_who_may_not_write(context, world, actor_of, begun):
    if not begun:
        forget_conversations()
    before = {name: len(messages_about(student_id)) for name, student_id in world.students.items()}
    for person, name, channel in MAY_NOT_WRITE:
        actor = actor_of(person)
        with acting_as(actor), pytest.raises(REFUSED):
            send_message(actor, world.students[name], channel, "您好", "key")
        db.session.rollback()
    assert {name: len(messages_about(student_id)) for name, student_id in world.students.items()} == before


def test_a_number_that_is_no_student_is_refused_like_a_foreign_one(context, actor_of):
    actor = actor_of("teacher_501")
    for student_id in (0, -1, 999_999, 2**31, 10**30):
        with acting_as(actor), pytest.raises(OutOfReach):
            send_message(actor, student_id, Channel.HOMEROOM, "您好", "key")


@pytest.mark.parametrize("state", ["off", "no row"])
def test_nobody_can_send_while_the_switch_is_off(context, world, actor_of, state):
    if state == "no row":
        forget_switches()
    for person, channel in (
        ("parent_chen", Channel.HOMEROOM),
        ("teacher_501", Channel.HOMEROOM),
        ("lead_wc", Channel.HOMEROOM),
        ("parent_chen", Channel.ACADEMIC_AFFAIRS),
        ("registrar_wc", Channel.ACADEMIC_AFFAIRS),
        ("parent_chen", Channel.COUNSELING),
        ("counselor_wc", Channel.COUNSELING),
    ):
        turn_switch(world, channel, "501", is_open=False)
        actor = actor_of(person)
        with acting_as(actor), pytest.raises(ChannelClosed):
            send_message(actor, world.students["王小明"], channel, "您好", "key")
        assert len(messages_about(world.students["王小明"], channel)) == 1


def test_the_switch_of_another_class_does_not_count(context, world, actor_of):
    turn_switch(world, Channel.HOMEROOM, "502", is_open=False)
    turn_switch(world, Channel.COUNSELING, "501", is_open=False)
    actor = actor_of("teacher_501")
    with acting_as(actor):
        assert send_message(actor, world.students["王小明"], Channel.HOMEROOM, "您好", "key").id


def test_the_school_does_not_write_where_no_guardian_would_read(context, world, actor_of):
    for person, channel in (("teacher_501", Channel.HOMEROOM), ("counselor_wc", Channel.COUNSELING)):
        actor = actor_of(person)
        with acting_as(actor), pytest.raises(NoLinkedGuardian):
            send_message(actor, world.students["林品妤"], channel, "您好", "key")


def test_blanks_are_not_a_message(context, world, actor_of):
    actor = actor_of("parent_chen")
    for text in ("", "   ", "\r\n\t", "\x00\x07"):
        with acting_as(actor), pytest.raises(EmptyMessage):
            send_message(actor, world.students["王小明"], Channel.HOMEROOM, text, "key")


def test_too_long_a_message_is_refused_whole(context, world, actor_of):
    actor = actor_of("parent_chen")
    for length in (5001, 20_001, 1_000_000):
        with acting_as(actor), pytest.raises(MessageTooLong):
            send_message(actor, world.students["王小明"], Channel.HOMEROOM, "字" * length, "key")
    assert len(messages_about(world.students["王小明"], Channel.HOMEROOM)) == 1


def test_five_thousand_characters_and_rare_ones_are_kept_as_written(context, world, actor_of):
    actor = actor_of("parent_chen")
    with acting_as(actor):
        send_message(actor, world.students["王小明"], Channel.HOMEROOM, "𡍼" * 5000, "a")
        send_message(actor, world.students["王小明"], Channel.HOMEROOM, "一\x00二\ud800三 <b>", "b")
    assert [message.body for message in messages_about(world.students["王小明"], Channel.HOMEROOM)][1:] == [
        "𡍼" * 5000,
        "一二三 <b>",
    ]


def test_the_same_form_sent_twice_is_one_message(context, world, actor_of):
    actor = actor_of("parent_chen")
    with acting_as(actor):
        first = send_message(actor, world.students["王小明"], Channel.HOMEROOM, "您好", "key").id
        assert send_message(actor, world.students["王小明"], Channel.HOMEROOM, "您好", "key").id == first
        assert send_message(actor, world.students["王小明"], Channel.HOMEROOM, "您好，再問一件事", "key").id != first
        assert send_message(actor, world.students["王小明"], Channel.COUNSELING, "您好", "key").id != first
        assert send_message(actor, world.students["王小明"], Channel.HOMEROOM, "您好", "").id != first
    assert len(messages_about(world.students["王小明"])) == 3 + 4


def test_two_people_may_hold_the_same_key(context, world, actor_of):
    for person in ("parent_chen", "teacher_501"):
        actor = actor_of(person)
        with acting_as(actor):
            send_message(actor, world.students["王小明"], Channel.HOMEROOM, "您好", "key")
    assert len(messages_about(world.students["王小明"], Channel.HOMEROOM)) == 3


def test_many_at_the_same_moment_make_one_conversation_and_one_message_each(flask_app, world, actor_of):
    with flask_app.app_context():
        forget_conversations()
    actors = [actor_of("parent_chen"), actor_of("teacher_501")]
    problems: list[Exception] = []

    def send(actor) -> None:  # type: ignore[no-untyped-def]
        try:
            with flask_app.app_context(), acting_as(actor):
                send_message(actor, world.students["王小明"], Channel.HOMEROOM, "您好", "key")
        except Exception as problem:  # noqa: BLE001
            problems.append(problem)

    threads = [threading.Thread(target=send, args=(actors[number % 2],)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with flask_app.app_context():
        messages = messages_about(world.students["王小明"])
        assert sorted(message.author_name for message in messages) == sorted(actor.full_name for actor in actors)
        assert len({message.conversation_id for message in messages}) == 1
        assert conversation_about(world.students["王小明"], Channel.HOMEROOM).last_message_id == messages[-1].id


def test_sending_stands_in_the_audit_log_without_its_words(context, world, actor_of):
    actor = actor_of("counselor_wc")
    with acting_as(actor):
        message_id = send_message(actor, world.students["王小明"], Channel.COUNSELING, "很私密的話", "key").id
    with system("tests"):
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "send.message")).one()
    assert (entry.account_id, entry.object_id, entry.detail) == (actor.id, str(message_id), "")
