"""Work that no page waits for: delivering the outbox, tidying up. Huey runs it in the worker (``flask portal worker``).

The queue only says *that* there is something to do; *what* stands in the database. So the queue may be lost, and a web
process whose queue does not answer goes on: the next round of the worker, a few seconds later, finds the same rows.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask
from huey import Huey, RedisHuey, SqliteHuey
from huey.consumer import Consumer, Scheduler
from redis import ConnectionPool

from app.access.session import system
from app.accounts.models import AccountSession, OneTimeSecret
from app.extensions import db
from app.model_types import now
from app.notifications.delivery import deliver_due
from app.notifications.models import OutboxChannel
from app.notifications.outbox import WAKE_WORKER

ROUND_SECONDS = 5
"""How often the worker looks at the outbox by itself: retries that are due, and rows whose call to wake got lost."""
QUIET_SECONDS = 30
"""After the queue did not answer, so long nobody calls it: a page does not wait for it again and again."""
KEEP_USED_SECRETS = timedelta(days=7)

_log = structlog.get_logger("jobs")


def install_jobs(flask_app: Flask) -> None:
    """Give the application its queue, and let every commit with something in the outbox wake the worker.

    Tests have neither (RUN_JOBS): they deliver by hand.
    """
    if not flask_app.config["RUN_JOBS"]:
        return
    huey = _queue(flask_app.config)
    letters = _periodic(huey, "deliver_letters", _every_round, _delivering(flask_app, OutboxChannel.EMAIL))
    sms = _periodic(huey, "deliver_sms", _every_round, _delivering(flask_app, OutboxChannel.SMS))
    _periodic(huey, "tidy_up", _once_an_hour, _in_context(flask_app, tidy_up))
    flask_app.extensions["huey"] = huey
    flask_app.extensions[WAKE_WORKER] = _Waker([letters, sms])


def _queue(settings: Mapping[str, Any]) -> Huey:
    """Redis where there is one, else a file in the instance folder."""
    if settings["REDIS_URL"]:
        pool = ConnectionPool.from_url(settings["REDIS_URL"], socket_connect_timeout=2, socket_timeout=5)
        return RedisHuey("portal", results=False, connection_pool=pool)
    instance = Path(settings["INSTANCE_DIR"])
    instance.mkdir(parents=True, exist_ok=True)
    return SqliteHuey("portal", results=False, filename=str(instance / "jobs.db"), fsync=False)


def _periodic(huey: Huey, name: str, when: Callable[[datetime], bool], work: Callable[[], object]) -> Any:
    return huey.periodic_task(when, name=name, expires=60)(work)


def _in_context(flask_app: Flask, work: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        with flask_app.app_context():
            work()

    return run


def _delivering(flask_app: Flask, channel: OutboxChannel) -> Callable[[], None]:
    """One run at a time in this process: the run under way goes on until nothing is due."""
    busy = threading.Lock()

    def deliver() -> None:
        if not busy.acquire(blocking=False):
            return
        try:
            with flask_app.app_context():
                outcome = deliver_due(channel)
            if outcome:
                _log.info("outbox", channel=str(channel), **outcome)
        finally:
            busy.release()

    return deliver


def run_worker(flask_app: Flask) -> None:
    """Work until SIGTERM or SIGINT. Letters, SMS and the rest have a thread each: a dead mail server delays no SMS."""
    consumer = PortalConsumer(flask_app.extensions["huey"], workers=3, max_delay=0.4, graceful_signal="TERM")
    consumer.run()


def tidy_up() -> None:
    """Delete sessions that are over, and one-time secrets a week after nobody can use them any more."""
    moment = now()
    with system("tidy up"):
        sessions, secrets = AccountSession.__table__, OneTimeSecret.__table__
        old = moment - KEEP_USED_SECRETS
        db.session.execute(sa.delete(sessions).where(sessions.c.expires_at <= moment))
        db.session.execute(sa.delete(secrets).where((secrets.c.used_at <= old) | (secrets.c.expires_at <= old)))
        db.session.commit()


def _every_round(_moment: datetime) -> bool:
    return True


def _once_an_hour(moment: datetime) -> bool:
    return moment.minute == 7 and moment.second < ROUND_SECONDS


class _RoundScheduler(Scheduler):
    periodic_task_seconds = ROUND_SECONDS
    """Huey looks at periodic tasks once a minute; a letter should not wait that long."""


class PortalConsumer(Consumer):
    scheduler_class = _RoundScheduler


class _Waker:
    """Called after a commit. Never raises and never waits long: the letter is safe in the database already."""

    def __init__(self, tasks: Sequence[Callable[[], object]]) -> None:
        self.tasks = tasks
        self.quiet_until = 0.0

    def __call__(self) -> None:
        if time.monotonic() < self.quiet_until:
            return
        try:
            for enqueue in self.tasks:
                enqueue()
        except Exception as error:  # whatever the queue is made of
            self.quiet_until = time.monotonic() + QUIET_SECONDS
            _log.warning("the queue does not answer", error=type(error).__name__)
