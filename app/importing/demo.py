"""The demo: the city of ``demo_city/bundle`` through the roster importer, and a school life around it."""

from __future__ import annotations

from app.access.session import system
from app.accounts.passwords import generate_hash
from app.database import gather_statistics
from app.extensions import db
from app.importing.demo_city.lessons import add_lessons
from app.importing.demo_city.make import BUNDLE
from app.importing.demo_city.people import SIGN_INS, add_people
from app.importing.demo_city.records import add_records
from app.importing.demo_city.roll import read_roll
from app.importing.services import import_path

PASSWORD = "Portal-demo-2026"  # noqa: S105 (demo data only; printed at every start)


class DemoBundleRefused(RuntimeError):
    """The bundle of the demo city has problems: it was changed by hand."""


def seed_demo() -> list[tuple[str, str]]:
    """Fill an empty portal. Answers who can sign in with PASSWORD, as (username, description). Commits.

    Dates lie around today; all else is the same every time.
    """
    imported = import_path(BUNDLE)
    if not imported.is_applied:
        raise DemoBundleRefused(imported.examination.problems.kept[:5])
    with system("seed the demo city"):
        roll = read_roll()
        people = add_people(roll, generate_hash(PASSWORD))
        add_records(roll)
        add_lessons(roll, people)
        db.session.commit()
    gather_statistics()
    return list(SIGN_INS)
