"""A2.6–A2.8 and A5: changing one's own data."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as
from app.access.session import system
from app.accounts import passwords, secrets
from app.accounts.models import Account, AccountProfile, AccountType, SecretPurpose, StaffPlacement
from app.accounts.profile import PasswordChange, save_profile
from app.accounts.reentry import WrongCurrentPassword
from app.accounts.sign_in import sign_in
from app.extensions import db
from tests.accounts.browsing import CAPTCHA, account, count, errors, messages, send, value_of
from tests.world import PASSWORD

SHOW, EDIT = "/portal/profile/", "/portal/profile/edit"
NEW = "Quiet-harbour-71"

FIELDS = {
    "full_name": "陳美玲",
    "birth_date": "72/4/18",
    "email": "parent_chen@example.org",
    "mobile": "0912 002 000",
    "locale": "zh_Hant_TW",
    "captcha": CAPTCHA,
    "current_password": PASSWORD,
}


def fields_of(username: str) -> dict[str, str]:
    return {**FIELDS, "full_name": f"{username}老師", "email": f"{username}@example.org", "current_password": ""}


def test_the_page_shows_the_masked_number_and_the_way_to_change(client_as):
    page = client_as("parent_chen").get(SHOW).text
    assert "A10****000" in page
    assert "A100002000" not in page
    assert "修改</a>" in page


@pytest.mark.parametrize(
    ("account_type", "asked"),
    [
        (AccountType.GUARDIAN, set()),
        (AccountType.STUDENT, {"school_id", "student_number"}),
        (AccountType.OUTSIDE_STAFF, {"organization", "job_title"}),
        (AccountType.CITIZEN, {"postal_address"}),
    ],
)
def test_the_fields_follow_the_account_type(flask_app, client_as, account_type, asked):
    with flask_app.app_context(), system("tests"):
        db.session.execute(sa.update(Account).where(Account.username == "citizen_wu").values(account_type=account_type))
        db.session.commit()
    client = client_as("citizen_wu")
    page = client.get(EDIT).text
    special = {"school_id", "student_number", "organization", "job_title", "postal_address"}
    assert {name for name in special if f'name="{name}"' in page} == asked
    assert client.get(SHOW).status_code == 200


@pytest.mark.every_database
def test_a_guardian_changes_data_with_the_current_password(flask_app, client_as):
    client = client_as("parent_chen")
    answer = send(client, EDIT, {**FIELDS, "full_name": "陳美伶", "birth_date": "民國72年4月19日"}, follow=True)
    assert answer.request.path == SHOW
    assert "存檔成功" in answer.text
    assert "陳美伶" in answer.text
    saved = account(flask_app, "parent_chen")
    assert str(saved["birth_date"]) == "1983-04-19"
    assert messages(flask_app, "contact_changed") == []


@pytest.mark.every_database
def test_a_new_mailbox_or_number_is_told_to_the_old_mailbox(flask_app, client_as):
    client = client_as("parent_chen")
    send(client, EDIT, {**FIELDS, "email": "new@example.org", "mobile": "0987-654-321"})
    ((receiver, letter),) = messages(flask_app, "contact_changed")
    assert receiver == "parent_chen@example.org"
    assert "更改了電子信箱與手機號碼" in letter["text"]
    ((receiver, letter),) = messages(flask_app, "new_mailbox")
    assert receiver == "new@example.org"
    assert "parent_chen" in letter["text"]
    saved = account(flask_app, "parent_chen")
    assert (saved["email"], saved["mobile"]) == ("new@example.org", "+886987654321")


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("current_password", ""),
        ("current_password", "not the password"),
        ("captcha", "00000"),
        ("email", "nowhere"),
        ("mobile", "12"),
        ("birth_date", "2999-1-1"),
        ("full_name", ""),
        ("locale", "xx"),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_nothing_is_saved(flask_app, client_as, field, typed):
    client = client_as("parent_chen")
    fields = {**FIELDS, "email": "new@example.org", field: typed}
    page = send(client, EDIT, fields)
    assert set(errors(page)) == {field}
    assert value_of(page, "email") == fields["email"]
    assert account(flask_app, "parent_chen")["email"] == "parent_chen@example.org"


def test_a_wrong_password_is_said_together_with_other_mistakes_once_the_picture_was_read(client_as):
    client = client_as("parent_chen")
    wrong = {**FIELDS, "email": "nowhere", "current_password": "not the password"}
    assert set(errors(send(client, EDIT, wrong))) == {"email", "current_password"}
    assert set(errors(send(client, EDIT, {**wrong, "captcha": "00000"}))) == {"email", "captcha"}


def test_what_the_form_does_not_ask_cannot_be_changed(flask_app, client_as, world):
    before = account(flask_app, "parent_chen")
    send(
        client_as("parent_chen"),
        EDIT,
        {**FIELDS, "identity_number_index": "x", "kind": "official", "state": "closed", "account_type": "staff", "id": "1"},
    )
    assert account(flask_app, "parent_chen") == before


@pytest.fixture
def theirs(flask_app):
    """What the form shows teacher_501: sent back unchanged it changes neither mailbox nor number."""
    return {**fields_of("teacher_501"), "mobile": account(flask_app, "teacher_501")["mobile"]}


def test_an_official_account_needs_the_picture_alone(flask_app, client_as, theirs):
    answer = send(client_as("teacher_501"), EDIT, {**theirs, "birth_date": "72/4/19"}, follow=True)
    assert "存檔成功" in answer.text
    assert str(account(flask_app, "teacher_501")["birth_date"]) == "1983-04-19"


@pytest.mark.parametrize("change", [{"mobile": "0987-654-321"}, {"email": "new@example.org"}])
def test_an_official_account_proves_itself_for_a_new_mailbox_or_number(flask_app, client_as, theirs, change):
    client, before = client_as("teacher_501"), account(flask_app, "teacher_501")
    for typed in ("", "not the password"):
        page = send(client, EDIT, {**theirs, **change, "current_password": typed})
        assert set(errors(page)) == {"current_password"}
        assert account(flask_app, "teacher_501") == before
    assert "存檔成功" in send(client, EDIT, {**theirs, **change, "current_password": PASSWORD}, follow=True).text
    assert account(flask_app, "teacher_501") != before


@pytest.mark.parametrize(
    ("values", "new"), [({"email": "new@example.org"}, None), ({"mobile": "+886987654321"}, None), ({}, NEW)]
)
def test_no_form_can_forget_to_ask_for_the_password(flask_app, context, actor_of, values, new):
    actor = actor_of("teacher_501")
    with acting_as(actor), pytest.raises(WrongCurrentPassword):
        save_profile(actor, values, PasswordChange(current=None, new=new))


def test_a_changed_name_is_the_name_at_the_school_too(flask_app, client_as, theirs):
    send(client_as("teacher_501"), EDIT, {**theirs, "full_name": "林淑芬"})
    assert count(flask_app, StaffPlacement, StaffPlacement.staff_name == "林淑芬") == 1


# ---------- a new password ----------


def with_password(username: str, **changes: str) -> dict[str, str]:
    fields = {"wants_new_password": "y", "new_password": NEW, "new_password_again": NEW, "current_password": PASSWORD}
    return {**fields_of(username), **fields, **changes}


@pytest.mark.every_database
def test_a_new_password_ends_the_other_sessions_and_a_letter_tells(flask_app, client_as):
    here, elsewhere = client_as("teacher_501"), client_as("teacher_501")
    answer = send(here, EDIT, with_password("teacher_501"), follow=True)
    assert "存檔成功" in answer.text
    assert here.get(SHOW).status_code == 200
    assert "/sign-in/" in elsewhere.get(SHOW).location
    assert passwords.check(account(flask_app, "teacher_501")["password"], NEW)
    assert [receiver for receiver, _ in messages(flask_app, "password_changed")] == ["teacher_501@example.org"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"current_password": ""}, "current_password"),
        ({"current_password": "wrong"}, "current_password"),
        ({"new_password": "", "new_password_again": ""}, "new_password"),
        ({"new_password": "short", "new_password_again": "short"}, "new_password"),
        ({"new_password": PASSWORD, "new_password_again": PASSWORD}, "new_password"),
        ({"new_password": "quietharbourlight", "new_password_again": "quietharbourlight"}, "new_password"),
        ({"new_password_again": "Another-harbour-71"}, "new_password_again"),
    ],
)
def test_a_password_that_does_not_do_changes_nothing(flask_app, client_as, changes, field):
    page = send(client_as("teacher_501"), EDIT, with_password("teacher_501", email="new@example.org", **changes))
    assert set(errors(page)) == {field}
    saved = account(flask_app, "teacher_501")
    assert saved["email"] == "teacher_501@example.org"
    assert passwords.check(saved["password"], PASSWORD)


def test_a_new_password_counts_where_scripts_are_off_and_the_box_was_not_ticked(flask_app, client_as):
    fields = with_password("teacher_501")
    del fields["wants_new_password"]
    send(client_as("teacher_501"), EDIT, fields)
    assert passwords.check(account(flask_app, "teacher_501")["password"], NEW)


@pytest.fixture
def temporary(flask_app, world):
    """teacher_502 forgot the password and came in with the temporary one (A2.5)."""
    with flask_app.app_context():
        password = secrets.issue_temporary_password(world.accounts["teacher_502"], SecretPurpose.RESET_PASSWORD)
        db.session.commit()
        with flask_app.test_request_context():
            from app.accounts.models import AccountKind

            sign_in(AccountKind.OFFICIAL, "teacher_502", password)
    return password


@pytest.mark.every_database
def test_after_a_reset_the_form_comes_ticked_and_takes_the_temporary_password(flask_app, client_as, temporary):
    client = client_as("teacher_502")
    assert client.get("/student-affairs/").location == EDIT
    page = client.get(EDIT)
    assert 'data-reveals="new_password_part" checked' in page.text
    answer = send(client, EDIT, with_password("teacher_502", current_password=temporary), follow=True)
    assert "存檔成功" in answer.text
    assert account(flask_app, "teacher_502")["must_change_password"] is False
    assert client.get("/student-affairs/").status_code == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"current_password": PASSWORD}, "current_password"),
        ({"new_password": "", "new_password_again": "", "wants_new_password": ""}, "new_password"),
    ],
)
def test_after_a_reset_nothing_is_saved_without_a_new_password(flask_app, client_as, temporary, changes, field):
    fields = with_password("teacher_502", **{"current_password": temporary, **changes})
    page = send(client_as("teacher_502"), EDIT, fields)
    assert set(errors(page)) == {field}
    assert account(flask_app, "teacher_502")["must_change_password"] is True


def test_the_reader_s_language_is_a_choice(client_as):
    client = client_as("parent_chen")
    send(client, EDIT, {**FIELDS, "locale": "en"})
    assert '<html lang="en">' in client.get(SHOW).text


@pytest.mark.every_database
def test_the_page_costs_few_statements(client_as, count_statements):
    client = client_as("teacher_501")
    client.get(SHOW)
    with count_statements() as statements:
        client.get(SHOW)
    assert len(statements) <= 3, str(statements)


def test_nobody_reads_another_s_data(flask_app, context, actor_of, world):
    with acting_as(actor_of("parent_lin")):
        assert db.session.scalars(sa.select(AccountProfile.account_id)).all() == [world.accounts["parent_lin"]]
