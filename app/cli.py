"""``flask portal …``: the commands that keep the product."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
import sqlalchemy as sa
from flask import Flask, current_app
from flask.cli import AppGroup
from flask_babel import force_locale
from flask_migrate import upgrade

from app.access.matrix_document import as_markdown
from app.access.pages import sync_pages
from app.access.session import system
from app.accounts import second_factor
from app.accounts.models import Account
from app.audit.commands import audit
from app.database import setting_up_alone
from app.extensions import db
from app.importing.commands import import_roster
from app.importing.demo import PASSWORD, seed_demo
from app.manual.printing import make_missing_files
from app.notifications.delivery import deliver_due
from app.notifications.models import OutboxChannel
from app.operations import keys as field_keys
from app.operations.backup import BackupProblem, back_up, restore
from app.operations.doctor import examine
from app.operations.forgetting import let_go, what_is_due
from app.schools.models import School
from app.web.catalogues import compile_catalogues

portal = AppGroup("portal", help="Commands of the portal.")


@portal.command("init")
@click.option("--with-demo", is_flag=True, help="Load the demo schools as well where there is no school yet.")
def init(with_demo: bool) -> None:
    """Make the database's tables, the page permissions of all roles and the message catalogues; safe to repeat."""
    Path(current_app.config["INSTANCE_DIR"]).mkdir(parents=True, exist_ok=True)
    with setting_up_alone():
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


@portal.command("remove-second-factor")
@click.argument("username")
@click.option("--reason", required=True, help="Stands in the audit log and in the letter to the owner.")
def remove_second_factor(username: str, reason: str) -> None:
    """Let USERNAME sign in by password again: for a city administrator who lost phone and recovery codes, alone."""
    try:
        with system("remove a lost second factor at the console"):
            account = db.session.scalar(sa.select(Account).where(sa.func.lower(Account.username) == username.lower()))
            if account is None:
                raise second_factor.NothingToRemove
            second_factor.remove_from(account, reason)
    except second_factor.NothingToRemove as problem:
        raise click.ClickException("There is no such account, or it has no second factor.") from problem
    except second_factor.ReasonMissing as problem:
        raise click.ClickException("Say why.") from problem
    click.echo("Removed; the owner gets a letter.")


@portal.command("retention")
@click.option("--apply", "is_applied", is_flag=True, help="Let it go. Without it the command only says what would go.")
def retention(is_applied: bool) -> None:
    """What is kept longer than the rules say (docs/retention.md); with --apply it goes, in batches, audited."""
    if not is_applied:
        for outcome in what_is_due():
            click.echo(f"{outcome.rule.name:<20}{outcome.rule.period:>10}  {outcome.due:>8} due")
        click.echo("Nothing was changed. Make a backup, then repeat it with --apply.")
        return
    for outcome in let_go():
        click.echo(f"{outcome.rule.name:<20}{outcome.rule.period:>10}  {outcome.gone:>8} gone")


@portal.command("permissions")
@click.option("--language", default="en", help="zh_Hant_TW, en, vi or id.")
def permissions(language: str) -> None:
    """Print who can do what, as docs/permissions.md holds it."""
    with force_locale(language):
        click.echo(as_markdown(), nl=False)


@portal.command("manual")
def manual() -> None:
    """Write the manual's PDF in both editions, as the worker does within the hour; says where."""
    for path in make_missing_files():
        click.echo(path)


@portal.group("keys")
def keys() -> None:
    """The keys of FIELD_KEYS: what is under each, and changing them."""


@keys.command("status")
def keys_status() -> None:
    """Say for every key how much is under it, and whether it may be taken away."""
    for key in field_keys.status():
        used = ", ".join(f"{number} {name}" for name, number in key.uses.items())
        words = "present" if key.is_present else "still needed" if used else "may be taken away"
        click.echo(f"{key.key_id}: {words}{f' ({used})' if used else ''}")


@keys.command("rotate")
def keys_rotate() -> None:
    """Seal and index everything anew under the first key; ends with 1 when something could not be opened."""
    outcomes = []
    for outcome in field_keys.rotate():
        outcomes.append(outcome)
        click.echo(f"{outcome.name}: {outcome.changed} changed, {outcome.unreadable} unreadable")
    sys.exit(1 if any(outcome.unreadable for outcome in outcomes) else 0)


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
portal.add_command(audit)


def install_commands(flask_app: Flask) -> None:
    flask_app.cli.add_command(portal)
