"""``flask portal import``: a roster from the command line, with no limit but the bundle's own size."""

from __future__ import annotations

import time
from pathlib import Path

import click
from flask.cli import with_appcontext
from flask_babel import force_locale

from app.importing.plan import Act, Part
from app.importing.problems import BundleRefused, note_lines
from app.importing.services import Conflict, Imported, ManyLeave, NoSuchSchool, import_path

_SHOWN_PROBLEMS = 50


@click.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--school", default="", metavar="CODE", help="Touch this school alone; rows of another one are errors.")
@click.option("--many-may-leave", is_flag=True, help="It is right that unusually many students leave.")
@with_appcontext
def import_roster(path: Path, dry_run: bool, school: str, many_may_leave: bool) -> None:
    """Import the roster at PATH: a OneRoster 1.1 or 1.2 or SDS v2.1 bundle, zip or folder. All of it or nothing."""
    started = time.monotonic()
    with force_locale("en"):
        try:
            outcome = import_path(path, school_code=school, is_dry_run=dry_run, many_may_leave=many_may_leave)
        except BundleRefused as refused:
            raise click.ClickException(str(refused.refusal.label)) from refused
        except NoSuchSchool as unknown:
            raise click.ClickException(f"No school has the code {unknown}.") from unknown
        except ManyLeave as many:
            raise click.ClickException(
                "Unusually many students would leave. Look at --dry-run; if it is right, add --many-may-leave."
            ) from many
        except Conflict as conflict:
            raise click.ClickException("The data changed meanwhile; nothing was applied. Try again.") from conflict
        _report(outcome, is_dry_run=dry_run)
    click.echo(f"{time.monotonic() - started:.1f} s")


def _report(outcome: Imported, *, is_dry_run: bool) -> None:
    examination = outcome.examination
    problems = examination.problems
    for problem in problems.kept[:_SHOWN_PROBLEMS]:
        place = ":".join(str(part) for part in (problem.file, problem.line, problem.field) if part)
        click.echo(f"{place}  {problem.text}", err=True)
    if problems:
        raise click.ClickException(f"{problems.total} problems; nothing was applied.")
    click.echo(f"{examination.format}, {'whole rolls' if examination.is_full else 'changes only'}")
    for part in Part:
        counts = [f"{examination.plan.count(part, act)} {act.label}" for act in Act if examination.plan.count(part, act)]
        click.echo(f"{part.label}: {', '.join(counts).lower() or 'none'}")
    for line in note_lines((kind.value, count) for kind, count in problems.notes.items()):
        click.echo(line)
    if is_dry_run:
        click.echo("Dry run: nothing was changed.")
    elif outcome.ended_links:
        click.echo(f"Student links ended: {outcome.ended_links}")
