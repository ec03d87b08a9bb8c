"""The personas of the matrix before one application: their browsers and their actors, and the models of its objects."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_appbuilder.security.sqla.models import Role as FabRole

from app.access.actor import Actor
from app.access.matrix import Persona
from app.access.session import owned_mappers, system
from app.accounts.models import Account
from app.accounts.sessions import _QUERY, actor_from, hash_key
from app.extensions import db
from tests.access.families import USERNAMES, Families
from tests.conftest import PersonClient, begin_session


class People:
    """One browser for each persona, signed in as far as that persona is; ``actors`` holds who then acts."""

    def __init__(self, flask_app: Flask, families: Families) -> None:
        self.app, self.families = flask_app, families
        self.browsers: dict[Persona, Any] = {}
        self.actors: dict[Persona, Actor | None] = {}
        for persona, username in USERNAMES.items():
            browser = PersonClient(flask_app, flask_app.response_class)
            self.actors[persona] = None
            if username is not None:
                key = begin_session(flask_app, families.accounts[username])
                browser.set_cookie(flask_app.config["SESSION_COOKIE_NAME"], key)
                if persona != Persona.SUSPENDED:
                    self.actors[persona] = _actor(flask_app, key)
            self.browsers[persona] = browser


def _actor(flask_app: Flask, key: str) -> Actor:
    with flask_app.app_context(), system("tests"):
        return actor_from(db.session.execute(_QUERY, {"key_hash": hash_key(key)}).one())


def model_of(key: str) -> Any:
    """The mapped class of an object's key."""
    name = key.partition(".")[0]
    special = {"Account": Account, "Role": FabRole}
    return special.get(name) or next(mapper.class_ for mapper in owned_mappers() if mapper.class_.__name__ == name)
