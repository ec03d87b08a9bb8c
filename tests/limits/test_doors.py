"""Caps on tries from one address: 429 with a page that explains itself, for all of that address, and for nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from app.access.gates import PUBLIC
from app.limits.doors import DOORS
from app.model_types import now
from app.web.proxies import install_proxies
from tests.accounts.browsing import CAPTCHA, send
from tests.accounts.test_sign_in import GREEN, RED, enter

RESET = "/reset/general/"


@pytest.fixture
def few_tries(flask_app, monkeypatch):
    monkeypatch.setitem(flask_app.config, "CAP_SIGN_IN_TRIES", 3)
    monkeypatch.setitem(flask_app.config, "CAP_APPLICATION_TRIES", 2)


def from_address(flask_app, address, **headers):
    client = flask_app.test_client()
    client.environ_base = {**client.environ_base, "REMOTE_ADDR": address, **headers}
    return client


@pytest.mark.every_database
def test_too_many_tries_from_one_address_wait_and_others_do_not(flask_app, few_tries):
    moment = now()
    with time_machine.travel(moment, tick=False):
        for number in range(3):
            assert enter(from_address(flask_app, "203.0.113.7"), GREEN, f"nobody_{number}").status_code == 200
        refused = enter(from_address(flask_app, "203.0.113.7"), RED, "teacher_501")
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "600"
        assert "429" in refused.text and "回首頁" in refused.text
        assert enter(from_address(flask_app, "203.0.113.8"), RED, "teacher_501").status_code == 302
        assert send(from_address(flask_app, "203.0.113.7"), RESET, {"captcha": "x"}).status_code == 200, "another cap"
    with time_machine.travel(moment + timedelta(minutes=10, seconds=1), tick=False):
        assert enter(from_address(flask_app, "203.0.113.7"), RED, "teacher_501").status_code == 302


def test_looking_costs_nothing(flask_app, few_tries):
    visitor = from_address(flask_app, "203.0.113.7")
    for _ in range(6):
        assert visitor.get(GREEN).status_code == 200
    assert enter(visitor, GREEN, "parent_chen").status_code == 302


def test_0_lifts_the_cap(flask_app, few_tries, monkeypatch):
    monkeypatch.setitem(flask_app.config, "CAP_APPLICATION_TRIES", 0)
    visitor = from_address(flask_app, "203.0.113.7")
    assert {send(visitor, RESET, {"captcha": "00000"}).status_code for _ in range(4)} == {200}


@pytest.mark.parametrize(
    ("hops", "forwarded", "statuses"),
    [
        (0, ("198.51.100.1", "198.51.100.2", "198.51.100.3"), [200, 200, 429]),
        (1, ("198.51.100.1", "198.51.100.2", "198.51.100.3"), [200, 200, 200]),
        (1, ("1.1.1.1, 198.51.100.1", "2.2.2.2, 198.51.100.1", "3.3.3.3, 198.51.100.1"), [200, 200, 429]),
    ],
)
def test_what_a_visitor_claims_about_the_own_address_is_believed_of_trusted_proxies_alone(
    flask_app, few_tries, monkeypatch, hops, forwarded, statuses
):
    monkeypatch.setattr(flask_app, "wsgi_app", flask_app.wsgi_app)
    monkeypatch.setitem(flask_app.config, "PROXY_HOPS", hops)
    install_proxies(flask_app)
    answers = [
        send(from_address(flask_app, "10.0.0.1", HTTP_X_FORWARDED_FOR=claimed), RESET, {"captcha": CAPTCHA})
        for claimed in forwarded
    ]
    assert [answer.status_code for answer in answers] == statuses


def test_every_public_form_has_its_cap(flask_app):
    forms = {rule.endpoint for rule in flask_app.url_map.iter_rules() if "POST" in rule.methods and rule.endpoint in PUBLIC}
    harmless = {"SignOutView.sign_out", "LanguageView.choose", "CaptchaView.renew", "CaptchaView.work"}
    assert forms - harmless == set(DOORS)
