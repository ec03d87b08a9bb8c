"""What the two databases need at connection, and while they are set up. All models are imported here for the metadata."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy import Connection, Engine, PoolProxiedConnection, event

# One import per feature: migrations and the scope's options must know every table.
from app.accounts import models as _accounts  # noqa: F401
from app.attachments import models as _attachments  # noqa: F401
from app.audit import models as _audit  # noqa: F401
from app.bulletins import models as _bulletins  # noqa: F401
from app.contact_books import models as _contact_books  # noqa: F401
from app.conversations import models as _conversations  # noqa: F401
from app.extensions import db
from app.guardian_links import models as _guardian_links  # noqa: F401
from app.importing import models as _importing  # noqa: F401
from app.limits import models as _limits  # noqa: F401
from app.notifications import models as _notifications  # noqa: F401
from app.portal import models as _portal  # noqa: F401
from app.privacy import models as _privacy  # noqa: F401
from app.schools import models as _schools  # noqa: F401
from app.student_records import models as _student_records  # noqa: F401
from app.term_reports import models as _term_reports  # noqa: F401


def install_database(flask_app: Flask) -> None:
    """Give each SQLite connection WAL, foreign keys and a patient lock; let PostgreSQL keep its prepared statements."""
    with flask_app.app_context():
        engine: Engine = db.engine
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    else:
        _keep_prepared_statements(engine)


def _keep_prepared_statements(engine: Engine) -> None:
    """End a transaction that has only read by COMMIT.

    Flask-SQLAlchemy ends every request by ROLLBACK, and there psycopg forgets the connection's prepared statements (it
    does so for the sake of tables made in the transaction): each statement was parsed and planned anew in every request,
    1 to 3 ms each where running it takes 0.1 ms.
    """
    roll_back = engine.dialect.do_rollback

    def note_writes(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("SELECT"):
            connection.info["has_written"] = True

    def forget_writes(connection: Connection) -> None:
        connection.info.pop("has_written", None)

    def end_transaction(connection: PoolProxiedConnection) -> None:
        try:
            has_written = connection.info.pop("has_written", False)
        except NotImplementedError:  # SQLAlchemy's first look at the server, outside of the pool
            has_written = True
        if has_written:
            roll_back(connection)
        else:
            engine.dialect.do_commit(connection)

    event.listen(engine, "before_cursor_execute", note_writes)
    event.listen(engine, "commit", forget_writes)
    engine.dialect.do_rollback = end_transaction  # type: ignore[assignment, method-assign]


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=15000")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def gather_statistics() -> None:
    """Let PostgreSQL count its rows, after many came at once. Apart from the session's transaction.

    Its own tidying comes by a minute later, or never where it is switched off; until then it took 8 s over the classes of
    班導師互動區 in a city of 469 students, and 4 ms afterwards.
    """
    if db.engine.dialect.name != "postgresql":
        return
    tables = ", ".join(f'"{table.name}"' for table in db.metadata.sorted_tables)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text(f"ANALYZE {tables}"))


_SETTING_UP = 0x706F7274616C
"""The number of the advisory lock in PostgreSQL."""


@contextmanager
def setting_up_alone() -> Iterator[None]:
    """One at a time: machines that start together on an empty database would each make its tables. The others wait."""
    if db.engine.dialect.name != "postgresql":
        with (Path(current_app.config["INSTANCE_DIR"]) / "setting-up.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        return
    with db.engine.connect() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_lock(_SETTING_UP)))
        connection.commit()
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(_SETTING_UP)))
            connection.commit()
