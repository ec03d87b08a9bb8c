"""登入中的裝置: one sees one's own sessions and ends them; nobody sees another's."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.access.session import system
from app.accounts.models import AccountSession
from app.accounts.own_sessions import device_name
from app.extensions import db
from app.model_types import now

PATH = "/portal/sessions/"


@pytest.fixture(autouse=True)
def nobody_is_signed_in(flask_app):
    """Sessions outlive a test that wrote nothing else."""
    with flask_app.app_context(), db.engine.begin() as connection:
        connection.execute(AccountSession.__table__.delete())


def sessions_of(flask_app, account_id):
    with flask_app.app_context(), system("tests"):
        return list(
            db.session.scalars(
                sa.select(AccountSession.id).where(AccountSession.account_id == account_id).order_by(AccountSession.id)
            )
        )


@pytest.mark.every_database
def test_the_page_lists_the_own_sessions_this_one_marked(flask_app, client_as, world):
    client_as("parent_lin")
    client_as("parent_chen")
    page = client_as("parent_chen").get(PATH).text
    assert page.count('<tr><th scope="row">') == 2
    assert page.count("這台裝置") == 1
    others = sessions_of(flask_app, world.accounts["parent_lin"])
    assert f'name="session" value="{others[0]}"' not in page


def test_the_page_costs_two_statements(client_as, count_statements):
    person = client_as("parent_chen")
    for _ in range(5):
        client_as("parent_chen")
    person.get(PATH)
    with count_statements() as statements:
        person.get(PATH)
    assert len(statements) == 2


@pytest.mark.every_database
def test_ending_one_signs_that_device_out(flask_app, client_as, world):
    lost, mine = client_as("parent_chen"), client_as("parent_chen")
    lost_id, mine_id = sessions_of(flask_app, world.accounts["parent_chen"])
    answer = mine.post(PATH, data={"session": str(lost_id)}, follow_redirects=True)
    assert "該裝置已登出" in answer.text
    assert lost.get("/portal/").status_code == 302
    assert mine.get("/portal/").status_code == 200
    assert sessions_of(flask_app, world.accounts["parent_chen"]) == [mine_id]


def test_ending_all_others_keeps_this_one(flask_app, client_as, world):
    for _ in range(3):
        client_as("parent_chen")
    mine, neighbor = client_as("parent_chen"), client_as("parent_lin")
    mine.post(PATH, data={"others": "1"})
    assert len(sessions_of(flask_app, world.accounts["parent_chen"])) == 1
    assert mine.get("/portal/").status_code == 200
    assert neighbor.get("/portal/").status_code == 200


@pytest.mark.parametrize("session_id", ["0", "-1", "99999999999999999999", "abc", ""])
def test_what_is_no_session_of_mine_ends_nothing(flask_app, client_as, world, session_id):
    mine = client_as("parent_chen")
    assert mine.post(PATH, data={"session": session_id}).status_code == 302
    assert len(sessions_of(flask_app, world.accounts["parent_chen"])) == 1


def test_the_session_of_another_account_cannot_be_ended(flask_app, client_as, world):
    neighbor = client_as("parent_lin")
    (theirs,) = sessions_of(flask_app, world.accounts["parent_lin"])
    client_as("parent_chen").post(PATH, data={"session": str(theirs)})
    assert neighbor.get("/portal/").status_code == 200


def test_sessions_that_ended_by_themselves_are_not_listed(flask_app, client_as):
    client_as("parent_chen")
    with time_machine.travel(now() + timedelta(minutes=31)):
        page = client_as("parent_chen").get(PATH).text
    assert page.count('<tr><th scope="row">') == 1


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36", "Chrome, Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile Line/14.0", "LINE, iPhone"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/130.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox, macOS"),
        ("<script>alert(1)</script>", "不明裝置"),
        ("", "不明裝置"),
    ],
)
def test_what_a_device_is_called(flask_app, user_agent, name):
    with flask_app.test_request_context():
        assert device_name(user_agent) == name


def test_a_second_message_before_the_first_was_read_is_not_lost(client_as):
    """A message is appended to a list that the session already holds; that is a change as well."""
    client = client_as("parent_chen")
    with client.session_transaction() as session:
        session["_flashes"] = [("success", "first")]
    with client.session_transaction() as session:
        session["_flashes"].append(("success", "second"))
    page = client.get("/portal/").get_data(as_text=True)
    assert "first" in page
    assert "second" in page


@pytest.mark.every_database
def test_requests_that_overlap_keep_each_its_own_change(flask_app, client_as):
    """A slower request wrote the whole session back, and with it an answer that another one had used up meanwhile."""
    client = client_as("parent_chen")
    with client.session_transaction() as before:
        before["used up meanwhile"] = "a picture's digits"
    with client.session_transaction() as slow:
        with client.session_transaction() as quick:
            del quick["used up meanwhile"]
            quick["quick"] = 1
        slow["slow"] = 2
    with client.session_transaction() as after:
        assert "used up meanwhile" not in after
        assert (after["quick"], after["slow"]) == (1, 2)
