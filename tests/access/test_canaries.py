"""Every address of the product, asked by every persona, with canary words in the rows of three families.

A canary may stand in an answer only where the matrix lets that persona see it: «allowed», or «within reach» of the data
layer. What each persona is to families B and Z says STANDS_TO. Nothing in bodies, headers, letters, SMS or the log;
nothing but the own rows changed; no 5xx.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.access import matrix
from app.access.matrix import Act, Persona
from app.access.session import system
from app.extensions import db
from app.notifications.delivery import deliver_due
from app.notifications.models import OutboxChannel
from tests.access.families import NATIONAL_IDS, UNREADABLE, USERNAMES, Families, Family, plant
from tests.access.matrix_doors import FULL, TRIED_AS
from tests.access.people import People, model_of

pytestmark = [pytest.mark.attack, pytest.mark.timeout(900)]

CANARY = re.compile(r"canary([ABZ])([a-z]+)")
OF = {
    "profile": "AccountProfile",
    "student": "Student",
    "class": "SchoolClass",
    "homeroom": "HomeroomAssignment",
    "link": "GuardianLink",
    "protection": "ProtectionMark",
    "request": "PlacementRequest",
    "import": "ImportBatch",
    "bulletin": "Bulletin",
    "book": "ContactBookEntry",
    "file": "Attachment",
    "mark": "TermGrade",
    "conduct": "ConductRecord",
    "talkhomeroom": "Message.homeroom",
    "talkacademicaffairs": "Message.academic_affairs",
    "talkcounseling": "Message.counseling",
    "address": "AccountSession",
    "audit": "AuditEntry",
    "outbox": "OutboxMessage",
    "seal": "AuditSeal",
}
"""The word of a canary → the object of the matrix that it belongs to. «staff» belongs to three of them."""
ALSO_OF = {"staff": ("Account", "StaffPlacement", "PlacementRequest")}

_HOME = {persona: (persona,) for persona in Persona}
STANDS_TO: dict[str, dict[Persona, tuple[Persona, ...]]] = {
    "A": _HOME,
    "B": {
        **_HOME,
        Persona.GUARDIAN: (Persona.GUARDIAN_OF_ANOTHER,),
        Persona.GUARDIAN_OF_ANOTHER: (Persona.GUARDIAN,),
        Persona.TEACHER: (Persona.TEACHER_OF_ANOTHER_CLASS,),
        Persona.TEACHER_OF_ANOTHER_CLASS: (Persona.TEACHER,),
        Persona.TEACHER_AND_GUARDIAN: (Persona.TEACHER, Persona.GUARDIAN_OF_ANOTHER),
    },
    "Z": {
        **dict.fromkeys(Persona, (Persona.TEACHER_OF_ANOTHER_SCHOOL,)),
        Persona.TEACHER_OF_ANOTHER_SCHOOL: (Persona.TEACHER,),
        Persona.CITY: (Persona.CITY,),
    },
}
"""Family → persona → what that persona would be called if the matrix were written from that family's side."""

FOREIGN = {
    Persona.GUARDIAN: "B",
    Persona.TEACHER: "B",
    Persona.TEACHER_OF_ANOTHER_CLASS: "A",
    Persona.GUARDIAN_OF_ANOTHER: "A",
    Persona.TEACHER_OF_ANOTHER_SCHOOL: "A",
    **dict.fromkeys((Persona.ANONYMOUS, Persona.AWAITING_REVIEW, Persona.SUSPENDED), "A"),
    **dict.fromkeys((Persona.LINK_PENDING, Persona.LINK_REFUSED, Persona.LINK_ENDED), "A"),
}
"""Whose numbers a persona puts into addresses and forms: for the staff of a school the other school's."""

ARGUMENTS = {
    "student_id": "Student",
    "bulletin_id": "Bulletin",
    "entry_id": "ContactBookEntry",
    "link_id": "GuardianLink",
    "mark_id": "ProtectionMark",
    "attachment_id": "Attachment",
    "batch_id": "ImportBatch",
    "news_id": "News",
}
TEXTS = {"channel": "homeroom", "area": "messages", "topic": "privacy", "scene": "sign-in", "key": "TermGrade"}
CHANNELS = ("homeroom", "academic_affairs", "counseling")


def _may_see(persona: Persona, family: str, thing: str) -> bool:
    objects = ALSO_OF.get(thing) or ((OF[thing],) if thing in OF else ())
    looks = (Act.LIST, Act.ONE)
    return any(
        matrix.lines_of(key)[act].letter(stand) in ("+", matrix.WITHIN_REACH)
        for stand in STANDS_TO[family][persona]
        for key in objects
        for act in looks
    )


def _leaks(persona: Persona, text: str) -> set[str]:
    leaks = {f"{match[0]}" for match in CANARY.finditer(text) if not _may_see(persona, match[1], match[2])}
    return leaks | {secret for secret in (*NATIONAL_IDS.values(), *UNREADABLE) if secret in text}


class Addresses:
    """A rule of the URL map with a family's numbers in it."""

    def __init__(self, flask_app: Any, families: Families) -> None:
        self.families = families
        self.rules = [rule for rule in flask_app.url_map.iter_rules() if rule.endpoint != "static"]
        views = {view.endpoint: view for view in flask_app.appbuilder.baseviews}
        self.models = {
            name: view.datamodel.obj.__name__ for name, view in views.items() if getattr(view, "datamodel", None) is not None
        }
        self.lookups = {name: sorted(getattr(view, "lookups", ()) or ()) for name, view in views.items()}

    def of(self, rule: Any, family: Family) -> Iterator[str]:
        """The addresses of ``rule``; a screen of messages is asked for each channel's row."""
        choices: list[dict[str, Any]] = [{}]
        for name in sorted(rule.arguments):
            choices = [{**chosen, name: value} for chosen in choices for value in self._values(rule, name, family)]
        for chosen in choices:
            path = rule.rule
            for name, value in chosen.items():
                path = re.sub(rf"<(\w+:)?{name}>", str(value), path)
            yield path

    def _values(self, rule: Any, name: str, family: Family) -> list[Any]:
        view = rule.endpoint.partition(".")[0]
        if name == "pk":
            model = self.models[view]
            keys = [f"{model}.{channel}" for channel in CHANNELS] if model in ("Conversation", "Message") else [model]
            return [family.ids.get(key, 1) for key in keys]
        if name == "column":
            return self.lookups[view]
        if name == "channel":
            return list(CHANNELS)
        return [family.ids[ARGUMENTS[name]]] if name in ARGUMENTS else [TEXTS.get(name, "x" * 43)]


def _forged(family: Family) -> dict[str, Any]:
    """Every number of the family under every name that some form has, and what those forms want besides."""
    numbers = family.ids
    return {
        "student": numbers["Student"],
        "student_id": numbers["Student"],
        "class_id": numbers["SchoolClass"],
        "school_class": numbers["SchoolClass"],
        "school": numbers["school"],
        "school_id": numbers["school"],
        "placement": numbers["StaffPlacement"],
        "account_id": numbers["AccountProfile"],
        "session": numbers["AccountSession"],
        "dropped": numbers["Attachment"],
        "lines-0-item_id": numbers["ContactBookItem"],
        "lines-0-dropped": numbers["Attachment"],
        "lines-0-kind": "homework",
        "lines-0-text": "forged",
        "term": 1,
        "title": "forged",
        "text": "forged",
        "body": "forged",
        "reason": "forged",
        "decision": "approve",
        "status": "approved",
        "roles": "系統管理者",
        "role": "系統管理者",
        "approved_by": 1,
        "to": "close",
        "confirmed": "1",
        "format": "csv",
        "publish_from": "2026-09-01",
        "entry_date": "2026-09-02",
        "started_on": "2026-09-01",
        "event_date": "2026-09-03",
        "grade_level": "5",
        "kind": "subject",
        "subject": "forged",
        "score": "100",
        "job_title": "forged",
        "teacher_name": "forged",
    }


@pytest.fixture
def families(flask_app, world) -> Families:
    with flask_app.app_context():
        return plant(world)


LEFT_OUT = {"SignOutView.sign_out"}
"""It would end the walk."""
OWN_ACTS = {
    "ChannelSwitch.academic_affairs",
    "ChannelSwitch.counseling",
    "ConversationRead",
    "BulletinRead",
    "ContactBookRead",
}
"""What the walk changes rightly: an office closes its own area, a guardian reads on."""


def _rows_of(families: Families) -> dict[tuple[str, str], Any]:
    """Every planted row as it stands, to be compared afterwards."""
    found = {}
    with db.engine.connect() as connection:
        for family in families:
            for key in matrix.OBJECTS:
                if key == "Role" or key in OWN_ACTS:
                    continue
                table = model_of(key).__table__
                identity = family.ids[key]
                values = identity if isinstance(identity, tuple) else (identity,)
                where = [column == value for column, value in zip(table.primary_key.columns, values, strict=True)]
                found[family.letter, key] = connection.execute(sa.select(table).where(*where)).first()
    return found


@(pytest.mark.every_database if FULL else pytest.mark.attack)
def test_no_canary_of_another_leaves_by_any_address(flask_app, families, capsys):
    """GET with the numbers of family A for all, and of a family that is not theirs; POST with those and forged fields."""
    people, addresses = People(flask_app, families), Addresses(flask_app, families)
    by_letter = {family.letter: family for family in families}
    walk = Walk(people, addresses)
    with flask_app.app_context():
        before = _rows_of(families)
    for persona in TRIED_AS:
        foreign = by_letter[FOREIGN.get(persona, "Z")]
        walk.look(persona, families.a, foreign)
        if persona != Persona.CITY:
            walk.forge(persona, foreign)
    with flask_app.app_context(), system("tests"):
        after = _rows_of(families)
        for channel in OutboxChannel:
            deliver_due(channel)
    if FULL:
        walk.forge(Persona.CITY, families.z)  # last: much of it is hers to do
    assert walk.asked > 200 * len(TRIED_AS)
    assert not walk.wrong, "\n".join(map(str, walk.wrong[:40]))
    assert [key for key, row in before.items() if after[key] != row] == []
    said = capsys.readouterr()
    assert "canary" not in said.out + said.err
    letters = [path.read_text("utf-8") for path in Path(flask_app.config["OUTBOX_DIR"]).glob("*") if path.is_file()]
    assert [text for text in letters if CANARY.search(text)] == []


class Walk:
    """Asks, and keeps what was wrong with the answers."""

    def __init__(self, people: People, addresses: Addresses) -> None:
        self.people, self.addresses = people, addresses
        self.asked, self.wrong = 0, []

    def look(self, persona: Persona, *families: Family) -> None:
        for rule in self.addresses.rules:
            if "GET" in rule.methods:
                for path in dict.fromkeys(path for family in families for path in self.addresses.of(rule, family)):
                    self._note(persona, "GET", path, self.people.browsers[persona].get(path))

    def forge(self, persona: Persona, family: Family) -> None:
        for rule in self.addresses.rules:
            if "POST" in rule.methods and rule.endpoint not in LEFT_OUT:
                for path in self.addresses.of(rule, family):
                    answer = self.people.browsers[persona].post(path, data=_forged(family))
                    self._note(persona, "POST", path, answer)

    def _note(self, persona: Persona, method: str, path: str, answer: Any) -> None:
        self.asked += 1
        text = answer.get_data().decode("utf-8", "replace") + str(answer.headers)
        leaks = _leaks(persona, text)
        if leaks or answer.status_code >= 500:
            self.wrong.append((persona.name, method, path, answer.status_code, sorted(leaks)))


def test_every_canary_would_be_noticed(flask_app, families):
    """The walk is worth something only if its words do stand where the matrix says that they may be seen."""
    people = People(flask_app, families)
    a = families.a
    page = people.browsers[Persona.GUARDIAN].get(f"/portal/children/{a.ids['Student']}/records").text
    assert {"canaryAmark", "canaryAconduct"} <= {match[0] for match in CANARY.finditer(page)}
    assert _leaks(Persona.GUARDIAN_OF_ANOTHER, page) >= {"canaryAmark", "canaryAconduct", "canaryAstudent"}
    assert _leaks(Persona.GUARDIAN, page) == set()
    assert {persona for persona, username in USERNAMES.items() if username is None} == {Persona.ANONYMOUS}
