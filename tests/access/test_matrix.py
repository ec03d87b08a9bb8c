"""Every cell of app.access.matrix, tried for real: in the data layer, and at every door of the product."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, g
from sqlalchemy.orm.attributes import flag_modified

from app.access import matrix
from app.access.actor import Actor
from app.access.matrix import Act, Persona
from app.access.ownership import is_owned
from app.access.session import OutOfScope, owned_mappers, system
from app.accounts.models import (
    AccountKind,
    AccountSession,
    AccountState,
    AccountType,
    PlacementRequest,
    PlacementRequestStatus,
    StaffPlacement,
)
from app.accounts.queries import visible_accounts
from app.extensions import db
from app.guardian_links.models import LinkStatus, ProtectionMark
from app.model_types import now, today
from app.portal.models import News
from app.schools.models import AcademicTerm, Enrollment, HomeroomAssignment, School, SchoolClass, Student
from app.student_records.models import (
    AttendanceCategory,
    AttendanceEvent,
    ConductKind,
    ConductRecord,
    SubjectKind,
    TermGrade,
)
from tests.access import families as planted
from tests.access.families import Families, plant
from tests.access.matrix_doors import DOORS, FULL, TRIED_AS, Door
from tests.access.people import People, model_of
from tests.world import World

pytestmark = [pytest.mark.attack, pytest.mark.timeout(900)]

BEST = "+.-"


# ---------- the doors ----------


@dataclass
class Target:
    """What a door's address and form are filled in with."""

    values: dict[str, Any] = field(default_factory=dict)
    row: tuple[Any, Any] | None = None
    """(table, id) of the row that the act changes."""


class Targets:
    """Rows to act upon: the planted ones for whoever is refused, a fresh one for each act that should succeed."""

    def __init__(self, world: World, families: Families) -> None:
        self.world, self.families, self.number, self.books = world, families, 0, 0
        a = families.a
        self.shared = {
            "student": a.ids["Student"],
            "class": a.ids["SchoolClass"],
            "school": a.ids["school"],
            "term": world.terms[115, 1],
            "bulletin": a.ids["Bulletin"],
            "entry": a.ids["ContactBookEntry"],
            "today": today().isoformat(),
            "unseated": a.ids["Student"],
            "link": a.ids["GuardianLink"],
            "seen": "",
            "number": "",
            "code": "039999",
        }

    def of(self, key: str, act: Act, fresh: bool) -> Target:
        """Inside ``system``: the caller commits."""
        self.number += 1
        self.books += key.startswith("ContactBook")
        values = {
            **self.shared,
            "n": f"w{self.number}",
            "day": (today() - timedelta(days=1 + self.number % 100)).isoformat(),
            "period": str(1 + self.number // 100 % 9),
            "book_day": (today() - timedelta(days=self.books)).isoformat(),
            "year": str(120 + self.number % 70),
            "id": self.families.a.ids.get(key, 1),
        }
        maker = getattr(self, f"_{key.partition('.')[0]}", None)
        if fresh and maker is not None:
            values |= maker(act, values) or {}
        model = model_of(key)
        return Target(values, None if model is None else (model.__table__, values["id"]))

    def _student(self, *, seated: bool) -> int:
        a = self.families.a
        if seated:
            return planted.new_student(self.families, a, self.number)
        row = Student(school_id=a.ids["school"], student_number=f"97{self.number:05}", full_name=f"u{self.number}")
        return planted._add(row).id

    def _Student(self, act: Act, values: Any) -> Any:
        return {"id": self._student(seated=False), "number": f"97{self.number:05}"} if act != Act.ADD else None

    def _Enrollment(self, act: Act, values: Any) -> Any:
        if act == Act.ADD:
            return {"unseated": self._student(seated=False)}
        student = self._student(seated=True)
        return {"id": db.session.scalars(sa.select(Enrollment.id).where(Enrollment.student_id == student)).one()}

    def _SchoolClass(self, act: Act, values: Any) -> Any:
        row = SchoolClass(school_id=values["school"], school_year=115, grade_level=6, class_name=f"c{self.number}")
        return {"id": planted._add(row).id} if act != Act.ADD else None

    def _HomeroomAssignment(self, act: Act, values: Any) -> Any:
        row = HomeroomAssignment(class_id=values["class"], school_id=values["school"], teacher_name=f"t{self.number}")
        return {"id": planted._add(row).id} if act != Act.ADD else None

    def _GuardianLink(self, act: Act, values: Any) -> Any:
        if act == Act.APPLY:
            return None
        username = "guardian_a" if act == Act.WITHDRAW else "parent_lin"
        status = LinkStatus.APPROVED if act == Act.END else LinkStatus.PENDING
        student = self._student(seated=True)
        return {"id": planted.link(self.families, self.families.a, username, status, student_id=student, name="fresh")}

    def _ProtectionMark(self, act: Act, values: Any) -> Any:
        student = self._student(seated=True)
        link = planted.link(
            self.families, self.families.a, "parent_lin", LinkStatus.APPROVED, student_id=student, name=f"k{self.number}"
        )
        if act == Act.ADD:
            return {"link": link}
        row = ProtectionMark(
            school_id=values["school"],
            guardian_link_id=link,
            guardian_name=f"kept{self.number}",
            student_name=f"kept{self.number}",
            reason="fresh",
            placed_by_name="fresh",
        )
        return {"id": planted._add(row).id}

    def _of_child(self, values: Any) -> dict[str, Any]:
        return {"student_id": values["student"], "school_id": values["school"], "term_id": values["term"]}

    def _TermGrade(self, act: Act, values: Any) -> Any:
        row = TermGrade(
            **self._of_child(values), subject=f"s{self.number}", kind=SubjectKind.SUBJECT, grade_level=5, score=80
        )
        return {"id": planted._add(row).id} if act != Act.ADD else None

    def _AttendanceEvent(self, act: Act, values: Any) -> Any:
        row = AttendanceEvent(
            **self._of_child(values),
            event_date=date.fromisoformat(values["day"]),
            period=values["period"],
            category=AttendanceCategory.SICK_LEAVE,
        )
        return {"id": planted._add(row).id} if act != Act.ADD else None

    def _ConductRecord(self, act: Act, values: Any) -> Any:
        row = ConductRecord(
            **self._of_child(values), event_date=today(), kind=ConductKind.COMMENDATION, reason=f"r{self.number}"
        )
        return {"id": planted._add(row).id} if act != Act.ADD else None

    def _Bulletin(self, act: Act, values: Any) -> Any:
        if act == Act.ADD:
            return None
        return {"id": planted.new_bulletin(self.families, self.families.a, f"b{self.number}", "teacher_501")}

    def _ContactBookEntry(self, act: Act, values: Any) -> Any:
        if act == Act.ADD:
            return None
        entry, _item = self._book(values)
        return {"id": entry, "entry": entry}

    def _book(self, values: Any) -> tuple[int, int]:
        day = date.fromisoformat(values["book_day"])
        return planted.new_entry(self.families, self.families.a, f"e{self.number}", "teacher_501", day)

    def _ContactBookItem(self, act: Act, values: Any) -> Any:
        entry, item = self._book(values)
        return {"id": item, "entry": entry}

    def _Attachment(self, act: Act, values: Any) -> Any:
        if act == Act.DOWNLOAD:
            return None
        bulletin = planted.new_bulletin(self.families, self.families.a, f"b{self.number}", "teacher_501")
        file = planted.new_attachment(self.families.a, f"f{self.number}", bulletin_id=bulletin)
        return {"id": file, "bulletin": bulletin}

    def _AccountSession(self, act: Act, values: Any) -> Any:
        moment = now()
        row = AccountSession(
            key_hash=f"k{self.number}",
            account_id=self.families.accounts["guardian_a"],
            created_at=moment,
            last_seen_at=moment,
            expires_at=moment + timedelta(hours=1),
        )
        return {"id": planted._add(row).id}

    def _staff(self, state: AccountState = AccountState.ACTIVE) -> tuple[int, int]:
        name = f"staff{self.number}"
        official = {"kind": AccountKind.OFFICIAL, "account_type": AccountType.STAFF}
        account = planted._account(self.families, name, name, **official, state=state)
        row = StaffPlacement(
            account_id=account, school_id=self.shared["school"], username=name, staff_name=name, job_title="組員"
        )
        return account, planted._add(row).id

    def _Account(self, act: Act, values: Any) -> Any:
        return {"id": self._staff()[0]}

    def _StaffPlacement(self, act: Act, values: Any) -> Any:
        return {"id": self._staff()[1]}

    def _PlacementRequest(self, act: Act, values: Any) -> Any:
        if act == Act.APPLY:
            return None
        account, _placement = self._staff()
        row = PlacementRequest(
            account_id=account,
            school_id=values["school"],
            username=f"staff{self.number}",
            applicant_name=f"staff{self.number}",
            job_title="組長",
        )
        return {"id": planted._add(row).id}

    def _School(self, act: Act, values: Any) -> Any:
        row = School(code=f"s{self.number}", name=f"school {self.number}")
        return {"id": planted._add(row).id, "code": f"s{self.number}"} if act != Act.ADD else None

    def _AcademicTerm(self, act: Act, values: Any) -> Any:
        if act == Act.ADD:
            return None
        year = int(values["year"])
        row = AcademicTerm(school_year=year, semester=2, starts_on=date(2031, 2, 1), ends_on=date(2031, 7, 31))
        return {"id": planted._add(row).id}

    def _News(self, act: Act, values: Any) -> Any:
        return {"id": planted._add(News(title=f"n{self.number}")).id} if act != Act.ADD else None


LOOKS = {Act.LIST, Act.ONE, Act.DOWNLOAD, Act.EXPORT, Act.READERS, Act.REVEAL}
STATUS_SAYS = {Act.SWITCH, Act.UPLOAD, Act.CARRY_OUT}
"""Acts that leave no trace when tried as here; that the page did not refuse them is the answer."""


def doors_of(line: matrix.Line) -> list[Door]:
    return DOORS.get(line.object.key, {}).get(line.act, [])


class Walker:
    def __init__(self, flask_app: Flask, families: Families) -> None:
        self.people = People(flask_app, families)
        self.families = families
        self.looked: dict[tuple[Persona, str], tuple[Any, str]] = {}
        with flask_app.app_context():
            self.engine = db.engine

    def letter(self, persona: Persona, line: matrix.Line, target: Target) -> str:
        """The best that comes of all doors of this cell."""
        found = "-"
        for door in doors_of(line):
            found = min(found, self._try(persona, line.object.key, line.act, door, target), key=BEST.index)
            if found == "+":
                break
        return found

    def _try(self, persona: Persona, key: str, act: Act, door: Door, target: Target) -> str:
        browser, path = self.people.browsers[persona], door.path.format_map(target.values)
        if door.data is None:
            if (persona, path) not in self.looked:
                answer = browser.get(path)
                self.looked[persona, path] = answer, answer.text
            answer, text = self.looked[persona, path]
            done = answer.status_code == 200 and self._word(key, door.shows) in text
        else:
            before = None if act in STATUS_SAYS or door.shows else self._state(target)
            answer = browser.post(path, data=_filled(door.data, target.values), content_type="multipart/form-data")
            if door.shows:
                done = answer.status_code == 200 and self._word(key, door.shows) in _text_of(answer)
            elif act in STATUS_SAYS:
                done = answer.status_code == 200 or (answer.status_code == 302 and not _led_away(answer))
            else:
                done = self._state(target) != before
        assert answer.status_code < 500, (persona, path, answer.status_code)
        if done:
            return "+"
        if answer.status_code == 400 and self.people.actors[persona] is None:
            return "-"  # no session, no token
        return "-" if answer.status_code in (401, 403) or _led_away(answer) else "."

    def _word(self, key: str, shows: str) -> str:
        if not shows:
            return ""
        return f"canaryW{shows}" if key in self.families.open_to_all else self.families.a.word(shows)

    def _state(self, target: Target) -> Any:
        table, number = target.row or (None, None)
        with self.engine.connect() as connection:
            newest = connection.scalar(sa.select(sa.func.max(table.c.id)))
            return newest, connection.execute(sa.select(table).where(table.c.id == number)).first()


def _text_of(answer: Any) -> str:
    """What the answer says; of a packed download what its files say."""
    if answer.content_type != "application/zip":
        return str(answer.text)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        return "".join(packed.read(name).decode() for name in packed.namelist())


def _led_away(answer: Any) -> bool:
    return answer.status_code == 302 and any(
        part in answer.location for part in ("/sign-in/", "/under-review", "/first-password")
    )


def _filled(data: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    filled: dict[str, Any] = {name: text.format_map({**values, "file": "{file}"}) for name, text in data.items()}
    for name, text in filled.items():
        if text == "{file}":
            filled[name] = (io.BytesIO(b"hello matrix"), "matrix.txt")
    return filled


# ---------- the data layer ----------

SPARE: dict[str, dict[str, Any]] = {
    "Student": {"student_number": "spare"},
    "Enrollment": {"ended_on": date(2026, 9, 1)},
    "SchoolClass": {"class_name": "spare"},
    "HomeroomAssignment": {},
    "GuardianLink": {"status": LinkStatus.ENDED, "claim_key": "spare"},
    "TermGrade": {"subject": "spare"},
    "AttendanceEvent": {"period": 9},
    "ConductRecord": {},
    "TermReport": {},
    "Bulletin": {},
    "ContactBookEntry": {"entry_date": date(2026, 9, 1)},
    "ContactBookItem": {},
    "Attachment": {"storage_key": "spare"},
    "Conversation": {"student_id": "spare student"},
    "Message": {"send_key": "spare"},
    "ChannelSwitch.homeroom": {"class_id": "spare class"},
    "AccountSession": {"key_hash": "spare"},
    "StaffPlacement": {"ended_on": date(2026, 9, 1)},
    "PlacementRequest": {"status": PlacementRequestStatus.REFUSED},
    "School": {"code": "spare"},
    "AcademicTerm": {"school_year": 150},
    "News": {},
    "ImportBatch": {},
    "OutboxMessage": {},
    "AuditEntry": {},
    "ProtectionMark": {},
    "Consent": {"version": "2"},
    "AuditSeal": {"number": 99_999, "entry_id": 99_999},
    "LimitCount": {"subject": "spare"},
    "OneTimeSecret": {},
    "RecoveryCode": {"code_hash": "spare"},
    "PasswordHistory": {},
    "SignInCounter": {"username": "spare"},
    "AccessVersion": {"id": 2},
}
"""What of a row is changed so that a copy of it can be added. Of the others there can be one only."""


class DataLayer:
    """Reads and writes family A's rows as a persona, by ORM statements and by the unit of work; keeps nothing."""

    def __init__(self, flask_app: Flask, families: Families) -> None:
        self.app, self.families = flask_app, families
        a = families.a
        with flask_app.app_context(), system("tests"):
            school_class = SchoolClass(school_id=a.ids["school"], school_year=115, grade_level=6, class_name="spare class")
            teaching = db.session.get(HomeroomAssignment, a.ids["HomeroomAssignment"])
            class_id = planted._add(school_class).id
            planted._add(
                HomeroomAssignment(
                    class_id=class_id, school_id=a.ids["school"], placement_id=teaching.placement_id, teacher_name="spare"
                )
            )
            others = {
                "spare student": planted.new_student(families, a, 0),
                "spare class": class_id,
            }
            self.copies = {key: self._copy(key, others) for key in matrix.OBJECTS}
            db.session.commit()

    def _copy(self, key: str, others: Mapping[str, Any]) -> dict[str, Any] | None:
        model, changes = model_of(key), SPARE.get(key, SPARE.get(key.partition(".")[0]))
        if changes is None:
            return None
        row = db.session.get(model, self.families.a.ids[key])
        columns = {attribute.key: getattr(row, attribute.key) for attribute in sa.inspect(model).column_attrs}
        if "id" in columns:
            del columns["id"]
        return columns | {name: others.get(value, value) for name, value in changes.items()}

    @contextmanager
    def seen_by(self, actor: Actor | None) -> Iterator[None]:
        with self.app.test_request_context():
            g.actor = actor
            try:
                yield
            finally:
                db.session.rollback()

    def seen(self) -> dict[str, bool]:
        """For each object: whether the acting account sees the row. One statement for all of them."""
        keys = [key for key in matrix.OBJECTS if key not in ("Role", "Account")]
        counts = [
            sa.select(sa.func.count()).select_from(model_of(key)).where(*self._here(key)).scalar_subquery() for key in keys
        ]
        found = dict(zip(keys, db.session.execute(sa.select(*counts)).one(), strict=True))
        found["Account"] = g.actor is not None and db.session.scalar(visible_accounts(g.actor).where(*self._here("Account")))
        return {key: bool(value) for key, value in found.items()}

    def _here(self, key: str) -> list[Any]:
        identity, columns = self.families.a.ids[key], sa.inspect(model_of(key)).primary_key
        values = identity if isinstance(identity, tuple) else (identity,)
        return [column == value for column, value in zip(columns, values, strict=True)]

    def may_write(self, key: str, act: Act) -> bool | None:
        """Whether the unit of work lets the acting account add or change the row; None where it cannot be tried."""
        model = model_of(key)
        if not is_owned(model) or (act == Act.ADD and self.copies[key] is None):
            return None
        try:
            if act == Act.ADD:
                db.session.add(model(**self.copies[key]))
            else:
                with system("tests"):
                    row = db.session.get(model, self.families.a.ids[key])
                db.session.add(row)
                flag_modified(row, self._some_column(model))
            db.session.flush()
            return True
        except OutOfScope:
            return False
        finally:
            db.session.rollback()

    def _some_column(self, model: Any) -> str:
        owners = {*model.ownership_columns, *(column.key for column in sa.inspect(model).primary_key)}
        return next(each.key for each in sa.inspect(model).column_attrs if each.key not in owners)


# ---------- the tests ----------


@pytest.fixture
def families(flask_app: Flask, world: World) -> Families:
    with flask_app.app_context():
        return plant(world)


def test_every_model_that_belongs_to_somebody_has_its_lines_in_the_matrix():
    """A new model with an ownership mixin fails here until app.access.matrix says who may do what with it."""
    models = {mapper.class_.__name__ for mapper in owned_mappers()}
    assert models - {each.model for each in matrix.OBJECTS.values()} == set()
    for key in matrix.OBJECTS:
        assert set(matrix.COMMON_ACTS) <= set(matrix.lines_of(key)), key


def test_every_screen_and_resource_that_shows_rows_shows_an_object_of_the_matrix(flask_app):
    known = {each.model for each in matrix.OBJECTS.values()}
    for view in flask_app.appbuilder.baseviews:
        datamodel = getattr(view, "datamodel", None)
        assert datamodel is None or datamodel.obj.__name__ in known, view


def test_every_line_names_each_persona_once_and_no_line_stands_twice():
    found = [(line.object.key, line.act) for line in matrix.lines()]
    assert len(found) == len(set(found))
    assert {key for key, _act in found} == set(matrix.OBJECTS)


def test_every_special_act_and_every_allowed_cell_has_a_door_that_is_tried():
    """«Allowed» would otherwise be a claim that no test has tried."""
    for line in matrix.lines():
        assert doors_of(line) or (line.act in matrix.COMMON_ACTS and not set(line.letters) & set("+.")), line


@pytest.mark.every_database
def test_the_data_layer_keeps_to_the_matrix(flask_app, families):
    """Seen or written there exactly when the cell says «allowed» or «within reach». One rule there says who changes a row
    and who deletes it; the deleting itself is tried at the doors."""
    people, layer, wrong = People(flask_app, families), DataLayer(flask_app, families), []
    for persona in TRIED_AS:
        with layer.seen_by(people.actors[persona]):
            seen = layer.seen()
            for key in matrix.OBJECTS:
                writes = {Act.ADD: layer.may_write(key, Act.ADD), Act.CHANGE: layer.may_write(key, Act.CHANGE)}
                found = {Act.LIST: seen.get(key), Act.ONE: seen.get(key), **writes, Act.DELETE: writes[Act.CHANGE]}
                for act, is_reached in found.items():
                    letter = matrix.lines_of(key)[act].letter(persona)
                    if is_reached is not None and is_reached != (letter in ("+", matrix.WITHIN_REACH)):
                        wrong.append((persona.name, key, act.value, letter, is_reached))
    assert not wrong, "\n".join(map(str, wrong))


def _is_tried(line: matrix.Line, persona: Persona, kind: str) -> bool:
    if not doors_of(line) or FULL:
        return bool(doors_of(line))
    return line.letter(persona) in "+." and (kind == "sqlite" or line.act in LOOKS)


@pytest.mark.every_database
def test_every_door_of_the_product_keeps_to_the_matrix(flask_app, database, world, families):
    """Looks first, acts afterwards."""
    targets, walker, wrong = Targets(world, families), Walker(flask_app, families), []
    cells = [(line, persona) for line in matrix.lines() for persona in TRIED_AS if _is_tried(line, persona, database.kind)]
    for is_look in (True, False):
        with flask_app.app_context(), system("tests"):
            tried = [
                (line, persona, targets.of(line.object.key, line.act, not is_look and line.letter(persona) == "+"))
                for line, persona in cells
                if (line.act in LOOKS) == is_look
            ]
            db.session.commit()
        for line, persona, target in tried:
            letter, found = line.letter(persona), walker.letter(persona, line, target)
            if found != letter.replace(matrix.WITHIN_REACH, "-"):
                wrong.append((persona.name, line.object.key, line.act.value, letter, found))
    assert len(cells) > 30
    assert not wrong, "\n".join(map(str, wrong))
