"""``flask portal …``: the commands that keep the product."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup
from flask_migrate import upgrade

from app.access.pages import sync_pages
from app.extensions import db
from app.web.catalogues import compile_catalogues

portal = AppGroup("portal", help="Commands of the portal.")


@portal.command("init")
def init() -> None:
    """Make the database's tables, the page permissions of all roles and the message catalogues; safe to repeat."""
    compile_catalogues()
    upgrade()
    sync_pages(db.session)
    click.echo("The database is ready.")


def install_commands(flask_app: Flask) -> None:
    flask_app.cli.add_command(portal)
