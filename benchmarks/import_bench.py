"""How long a roster takes: ``python benchmarks/import_bench.py [STUDENTS] [sqlite|postgresql]`` (30,000 on SQLite).

Writes a city of invented schools, imports it into an empty database, imports it again, then the next day's bundle in
which a tenth of the students changed, moved or left. Prints seconds and the peak of memory.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
import uuid
from pathlib import Path

import sqlalchemy as sa
from flask_migrate import upgrade

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import config
from app import create_app
from app.access.pages import sync_pages
from app.extensions import db
from app.importing.demo_city.make import ClassPlan, SchoolPlan, write_bundle
from app.importing.plan import Act, Part
from app.importing.services import import_path

SERVER = os.environ.get("TEST_DATABASE_URL", "postgresql+psycopg://127.0.0.1:5432/postgres")


def schools(students: int, *, smaller: int = 0) -> list[SchoolPlan]:
    """Elementary schools of 36 classes with 28 seats each; ``smaller`` seats less in every class."""
    count = max(1, round(students / (36 * 28)))
    return [
        SchoolPlan(
            f"{100000 + number}",
            f"s{number}",
            f"第{number}國小",
            f"School {number}",
            [ClassPlan(grade, f"{name}班", 28 - smaller) for grade in range(1, 7) for name in "一二三四五六"],
        )
        for number in range(count)
    ]


def main() -> None:
    students = int(sys.argv[1]) if len(sys.argv) > 1 else 30_000
    kind = sys.argv[2] if len(sys.argv) > 2 else "sqlite"
    with tempfile.TemporaryDirectory() as folder:
        url, drop = _database(kind, Path(folder))
        settings = config.load({"PORTAL_ENV": "test", "DATABASE_URL": url, "INSTANCE_DIR": folder})
        flask_app = create_app(settings)
        try:
            with flask_app.app_context():
                upgrade()
                sync_pages(db.session)
                _measure(Path(folder), students)
                db.session.remove()
                db.engine.dispose()
        finally:
            drop()


def _database(kind: str, folder: Path):  # type: ignore[no-untyped-def]
    if kind == "sqlite":
        return f"sqlite:///{folder / 'bench.db'}", lambda: None
    name = f"portal_bench_{uuid.uuid4().hex[:8]}"
    server = sa.create_engine(SERVER, isolation_level="AUTOCOMMIT")

    def execute(statement: str) -> None:
        with server.connect() as connection:
            connection.execute(sa.text(statement))

    execute(f'CREATE DATABASE "{name}"')
    url = sa.make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    return url, lambda: execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _measure(folder: Path, students: int) -> None:
    today, tomorrow = folder / "today", folder / "tomorrow"
    write_bundle(today, schools(students), with_guardians=True)
    write_bundle(tomorrow, schools(students, smaller=2), seed=116, with_guardians=True)
    size = sum(path.stat().st_size for path in today.iterdir()) / 1024 / 1024
    for label, path, is_dry_run in (
        ("dry run into an empty database", today, True),
        ("first import", today, False),
        ("the same again", today, False),
        ("every name and birthday changed, two seats of each class gone", tomorrow, False),
    ):
        started = time.monotonic()
        outcome = import_path(path, is_dry_run=is_dry_run, many_may_leave=True)
        seconds = time.monotonic() - started
        for problem in outcome.examination.problems.kept[:5]:
            print(problem)
        plan = outcome.examination.plan
        counts = ", ".join(f"{plan.count(Part.STUDENT, act)} {act.value}" for act in Act)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{seconds:6.1f} s  {label} ({counts}; {size:.1f} MB of CSV; {peak:.0f} MB of memory)")
        db.session.remove()


if __name__ == "__main__":
    main()
