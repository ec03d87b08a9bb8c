"""``flask portal …``: the commands that keep the product."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
import sqlalchemy as sa
from flask import Flask, current_app
from flask.cli import AppGroup
from flask_migrate import upgrade

from app.access.pages import sync_pages
from app.access.session import system
from app.extensions import db
from app.importing.commands import import_roster
from app.importing.demo import PASSWORD, seed_demo
from app.notifications.delivery import deliver_due
from app.notifications.models import OutboxChannel
from app.operations.backup import BackupProblem, back_up, restore
from app.operations.doctor import examine
from app.schools.models import School
from app.web.catalogues import compile_catalogues

portal = AppGroup("portal", help="Commands of the portal.")


@portal.command("init")
@click.option("--with-demo", is_flag=True, help="Load the demo schools as well where there is no school yet.")
def init(with_demo: bool) -> None:
    """Make the database's tables, the page permissions of all roles and the message catalogues; safe to repeat."""
    Path(current_app.config["INSTANCE_DIR"]).mkdir(parents=True, exist_ok=True)
    compile_catalogues()
    upgrade()
    sync_pages(db.session)
    click.echo("The database is ready.")
    if with_demo and not _has_schools():
        _seed()


@portal.command("seed-demo")
def seed() -> None:
    """Load the demo schools and people through the roster importer. Refused where there is a school already."""
    if current_app.config["PORTAL_ENV"] == "production":
        raise click.ClickException("Demo people have a known password; production gets none.")
    if _has_schools():
        raise click.ClickException("There are schools already; demo data goes into an empty portal only.")
    _seed()


def _has_schools() -> bool:
    with system("is this an empty portal"):
        return db.session.scalar(sa.select(School.id).limit(1)) is not None


def _seed() -> None:
    click.echo("Loading the demo schools …")
    people = seed_demo()
    sign_ins = Path(current_app.config["INSTANCE_DIR"]) / "demo-sign-ins.json"
    sign_ins.write_text(json.dumps({"password": PASSWORD, "people": people}, ensure_ascii=False), "utf-8")
    click.echo(f"The demo schools are there, with {len(people)} people to sign in as.")


@portal.command("worker")
def worker() -> None:
    """Deliver letters and SMS and tidy up, until stopped."""
    if "jobs" not in current_app.extensions:
        raise click.ClickException("RUN_JOBS is 0: this portal has no worker.")
    current_app.extensions["jobs"].work()


@portal.command("deliver")
def deliver() -> None:
    """Deliver once what is due, without a worker."""
    for channel in OutboxChannel:
        outcome = deliver_due(channel)
        told = ", ".join(f"{number} {what.replace('_', ' ')}" for what, number in outcome.items())
        click.echo(f"{channel}: {told or 'nothing due'}")


@portal.command("doctor")
def doctor() -> None:
    """Check settings, database, migrations, storage, queue and outbox; ends with 1 when something is wrong."""
    findings = list(examine())
    for finding in findings:
        click.echo(f"{'well ' if finding.is_well else 'WRONG'}  {finding.name:<12}{finding.detail}")
    sys.exit(0 if all(finding.is_well for finding in findings) else 1)


@portal.command("backup")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def backup(folder: Path) -> None:
    """Write a copy of the database and the attachments into FOLDER. The portal may go on running."""
    try:
        click.echo(str(back_up(folder)))
    except BackupProblem as problem:
        raise click.ClickException(str(problem)) from problem


@portal.command("restore")
@click.argument("archive", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.confirmation_option(prompt="This replaces the database and the attachments. Is the portal stopped, and are you sure?")
def put_back(archive: Path) -> None:
    """Put the copy ARCHIVE in the place of what is there. Stop the portal first."""
    try:
        kept = restore(archive)
    except BackupProblem as problem:
        raise click.ClickException(str(problem)) from problem
    sync_pages(db.session)
    click.echo("Restored. Everybody has to sign in again.")
    for path in kept:
        click.echo(f"What was there before: {path}")


portal.add_command(import_roster)


def install_commands(flask_app: Flask) -> None:
    flask_app.cli.add_command(portal)
