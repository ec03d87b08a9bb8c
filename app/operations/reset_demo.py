"""``make reset-demo``: forget what this machine's development portal keeps. The next start loads the demo schools anew.

Only what stands in the instance folder goes: a database server, a bucket or a production portal are left alone.
"""

from __future__ import annotations

import shutil
import socket
import sys
from pathlib import Path

import config


class NotHere(Exception):
    """Why nothing was deleted."""


def reset_demo() -> Path:
    """Delete the instance folder and return it. Raises NotHere."""
    settings = config.load()
    instance = Path(settings["INSTANCE_DIR"])
    database = settings["SQLALCHEMY_DATABASE_URI"]
    if settings["PORTAL_ENV"] == "production":
        raise NotHere("This is a production portal.")
    if database != f"sqlite:///{instance / 'portal.db'}":
        raise NotHere("DATABASE_URL names another database; empty it yourself.")
    with socket.socket() as probe:
        if probe.connect_ex((settings["HOST"], settings["PORT"])) == 0:
            raise NotHere(f"Something answers at port {settings['PORT']}: end the portal first.")
    shutil.rmtree(instance, ignore_errors=True)
    return instance


if __name__ == "__main__":
    try:
        print(f"Forgotten: {reset_demo()}")  # noqa: T201 (a command)
    except NotHere as refusal:
        sys.exit(str(refusal))
