"""``python run.py`` as a person starts it: web and worker, the first start, the next one, Ctrl-C, and a power cut."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

import config
from app import create_app
from app.access.session import system
from app.crypto.sealing import seal
from app.extensions import db
from app.notifications.models import OutboxChannel, OutboxMessage, OutboxStatus
from app.schools.models import School
from tests.running import ROOT, Portal

pytestmark = pytest.mark.written_order


@pytest.fixture(scope="module")
def own_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    portal = Portal(tmp_path_factory.mktemp("running"))
    yield portal
    if portal.process is not None:
        portal.cut_the_power()


@pytest.fixture
def portal(own_portal: Portal) -> Portal:
    """The module's portal, running."""
    if own_portal.process is None:
        own_portal.start()
    return own_portal


@pytest.fixture(scope="module")
def web(own_portal: Portal) -> Any:
    """A web process's side of the same portal: what it commits wakes the running worker."""
    return create_app(config.load(own_portal.settings))


def send(web: Any, text: str, *, wake: bool = True) -> int:
    with web.app_context(), system("tests"):
        row = OutboxMessage(
            channel=OutboxChannel.SMS,
            purpose="greeting",
            receiver="+886912345678",
            content_sealed=seal(json.dumps({"text": text})),
        )
        db.session.add(row)
        db.session.info["outbox_waits"] = wake
        db.session.commit()
        return row.id


def seconds_until_sent(portal: Portal, text: str, limit: float = 30) -> float:
    began = time.monotonic()
    while time.monotonic() - began < limit:
        for path in (portal.instance / "outbox").glob("*.sms.json"):
            if json.loads(path.read_text("utf-8"))["text"] == text:
                return time.monotonic() - began
        time.sleep(0.05)
    raise AssertionError(f"«{text}» did not leave within {limit} s\n{portal.said}")


def status_of(web: Any, row_id: int) -> OutboxStatus:
    with web.app_context(), system("tests"):
        return db.session.scalars(sa.select(OutboxMessage.status).where(OutboxMessage.id == row_id)).one()


def test_the_start_says_where_the_portal_is_and_who_may_sign_in(portal):
    assert f"The portal is at http://127.0.0.1:{portal.port} " in portal.said
    assert f"Letters and SMS become files in {portal.instance / 'outbox'}" in portal.said
    assert "Portal-demo-2026" in portal.said
    for username in ("city_admin", "teacher_501", "parent_chen", "parent_lin", "citizen_wu"):
        assert f"  {username} " in portal.said
    with urllib.request.urlopen(f"http://127.0.0.1:{portal.port}/", timeout=10) as answer:
        assert "教育公務帳號登入" in answer.read().decode()


def test_a_message_leaves_within_a_second_or_two_of_its_commit(portal, web):
    send(web, "warm")
    seconds_until_sent(portal, "warm")
    send(web, "hello")
    assert seconds_until_sent(portal, "hello") < 3


def test_a_message_whose_call_was_lost_leaves_with_the_workers_next_round(portal, web):
    send(web, "not called", wake=False)
    assert seconds_until_sent(portal, "not called") < 15


def test_a_taken_port_is_said_and_nothing_is_started(portal):
    second = subprocess.run(
        [sys.executable, "run.py"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **portal.settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert f"Port {portal.port} on 127.0.0.1 is taken" in second.stdout


def test_after_a_power_cut_everything_is_there_and_what_waited_is_sent(portal, web):
    portal.cut_the_power()
    row_id = send(web, "written while nobody worked")
    assert status_of(web, row_id) == OutboxStatus.QUEUED
    seconds = portal.start()
    assert "Loading the demo schools" not in portal.said
    assert "teacher_501" in portal.said
    assert seconds < 60, "a second start loads nothing"
    seconds_until_sent(portal, "written while nobody worked")
    with web.app_context(), system("tests"):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(School)) >= 3


def test_ctrl_c_ends_web_and_worker(portal):
    began = time.monotonic()
    assert portal.end() == 0
    assert time.monotonic() - began < 25
    assert not portal.is_listening()
    assert "Traceback" not in portal.said
