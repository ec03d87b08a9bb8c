"""What the tests of generated screens share: the registered views, their rows, and what must never be seen."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import sqlalchemy as sa
from flask import Flask, g

from app.access.actor import acting_as
from app.access.session import system
from app.audit.models import AuditEntry
from app.extensions import db
from app.importing.models import ImportBatch, ImportStatus
from app.notifications.models import OutboxChannel, OutboxMessage, OutboxStatus
from app.portal.models import News
from app.web.datamodel import ScopedInterface
from app.web.model_views import ScopedModelView
from tests.web.reading import languages_said_again, links_not_told_apart
from tests.world import World

OF_ZHONGXING = ("王小華", "七年一班", "701 公告", "701 作業", "teacher_701", "manager_zx")
"""Words that stand in rows of the other school alone; the names of schools themselves are public."""

WALKERS = (
    "city_admin",
    "registrar_wc",
    "manager_wc",
    "only_instruction_wc",
    "lead_wc",
    "teacher_501",
    "counselor_wc",
    "personnel_wc",
)
"""Between them they open every generated screen; all but the city administrator work at 文昌國小."""


def generated_views(flask_app: Flask) -> list[Any]:
    return [view for view in flask_app.appbuilder.baseviews if isinstance(view, ScopedModelView)]


def view_named(flask_app: Flask, name: str) -> Any:
    return next(view for view in generated_views(flask_app) if type(view).__name__ == name)


def plant_rows_of_the_city(flask_app: Flask, world: World) -> None:
    """The world has no news, letters, imports and audit entries of its own."""
    with flask_app.app_context(), system("tests"):
        db.session.add_all(
            [
                News(title="停課公告", body="颱風"),
                OutboxMessage(
                    channel=OutboxChannel.EMAIL,
                    purpose="activation",
                    receiver="parent_chen@example.org",
                    content_sealed="sealed",
                    status=OutboxStatus.SENT,
                ),
                AuditEntry(username="manager_zx", action="approve.guardian_link", object_id="2"),
                ImportBatch(
                    school_id=world.schools["wenchang"],
                    file_name="wenchang.zip",
                    status=ImportStatus.REFUSED,
                    summary='{"students": {"new": 3}}',
                    errors='[{"file": "users.csv", "line": 4, "field": "birthDate", "problem": "bad_date", "value": "13"}]',
                ),
                ImportBatch(school_id=world.schools["zhongxing"], file_name="701.zip", status=ImportStatus.APPLIED),
            ]
        )
        db.session.commit()


def rows_seen_by(flask_app: Flask, view: Any, actor: Any) -> tuple[list[int], list[int]]:
    """(numbers of the rows within the actor's scope, numbers of the rows outside it)."""
    key = view.datamodel.get_pk()
    with flask_app.app_context(), system("tests"):
        everything = set(db.session.scalars(sa.select(key)))
    with flask_app.test_request_context(), acting_as(actor):
        g.actor = actor
        datamodel: ScopedInterface = view.datamodel
        seen = set(datamodel.start().with_entities(key).all())
        numbers = {row[0] for row in seen}
    return sorted(numbers), sorted(everything - numbers)


def may(flask_app: Flask, view: Any, actor: Any, act: str) -> bool:
    with flask_app.test_request_context():
        g.actor = actor
        return view.may(act)


def problems_of_markup(html: str) -> list[str]:
    """What a strict content policy or a screen reader would stumble over."""
    problems = re.findall(r"\sstyle=|<script(?![^>]*\ssrc=)[^>]*>|\son\w+=\"|<style", html)
    ids = Counter(re.findall(r'\sid="([^"]+)"', html))
    problems += [f"id {name} stands {count} times" for name, count in ids.items() if count > 1]
    labels = set(re.findall(r'<label[^>]* for="([^"]+)"', html))
    problems += [f"label for {name}, which is not there" for name in labels - set(ids)]
    problems += [f"same words for different addresses: {words}" for words in links_not_told_apart(html)]
    problems += [f"lang={language} on a page in that language" for language in languages_said_again(html)]
    return problems
