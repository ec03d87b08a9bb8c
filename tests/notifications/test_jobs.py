"""The worker's jobs, and the call that wakes it."""

from __future__ import annotations

import os
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa

from app import jobs
from app.accounts.models import AccountSession, OneTimeSecret, SecretPurpose
from app.extensions import db
from app.jobs import delivering, install_jobs, tidy_up
from app.model_types import now
from app.notifications.delivery import deliver_due
from app.notifications.models import OutboxChannel
from app.notifications.outbox import send_letter
from tests.notifications.conftest import free_port, rows


@pytest.mark.every_database
def test_sessions_that_are_over_and_old_secrets_are_tidied_away(context, world, manual_is_printed):
    account_id = world.accounts["parent_chen"]
    for key, ends in (("over", -1), ("still", 1)):
        db.session.add(AccountSession(key_hash=key, account_id=account_id, expires_at=now() + timedelta(hours=ends)))
    for name, expires, used in (
        ("fresh", now() + timedelta(hours=1), None),
        ("used today", now() + timedelta(hours=1), now()),
        ("used long ago", now() + timedelta(days=30), now() - timedelta(days=8)),
        ("expired long ago", now() - timedelta(days=8), None),
    ):
        db.session.add(
            OneTimeSecret(
                account_id=account_id,
                purpose=SecretPurpose.ACTIVATION,
                secret_hash=name,
                expires_at=expires,
                used_at=used,
            )
        )
    db.session.commit()
    tidy_up()
    assert set(db.session.scalars(sa.select(AccountSession.key_hash))) == {"still"}
    assert set(db.session.scalars(sa.select(OneTimeSecret.secret_hash))) == {"fresh", "used today"}


@pytest.fixture
def with_jobs(context, settings):
    """``with_jobs(REDIS_URL=…)``: the application with a queue, taken away afterwards."""
    made = []

    def install(**values):
        settings(RUN_JOBS=True, **values)
        install_jobs(context)
        made.append(context.extensions["jobs"].huey)
        return made[-1]

    yield install
    for huey in made:
        huey.storage.close()
    context.extensions.pop("jobs", None)
    context.extensions.pop("wake_outbox_worker", None)


def waiting(huey):
    return sorted(type(task).__name__ for task in huey.pending())


def test_a_commit_puts_the_call_into_the_file(with_jobs, tmp_path):
    huey = with_jobs(REDIS_URL="", INSTANCE_DIR=str(tmp_path / "instance"))
    send_letter("a@example.org", "greeting", "en", name="x")
    assert waiting(huey) == []
    db.session.commit()
    assert waiting(huey) == ["deliver_email", "deliver_sms", "make_term_reports"]
    assert Path(tmp_path / "instance" / "jobs.db").exists()


@pytest.fixture
def redis_url():
    url = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
    try:
        redis.Redis.from_url(url, socket_connect_timeout=1).ping()
    except redis.exceptions.RedisError:
        pytest.skip("no Redis at TEST_REDIS_URL or 127.0.0.1:6379")
    return url


def test_a_commit_puts_the_call_into_redis(with_jobs, redis_url):
    huey = with_jobs(REDIS_URL=redis_url)
    huey.storage.queue_key += f".test.{free_port()}.{time.monotonic_ns()}"
    try:
        send_letter("a@example.org", "greeting", "en", name="x")
        db.session.commit()
        assert waiting(huey) == ["deliver_email", "deliver_sms", "make_term_reports"]
    finally:
        redis.Redis.from_url(redis_url).delete(huey.storage.queue_key)


def test_a_page_goes_on_when_the_queue_does_not_answer_and_does_not_ask_again_at_once(with_jobs):
    with_jobs(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    began = time.monotonic()
    for _ in range(20):
        send_letter("a@example.org", "greeting", "en", name="x")
        db.session.commit()
    assert time.monotonic() - began < 3
    assert len(rows()) == 20


def test_the_worker_delivers_without_its_queue(context, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "ROUND_SECONDS", 0.05)
    settings(MAIL_SERVER="", OUTBOX_DIR=str(tmp_path))
    round_of_letters = delivering(context, OutboxChannel.EMAIL)
    rounds = threading.Thread(target=round_of_letters.go_round)
    rounds.start()
    try:
        send_letter("a@example.org", "greeting", "en", name="x")
        db.session.commit()
        end = time.monotonic() + 20
        while not list(tmp_path.glob("*.eml")) and time.monotonic() < end:
            time.sleep(0.05)
    finally:
        round_of_letters.is_stopping.set()
        rounds.join(20)
    assert len(list(tmp_path.glob("*.eml"))) == 1


def test_a_worker_that_is_told_to_stop_takes_no_further_message(context, settings, tmp_path):
    settings(MAIL_SERVER="", OUTBOX_DIR=str(tmp_path))
    for receiver in ("a@example.org", "b@example.org"):
        send_letter(receiver, "greeting", "en", name="x")
    db.session.commit()
    round_of_letters = delivering(context, OutboxChannel.EMAIL)
    round_of_letters.is_stopping.set()
    round_of_letters()
    assert list(tmp_path.glob("*.eml")) == []
    assert [row.attempts for row in rows()] == [0, 0]


def test_a_broken_round_is_not_the_last_one(context, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "ROUND_SECONDS", 0.05)
    settings(MAIL_SERVER="", OUTBOX_DIR=str(tmp_path))
    send_letter("a@example.org", "greeting", "en", name="x")
    db.session.commit()
    round_of_letters = delivering(context, OutboxChannel.EMAIL)
    broken: list[bool] = []

    def break_once(*arguments):
        if not broken:
            broken.append(True)
            raise sa.exc.OperationalError("", {}, Exception("away"))
        round_of_letters.is_stopping.set()
        return deliver_due(OutboxChannel.EMAIL)

    monkeypatch.setattr(jobs, "deliver_due", break_once)
    round_of_letters.go_round()
    assert len(list(tmp_path.glob("*.eml"))) == 1
