"""``flask portal audit …``: seal, verify, export and shorten the audit log."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import TextIO

import click
from flask.cli import AppGroup

from app.audit import chain
from app.crypto.sealing import CannotOpen
from app.model_types import now

audit = AppGroup("audit", help="The audit log: who did and read what.")


@audit.command("seal")
def seal() -> None:
    """Seal what waits, as the worker does each minute."""
    try:
        click.echo(f"{chain.seal_waiting()} sealed")
    except (chain.HeadAltered, CannotOpen) as problem:
        raise click.ClickException(str(problem)) from problem


@audit.command("verify")
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An export made before: what it had must still be there.",
)
def verify(against: Path | None) -> None:
    """Recompute the whole chain; ends with 1 and names the first wrong entry when it is broken."""
    exported = None
    if against is not None:
        with against.open(encoding="utf-8") as lines:
            try:
                exported = chain.head_of_export(lines)
            except ValueError as problem:
                raise click.ClickException(f"{against}: {problem}") from problem
    report = chain.verify(exported)
    click.echo(f"{report.sealed} sealed, {report.waiting} waiting, {report.removed} removed after their time")
    if report.problem:
        click.echo(f"WRONG  {report.problem}")
        sys.exit(1)
    click.echo("well")


@audit.command("export")
@click.argument("target", type=click.File("w", encoding="utf-8"), default="-")
@click.option("--after", type=int, default=0, help="Only links after this number: the one of the last export's head.")
def export(target: TextIO, after: int) -> None:
    """Write the sealed entries to TARGET (default: standard output) as lines of JSON, the head in the last line."""
    for line in chain.exported_lines(after):
        target.write(line + "\n")


@audit.command("shorten")
@click.option("--days", type=int, default=365, show_default=True, help="Keep so many days; at least 184.")
@click.confirmation_option(prompt="Entries that are older are removed for good. Are they exported, and are you sure?")
def shorten(days: int) -> None:
    """Remove sealed entries that are older than so many days; the chain then begins after them."""
    try:
        removed = chain.remove_entries_before(now() - timedelta(days=days))
    except chain.TooYoung as problem:
        raise click.ClickException("Entries of the last six months (184 days) are kept.") from problem
    except (chain.HeadAltered, CannotOpen) as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(f"{removed} removed")
