"""A1.8 and A1.9: 調校申請, its review, and what a placement brings."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as
from app.access.roles import Role
from app.access.session import system
from app.accounts import passwords
from app.accounts.first_passwords import replace_first_password
from app.accounts.identity import read_identity_number
from app.accounts.models import (
    Account,
    AccountKind,
    AccountState,
    PlacementRequest,
    PlacementRequestStatus,
    StaffPlacement,
)
from app.accounts.placements import PlacementAlreadyPending, request_placement
from app.accounts.queries import visible_accounts
from app.accounts.registration import OfficialApplication, register_official
from app.accounts.review import (
    ApplicantNotReady,
    MayNotReview,
    MayNotSuspend,
    NotToBeSuspended,
    PlacementAlreadyDecided,
    ReasonMissing,
    RolesNotGrantable,
    approve_placement,
    refuse_placement,
    reopen_account,
    suspend_account,
)
from app.accounts.sign_in import sign_in
from app.extensions import db
from app.schools.models import HomeroomAssignment, SchoolClass
from tests.accounts.browsing import account, count, errors, messages, send

LIST, UNDER_REVIEW, PLACEMENT = "/sso/placement-requests/list/", "/under-review/", "/portal/placement/"
OWN_PASSWORD = "Quiet-harbour-71"


def apply_as(flask_app, world, username="new_teacher", number="A123456789", school="wenchang"):
    """A registration, still before its first sign-in."""
    with flask_app.test_request_context():
        register_official(
            OfficialApplication(
                username=username,
                full_name="周雅婷",
                identity=read_identity_number(number),
                birth_date=date(1986, 3, 2),
                email=f"{username}@example.org",
                mobile="+886912345678",
                locale="zh_Hant_TW",
                school_id=world.schools[school],
                job_title="教師",
            )
        )
    world.accounts[username] = account(flask_app, username)["id"]


def finish_first_sign_in(flask_app, world, actor_of, username="new_teacher"):
    temporary = re.search(r"[A-Za-z0-9]{10,}", messages(flask_app, "first_password")[-1][1]["text"]).group()
    with flask_app.test_request_context():
        sign_in(AccountKind.OFFICIAL, username, temporary)
    actor = actor_of(username)
    with flask_app.app_context(), acting_as(actor):
        replace_first_password(actor, temporary, OWN_PASSWORD)


@pytest.fixture
def applicant(flask_app, world, actor_of):
    """new_teacher has registered for 文昌國小, changed the temporary password, and waits."""
    apply_as(flask_app, world)
    finish_first_sign_in(flask_app, world, actor_of)
    yield "new_teacher"
    world.accounts.pop("new_teacher")


def request_of(flask_app, username):
    with flask_app.app_context(), system("tests"):
        return db.session.scalars(
            sa.select(PlacementRequest).where(PlacementRequest.username == username).order_by(PlacementRequest.id.desc())
        ).first()


def review_path(flask_app, username):
    return f"/sso/placement-requests/review/{request_of(flask_app, username).id}"


def open_placements(flask_app, username):
    with flask_app.app_context(), system("tests"):
        rows = db.session.scalars(
            sa.select(StaffPlacement).where(StaffPlacement.username == username, StaffPlacement.ended_on.is_(None))
        ).all()
        return [(row.school_id, row.job_title) for row in rows]


# ---------- waiting ----------


@pytest.mark.every_database
def test_an_applicant_sees_only_that_it_is_under_review(client_as, applicant):
    client = client_as(applicant)
    for path in ("/portal/", "/sso/", "/student-affairs/", "/portal/profile/", PLACEMENT):
        assert client.get(path).location == UNDER_REVIEW
    page = client.get(UNDER_REVIEW).text
    assert "審核中" in page
    assert "文昌國小" in page


def test_a_visitor_and_a_placed_teacher_have_nothing_to_wait_for(visitor, client_as):
    assert "/sign-in/official" in visitor.get(UNDER_REVIEW).location
    assert client_as("teacher_501").get(UNDER_REVIEW).location == "/portal/"


@pytest.mark.every_database
def test_a_request_appears_after_the_first_sign_in(flask_app, client_as, world, actor_of):
    apply_as(flask_app, world)
    assert "周雅婷" not in client_as("personnel_wc").get(LIST).text
    assert client_as("personnel_wc").get(review_path(flask_app, "new_teacher")).status_code == 404
    finish_first_sign_in(flask_app, world, actor_of)
    page = client_as("personnel_wc").get(LIST).text
    assert "周雅婷" in page
    assert "審核" in page
    assert re.search(r'class="job-n">1<', client_as("personnel_wc").get("/sso/").text)
    world.accounts.pop("new_teacher")


# ---------- deciding ----------


@pytest.mark.every_database
def test_approval_places_the_applicant_and_opens_both_platforms(flask_app, client_as, applicant):
    waiting = client_as(applicant)
    personnel = client_as("personnel_wc")
    path = review_path(flask_app, applicant)
    page = personnel.get(path).text
    assert "A12****789" in page
    assert "系統管理者" not in page
    answer = send(personnel, path, {"decision": "approve", "roles": [Role.HOMEROOM_TEACHER, Role.COUNSELOR]}, follow=True)
    assert "編輯資料成功!" in answer.text
    placed = account(flask_app, applicant)
    assert placed["state"] == AccountState.ACTIVE
    assert placed["roles"] == {Role.HOMEROOM_TEACHER, Role.COUNSELOR}
    decided = request_of(flask_app, applicant)
    assert (decided.status, decided.granted_roles) == (
        PlacementRequestStatus.APPROVED,
        "校端_一般_導師、校端_一般_輔導",
    )
    assert [receiver for receiver, _ in messages(flask_app, "placement_approved")] == ["new_teacher@example.org"]
    assert "/sign-in/official" in waiting.get(UNDER_REVIEW).location, "the waiting session ended"
    again = client_as(applicant)
    assert again.get("/portal/").status_code == 200
    assert again.get("/sso/").status_code == 200
    page = personnel.get(path)
    assert page.status_code == 200
    assert "儲存" not in page.text, "what is decided is shown and not asked again"


@pytest.mark.every_database
def test_a_refused_applicant_reads_the_reason_and_applies_again(flask_app, client_as, world, applicant):
    path = review_path(flask_app, applicant)
    send(client_as("personnel_wc"), path, {"decision": "refuse", "reason": "本校沒有這位教師"})
    ((receiver, letter),) = messages(flask_app, "placement_refused")
    assert receiver == "new_teacher@example.org"
    assert "本校沒有這位教師" in letter["text"]
    client = client_as(applicant)
    assert client.get("/portal/").location == UNDER_REVIEW
    page = client.get(UNDER_REVIEW).text
    assert "本校沒有這位教師" in page
    send(client, UNDER_REVIEW, {"school_id": str(world.schools["zhongxing"]), "job_title": "代理教師"})
    page = client.get(UNDER_REVIEW).text
    assert "審核中" in page
    assert "中興國中" in page
    assert client_as("personnel_wc").get(review_path(flask_app, applicant)).status_code == 404


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "decision"),
        ({"decision": "whatever"}, "decision"),
        ({"decision": "approve"}, "roles"),
        ({"decision": "approve", "roles": ["系統管理者"]}, "roles"),
        ({"decision": "approve", "roles": ["學生家長"]}, "roles"),
        ({"decision": "refuse"}, "reason"),
        ({"decision": "refuse", "reason": " \n "}, "reason"),
        ({"decision": "refuse", "reason": "長" * 301}, "reason"),
    ],
)
def test_a_decision_that_is_not_whole_is_said_and_decides_nothing(flask_app, client_as, applicant, fields, field):
    page = send(client_as("personnel_wc"), review_path(flask_app, applicant), fields)
    assert set(errors(page)) == {field}
    assert request_of(flask_app, applicant).status == PlacementRequestStatus.PENDING
    assert open_placements(flask_app, applicant) == []


@pytest.mark.parametrize("person", ["manager_wc", "teacher_501", "registrar_wc", "manager_zx", "parent_chen", "citizen_wu"])
def test_nobody_else_reviews(flask_app, client_as, applicant, person):
    assert client_as(person).get(review_path(flask_app, applicant)).status_code == 403
    assert client_as(person).get(LIST).status_code == 403


def test_another_unit_s_personnel_officer_does_not_even_see_it(flask_app, client_as, world, actor_of):
    apply_as(flask_app, world, school="zhongxing")
    finish_first_sign_in(flask_app, world, actor_of)
    assert "周雅婷" not in client_as("personnel_wc").get(LIST).text
    assert client_as("personnel_wc").get(review_path(flask_app, "new_teacher")).status_code == 404
    assert "周雅婷" in client_as("city_admin").get(LIST).text
    world.accounts.pop("new_teacher")


@pytest.mark.parametrize("pk", ["0", "999999", "99999999999999999999", "x", "-1"])
def test_what_is_no_request_is_not_found(client_as, pk):
    assert client_as("personnel_wc").get(f"/sso/placement-requests/review/{pk}").status_code == 404


# ---------- the services ----------


@pytest.fixture
def as_personnel(context, actor_of):
    actor = actor_of("personnel_wc")
    with acting_as(actor):
        yield actor


def _request(username):
    return db.session.scalars(
        sa.select(PlacementRequest)
        .where(PlacementRequest.username == username)
        .order_by(PlacementRequest.id.desc())
        .limit(1)
    ).one()


@pytest.mark.every_database
@pytest.mark.parametrize("roles", [set(), {Role.CITY_ADMIN}, {Role.GUARDIAN}, {Role.HOMEROOM_TEACHER, Role.CITY_ADMIN}])
def test_only_roles_of_a_school_are_granted_by_a_school(applicant, as_personnel, roles):
    with pytest.raises(RolesNotGrantable):
        approve_placement(as_personnel, _request(applicant), roles)


def test_the_administrator_s_role_is_granted_by_an_administrator_at_the_bureau_alone(flask_app, world, actor_of):
    apply_as(flask_app, world, "new_clerk", "F131104093", "bureau")
    apply_as(flask_app, world, "new_teacher", "A123456789", "wenchang")
    for username in ("new_clerk", "new_teacher"):
        with flask_app.app_context(), system("tests"):
            db.session.execute(
                sa.update(Account).where(Account.username == username).values(state=AccountState.PENDING_REVIEW)
            )
            db.session.commit()
    admin = actor_of("city_admin")
    with flask_app.app_context(), acting_as(admin):
        with pytest.raises(RolesNotGrantable):
            approve_placement(admin, _request("new_teacher"), {Role.CITY_ADMIN})
        approve_placement(admin, _request("new_clerk"), {Role.CITY_ADMIN})
    assert account(flask_app, "new_clerk")["roles"] == {Role.CITY_ADMIN}
    for username in ("new_clerk", "new_teacher"):
        world.accounts.pop(username)


def test_a_refusal_says_why(applicant, as_personnel):
    with pytest.raises(ReasonMissing):
        refuse_placement(as_personnel, _request(applicant), "  ")


def test_an_applicant_who_never_signed_in_is_not_placed(flask_app, world, actor_of):
    apply_as(flask_app, world)
    actor = actor_of("personnel_wc")
    with flask_app.app_context(), acting_as(actor), pytest.raises(ApplicantNotReady):
        approve_placement(actor, _request("new_teacher"), {Role.HOMEROOM_TEACHER})
    world.accounts.pop("new_teacher")


def test_nobody_decides_about_oneself(flask_app, actor_of, world):
    actor = actor_of("personnel_wc")
    with flask_app.app_context(), acting_as(actor):
        request_placement(actor, world.schools["wenchang"], "校長")
        with pytest.raises(MayNotReview):
            approve_placement(actor, _request("personnel_wc"), {Role.SCHOOL_ADMIN})
        with pytest.raises(MayNotReview):
            refuse_placement(actor, _request("personnel_wc"), "不")


def test_the_own_request_is_shown_without_a_form(flask_app, client_as, world):
    client = client_as("personnel_wc")
    send(client, PLACEMENT, {"school_id": str(world.schools["wenchang"]), "job_title": "人事主任"})
    page = client.get(review_path(flask_app, "personnel_wc"))
    assert page.status_code == 200
    assert "不能審核自己的申請" in page.text
    posted = client.post(review_path(flask_app, "personnel_wc"), data={"decision": "approve", "roles": "校端_進階_管理者"})
    assert posted.status_code == 200
    assert request_of(flask_app, "personnel_wc").status == PlacementRequestStatus.PENDING


@pytest.mark.every_database
def test_of_two_reviewers_at_once_one_decides_and_the_other_is_told(flask_app, applicant, actor_of):
    personnel, admin = actor_of("personnel_wc"), actor_of("city_admin")
    start = Barrier(2)

    def decide(actor, act):
        with flask_app.app_context(), acting_as(actor):
            request = _request(applicant)
            start.wait()
            try:
                act(actor, request)
            except PlacementAlreadyDecided:
                return "told"
        return "decided"

    acts = [
        (personnel, lambda actor, request: approve_placement(actor, request, {Role.HOMEROOM_TEACHER})),
        (admin, lambda actor, request: refuse_placement(actor, request, "查無此人")),
    ]
    with ThreadPoolExecutor(2) as both:
        results = list(both.map(lambda pair: decide(*pair), acts))
    assert sorted(results) == ["decided", "told"]
    was_approved = results[0] == "decided"
    assert len(open_placements(flask_app, applicant)) == (1 if was_approved else 0)
    assert bool(account(flask_app, applicant)["roles"]) == was_approved
    assert len(messages(flask_app, "placement_approved")) + len(messages(flask_app, "placement_refused")) == 1


# ---------- moving ----------


@pytest.mark.every_database
def test_approval_by_the_new_unit_moves_the_placement_and_ends_the_old_roles(flask_app, client_as, world, actor_of):
    teacher = client_as("teacher_701")
    answer = send(teacher, PLACEMENT, {"school_id": str(world.schools["wenchang"]), "job_title": "輔導老師"}, follow=True)
    assert "申請成功" in answer.text
    assert "審核中" in answer.text
    assert teacher.get("/student-affairs/").status_code == 200, "until then everything stays as it is"
    page = client_as("personnel_wc").get(review_path(flask_app, "teacher_701")).text
    assert "中興國中" in page, "the reviewer sees which placement would end"
    actor = actor_of("personnel_wc")
    with flask_app.app_context(), acting_as(actor):
        approve_placement(actor, _request("teacher_701"), {Role.COUNSELOR})
    assert open_placements(flask_app, "teacher_701") == [(world.schools["wenchang"], "輔導老師")]
    assert account(flask_app, "teacher_701")["roles"] == {Role.COUNSELOR}
    assert "/sign-in/" in teacher.get("/student-affairs/").location
    moved = actor_of("teacher_701")
    with flask_app.app_context(), acting_as(moved):
        assert world.classes["701"] not in set(db.session.scalars(sa.select(SchoolClass.id)))


@pytest.mark.every_database
def test_one_request_at_a_time(flask_app, client_as, world, actor_of):
    actor = actor_of("teacher_701")
    with flask_app.app_context(), acting_as(actor):
        request_placement(actor, world.schools["wenchang"], "教師")
        with pytest.raises(PlacementAlreadyPending):
            request_placement(actor, world.schools["wuling"], "教師")
    page = client_as("teacher_701").get(PLACEMENT).text
    assert 'name="school_id"' not in page
    assert "審核中" in page


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"school_id": "", "job_title": "教師"}, {"school_id"}),
        ({"school_id": "424242", "job_title": "教師"}, {"school_id"}),
        ({"school_id": "1", "job_title": ""}, {"job_title"}),
        ({"school_id": "1", "job_title": "長" * 61}, {"job_title"}),
    ],
)
def test_a_request_that_is_not_whole_is_said_beside_its_field(client_as, fields, wrong):
    assert set(errors(send(client_as("teacher_701"), PLACEMENT, fields))) == wrong


@pytest.mark.parametrize("person", ["parent_chen", "citizen_wu"])
def test_a_general_account_is_placed_nowhere(client_as, person):
    assert client_as(person).get(PLACEMENT).status_code == 404


# ---------- classes that wait for their teacher ----------


def _assign(world, label, username, placement_id=None):
    school = "zhongxing" if label == "701" else "wenchang"
    db.session.add(
        HomeroomAssignment(
            class_id=world.classes[label],
            school_id=world.schools[school],
            placement_id=placement_id,
            teacher_name="周雅婷",
            teacher_username=username,
        )
    )


@pytest.mark.every_database
def test_a_placed_teacher_gets_the_classes_that_the_roster_names(flask_app, world, actor_of, applicant):
    with flask_app.app_context(), system("tests"):
        _assign(world, "601", "New_Teacher")
        _assign(world, "701", "new_teacher")
        _assign(world, "502", "somebody_else")
        db.session.commit()
    actor = actor_of("personnel_wc")
    with flask_app.app_context(), acting_as(actor):
        approve_placement(actor, _request(applicant), {Role.HOMEROOM_TEACHER})
    teacher = actor_of(applicant)
    with flask_app.app_context(), acting_as(teacher):
        assert set(db.session.scalars(sa.select(SchoolClass.id))) == {world.classes["601"]}


@pytest.mark.every_database
def test_a_new_title_at_the_same_school_keeps_the_classes(flask_app, world, actor_of):
    teacher, personnel = actor_of("teacher_501"), actor_of("personnel_wc")
    with flask_app.app_context(), system("tests"):
        db.session.execute(
            sa.update(HomeroomAssignment)
            .where(HomeroomAssignment.teacher_username == "teacher_501")
            .values(teacher_username="")
        )
        db.session.commit()
    with flask_app.app_context(), acting_as(teacher):
        request_placement(teacher, world.schools["wenchang"], "學年主任")
    with flask_app.app_context(), acting_as(personnel):
        approve_placement(personnel, _request("teacher_501"), {Role.HOMEROOM_TEACHER})
    with flask_app.app_context(), acting_as(actor_of("teacher_501")):
        assert set(db.session.scalars(sa.select(SchoolClass.id))) == {world.classes["501"]}


# ---------- whose accounts one sees ----------


@pytest.mark.every_database
def test_accounts_are_seen_by_those_whose_task_they_are(flask_app, world, actor_of, applicant):
    def seen_by(person):
        actor = actor_of(person)
        with flask_app.app_context(), acting_as(actor):
            return {row.username for row in db.session.scalars(visible_accounts(actor))}

    assert seen_by("city_admin") >= {"parent_chen", "teacher_701", applicant}
    assert seen_by("personnel_wc") == {
        "personnel_wc",
        "manager_wc",
        "teacher_501",
        "teacher_502",
        "lead_wc",
        "registrar_wc",
        "only_registrar_wc",
        "only_instruction_wc",
        "counselor_wc",
        applicant,
    }
    assert seen_by("teacher_501") == seen_by("parent_chen") == set()


# ---------- suspending ----------


@pytest.mark.every_database
def test_a_suspended_account_is_out_at_once_and_comes_back_where_it_was(flask_app, client_as, world, actor_of, applicant):
    admin = actor_of("city_admin")
    teacher, waiting = client_as("teacher_501"), client_as(applicant)
    with flask_app.app_context(), acting_as(admin):
        for username in ("teacher_501", applicant):
            suspend_account(admin, db.session.get(Account, world.accounts[username]))
        with pytest.raises(NotToBeSuspended):
            suspend_account(admin, db.session.get(Account, world.accounts["teacher_501"]))
    assert "/sign-in/" in teacher.get("/student-affairs/").location
    assert "/sign-in/" in waiting.get(UNDER_REVIEW).location
    with flask_app.app_context(), acting_as(admin):
        with pytest.raises(ApplicantNotReady):
            approve_placement(admin, _request(applicant), {Role.HOMEROOM_TEACHER})
        for username in ("teacher_501", applicant):
            reopen_account(admin, db.session.get(Account, world.accounts[username]))
        with pytest.raises(NotToBeSuspended):
            reopen_account(admin, db.session.get(Account, world.accounts["teacher_501"]))
    assert account(flask_app, "teacher_501")["state"] == AccountState.ACTIVE
    assert account(flask_app, applicant)["state"] == AccountState.PENDING_REVIEW
    assert passwords.check(account(flask_app, applicant)["password"], OWN_PASSWORD)


@pytest.mark.parametrize(("person", "whom"), [("personnel_wc", "teacher_501"), ("city_admin", "city_admin")])
def test_suspending_is_the_city_administrator_s_and_never_about_oneself(flask_app, world, actor_of, person, whom):
    actor = actor_of(person)
    with flask_app.app_context(), acting_as(actor):
        for act in (suspend_account, reopen_account):
            with pytest.raises(MayNotSuspend):
                act(actor, db.session.get(Account, world.accounts[whom]))
    assert count(flask_app, Account, Account.state == AccountState.SUSPENDED) == 0


# ---------- 單一認證授權平台's first page ----------


@pytest.mark.parametrize(
    ("person", "seen", "unseen"),
    [
        ("personnel_wc", {"管理員專區", "人事權限管理", "調校申請管理", "待辦"}, {"學校與單位"}),
        ("city_admin", {"調校申請管理", "待辦"}, set()),
        ("teacher_501", {"我的基本資料"}, {"調校申請管理", "待辦"}),
    ],
)
def test_the_overview_shows_what_one_may_open(client_as, person, seen, unseen):
    page = client_as(person).get("/sso/").text
    assert {word for word in seen if word not in page} == set()
    assert {word for word in unseen if word in page} == set()
