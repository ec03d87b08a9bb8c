"""The portal. ``create_app`` is the list of steps by which it is put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask

import config
from app.database import install_database  # before anything of FAB's security: it configures all mappers when imported

# isort: split
from app import cli, navigation
from app.access.gates import install_gates
from app.accounts.security_manager import PortalSecurityManager
from app.accounts.sessions import ServerSessionInterface
from app.audit.refusals import install_refusals
from app.extensions import csrf, db, mail, migrate
from app.jobs import install_jobs
from app.limits.doors import install_doors
from app.phone.kept import install_kept_copies
from app.portal.views import HomeView
from app.web.builder import PortalAppBuilder
from app.web.compression import install_compression
from app.web.context import install_context
from app.web.errors import install_errors
from app.web.flask_app import PortalFlask
from app.web.headers import install_headers
from app.web.locales import install_locales
from app.web.logging import install_logging
from app.web.proxies import install_proxies


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """The application, from ``settings`` (default: what the environment says, see config.py)."""
    flask_app = PortalFlask(__name__, static_folder="static")
    flask_app.config.from_mapping(settings if settings is not None else config.load())
    install_logging(flask_app)
    db.init_app(flask_app)
    install_database(flask_app)
    migrate.init_app(flask_app, db, directory="app/migrations")
    mail.init_app(flask_app)
    csrf.init_app(flask_app)
    flask_app.session_interface = ServerSessionInterface()
    install_gates(flask_app)
    install_doors(flask_app)
    with flask_app.app_context():
        appbuilder = PortalAppBuilder(
            flask_app, db.session, indexview=HomeView, security_manager_class=PortalSecurityManager
        )
        navigation.register_views(flask_app, appbuilder)
    install_locales(flask_app)
    install_context(flask_app)
    install_headers(flask_app)
    install_compression(flask_app)
    install_kept_copies(flask_app)
    install_proxies(flask_app)
    install_errors(flask_app)
    install_refusals(flask_app)
    install_jobs(flask_app)
    cli.install_commands(flask_app)
    return flask_app
