"""Delivery: nothing is lost or sent twice, nobody waits for a dead server, nobody learns what is no longer theirs."""

from __future__ import annotations

import email
import email.policy
import json
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.access.session import system
from app.accounts.models import Account, AccountState
from app.crypto.sealing import open_sealed
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.model_types import now
from app.notifications import delivery
from app.notifications.delivery import MOST_ATTEMPTS, deliver_due
from app.notifications.models import OutboxChannel, OutboxMessage, OutboxStatus
from app.notifications.outbox import send_letter, send_sms
from app.notifications.transports.email import letter_transport
from tests.notifications.conftest import free_port, rows
from tests.world import World


def put_letters(*receivers: str, name: str = "王小明") -> None:
    for receiver in receivers or ("chen@example.org",):
        send_letter(receiver, "greeting", "zh_Hant_TW", name=name)
    db.session.commit()


def test_a_letter_arrives_with_a_chinese_subject_and_both_parts(context, mailbox):
    put_letters(name="很長的名字" * 12)
    assert deliver_due(OutboxChannel.EMAIL) == {"sent": 1}
    [(receiver, content)] = mailbox.letters
    assert receiver == "chen@example.org"
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    letter = email.message_from_bytes(content, policy=email.policy.default)
    assert letter["Subject"] == "個人專區: " + "很長的名字" * 12
    assert letter["To"] == "chen@example.org"
    assert letter["Auto-Submitted"] == "auto-generated"
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines()[0] == "個人專區"
    assert "style=" in html.get_content()
    assert "<style" not in html.get_content()


def test_what_was_sent_is_wiped_and_its_time_noted(context, mailbox):
    put_letters()
    deliver_due(OutboxChannel.EMAIL)
    [row] = rows()
    assert (row.status, row.content_sealed, row.attempts) == (OutboxStatus.SENT, "", 1)
    assert row.sent_at is not None
    assert now() - row.sent_at < timedelta(minutes=1)
    assert deliver_due(OutboxChannel.EMAIL) == {}
    assert len(mailbox.letters) == 1


def test_letters_of_a_round_share_one_connection(context, mailbox):
    put_letters(*(f"p{number}@example.org" for number in range(5)))
    assert deliver_due(OutboxChannel.EMAIL) == {"sent": 5}
    assert sorted(receiver for receiver, _ in mailbox.letters) == [f"p{number}@example.org" for number in range(5)]


def test_a_receiver_that_does_not_exist_fails_at_once_and_the_others_go_on(context, mailbox):
    mailbox.answers["gone@example.org"] = "550 no such mailbox of 王小明"
    put_letters("gone@example.org", "chen@example.org")
    assert deliver_due(OutboxChannel.EMAIL) == {"failed": 1, "sent": 1}
    gone, sent = rows()
    assert (gone.status, gone.last_error, gone.content_sealed) == (OutboxStatus.FAILED, "SMTP 550: receiver", "")
    assert sent.status == OutboxStatus.SENT


def test_a_receiver_who_is_to_be_asked_later_is_asked_later(context, mailbox):
    mailbox.answers["busy@example.org"] = "450 come back"
    put_letters("busy@example.org", "chen@example.org")
    assert deliver_due(OutboxChannel.EMAIL) == {"put_off": 1, "sent": 1}
    mailbox.answers.clear()
    assert deliver_due(OutboxChannel.EMAIL) == {}
    with time_machine.travel(now() + timedelta(seconds=16), tick=False):
        assert deliver_due(OutboxChannel.EMAIL) == {"sent": 1}
    assert [row.status for row in rows()] == [OutboxStatus.SENT, OutboxStatus.SENT]


def test_with_the_server_away_letters_wait_longer_and_longer_and_then_leave(context, settings):
    settings(MAIL_SERVER="127.0.0.1", MAIL_PORT=free_port(), MAIL_TIMEOUT=2.0)
    moment = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    with time_machine.travel(moment, tick=False):
        put_letters()
    pauses = []
    for _ in range(10):
        with time_machine.travel(moment, tick=False):
            assert deliver_due(OutboxChannel.EMAIL) == {"put_off": 1}
            [row] = rows()
            pauses.append((row.next_attempt_at - moment).total_seconds())
            assert deliver_due(OutboxChannel.EMAIL) == {}
        moment = row.next_attempt_at
    assert pauses == [15, 30, 60, 120, 240, 480, 960, 1800, 1800, 1800]
    assert row.last_error == "SMTP: ConnectionRefusedError"
    assert row.status == OutboxStatus.QUEUED


def test_after_the_last_attempt_a_message_is_given_up_and_wiped(context, settings):
    settings(MAIL_SERVER="127.0.0.1", MAIL_PORT=free_port(), MAIL_TIMEOUT=2.0)
    put_letters()
    db.session.execute(sa.update(OutboxMessage.__table__).values(attempts=MOST_ATTEMPTS - 1))
    db.session.commit()
    assert deliver_due(OutboxChannel.EMAIL) == {"failed": 1}
    [row] = rows()
    assert (row.status, row.content_sealed, row.attempts) == (OutboxStatus.FAILED, "", MOST_ATTEMPTS)


def test_a_server_that_says_nothing_holds_nobody_up_for_long(context, settings, silent_port):
    settings(MAIL_SERVER="127.0.0.1", MAIL_PORT=silent_port, MAIL_TIMEOUT=0.3)
    put_letters("a@example.org", "b@example.org", "c@example.org")
    began = time.monotonic()
    assert deliver_due(OutboxChannel.EMAIL) == {"put_off": 1}, "the round ends with the first letter"
    assert time.monotonic() - began < 3
    assert rows()[0].last_error == "SMTP: SMTPServerDisconnected"


def test_a_dead_mail_server_delays_no_sms(context, settings, silent_port, tmp_path):
    settings(MAIL_SERVER="127.0.0.1", MAIL_PORT=silent_port, MAIL_TIMEOUT=0.3, OUTBOX_DIR=str(tmp_path))
    put_letters()
    send_sms("+886912345678", "greeting", "en", name="x")
    db.session.commit()
    assert deliver_due(OutboxChannel.SMS) == {"sent": 1}


def test_without_a_mail_server_letters_and_sms_become_files(context, settings, tmp_path):
    settings(MAIL_SERVER="", SMS_GATEWAY="file", OUTBOX_DIR=str(tmp_path / "outbox"))
    put_letters()
    send_sms("+886912345678", "greeting", "zh_Hant_TW", name="王小明")
    db.session.commit()
    assert (deliver_due(OutboxChannel.EMAIL), deliver_due(OutboxChannel.SMS)) == ({"sent": 1}, {"sent": 1})
    letter, sms = sorted((tmp_path / "outbox").iterdir(), key=lambda path: path.suffix)
    assert letter.suffix == ".eml"
    assert email.message_from_bytes(letter.read_bytes(), policy=email.policy.default)["Subject"] == "個人專區: 王小明"
    assert sms.name.endswith(".sms.json")
    content = json.loads(sms.read_text("utf-8"))
    assert (content["to"], content["text"]) == ("+886912345678", "個人專區: 王小明")
    assert datetime.fromisoformat(content["sent_at"]).tzinfo is not None


def test_a_folder_that_cannot_be_written_puts_letters_off(context, settings, tmp_path):
    (tmp_path / "outbox").write_text("a file where the folder should be")
    settings(MAIL_SERVER="", OUTBOX_DIR=str(tmp_path / "outbox"))
    put_letters()
    assert deliver_due(OutboxChannel.EMAIL) == {"put_off": 1}


def test_a_text_that_cannot_be_opened_fails_and_stops_nothing(context, mailbox):
    put_letters("a@example.org", "b@example.org")
    first = rows()[0].id
    db.session.execute(sa.update(OutboxMessage.__table__).where(OutboxMessage.id == first).values(content_sealed="old.AAAA"))
    db.session.commit()
    assert deliver_due(OutboxChannel.EMAIL) == {"failed": 1, "sent": 1}


# ---------- who may still know ----------


def set_link(link_id: int, status: LinkStatus) -> None:
    db.session.execute(sa.update(GuardianLink.__table__).where(GuardianLink.id == link_id).values(status=status))
    db.session.commit()


def link_of(world: World, username: str, student: str) -> int:
    query = sa.select(GuardianLink.id).where(
        GuardianLink.account_id == world.accounts[username], GuardianLink.student_id == world.students[student]
    )
    return db.session.scalars(query).one()


@pytest.mark.parametrize(
    ("purpose", "status", "what"),
    [
        ("greeting", LinkStatus.APPROVED, "sent"),
        ("greeting", LinkStatus.PENDING, "dropped"),
        ("greeting", LinkStatus.REJECTED, "dropped"),
        ("greeting", LinkStatus.ENDED, "dropped"),
        ("link_greeting", LinkStatus.PENDING, "sent"),
        ("link_greeting", LinkStatus.APPROVED, "sent"),
        ("link_greeting", LinkStatus.ENDED, "dropped"),
    ],
)
def test_a_guardian_learns_of_a_child_only_while_the_link_holds(context, world, settings, tmp_path, purpose, status, what):
    settings(OUTBOX_DIR=str(tmp_path))
    link_id = link_of(world, "parent_chen", "王小明")
    send_sms("+886912345678", purpose, "en", guardian_link_id=link_id, name="x")
    db.session.commit()
    set_link(link_id, status)
    assert deliver_due(OutboxChannel.SMS) == {what: 1}
    [row] = rows()
    assert row.content_sealed == ""
    assert bool(list(tmp_path.iterdir())) == (what == "sent")


@pytest.mark.parametrize("state", [AccountState.SUSPENDED, AccountState.CLOSED])
def test_a_shut_account_learns_nothing_of_a_child(context, world, settings, tmp_path, state):
    settings(OUTBOX_DIR=str(tmp_path))
    link_id = link_of(world, "parent_chen", "王小明")
    send_sms("+886912345678", "greeting", "en", guardian_link_id=link_id, name="x")
    accounts = Account.__table__
    db.session.execute(sa.update(accounts).where(accounts.c.id == world.accounts["parent_chen"]).values(state=state))
    db.session.commit()
    assert deliver_due(OutboxChannel.SMS) == {"dropped": 1}


# ---------- several workers, workers that die ----------


@pytest.mark.every_database
def test_two_workers_at_once_send_every_letter_once(context, mailbox):
    receivers = [f"p{number}@example.org" for number in range(30)]
    put_letters(*receivers)
    outcomes: list[Counter[str]] = []
    start = threading.Barrier(4)

    def work() -> None:
        with context.app_context():
            start.wait()
            outcomes.append(deliver_due(OutboxChannel.EMAIL))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sum(outcomes, Counter()) == {"sent": 30}
    assert sorted(receiver for receiver, _ in mailbox.letters) == sorted(receivers)


@pytest.mark.every_database
def test_a_worker_that_dies_while_it_holds_a_letter_only_delays_it(context, mailbox):
    put_letters()
    with system("tests"):
        assert delivery._claim(OutboxChannel.EMAIL) is not None, "and now the power goes"
    assert deliver_due(OutboxChannel.EMAIL) == {}
    with time_machine.travel(now() + timedelta(minutes=3), tick=False):
        assert deliver_due(OutboxChannel.EMAIL) == {"sent": 1}
    assert len(mailbox.letters) == 1


def test_a_second_copy_of_a_letter_carries_the_first_ones_id(context, mailbox):
    put_letters()
    with system("tests"):
        claimed = delivery._claim(OutboxChannel.EMAIL)
        assert claimed is not None
        transport = letter_transport(context.config)
        transport.send(claimed.receiver, json.loads(open_sealed(claimed.content_sealed)), claimed.key)
        transport.close()
    with time_machine.travel(now() + timedelta(minutes=3), tick=False):
        deliver_due(OutboxChannel.EMAIL)
    first, second = (email.message_from_bytes(content)["Message-ID"] for _, content in mailbox.letters)
    assert first == second


def test_a_worker_that_comes_back_late_does_not_overrule_the_one_that_took_over(context, mailbox):
    put_letters()
    with system("tests"):
        late = delivery._claim(OutboxChannel.EMAIL)
        assert late is not None
        with time_machine.travel(now() + timedelta(minutes=3), tick=False):
            deliver_due(OutboxChannel.EMAIL)
        delivery._put_off(late, "too late")
    [row] = rows()
    assert (row.status, row.last_error) == (OutboxStatus.SENT, "")
