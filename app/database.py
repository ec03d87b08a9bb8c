"""What the two databases need at connection: SQLite's pragmas. All models are imported here for the metadata."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import Engine, event

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
from app.notifications import models as _notifications  # noqa: F401
from app.portal import models as _portal  # noqa: F401
from app.schools import models as _schools  # noqa: F401
from app.student_records import models as _student_records  # noqa: F401


def install_database(flask_app: Flask) -> None:
    """Give each SQLite connection WAL, foreign keys and a patient lock. PostgreSQL needs nothing here."""
    with flask_app.app_context():
        engine: Engine = db.engine
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=15000")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
