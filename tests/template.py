"""A database that is filled once and brought back for every test."""

from __future__ import annotations

import gc
import os
import shutil
import uuid
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask_migrate import upgrade

import config
from app import create_app
from app.access.pages import sync_pages
from app.audit.reading import remembered
from app.audit.refusals import bound
from app.extensions import db
from tests.world import build_world

POSTGRESQL = os.environ.get("TEST_DATABASE_URL", "postgresql+psycopg://127.0.0.1:5432/postgres")
if POSTGRESQL.startswith("postgresql://"):
    POSTGRESQL = POSTGRESQL.replace("postgresql://", "postgresql+psycopg://", 1)


def keep_what_is_here() -> None:
    """Code, items and applications stay for the whole run: that Python walked over them again and again, in search of what
    nobody holds any more, was a sixth of the work of a run.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


class Template:
    """A database filled once; ``fresh()`` puts a copy under the application."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.name = f"portal_test_{os.getpid()}_{uuid.uuid4().hex[:6]}"
        folder.mkdir(parents=True, exist_ok=True)
        if kind == "postgresql":
            self.server = sa.create_engine(POSTGRESQL, isolation_level="AUTOCOMMIT")
            self._execute(f'CREATE DATABASE "{self.name}"')
            url = sa.make_url(POSTGRESQL).set(database=self.name).render_as_string(hide_password=False)
        else:
            url = f"sqlite:///{folder / 'test.db'}"
        settings = config.load(
            {
                "PORTAL_ENV": "test",
                "DATABASE_URL": url,
                "INSTANCE_DIR": str(folder / "instance"),
                "CAPTCHA_FIXED_ANSWER": "24680",
                "PUBLIC_BASE_URL": "http://localhost",
            }
        )
        self.app = create_app(settings)
        with self.app.app_context():
            sa.event.listen(db.engine, "connect", self._wait_for_no_disk)
        with self.app.app_context():
            upgrade()
            sync_pages(db.session)
            self.world = build_world()
            db.session.remove()
            db.engine.dispose()
        if kind == "postgresql":
            self.restore_script = self._keep_rows()
        else:
            shutil.copyfile(folder / "test.db", folder / "template.db")
        with self.app.app_context():
            sa.event.listen(db.engine, "after_cursor_execute", self._note_writes)
        self.is_touched = self.has_sessions = False

    def _wait_for_no_disk(self, connection: Any, _record: Any) -> None:
        """What a power cut would leave of these databases is of no use to anybody."""
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous=OFF" if self.kind == "sqlite" else "SET synchronous_commit = off")
        cursor.close()
        connection.commit()

    def _note_writes(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        """Tests that only read leave the database as it was; sessions of the test's people do not count."""
        if (
            not statement.lstrip().upper().startswith(("SELECT", "PRAGMA", "EXPLAIN"))
            and " account_session " not in statement
        ):
            self.is_touched = True
        self.has_sessions = self.has_sessions or " account_session " in statement

    def _keep_rows(self) -> str:
        """Put a copy of every row aside in a schema of its own; answers the statements that bring back what was touched.

        Triggers note the tables that a test writes to, whoever writes: other processes and cascades included. A table
        without its trigger was made anew by a test of migrations: that one is filled, and gets its trigger again.
        """
        tables = [table.name for table in db.metadata.sorted_tables]
        with self.app.app_context(), db.engine.begin() as connection:
            for statement in (
                "CREATE SCHEMA kept",
                "CREATE UNLOGGED TABLE kept.touched (name text)",
                # no unique key: two transactions that touch one table would wait for each other
                "CREATE FUNCTION kept.note() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN INSERT INTO kept.touched VALUES (TG_TABLE_NAME); RETURN NULL; END $$",
                "CREATE FUNCTION kept.watch() RETURNS SETOF text LANGUAGE plpgsql AS $$ DECLARE each text; BEGIN "
                "FOR each IN SELECT relname FROM pg_class WHERE relnamespace = 'kept'::regnamespace AND relkind = 'r' "
                "AND relname <> 'touched' AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'kept_note' "
                "AND tgrelid = format('public.%I', relname)::regclass) LOOP "
                "EXECUTE format('CREATE TRIGGER kept_note AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON public.%I "
                "FOR EACH STATEMENT EXECUTE FUNCTION kept.note()', each); RETURN NEXT each; END LOOP; END $$",
                "CREATE FUNCTION kept.restore() RETURNS void LANGUAGE plpgsql AS $$ DECLARE each text; BEGIN "
                # the audit log refuses deletions (its triggers), and rows come back in whatever order
                "SET LOCAL session_replication_role = replica; "
                "FOR each IN SELECT name FROM kept.touched UNION SELECT kept.watch() LOOP "
                "EXECUTE format('DELETE FROM public.%I', each); "
                "EXECUTE format('INSERT INTO public.%I SELECT * FROM kept.%I', each, each); END LOOP; "
                "DELETE FROM kept.touched; SET LOCAL session_replication_role = DEFAULT; END $$",
                *(f'CREATE TABLE kept."{name}" AS TABLE public."{name}"' for name in tables),
                "SELECT kept.watch()",
            ):
                connection.execute(sa.text(statement))
            sequences = connection.execute(
                sa.text("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'")
            ).all()
            db.session.remove()
        with self.app.app_context():
            db.engine.dispose()
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return ";".join(
            [
                others,
                "SELECT kept.restore()",
                *(
                    f"SELECT setval('public.\"{name}\"', {value or 1}, {'true' if value else 'false'})"
                    for name, value in sequences
                ),
            ]
        )

    def _forget_sessions(self) -> None:
        if self.has_sessions:
            with self.app.app_context(), db.engine.begin() as connection:
                connection.execute(sa.text("DELETE FROM account_session"))
            self.has_sessions = False

    def _execute(self, statement: str) -> None:
        with self.server.connect() as connection:
            connection.execute(sa.text(statement))

    def fresh(self) -> None:
        remembered.forget()
        bound.forget()
        shutil.rmtree(self.folder / "instance", ignore_errors=True)
        if not self.is_touched:
            self._forget_sessions()
            return
        self.is_touched = False
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        if self.kind == "postgresql":
            with self.app.app_context(), db.engine.connect() as connection:
                connection.connection.driver_connection.execute(self.restore_script)  # type: ignore[union-attr]
                connection.connection.driver_connection.commit()  # type: ignore[union-attr]
            self.is_touched = False
        else:
            for leftover in self.folder.glob("test.db*"):
                leftover.unlink()
            shutil.copyfile(self.folder / "template.db", self.folder / "test.db")

    def drop(self) -> None:
        if self.kind == "postgresql":
            with self.app.app_context():
                db.engine.dispose()
            self._execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
