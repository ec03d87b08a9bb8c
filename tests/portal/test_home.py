"""A signed-in person's home: what waits for a guardian, by child; the ways on for everybody else; what it costs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
import sqlalchemy as sa
import time_machine

from app.access.session import system
from app.bulletins.models import Bulletin, BulletinRead
from app.contact_books.models import ContactBookEntry, ContactBookItem, ContactBookRead, ItemKind
from app.conversations.models import Conversation, ConversationRead, Message
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.model_types import now, today


def home_of(client) -> str:
    return unescape(client.get("/portal/").get_data(as_text=True)).split("<main", 1)[1]


def todos(page: str) -> list[tuple[str, str, str]]:
    """(kind, child, title) of each line that waits."""
    found = []
    for part in page.split('<li class="todo')[1:]:
        kind = part.split("</svg>", 1)[1].split("</span>", 1)[0]
        child = part.split("<b>", 1)[1].split("</b>", 1)[0]
        title = part.split('class="row-title"', 1)[1].split(">", 1)[1].split("</span>", 1)[0]
        found.append((kind, child, title))
    return found


@pytest.fixture
def read_everything(flask_app, world):
    """parent_chen and parent_wang have read every message."""
    with flask_app.app_context(), system("tests"):
        for conversation in db.session.scalars(sa.select(Conversation)).all():
            for person in ("parent_chen", "parent_wang"):
                db.session.add(
                    ConversationRead(
                        account_id=world.accounts[person],
                        conversation_id=conversation.id,
                        last_read_message_id=conversation.last_message_id or 0,
                    )
                )
        db.session.commit()


@pytest.fixture
def no_lessons(flask_app, read_everything):
    """No books and no bulletins."""
    with flask_app.app_context(), system("tests"):
        for model in (ContactBookItem, ContactBookEntry, Bulletin):
            db.session.execute(sa.delete(model))
        db.session.commit()


def write_book(flask_app, world, label: str, day: date, *items: tuple[ItemKind, str]) -> None:
    with flask_app.app_context(), system("tests"):
        common = {"class_id": world.classes[label], "school_id": world.schools["wenchang"]}
        entry = ContactBookEntry(**common, entry_date=day, author_id=world.accounts["teacher_501"], author_name="老師")
        entry.items = [
            ContactBookItem(**common, kind=kind, text=text, position=number) for number, (kind, text) in enumerate(items)
        ]
        db.session.add(entry)
        db.session.commit()


def test_everything_that_waits_names_its_child(client_as, read_everything):
    page = home_of(client_as("parent_chen"))
    assert todos(page) == [
        ("聯絡簿", "王小明", "今天的聯絡簿"),
        ("聯絡簿", "王小華", "今天的聯絡簿"),
        ("新公告", "王小明", "501 公告"),
        ("新公告", "王小華", "701 公告"),
    ]
    assert "有 4 件事等您" in page


def test_unread_messages_of_the_school_wait_until_they_are_read(flask_app, client_as, world, no_lessons):
    assert "目前沒有事等您" in home_of(client_as("parent_wang"))
    with flask_app.app_context(), system("tests"):
        conversation = db.session.get(Conversation, world.conversations["李宥廷", "homeroom"])
        for number, (is_from_guardian, body) in enumerate(((False, "第一則"), (True, "家長說"), (False, "報告\n說得" * 30))):
            db.session.add(
                Message(
                    conversation_id=conversation.id,
                    student_id=conversation.student_id,
                    school_id=conversation.school_id,
                    channel=conversation.channel,
                    author_id=world.accounts["teacher_502"],
                    author_name="林淑芬",
                    author_capacity="homeroom",
                    is_from_guardian=is_from_guardian,
                    body=body,
                    send_key=f"home-{number}",
                )
            )
        db.session.commit()
    page = home_of(client_as("parent_wang"))
    assert todos(page) == [("未讀", "李宥廷", "林淑芬（導師）傳來 2 則訊息")]
    assert "…」" in page
    assert "2 則未讀" in page
    assert todos(home_of(client_as("parent_chen"))) == []


@pytest.mark.parametrize(
    ("book_day", "present_day", "title", "bring"),
    [
        (date(2026, 11, 19), date(2026, 11, 19), "今天的聯絡簿", "明天要帶"),
        (date(2026, 11, 19), date(2026, 11, 20), "11月19日的聯絡簿", "今天要帶"),
        (date(2026, 11, 20), date(2026, 11, 20), "今天的聯絡簿", "星期一要帶"),
        (date(2026, 11, 20), date(2026, 11, 21), "11月20日的聯絡簿", "星期一要帶"),
        (date(2026, 11, 20), date(2026, 11, 22), "11月20日的聯絡簿", "明天要帶"),
        (date(2026, 11, 20), date(2026, 11, 23), "11月20日的聯絡簿", "今天要帶"),
        (date(2026, 11, 20), date(2026, 11, 24), None, None),
        (date(2026, 11, 24), date(2026, 11, 23), None, None),
    ],
    ids=["today", "next-day", "friday", "saturday", "sunday", "monday", "old", "to-come"],
)
def test_books_and_things_to_bring_follow_the_school_days(
    flask_app, client_as, world, no_lessons, book_day, present_day, title, bring
):
    write_book(
        flask_app, world, "502", book_day, (ItemKind.HOMEWORK, "國習"), (ItemKind.BRING, "水壺"), (ItemKind.BRING, "運動服")
    )
    with time_machine.travel(datetime(*present_day.timetuple()[:3], 2, tzinfo=UTC), tick=False):
        page = home_of(client_as("parent_wang"))
    expected = [("聯絡簿", "李宥廷", title), (bring, "李宥廷", "水壺、運動服")] if title else []
    assert todos(page) == expected
    assert not title or "作業 1 項、攜帶 2 項" in page


def test_what_was_read_waits_no_more_until_it_is_changed(flask_app, client_as, world, read_everything):
    parent = client_as("parent_chen")
    child = f"/portal/children/{world.students['王小明']}"
    parent.get(f"{child}/contact-book")
    parent.get(f"{child}/bulletins/{world.bulletins['501']}")
    page = home_of(parent)
    assert todos(page) == [("聯絡簿", "王小華", "今天的聯絡簿"), ("新公告", "王小華", "701 公告")]
    assert "今天已發布，已看過" in page
    with flask_app.app_context(), system("tests"):
        for model, row in ((ContactBookEntry, world.entries["501"]), (Bulletin, world.bulletins["501"])):
            db.session.get(model, row).updated_at = now() + timedelta(minutes=1)
        db.session.commit()
    assert [line for line in todos(home_of(parent)) if line[1] == "王小明"] == [
        ("聯絡簿有更新", "王小明", "今天的聯絡簿"),
        ("公告有更新", "王小明", "501 公告"),
    ]


def test_one_guardians_reading_is_not_the_others(flask_app, client_as, world, read_everything):
    with flask_app.app_context(), system("tests"):
        db.session.execute(
            sa.update(GuardianLink)
            .where(GuardianLink.account_id == world.accounts["parent_wang"])
            .where(GuardianLink.status == LinkStatus.PENDING)
            .values(status=LinkStatus.APPROVED, student_id=world.students["王小明"])
        )
        db.session.commit()
    client_as("parent_chen").get(f"/portal/children/{world.students['王小明']}/contact-book")
    assert ("聯絡簿", "王小明", "今天的聯絡簿") in todos(home_of(client_as("parent_wang")))


def test_a_book_of_a_day_to_come_leaves_todays_unread(flask_app, client_as, world, no_lessons):
    write_book(flask_app, world, "502", today(), (ItemKind.HOMEWORK, "今天的"))
    write_book(flask_app, world, "502", today() + timedelta(days=1), (ItemKind.HOMEWORK, "明天的"))
    parent = client_as("parent_wang")
    tomorrow = (today() + timedelta(days=1)).isoformat()
    assert "明天的" in parent.get(f"/portal/children/{world.students['李宥廷']}/contact-book?date={tomorrow}").text
    assert [title for _kind, _child, title in todos(home_of(parent))] == ["今天的聯絡簿"]


@pytest.mark.every_database
def test_reading_writes_one_mark_and_reading_again_none(flask_app, client_as, world, count_statements):
    parent = client_as("parent_chen")
    child = f"/portal/children/{world.students['王小明']}"
    for path, table, cost in (
        (f"{child}/contact-book", "contact_book_read", 4),
        (f"{child}/bulletins/{world.bulletins['501']}", "bulletin_read", 4),
    ):
        with count_statements() as first:
            parent.get(path)
        with count_statements() as again:
            parent.get(path)
        assert [line for line in first if not line.startswith("SELECT") and table in line].__len__() == 1, str(first)
        assert [line for line in again if not line.startswith("SELECT")] == [], str(again)
        assert (len(first), len(again)) == (cost + 1, cost), str(first)
    with flask_app.app_context(), system("tests"):
        assert db.session.scalar(sa.select(sa.func.count(ContactBookRead.id))) == 1
        assert db.session.scalar(sa.select(sa.func.count(BulletinRead.bulletin_id))) == 1


def answer(flask_app, world, name: str, body: str, *, is_from_guardian: bool, days_ago: int = 0) -> None:
    with flask_app.app_context(), system("tests"):
        conversation = db.session.get(Conversation, world.conversations[name, "homeroom"])
        message = Message(
            conversation_id=conversation.id,
            student_id=conversation.student_id,
            school_id=conversation.school_id,
            channel=conversation.channel,
            author_id=world.accounts["parent_wang" if is_from_guardian else "teacher_502"],
            author_name="王志強" if is_from_guardian else "林淑芬",
            author_capacity="father" if is_from_guardian else "homeroom",
            is_from_guardian=is_from_guardian,
            body=body,
            created_at=now() - timedelta(days=days_ago),
            send_key=f"{body}-{days_ago}",
        )
        db.session.add(message)
        db.session.flush()
        conversation.last_message_id = message.id
        db.session.merge(
            ConversationRead(
                account_id=world.accounts["parent_wang"],
                conversation_id=conversation.id,
                last_read_message_id=0 if is_from_guardian else message.id,
            )
        )
        db.session.commit()


def test_a_question_of_the_school_waits_for_its_answer_although_it_was_read(flask_app, client_as, world, no_lessons):
    parent = client_as("parent_wang")
    answer(flask_app, world, "李宥廷", "謝謝您，收到了。", is_from_guardian=False)
    assert todos(home_of(parent)) == []
    answer(flask_app, world, "李宥廷", "星期四方便到校嗎？", is_from_guardian=False)
    assert todos(home_of(parent)) == [("還沒回覆", "李宥廷", "林淑芬（導師）有事想問您")]
    answer(flask_app, world, "李宥廷", "很久以前問的？", is_from_guardian=False, days_ago=15)
    assert todos(home_of(parent)) == []


def test_an_answered_question_waits_no_more(flask_app, client_as, world, no_lessons):
    parent = client_as("parent_wang")
    parent.get(f"/portal/children/{world.students['李宥廷']}/threads/homeroom")
    answer(flask_app, world, "李宥廷", "星期四方便到校嗎？", is_from_guardian=False)
    with flask_app.app_context(), system("tests"):
        conversation = db.session.get(Conversation, world.conversations["李宥廷", "homeroom"])
        last = conversation.last_message_id
    answer(flask_app, world, "李宥廷", "可以，幾點？", is_from_guardian=True)
    with flask_app.app_context(), system("tests"):
        db.session.execute(sa.update(ConversationRead).values(last_read_message_id=last))
        db.session.commit()
    page = home_of(parent)
    assert todos(page) == []
    assert "已送出" in page


def test_several_new_bulletins_are_one_line(flask_app, client_as, world, no_lessons):
    with flask_app.app_context(), system("tests"):
        for number, back in enumerate((1, 0, 20)):
            db.session.add(
                Bulletin(
                    class_id=world.classes["502"],
                    school_id=world.schools["wenchang"],
                    title=f"公告{number}",
                    body="",
                    publish_from=today() - timedelta(days=back),
                    author_id=world.accounts["teacher_502"],
                    author_name="老師",
                )
            )
        db.session.commit()
    page = home_of(client_as("parent_wang"))
    assert todos(page) == [("新公告", "李宥廷", "公告1")]
    assert "另有 1 則新公告" in page


def test_a_pending_application_is_shown_and_is_not_the_guardians_to_do(client_as, no_lessons):
    page = home_of(client_as("parent_wang"))
    assert "學生連結申請：王小明" in page
    assert todos(page) == []


def test_a_guardian_without_a_link_is_told_how_to_get_one(client_as):
    page = home_of(client_as("parent_lin"))
    assert "還沒有連結的孩子" in page
    assert '<a class="btn btn-primary" href="/portal/links/">學生連結申請</a>' in page


def test_an_ended_link_takes_the_child_from_the_home(flask_app, client_as, world):
    with flask_app.app_context(), system("tests"):
        db.session.execute(
            sa.update(GuardianLink)
            .where(GuardianLink.student_id == world.students["王小華"])
            .values(status=LinkStatus.ENDED)
        )
        db.session.commit()
    page = home_of(client_as("parent_chen"))
    assert "王小明" in page
    assert "王小華" not in page


def test_general_accounts_find_their_own_data_and_the_news(client_as):
    page = home_of(client_as("citizen_wu"))
    assert "我的基本資料" in page
    assert "最新消息" in page
    assert "平台" not in page


@pytest.mark.parametrize("person", ["teacher_501", "manager_wc", "personnel_wc", "counselor_wc", "city_admin"])
def test_official_accounts_find_their_platforms(client_as, person):
    client = client_as(person)
    page = home_of(client)
    assert "單一認證授權平台" in page
    for part in page.split('<ul class="ruled links">', 1)[1].split("</ul>", 1)[0].split('href="')[1:]:
        assert client.get(part.split('"', 1)[0]).status_code == 200


@pytest.mark.parametrize("count", [3, 300])
def test_the_home_costs_five_statements_and_one_more_while_an_application_waits(
    flask_app, client_as, world, count_statements, count
):
    with flask_app.app_context(), system("tests"):
        entry = world.entries["502"]
        conversation_id = world.conversations["李宥廷", "homeroom"]
        common = {"class_id": world.classes["502"], "school_id": world.schools["wenchang"]}
        for number in range(count):
            db.session.add(ContactBookItem(entry_id=entry, **common, kind=ItemKind.BRING, text=f"物品{number}"))
            db.session.add(
                Bulletin(
                    **common, title=f"公告{number}", body="", author_id=world.accounts["teacher_502"], author_name="老師"
                )
            )
            db.session.add(
                Message(
                    conversation_id=conversation_id,
                    student_id=world.students["李宥廷"],
                    school_id=world.schools["wenchang"],
                    channel="homeroom",
                    author_id=world.accounts["teacher_502"],
                    author_name="老師",
                    author_capacity="homeroom",
                    is_from_guardian=False,
                    body="訊息",
                    send_key=f"cost-{number}",
                )
            )
        db.session.commit()
    for person, most in (("parent_wang", 6), ("parent_chen", 5), ("parent_lin", 2), ("citizen_wu", 2), ("teacher_501", 2)):
        client = client_as(person)
        client.get("/portal/")
        with count_statements() as statements:
            assert client.get("/portal/").status_code == 200
        assert len(statements) == most, f"{person}\n{statements}"
