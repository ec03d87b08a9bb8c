"""The whole product as its URL map tells it: every address with rows that exist, and a person who may open it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app.access.gates import KEPT_AT, PUBLIC
from app.access.pages import may_open
from app.access.session import system
from app.accounts.models import Account, AccountState, PlacementRequest
from app.attachments.models import Attachment
from app.attachments.storage import new_key, storage
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.importing.models import ImportBatch
from app.portal.models import News
from tests.attachments import samples
from tests.web.screens import generated_views, plant_rows_of_the_city, rows_seen_by
from tests.world import World

PEOPLE = ("parent_chen", "lead_wc", "teacher_501", "registrar_wc", "counselor_wc", "personnel_wc", "city_admin")
"""Between them they open every page behind a sign-in; the first who may open it does."""
HALF_WAY = {
    "pending_password_change": ("only_instruction_wc", AccountState.PENDING_PASSWORD_CHANGE),
    "pending_review": ("only_registrar_wc", AccountState.PENDING_REVIEW),
}
OF_ONE_KIND = {"PlacementApplicationView.apply": "teacher_501"}
"""Pages that every account may open, and that have something to show to one kind alone."""
NOT_YET = frozenset({"SecondFactorView.picture", "StyleguideView.show"})
"""There only in the middle of setting up a second factor, or in development."""
NOBODY = ""


@dataclass(frozen=True)
class Door:
    """One rule of the URL map, the person who opens it (NOBODY: a visitor), and its address with rows that exist."""

    rule: Rule
    person: str
    address: str
    is_furnished: bool
    """There is a row behind each number of the address."""

    @property
    def is_read(self) -> bool:
        return "GET" in (self.rule.methods or ())

    @property
    def is_written(self) -> bool:
        return "POST" in (self.rule.methods or ())

    def __str__(self) -> str:
        return f"{self.rule.endpoint} {self.address} as {self.person or 'a visitor'}"


_doors_of: WeakKeyDictionary[Flask, list[Door]] = WeakKeyDictionary()


class Product:
    def __init__(
        self, flask_app: Flask, world: World, client_as: Callable[[str], FlaskClient], actor_of: Callable[[str], Any]
    ) -> None:
        self.flask_app, self.world, self._client_as, self._actor_of = flask_app, world, client_as, actor_of
        self._clients: dict[str, FlaskClient] = {}
        self._furnish()
        if flask_app not in _doors_of:  # every test begins with the same rows
            _doors_of[flask_app] = list(self._doors())
        self.doors = _doors_of[flask_app]

    def client(self, person: str) -> FlaskClient:
        """The one browser of ``person``."""
        if person not in self._clients:
            self._clients[person] = self._client_as(person) if person else self.flask_app.test_client()
        return self._clients[person]

    def _furnish(self) -> None:
        """What the small world lacks: rows of the city's screens, a file, people who are kept at a page."""
        plant_rows_of_the_city(self.flask_app, self.world)
        with self.flask_app.app_context(), system("tests"):
            key = new_key()
            storage().save(key, BytesIO(samples.PDF))
            file = Attachment(
                class_id=self.world.classes["501"],
                school_id=self.world.schools["wenchang"],
                bulletin_id=self.world.bulletins["501"],
                storage_key=key,
                original_name="通知單.pdf",
                content_type="application/pdf",
                size=len(samples.PDF),
            )
            request = PlacementRequest(
                account_id=self.world.accounts["teacher_502"],
                school_id=self.world.schools["wenchang"],
                username="teacher_502",
                applicant_name="teacher_502",
                job_title="導師",
            )
            db.session.add_all([file, request])
            for username, state in HALF_WAY.values():
                db.session.execute(sa.update(Account).where(Account.username == username).values(state=state))
            db.session.commit()
            self._ids: dict[str, Any] = {
                "attachment_id": file.id,
                "news_id": db.session.scalar(sa.select(sa.func.min(News.id))),
                "batch_id": db.session.scalar(sa.select(sa.func.min(ImportBatch.id))),
                "student_id": self.world.students["王小明"],
                "bulletin_id": self.world.bulletins["501"],
                "entry_id": self.world.entries["501"],
                "channel": "homeroom",
                "area": "records",
                "scene": "sign-in-official",
                "topic": "privacy",
                "token": "unknown",
                "filename": "portal.css",
            }
            links = sa.select(GuardianLink.status, GuardianLink.id).order_by(GuardianLink.id.desc())
            self._links = {row.status: row.id for row in db.session.execute(links)}
            db.session.rollback()

    def _doors(self) -> Iterator[Door]:
        views = {view.endpoint: view for view in self.flask_app.appbuilder.baseviews}
        generated = {view.endpoint for view in generated_views(self.flask_app)}
        kept = {endpoint: HALF_WAY[state][0] for state, (_, endpoints) in KEPT_AT.items() for endpoint in endpoints}
        for rule in self.flask_app.url_map.iter_rules():
            name, _, method = rule.endpoint.partition(".")
            if rule.endpoint in PUBLIC:
                person = NOBODY
            elif rule.endpoint in OF_ONE_KIND:
                person = OF_ONE_KIND[rule.endpoint]
            elif rule.endpoint in kept:
                person = kept[rule.endpoint]
            else:
                person = self._who_opens(views[name], method)
            values = dict(self._ids)
            if name in generated:
                values["pk"] = self._row(views[name], person)
                values["column"] = next(iter(views[name].lookups), "student")
            if "link_id" in rule.arguments:
                pending = name == "LinkReviewView" and method == "setting"
                values["link_id"] = self._links[LinkStatus.PENDING if pending else LinkStatus.APPROVED]
            yield Door(rule, person, _filled(rule, values), rule.arguments <= set(values) and rule.endpoint not in NOT_YET)

    def _who_opens(self, view: Any, method: str) -> str:
        permission = f"can_{view.get_method_permission(method)}"
        for person in PEOPLE:
            with self.flask_app.app_context(), system("tests"):
                if may_open(db.session, self._actor_of(person), permission, view.class_permission_name):
                    return person
        raise AssertionError(f"nobody opens {view.class_permission_name} {permission}")

    def _row(self, view: Any, person: str) -> int:
        seen, _hidden = rows_seen_by(self.flask_app, view, self._actor_of(person))
        return seen[0] if seen else 1

    def rows(self) -> dict[str, tuple[Any, ...]]:
        """Every table with all its rows, to be compared."""
        with self.flask_app.app_context(), db.engine.connect() as connection:
            return {
                table.name: tuple(sorted(map(repr, connection.execute(sa.select(table)).all())))
                for table in db.metadata.sorted_tables
            }

    def changed_since(self, before: dict[str, tuple[Any, ...]]) -> set[str]:
        """The tables whose rows are not as ``rows`` said."""
        return {name for name, rows in self.rows().items() if rows != before[name]}


def _filled(rule: Rule, values: dict[str, Any]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values.get(found[1], 1)), rule.rule)
