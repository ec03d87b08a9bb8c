"""``flask portal doctor``, ``deliver``, ``init``: what an administrator types."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.extensions import db
from app.model_types import now
from app.notifications.models import OutboxChannel, OutboxMessage, OutboxStatus
from app.operations.doctor import examine
from app.schools.models import School


@pytest.fixture
def portal(context, tmp_path, monkeypatch):
    monkeypatch.setitem(context.config, "STORAGE_URL", f"file://{tmp_path / 'storage'}")
    monkeypatch.setitem(context.config, "OUTBOX_DIR", str(tmp_path / "outbox"))
    return context


def findings() -> dict[str, tuple[bool, str]]:
    return {finding.name: (finding.is_well, finding.detail) for finding in examine()}


@pytest.mark.every_database
def test_a_healthy_portal_is_well(portal):
    assert all(is_well for is_well, _ in findings().values()), findings()


def test_the_report_names_no_secret(portal):
    report = str(findings())
    for name in ("SECRET_KEY", "FIELD_KEYS"):
        assert portal.config[name] not in report


def queue_one(minutes: int) -> None:
    with system("tests"):
        db.session.add(
            OutboxMessage(
                channel=OutboxChannel.SMS,
                purpose="x",
                receiver="+886912345678",
                content_sealed="k.AAAA",
                next_attempt_at=now() - timedelta(minutes=minutes),
            )
        )
        db.session.commit()


def test_messages_that_wait_too_long_say_that_no_worker_runs(portal):
    queue_one(minutes=1)
    assert findings()["outbox"] == (True, "1 waiting, 0 failed")
    queue_one(minutes=6)
    is_well, detail = findings()["outbox"]
    assert not is_well
    assert detail.startswith("2 waiting, the first since ")


def test_a_database_that_is_behind_says_what_to_run(portal):
    with db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    is_well, detail = findings()["migrations"]
    assert not is_well
    assert "flask portal init" in detail


def test_a_storage_that_cannot_be_written_is_found(portal, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setitem(portal.config, "STORAGE_URL", f"file://{tmp_path / 'file'}")
    assert not findings()["storage"][0]


def test_field_keys_that_are_none_are_found(portal, monkeypatch):
    monkeypatch.setitem(portal.config, "FIELD_KEYS", "k1:dG9vIHNob3J0")
    is_well, detail = findings()["keys"]
    assert not is_well
    assert "dG9vIHNob3J0" not in detail


def test_a_redis_that_does_not_answer_is_found(portal, monkeypatch):
    monkeypatch.setitem(portal.config, "REDIS_URL", "redis://127.0.0.1:1/0")
    assert not findings()["queue"][0]


def test_the_command_ends_with_1_when_something_is_wrong(portal):
    runner = portal.test_cli_runner()
    assert runner.invoke(args=["portal", "doctor"]).exit_code == 0
    queue_one(minutes=10)
    answer = runner.invoke(args=["portal", "doctor"])
    assert answer.exit_code == 1
    assert "WRONG  outbox" in answer.output


def test_deliver_sends_what_is_due_and_tells_how_much(portal):
    queue_one(minutes=1)
    answer = portal.test_cli_runner().invoke(args=["portal", "deliver"])
    assert answer.exit_code == 0
    assert "sms: 1 failed" in answer.output
    with system("tests"):
        db.session.rollback()
        assert db.session.scalars(sa.select(OutboxMessage.status)).all() == [OutboxStatus.FAILED]


def test_init_may_be_repeated_and_leaves_the_schools_alone(portal):
    with system("tests"):
        before = db.session.scalar(sa.select(sa.func.count()).select_from(School))
        db.session.rollback()
    answer = portal.test_cli_runner().invoke(args=["portal", "init", "--with-demo"])
    assert answer.exit_code == 0, answer.output
    assert "Loading" not in answer.output
    with system("tests"):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(School)) == before


def test_demo_people_are_refused_where_there_are_schools_and_in_production(portal, monkeypatch):
    runner = portal.test_cli_runner()
    assert "empty portal" in runner.invoke(args=["portal", "seed-demo"]).output
    monkeypatch.setitem(portal.config, "PORTAL_ENV", "production")
    assert "production" in runner.invoke(args=["portal", "seed-demo"]).output
