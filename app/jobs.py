"""Work that no page waits for: the outbox, scanning files, term reports, tidying up (``flask portal worker``).

What there is to do stands in the database, and the worker looks there every few seconds. The queue (huey) only says
*now*, so that a letter leaves at once. So the queue may be lost or away: pages and letters go on without it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask
from huey import Huey, RedisHuey, SqliteHuey, crontab
from redis import ConnectionPool

from app.access.session import system
from app.accounts.lockout import forget_old_failures
from app.accounts.models import AccountSession, OneTimeSecret
from app.accounts.unused import remove_unused_accounts, suspend_idle_staff
from app.attachments.scanning import scan_held
from app.audit.chain import HeadAltered, seal_waiting
from app.crypto.sealing import CannotOpen
from app.extensions import db
from app.importing.services import forget_old_bundles
from app.limits.counts import forget_old_counts
from app.manual.printing import make_missing_files
from app.model_types import now
from app.notifications.delivery import deliver_due
from app.notifications.models import OutboxChannel
from app.notifications.outbox import WAKE_WORKER
from app.operations.forgetting import let_go_daily
from app.term_reports.making import make_waiting
from app.term_reports.services import forget_old_reports

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
    jobs = Jobs(flask_app, huey)
    flask_app.extensions["jobs"] = jobs
    flask_app.extensions[WAKE_WORKER] = Waker(jobs.calls)


def _queue(settings: Mapping[str, Any]) -> Huey:
    """Redis where there is one, else a file in the instance folder."""
    if settings["REDIS_URL"]:
        pool = ConnectionPool.from_url(settings["REDIS_URL"], socket_connect_timeout=2, socket_timeout=5)
        return RedisHuey("portal", results=False, connection_pool=pool)
    instance = Path(settings["INSTANCE_DIR"])
    instance.mkdir(parents=True, exist_ok=True)
    return SqliteHuey("portal", results=False, filename=str(instance / "jobs.db"), fsync=False)


class Round:
    """Work that is looked for again and again. One run at a time in a process: it goes on until nothing is left to do."""

    def __init__(self, flask_app: Flask, name: str, work: Callable[[Callable[[], bool]], Mapping[str, int]]) -> None:
        self.flask_app = flask_app
        self.name = name
        self.work = work
        """Asks the function that it is given whether it may go on; answers how many ended how."""
        self.busy = threading.Lock()
        self.is_stopping = threading.Event()

    def __call__(self) -> None:
        if not self.busy.acquire(blocking=False):
            return
        try:
            with self.flask_app.app_context():
                outcome = self.work(lambda: not self.is_stopping.is_set())
            if outcome:
                _log.info(self.name, **outcome)
        finally:
            self.busy.release()

    def go_round(self) -> None:
        """Look every few seconds, whatever the queue says, until told to stop."""
        while not self.is_stopping.wait(ROUND_SECONDS):
            try:
                self()
            except Exception as error:  # the database is away for a moment: the next round finds the same rows
                _log.error("a round broke off", work=self.name, error=type(error).__name__)


def delivering(flask_app: Flask, channel: OutboxChannel) -> Round:
    """The round that delivers one channel of the outbox."""
    return Round(flask_app, f"deliver_{channel}", lambda may_go_on: deliver_due(channel, may_go_on))


class Jobs:
    """The queue and what can be asked for through it. Letters and SMS are apart: a dead mail server delays no SMS."""

    def __init__(self, flask_app: Flask, huey: Huey) -> None:
        self.huey = huey
        self.rounds = [delivering(flask_app, channel) for channel in OutboxChannel]
        self.rounds.append(Round(flask_app, "make_term_reports", make_waiting))
        if flask_app.config["CLAMD_ADDRESS"]:
            self.rounds.append(Round(flask_app, "scan_files", scan_held))
        self.calls = [huey.task(name=each.name, expires=60)(_plain(each)) for each in self.rounds]

        @huey.periodic_task(crontab(minute="7"), expires=600)
        def tidy() -> None:
            with flask_app.app_context():
                tidy_up()

        @huey.periodic_task(crontab(), expires=50)
        def seal_audit_log() -> None:
            with flask_app.app_context():
                try:
                    seal_waiting()
                except (HeadAltered, CannotOpen) as error:
                    _log.error("the audit log cannot be sealed", error=str(error))

        @huey.periodic_task(crontab(hour="19", minute="23"), expires=3600)  # 03:23 in Taipei
        def retention() -> None:
            with flask_app.app_context():
                if flask_app.config["RETENTION_DAILY"]:
                    let_go_daily()

    def work(self) -> None:
        """Until SIGTERM (the message under way is still sent) or SIGINT."""
        rounds = [threading.Thread(target=each.go_round) for each in self.rounds]
        for thread in rounds:
            thread.start()
        # a file has to be looked at often; Redis calls by itself, and is asked seldom when it does not answer
        longest = 0.4 if isinstance(self.huey, SqliteHuey) else 10
        try:
            self.huey.create_consumer(workers=4, max_delay=longest, graceful_signal="TERM").run()
        finally:
            for each in self.rounds:
                each.is_stopping.set()
            for thread in rounds:
                thread.join()


def _plain(call: Callable[[], None]) -> Callable[[], None]:
    """Huey wants a function."""

    def run() -> None:
        call()

    return run


def tidy_up() -> None:
    """Delete sessions that are over, one-time secrets a week after nobody can use them any more, counts of failures and
    caps that no longer matter, accounts that nobody came to use, and rosters that were uploaded a day ago and never
    applied, and term reports of yesterday; shut staff accounts that nobody signs in to. Make the manual's PDF where it is
    missing.
    """
    moment = now()
    with system("tidy up"):
        sessions, secrets = AccountSession.__table__, OneTimeSecret.__table__
        old = moment - KEEP_USED_SECRETS
        db.session.execute(sa.delete(sessions).where(sessions.c.expires_at <= moment))
        db.session.execute(sa.delete(secrets).where((secrets.c.used_at <= old) | (secrets.c.expires_at <= old)))
        forget_old_bundles()
        forget_old_reports()
        forget_old_counts()
        db.session.commit()
    forget_old_failures()
    remove_unused_accounts()
    suspend_idle_staff()
    make_missing_files()


class Waker:
    """Called after a commit. Never raises and never waits long: the letter is safe in the database already."""

    def __init__(self, calls: Sequence[Callable[[], object]]) -> None:
        self.calls = calls
        self.quiet_until = 0.0

    def __call__(self) -> None:
        if time.monotonic() < self.quiet_until:
            return
        try:
            for call in self.calls:
                call()
        except Exception as error:  # whatever the queue is made of
            self.quiet_until = time.monotonic() + QUIET_SECONDS
            _log.warning("the queue does not answer", error=type(error).__name__)
