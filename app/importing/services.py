"""Checking a roster, showing what it would change, and applying it. Each public function is one transaction.

An uploaded bundle is kept, sealed, from the check to the decision; it goes when it has been applied, or after a day.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, cast

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.access.actor import Actor
from app.access.policy import may_import_roster
from app.access.session import OutOfScope, system
from app.attachments.storage import FileMissing, new_key, storage
from app.audit.record import record
from app.crypto.sealing import CannotOpen, open_sealed, seal
from app.database import gather_statistics
from app.extensions import db
from app.importing.apply import carry_out
from app.importing.bundle import BY_COMMAND, ON_THE_PAGE, Bundle, open_path, open_zip
from app.importing.models import ImportBatch, ImportStatus
from app.importing.plan import Plan
from app.importing.planning import make_plan
from app.importing.present import lock_schools
from app.importing.problems import BundleRefused, Problems, Refusal
from app.importing.readers import read_roster
from app.importing.understanding import understand
from app.model_types import now
from app.schools.models import School

LARGEST_UPLOAD = 8 * 1024 * 1024
"""Bytes of a zip on the page: a large school, several times over."""
KEPT_FOR = timedelta(days=1)


class AlreadyApplied(Exception):
    """Somebody has applied this batch already: a second click, or a colleague."""


class PlanChanged(Exception):
    """The database has changed since the plan was shown: it must be looked at again."""


class ManyLeave(Exception):
    """Unusually many students would leave, and nobody has said that this is right."""


class BundleGone(Exception):
    """The uploaded file is no longer kept."""


class Conflict(Exception):
    """The database refused a row, because somebody changed the same data at the same moment. Nothing was applied."""


@dataclass(frozen=True)
class Examination:
    """What came of reading a bundle and holding it against the database."""

    problems: Problems
    plan: Plan
    format: str
    is_full: bool
    """Whole rolls: who is missing leaves."""

    def summary(self) -> dict[str, Any]:
        return {
            "format": self.format,
            "full": self.is_full,
            "counts": self.plan.counts_as_json(),
            "notes": [[kind.value, count] for kind, count in self.problems.notes.items()],
            "problems": self.problems.total,
        }


def examine(bundle: Bundle, only_school: int | None, problems: Problems) -> Examination:
    """Read, understand, plan. Changes nothing. Called inside ``system``. Raises BundleRefused."""
    roster = read_roster(bundle, problems)
    wanted, present = understand(roster, only_school, problems)
    plan = make_plan(roster, wanted, present, problems)
    return Examination(problems, plan, roster.format.value, wanted.is_full)


def school_to_import(actor: Actor) -> int | None:
    """The one school that ``actor`` may import; None: the whole city. Raises OutOfScope."""
    if may_import_roster(actor, None):
        return None
    if not may_import_roster(actor, actor.school_id):
        raise OutOfScope("not the actor's to import")
    return actor.school_id


# ---------- on the page ----------


def check_roster(actor: Actor, file_name: str, stream: IO[bytes]) -> ImportBatch:
    """Read an uploaded zip and note what it would change, or what is wrong with it. Raises BundleRefused, OutOfScope."""
    only_school = school_to_import(actor)
    content = stream.read(LARGEST_UPLOAD + 1)
    if len(content) > LARGEST_UPLOAD:
        raise BundleRefused(Refusal.TOO_LARGE)
    problems = Problems()
    bundle = open_zip(io.BytesIO(content), ON_THE_PAGE, problems)
    with system("plan a roster"):
        examination = examine(bundle, only_school, problems)
    forget_old_bundles()
    batch = ImportBatch(
        school_id=only_school,
        file_name=file_name[:200],
        status=ImportStatus.REFUSED if problems else ImportStatus.CHECKED,
        summary=json.dumps(examination.summary(), ensure_ascii=False),
        errors=json.dumps([problem.as_json() for problem in problems.kept], ensure_ascii=False),
        account_id=actor.id,
        account_name=actor.full_name,
    )
    if not problems:
        batch.storage_key = new_key()
        sealed = seal(base64.b64encode(content).decode("ascii"))
        storage().save(batch.storage_key, io.BytesIO(sealed.encode("ascii")))
    try:
        db.session.add(batch)
        db.session.flush()
        record(actor, "check.import_batch", batch.id, school_id=only_school)
        db.session.commit()
    except BaseException:
        db.session.rollback()
        if batch.storage_key:
            storage().delete(batch.storage_key)
        raise
    return batch


def examine_again(batch: ImportBatch) -> Examination:
    """The plan of a checked batch against the database of this moment. Raises BundleGone."""
    problems = Problems()
    bundle = open_zip(io.BytesIO(_kept_content(batch)), ON_THE_PAGE, problems)
    with system("plan a roster"):
        return examine(bundle, batch.school_id, problems)


def apply_roster(actor: Actor, batch: ImportBatch, fingerprint: str, *, many_may_leave: bool = False) -> None:
    """Carry out the plan with this fingerprint: all of it or nothing.

    Raises OutOfScope, AlreadyApplied, BundleGone, PlanChanged, ManyLeave, Conflict.
    """
    if not may_import_roster(actor, batch.school_id):
        raise OutOfScope("not the actor's to import")
    batch_id, key = batch.id, batch.storage_key
    try:
        _claim(batch)
        content = _kept_content(batch)
        problems = Problems()
        bundle = open_zip(io.BytesIO(content), ON_THE_PAGE, problems)
        with system("apply a roster"):
            lock_schools(batch.school_id)
            examination = examine(bundle, batch.school_id, problems)
            if problems or examination.plan.fingerprint() != fingerprint:
                raise PlanChanged
            if examination.plan.needs_confirmation and not many_may_leave:
                raise ManyLeave
            ended_links = carry_out(examination.plan)
        batch.summary = json.dumps({**examination.summary(), "ended_links": ended_links}, ensure_ascii=False)
        batch.storage_key = ""
        record(actor, "apply.import_batch", batch_id, school_id=batch.school_id, detail=_counted(examination.plan))
        db.session.commit()
    except IntegrityError as error:
        db.session.rollback()
        raise Conflict from error
    except BaseException:
        db.session.rollback()
        raise
    storage().delete(key)
    gather_statistics()


def _claim(batch: ImportBatch) -> None:
    """The one UPDATE that decides who was first; from here on SQLite lets nobody else write."""
    claimed = db.session.execute(
        sa.update(ImportBatch)
        .where(ImportBatch.id == batch.id, ImportBatch.status == ImportStatus.CHECKED)
        .values(status=ImportStatus.APPLIED, applied_at=now()),
        execution_options={"synchronize_session": False},
    )
    if cast("sa.CursorResult[Any]", claimed).rowcount != 1:
        raise AlreadyApplied
    db.session.refresh(batch)


def _kept_content(batch: ImportBatch) -> bytes:
    if not batch.storage_key:
        raise BundleGone
    try:
        with storage().open(batch.storage_key) as stream:
            return base64.b64decode(open_sealed(stream.read().decode("ascii")))
    except (FileMissing, CannotOpen) as error:
        raise BundleGone from error


def forget_old_bundles() -> None:
    """Bundles hold identity numbers: those that nobody applied within a day are deleted, their record stays.

    Of all schools inside ``system``, else of those that the acting account may change. Does not commit.
    """
    old = db.session.scalars(
        sa.select(ImportBatch).where(
            ImportBatch.status == ImportStatus.CHECKED,
            ImportBatch.storage_key != "",
            ImportBatch.created_at < now() - KEPT_FOR,
        )
    )
    for batch in old:
        storage().delete(batch.storage_key)
        batch.storage_key = ""


def _counted(plan: Plan) -> str:
    return ", ".join(
        f"{part} {act} {count}" for (part, act), count in sorted(plan.counts.items()) if count and act != "same"
    )


# ---------- from the command line ----------


@dataclass(frozen=True)
class Imported:
    """What the command reports."""

    examination: Examination
    is_applied: bool
    ended_links: int = 0


class NoSuchSchool(ValueError):
    """No school has this code."""


def import_path(path: Path, *, school_code: str = "", is_dry_run: bool = False, many_may_leave: bool = False) -> Imported:
    """Import the zip or folder at ``path`` on behalf of the operator; the record is kept as on the page.

    ``school_code`` confines it to one school. With a problem nothing is applied.
    Raises BundleRefused, NoSuchSchool, ManyLeave, Conflict, OSError.
    """
    problems = Problems()
    bundle = open_path(path, BY_COMMAND, problems)
    try:
        with system("apply a roster"):
            only_school = _school_of_code(school_code) if school_code else None
            if not is_dry_run:
                lock_schools(only_school)
            examination = examine(bundle, only_school, problems)
            if problems or is_dry_run:
                db.session.rollback()
                return Imported(examination, is_applied=False)
            if examination.plan.needs_confirmation and not many_may_leave:
                raise ManyLeave
            ended_links = carry_out(examination.plan)
            batch = ImportBatch(
                school_id=only_school,
                file_name=path.name[:200],
                status=ImportStatus.APPLIED,
                summary=json.dumps({**examination.summary(), "ended_links": ended_links}, ensure_ascii=False),
                applied_at=now(),
                account_name="flask portal import",
            )
            db.session.add(batch)
            db.session.flush()
            record(None, "apply.import_batch", batch.id, school_id=only_school, detail=_counted(examination.plan))
            db.session.commit()
    except IntegrityError as error:
        db.session.rollback()
        raise Conflict from error
    except BaseException:
        db.session.rollback()
        raise
    gather_statistics()
    return Imported(examination, is_applied=True, ended_links=ended_links)


def _school_of_code(code: str) -> int:
    school_id = db.session.scalar(sa.select(School.id).where(School.code == code))
    if school_id is None:
        raise NoSuchSchool(code)
    return school_id


def read_summary(batch: ImportBatch) -> Mapping[str, Any]:
    """The stored summary; empty where an older release wrote something else."""
    try:
        summary = json.loads(batch.summary)
    except ValueError:
        return {}
    return summary if isinstance(summary, dict) else {}
