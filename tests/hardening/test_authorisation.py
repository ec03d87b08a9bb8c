"""P01–P03 and P05–P09: attacks over HTTP by people with an account, and with a valid token of their own.

A look at what is not theirs answers the same whether the row exists or not, and leaves one entry in the audit log.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.accounts.models import Account, AccountProfile, AccountState, PlacementRequest
from app.audit.models import AuditEntry
from app.audit.refusals import MOST
from app.bulletins.models import Bulletin
from app.conversations.models import ChannelSwitch, Message
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.model_types import today
from app.schools.models import Enrollment, SchoolClass, Student
from app.student_records.models import TermGrade
from tests.access.families import Families, plant
from tests.conftest import PersonClient, begin_session

UNKNOWN = 987_654
CHANNELS = ("homeroom", "academic_affairs", "counseling")
MING = "王小明"


@pytest.fixture
def families(flask_app, world) -> Families:
    with flask_app.app_context():
        return plant(world)


@pytest.fixture
def browser(flask_app, families) -> Callable[[str], PersonClient]:
    """The browser of somebody of the families or of the world."""

    def client(username: str) -> PersonClient:
        person = PersonClient(flask_app, flask_app.response_class)
        key = begin_session(flask_app, families.accounts[username])
        person.set_cookie(flask_app.config["SESSION_COOKIE_NAME"], key)
        return person

    return client


@pytest.fixture
def stored(flask_app) -> Callable[..., list[Any]]:
    """``stored(TermGrade, student_id=5)``: those rows, whoever they belong to."""

    def ask(model: Any, **values: Any) -> list[Any]:
        with flask_app.app_context(), system("tests"):
            rows = list(db.session.scalars(sa.select(model).filter_by(**values)))
            db.session.expunge_all()
            return rows

    return ask


@pytest.fixture
def change(flask_app) -> Callable[..., None]:
    """Change rows behind everybody's back."""

    def write(statement: Any) -> None:
        with flask_app.app_context(), db.engine.begin() as connection:
            connection.execute(statement)

    return write


def _bare(text: str) -> str:
    """A page without its numbers and tokens: what is left tells the same or something else."""
    return re.sub(r'value="[^"]*"|\d+', "", text)


class Attack:
    """One person's tries; each is held against the same try on a number that does not exist."""

    def __init__(self, client: PersonClient, stored: Callable[..., list[Any]], username: str) -> None:
        self.client, self.stored, self.username = client, stored, username

    def is_denied(self, address: str, number: int, **data: Any) -> None:
        """``address`` has ``{}`` in the place of the number; with ``data`` it is a POST."""
        ask = self.client.post if data else self.client.get
        sent = {"data": {name: value for name, value in data.items() if name != "_"}} if data else {}
        before = len(self._noted())
        real = ask(address.format(number), **sent)
        assert len(self._noted()) == min(before + 1, MOST), address
        unknown = ask(address.format(UNKNOWN), **sent)
        assert real.status_code in (403, 404), (address, real.status_code)
        assert real.status_code == unknown.status_code, address
        assert _bare(real.text) == _bare(unknown.text), address
        assert "canaryA" not in real.text

    def _noted(self) -> list[AuditEntry]:
        return self.stored(AuditEntry, username=self.username, action="refuse.page")


@pytest.fixture
def attack(browser, stored) -> Callable[[str], Attack]:
    return lambda username: Attack(browser(username), stored, username)


CHILD = "/portal/children/{}"

# ---------- P01 ----------


def test_p01_a_guardian_opens_no_page_of_another_child(attack, families):
    other, own = families.a.ids, families.b.ids
    parent = attack("guardian_b")
    for page in ("/", "/records", "/bulletins", "/contact-book", "/readers", *(f"/threads/{each}" for each in CHANNELS)):
        parent.is_denied(CHILD + page, other["Student"])
    parent.is_denied(CHILD.format(own["Student"]) + "/bulletins/{}", other["Bulletin"])
    parent.is_denied("/attachments/{}", other["Attachment"])
    parent.is_denied("/portal/links/{}/end", other["GuardianLink"])


@pytest.mark.parametrize(
    ("screen", "key"),
    [
        ("/sso/students", "Student"),
        ("/student-affairs/term-grades", "TermGrade"),
        ("/student-affairs/attendance", "AttendanceEvent"),
        ("/student-affairs/conduct", "ConductRecord"),
        ("/student-affairs/bulletins-on-file", "Bulletin"),
        ("/student-affairs/contact-books-on-file", "ContactBookEntry"),
        ("/student-affairs/conversations-on-file", "Conversation.counseling"),
        ("/student-affairs/messages-on-file", "Message.counseling"),
    ],
)
def test_p01_a_guardian_reaches_no_screen_of_the_staff_by_a_childs_number(browser, families, screen, key):
    parent, number = browser("guardian_b"), families.a.ids[key]
    for act in ("show", "edit", "delete"):
        for family in (families.a, families.b):
            assert parent.get(f"{screen}/{act}/{family.ids[key]}").status_code in (403, 404)
        assert parent.post(f"{screen}/{act}/{number}", data={"score": "100"}).status_code in (403, 404, 405)
    for address in ("list/", "export", "lookup/student", "add"):
        assert parent.get(f"{screen}/{address}").status_code in (403, 404, 405)
        assert parent.post(f"{screen}/{address}", data={"format": "csv"}).status_code in (403, 404, 405)


def test_p01_a_guardian_writes_to_nobody_about_another_child(attack, families, stored):
    before = len(stored(Message))
    parent = attack("guardian_b")
    for channel in CHANNELS:
        parent.is_denied(CHILD + f"/threads/{channel}", families.a.ids["Student"], body="forged")
    assert len(stored(Message)) == before


def test_p01_a_guardian_ends_nobody_elses_link(attack, families, stored):
    attack("guardian_b").is_denied("/portal/links/{}/end", families.a.ids["GuardianLink"], _="")
    assert stored(GuardianLink, id=families.a.ids["GuardianLink"])[0].status == LinkStatus.APPROVED


def test_p01_a_session_that_knocks_at_every_door_fills_no_disk(browser, stored):
    parent = browser("guardian_b")
    for number in range(1, 2 * MOST):
        parent.get(f"/sso/students/show/{number}")
    noted = stored(AuditEntry, username="guardian_b", action="refuse.page")
    assert len(noted) == MOST
    assert (noted[0].object_id, noted[0].detail) == ("1", "GET StudentAdmin.show")


# ---------- P02 ----------


@pytest.mark.parametrize("teacher", ["teacher_502", "teacher_701"])
def test_p02_a_teacher_acts_on_no_class_but_the_own(attack, families, stored, teacher):
    a, area = families.a.ids, "/student-affairs"
    other = attack(teacher)
    notice = {"title": "forged", "text": "forged", "publish_from": "2026-09-01"}
    book = {"entry_date": today().isoformat(), "lines-0-kind": "homework", "lines-0-text": "forged"}
    other.is_denied(area + "/bulletins/{}", a["Bulletin"])
    other.is_denied(area + "/bulletins/{}", a["Bulletin"], **notice)
    other.is_denied(area + "/bulletins/{}/delete", a["Bulletin"], _="")
    other.is_denied(area + "/bulletins/add?class_id={}", a["SchoolClass"], **notice)
    other.is_denied(area + "/contact-book/{}", a["ContactBookEntry"], **book)
    other.is_denied(area + "/contact-book/{}/delete", a["ContactBookEntry"], _="")
    other.is_denied(area + "/contact-book/add?class_id={}", a["SchoolClass"], **book)
    other.is_denied(area + "/threads/homeroom/{}", a["Student"], body="forged")
    other.is_denied(area + "/links/{}", a["GuardianLink"], decision="approve")
    other.is_denied(area + "/links/{}/end", a["GuardianLink"], reason="forged")
    other.is_denied(area + "/term-grades/show/{}", a["TermGrade"])
    other.is_denied("/sso/students/show/{}", a["Student"])
    other.is_denied("/attachments/{}", a["Attachment"])
    closed = {"class_id": a["SchoolClass"], "to": "close", "confirmed": "1"}
    assert other.client.post(area + "/threads/homeroom/switch", data=closed).status_code == 404
    assert stored(Bulletin, id=a["Bulletin"])[0].title == "canaryAbulletin"
    assert stored(ChannelSwitch, id=a["ChannelSwitch.homeroom"])[0].is_open
    assert stored(GuardianLink, id=a["GuardianLink"])[0].status == LinkStatus.APPROVED


def test_p02_the_class_that_a_form_names_is_looked_up_within_the_own_ones(browser, families, stored):
    """The address names the own class, the form another: the form's is what counts, and it is refused."""
    teacher, a, b = browser("teacher_502"), families.a.ids, families.b.ids
    notice = {"class_id": a["SchoolClass"], "title": "forged", "text": "forged", "publish_from": "2026-09-01"}
    answer = teacher.post(f"/student-affairs/bulletins/add?class_id={b['SchoolClass']}", data=notice)
    assert answer.status_code == 404
    assert stored(Bulletin, title="forged") == []


def test_p02_a_manager_acts_on_no_school_but_the_own(attack, families, stored):
    a = families.a.ids
    other = attack("manager_zx")
    for screen, key in (
        ("/sso/students", "Student"),
        ("/sso/classes", "SchoolClass"),
        ("/sso/enrollments", "Enrollment"),
        ("/sso/homeroom-assignments", "HomeroomAssignment"),
        ("/student-affairs/term-grades", "TermGrade"),
        ("/student-affairs/attendance", "AttendanceEvent"),
        ("/student-affairs/conduct", "ConductRecord"),
    ):
        other.is_denied(screen + "/show/{}", a[key])
        other.is_denied(screen + "/edit/{}", a[key], full_name="forged", subject="forged")
        other.is_denied(screen + "/delete/{}", a[key], _="")
    other.is_denied("/student-affairs/links/{}", a["GuardianLink"], decision="approve")
    other.is_denied("/sso/import/{}", a["ImportBatch"])
    other.is_denied("/sso/import/{}/apply", a["ImportBatch"], fingerprint="x")
    assert stored(Student, id=a["Student"])[0].full_name == "canaryAstudent"
    assert len(stored(TermGrade, id=a["TermGrade"])) == 1
    for page in ("/sso/students/list/", "/student-affairs/term-grades/list/"):
        assert "canaryA" not in other.client.get(page).text
    assert "canaryA" not in other.client.post("/sso/students/export", data={"format": "csv"}).text


# ---------- P03 ----------

ROOMS = {
    "homeroom": {"teacher_501", "lead_wc", "teacher_parent"},
    "academic-affairs": {"registrar_wc"},
    "counseling": {"counselor_wc"},
}
STAFF = ("teacher_501", "lead_wc", "manager_wc", "registrar_wc", "only_registrar_wc", "only_instruction_wc")
STAFF += ("counselor_wc", "personnel_wc", "city_admin", "teacher_parent", "guardian_a")


@pytest.mark.parametrize("room", ROOMS)
def test_p03_a_room_opens_to_the_roles_that_it_needs_all_of_them(browser, families, stored, room):
    """註冊 alone and 教學 alone are no 教務處, 管理者 alone no 導師, and nobody but 輔導 is 輔導室."""
    before = len(stored(Message))
    for person in STAFF:
        client, status = browser(person), 200 if person in ROOMS[room] else 403
        assert client.get(f"/student-affairs/threads/{room}/").status_code == status, person
        if status == 403:
            address = f"/student-affairs/threads/{room}/{families.a.ids['Student']}"
            assert client.get(address).status_code == client.post(address, data={"body": "x"}).status_code == 403
            assert client.post(f"/student-affairs/threads/{room}/switch", data={"to": "open"}).status_code == 403
    assert len(stored(Message)) == before


def test_p03_a_homeroom_teacher_has_the_own_classes_and_with_manager_the_whole_school(browser, families):
    """「導師：只能看到自己的班級」, 導師 + 管理者 every class of the school, 管理者 alone no homeroom area."""
    student = families.a.ids["Student"]
    answers = {
        person: browser(person).get(f"/student-affairs/threads/homeroom/{student}").status_code
        for person in ("teacher_501", "teacher_502", "lead_wc", "manager_wc")
    }
    assert answers == {"teacher_501": 200, "teacher_502": 404, "lead_wc": 200, "manager_wc": 403}


def test_p03_counseling_is_read_by_the_counselors_and_the_guardian_alone(browser, families):
    a = families.a.ids
    addresses = (
        f"/student-affairs/threads/counseling/{a['Student']}",
        f"/student-affairs/conversations-on-file/show/{a['Conversation.counseling']}",
        f"/student-affairs/messages-on-file/show/{a['Message.counseling']}",
        "/student-affairs/messages-on-file/list/?psize_MessageAdmin=100",
    )
    readers = {
        person for person in STAFF if any("canaryAtalkcounseling" in browser(person).get(each).text for each in addresses)
    }
    assert readers == {"counselor_wc"} | {"teacher_parent"}  # the latter as guardian of the child
    assert "canaryAtalkcounseling" in browser("guardian_a").get(CHILD.format(a["Student"]) + "/threads/counseling").text


# ---------- P05 ----------


@pytest.mark.parametrize(
    ("channel", "room", "staff"),
    [
        ("homeroom", "homeroom", "teacher_501"),
        ("academic_affairs", "academic-affairs", "registrar_wc"),
        ("counseling", "counseling", "counselor_wc"),
    ],
)
def test_p05_a_room_that_is_shut_takes_nothing_in_by_any_route(browser, families, stored, change, channel, room, staff):
    student, before = families.a.ids["Student"], len(stored(Message))
    change(sa.update(ChannelSwitch.__table__).where(ChannelSwitch.channel == channel).values(is_open=False))
    parent, desk = browser("guardian_a"), browser(staff)
    address = CHILD.format(student) + f"/threads/{channel}"
    assert parent.get(address).status_code == 404
    assert parent.post(address, data={"body": "x"}).status_code == 404
    assert f"/threads/{channel}" not in parent.get(CHILD.format(student) + "/").text
    assert desk.get(f"/student-affairs/threads/{room}/{student}").status_code == 200  # the staff still read
    refused = desk.post(f"/student-affairs/threads/{room}/{student}", data={"body": "x"})
    assert refused.status_code == 200 and 'role="alert"' in refused.text
    for other in CHANNELS:  # nor under another channel's name
        if other != channel:
            parent.post(CHILD.format(student) + f"/threads/{other}", data={"body": "y", "channel": channel})
    assert stored(Message, channel=channel, body="x") == stored(Message, channel=channel, body="y") == []
    assert len(stored(Message)) == before + len(CHANNELS) - 1
    assert parent.post(f"/student-affairs/threads/{room}/switch", data={"to": "open"}).status_code == 403


# ---------- P06 ----------


def test_p06_an_account_under_review_opens_nothing_but_the_notice(browser, flask_app, families):
    waiting = browser("awaiting")
    for rule in flask_app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.arguments or rule.endpoint == "UnderReviewView.show":
            continue
        answer = waiting.get(rule.rule)
        kept = answer.status_code == 302 and "/under-review" in answer.location
        for_all = ("static", "PrivacyNoticeView.show", "PhoneView.worker")  # nothing of anybody is in them
        assert kept or rule.endpoint in for_all, (rule.rule, answer.status_code)
    for address in ("/sso/students/list/", "/student-affairs/", CHILD.format(families.a.ids["Student"]) + "/records"):
        assert waiting.get(address).status_code == 302
        assert "canaryA" not in waiting.get(address, follow_redirects=True).text


def test_p06_suspending_ends_the_sessions_that_are_open(browser, families, stored, change):
    teacher, city = browser("teacher_501"), browser("city_admin")
    assert teacher.get("/student-affairs/").status_code == 200
    assert city.post(f"/sso/accounts/suspend/{families.accounts['teacher_501']}", data={"_": ""}).status_code == 302
    for address in ("/student-affairs/", "/portal/", f"/student-affairs/bulletins/{families.a.ids['Bulletin']}"):
        answer = teacher.get(address)
        assert answer.status_code == 302 and "/sign-in/" in answer.location
    # reopened, the old cookie stays dead
    change(
        sa.update(Account.__table__)
        .where(Account.id == families.accounts["teacher_501"])
        .values(state=AccountState.ACTIVE, active=True)
    )
    assert teacher.get("/student-affairs/").status_code == 302


def test_p06_a_suspended_account_has_nothing_of_an_old_session(browser, families):
    old = browser("suspended")
    answer = old.get(f"/student-affairs/bulletins/{families.a.ids['Bulletin']}")
    assert answer.status_code == 302 and "/sign-in/" in answer.location
    assert "canary" not in answer.text


# ---------- P07 ----------


def test_p07_the_old_teacher_loses_a_child_that_moves_and_the_new_one_gains_it(client_as, world, change):
    ming, pages = world.students[MING], ("/sso/students/show/{}", "/student-affairs/threads/homeroom/{}")

    def statuses(person: str) -> list[int]:
        return [client_as(person).get(page.format(ming)).status_code for page in pages]

    assert (statuses("teacher_501"), statuses("teacher_502")) == ([200, 200], [404, 404])
    seats = Enrollment.__table__
    change(sa.update(seats).where(seats.c.student_id == ming).values(class_id=world.classes["502"]))
    assert (statuses("teacher_501"), statuses("teacher_502")) == ([404, 404], [200, 200])
    parent = client_as("parent_chen")
    assert "502 作業" in parent.get(CHILD.format(ming) + "/contact-book").text
    assert parent.get(CHILD.format(ming) + f"/bulletins/{world.bulletins['501']}").status_code == 404


def test_p07_a_child_without_a_class_leaves_the_guardian_the_records_and_no_class(client_as, world, change):
    ming, seats = world.students[MING], Enrollment.__table__
    change(sa.update(seats).where(seats.c.student_id == ming).values(ended_on=today()))
    parent = client_as("parent_chen")
    assert parent.get(CHILD.format(ming) + "/records").status_code == 200
    for page in ("/bulletins", "/contact-book", "/threads/homeroom", f"/bulletins/{world.bulletins['501']}"):
        assert parent.get(CHILD.format(ming) + page).status_code == 404, page
    assert client_as("teacher_501").get(f"/sso/students/show/{ming}").status_code == 404


# ---------- P08 ----------

APPLICATION = {
    "school": "文昌國小",
    "grade_level": "5",
    "class_name": "1",
    "seat_number": "12",
    "student_name": MING,
    "student_key": "1110500",
    "birth_date": "民國104年5月6日",
    "relationship_kind": "father",
}


def test_p08_a_school_that_takes_no_applications_takes_none_from_a_forged_form(client_as, world, stored):
    """It is not on offer; its name, its code, its remark and its number are typed nevertheless."""
    parent, before = client_as("parent_lin"), len(stored(GuardianLink))
    for typed in ("武陵國小", "034602", "武陵國小（目前尚無開放申請）", str(world.schools["wuling"])):
        answer = parent.post("/portal/links/", data={**APPLICATION, "school": typed, "school_id": world.schools["wuling"]})
        assert answer.status_code == 200, typed
    assert len(stored(GuardianLink)) == before


def test_p08_no_form_takes_a_number_of_another_school(browser, families, world, stored):
    """Hidden and select fields, and the parents that an address may name, are looked up within the scope."""
    registrar, z, a = browser("only_registrar_wc"), families.z.ids, families.a.ids
    mark = {"term": world.terms[115, 1], "grade_level": "5", "kind": "subject", "subject": "forged", "score": "99"}
    seat = {"started_on": "2026-09-01"}
    tries = (
        ("/student-affairs/term-grades/add", {**mark, "student": z["Student"]}),
        ("/sso/enrollments/add", {**seat, "student": z["Student"], "school_class": a["SchoolClass"]}),
        ("/sso/enrollments/add", {**seat, "student": a["Student"], "school_class": z["SchoolClass"]}),
        ("/sso/homeroom-assignments/add", {**seat, "school_class": z["SchoolClass"], "teacher_name": "forged"}),
        (
            "/sso/homeroom-assignments/add",
            {**seat, "school_class": a["SchoolClass"], "placement": z["StaffPlacement"], "teacher_name": "forged"},
        ),
    )
    marks, seats = len(stored(TermGrade)), len(stored(Enrollment))
    for address, data in tries:
        answer = registrar.post(address, data=data)
        assert answer.status_code == 200, (address, data)
        assert "canaryZ" not in answer.text
    for address, column in (("/student-affairs/term-grades/add", "student"), ("/sso/enrollments/add", "school_class")):
        number = z["Student"] if column == "student" else z["SchoolClass"]
        foreign = registrar.post(f"{address}?_flt_0_{column}={number}", data={**mark, **seat})
        unknown = registrar.post(f"{address}?_flt_0_{column}={UNKNOWN}", data={**mark, **seat})
        assert foreign.status_code == unknown.status_code == 404
        assert _bare(foreign.text) == _bare(unknown.text)
    assert (len(stored(TermGrade)), len(stored(Enrollment))) == (marks, seats)
    for screen, column in (("/student-affairs/term-grades", "student"), ("/sso/enrollments", "school_class")):
        offered = registrar.get(f"{screen}/lookup/{column}?q=canary").text
        assert "canaryZ" not in offered


# ---------- P09 ----------


def test_p09_an_application_for_a_link_takes_no_status_from_its_form(client_as, world, stored):
    forged = {
        "status": "approved",
        "student_id": world.students["林品妤"],
        "account_id": world.accounts["parent_chen"],
        "school_id": world.schools["zhongxing"],
        "decided_by_id": "1",
        "decided_by_name": "forged",
        "held_for_manager": "",
    }
    parent = client_as("parent_lin")
    assert parent.post("/portal/links/", data={**APPLICATION, **forged}).status_code == 302
    (link,) = stored(GuardianLink, account_id=world.accounts["parent_lin"])
    assert (link.status, link.student_id, link.decided_by_id, link.decided_by_name) == (
        LinkStatus.PENDING,
        world.students[MING],
        None,
        "",
    )
    assert link.school_id == world.schools["wenchang"]
    assert parent.get(CHILD.format(world.students[MING]) + "/records").status_code == 404


def test_p09_generated_forms_fill_in_their_own_columns_alone(browser, families, world, stored):
    manager, z = browser("manager_wc"), families.z.ids
    extra = {"school": z["school"], "school_id": z["school"], "id": "1", "sourced_id": "forged"}
    data = {"student_number": "forged-9", "full_name": "forged", "status": "enrolled", **extra}
    assert manager.post("/sso/students/add", data=data).status_code == 302
    (student,) = stored(Student, student_number="forged-9")
    assert (student.school_id, student.sourced_id) == (world.schools["wenchang"], None)
    assert student.id != 1
    moved = {"student_number": "forged-9", "full_name": "forged", "status": "enrolled", **extra}
    assert manager.post(f"/sso/students/edit/{student.id}", data=moved).status_code == 302
    assert stored(Student, id=student.id)[0].school_id == world.schools["wenchang"]
    mark = {"grade_level": "5", "kind": "subject", "subject": "canaryAmark", "score": "60"}
    number = families.a.ids["TermGrade"]
    assert manager.post(
        f"/student-affairs/term-grades/edit/{number}", data={**mark, "student": z["Student"], "student_id": z["Student"]}
    ).status_code in (200, 302)
    assert stored(TermGrade, id=number)[0].student_id == families.a.ids["Student"]
    closed = {"school_year": "115", "grade_level": "6", "class_name": "forged", "school": z["school"]}
    manager.post("/sso/classes/add", data=closed)
    assert {each.school_id for each in stored(SchoolClass, class_name="forged")} <= {world.schools["wenchang"]}


def test_p09_pages_of_ours_take_no_owner_and_no_author_from_a_form(browser, families, world, stored):
    teacher, z = browser("teacher_501"), families.z.ids
    forged = {"school_id": z["school"], "author_id": "1", "author_name": "forged", "id": "1", "student_id": z["Student"]}
    notice = {"class_id": families.a.ids["SchoolClass"], "title": "extra", "text": "x", "publish_from": "2026-09-01"}
    answer = teacher.post(f"/student-affairs/bulletins/add?class_id={notice['class_id']}", data={**notice, **forged})
    assert answer.status_code == 302
    (bulletin,) = stored(Bulletin, title="extra")
    assert (bulletin.school_id, bulletin.author_id) == (world.schools["wenchang"], world.accounts["teacher_501"])
    assert bulletin.author_name != "forged"
    student = families.a.ids["Student"]
    said = {"body": "extra", "is_from_guardian": "1", "author_capacity": "mother", "channel": "counseling", **forged}
    assert teacher.post(f"/student-affairs/threads/homeroom/{student}", data=said).status_code == 302
    (message,) = stored(Message, body="extra")
    assert (message.author_id, message.is_from_guardian, message.channel, message.student_id) == (
        world.accounts["teacher_501"],
        False,
        "homeroom",
        student,
    )


def test_p09_nobody_gives_himself_a_role_a_state_or_a_placement(browser, families, stored):
    teacher = browser("teacher_502")
    forged = {"role": "系統管理者", "roles": "系統管理者", "state": "active", "kind": "official", "status": "approved"}
    sent = {"school_id": families.z.ids["school"], "job_title": "校長", **forged, "granted_roles": "系統管理者"}
    assert teacher.post("/portal/placement/", data=sent).status_code == 302
    (request,) = stored(PlacementRequest, username="teacher_502")
    assert (request.status, request.granted_roles, request.decided_by_id) == ("pending", "", None)
    before = stored(Account, id=families.accounts["teacher_502"])[0]
    profile = {"full_name": "x", "identity_number_sealed": "x", "account_id": "1", "username": "city_admin", **forged}
    teacher.post("/portal/profile/edit", data={**profile, "captcha": "24680"})
    after = stored(Account, id=families.accounts["teacher_502"])[0]
    assert (after.username, after.state, after.kind) == (before.username, before.state, before.kind)
    assert stored(AccountProfile, account_id=families.accounts["teacher_502"])[0].identity_number_sealed != "x"
    assert teacher.get("/sso/accounts/list/").status_code == 403
