"""What is refused to somebody is noted in the product's log: who, where, what, and nothing that was typed."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs


@pytest.fixture
def logged():
    with capture_logs() as entries:
        yield entries


def refusals(entries):
    return [entry for entry in entries if entry["event"] == "refused"]


def test_a_page_outside_the_role_is_noted(client_as, world, logged):
    assert client_as("parent_chen").get("/sso/accounts/list/?_flt_0_username=secret").status_code == 403
    (entry,) = refusals(logged)
    assert entry["status"] == 403
    assert entry["account"] == world.accounts["parent_chen"]
    assert entry["endpoint"] == "AccountAdmin.list"
    assert "secret" not in str(entry)


def test_a_row_outside_the_scope_is_noted_with_its_number(client_as, world, logged):
    assert client_as("parent_lin").get("/portal/children/1/records").status_code == 404
    (entry,) = refusals(logged)
    assert (entry["status"], entry["endpoint"], entry["arguments"]) == (404, "ChildRecordsView.records", {"student_id": 1})


def test_a_form_without_its_token_is_noted(client_as, flask_app, logged):
    visitor = flask_app.test_client()
    assert visitor.post("/sign-in/general/", data={"username": "parent_chen", "password": "secret"}).status_code == 400
    (entry,) = refusals(logged)
    assert (entry["status"], entry["account"], entry["endpoint"]) == ("csrf", None, "GeneralLoginView.login")
    assert "secret" not in str(entry)


def test_what_a_stranger_does_not_find_is_not_noted(visitor, logged):
    assert visitor.get("/wp-login.php").status_code == 404
    assert visitor.get("/news/999999").status_code == 404
    assert refusals(logged) == []


def test_the_token_of_a_letters_link_is_not_noted(client_as, logged):
    client_as("parent_chen").get("/reset/general/" + "x" * 43)
    client_as("parent_chen").post("/portal/profile/edit", headers={"X-CSRFToken": "wrong"}, data={"email": "secret"})
    assert "x" * 43 not in str(logged) and "secret" not in str(logged)
    assert len(refusals(logged)) == 1
