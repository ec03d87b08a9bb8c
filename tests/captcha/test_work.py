"""請電腦算一題: what a browser has computed does in place of the digits, once, in its session, in time, and not for less."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine

import config
from app.captcha.challenges import LIFE
from app.captcha.work import PARTS, Work
from app.limits.doors import DOORS
from app.model_types import now
from tests.accounts.browsing import errors
from tests.captcha.reading import form_token, session_data

PATH = "/sign-in/general/"
SCENE = "sign-in-general"
WRONG_PASSWORD = {"username": "parent_chen", "password": "not my password"}
BITS = 8


@pytest.fixture(autouse=True)
def little_to_compute(flask_app, monkeypatch):
    monkeypatch.setitem(flask_app.config, "CAPTCHA_FIXED_ANSWER", "")
    monkeypatch.setitem(flask_app.config, "CAPTCHA_WORK_BITS", BITS)


def solved(challenge: str, bits: int = BITS) -> str:
    """What captcha-worker.js finds, found by the rule that the task states."""

    def first(part: int) -> int:
        number = 0
        while True:
            text = bytes.fromhex(challenge) + part.to_bytes(4, "big") + number.to_bytes(4, "big")
            if int.from_bytes(hashlib.sha256(text).digest()[:4], "big") >> (32 - bits) == 0:
                return number
            number += 1

    return ".".join(str(first(part)) for part in range(PARTS))


def task(client: Any, token: str, scene: str = SCENE) -> dict[str, Any]:
    answer = client.post(f"/captcha/{scene}/work", headers={"X-CSRFToken": token})
    assert answer.status_code == 200
    return answer.json


def refused(client: Any, token: str, computed: str, **more: str) -> set[str]:
    """The fields that are complained about when the form is sent with ``computed``; the password is wrong anyway."""
    answer = client.post(PATH, data={"csrf_token": token, **WRONG_PASSWORD, "captcha_work": computed, **more})
    return set(errors(answer))


@pytest.mark.every_database
def test_a_computed_task_does_once(flask_app, visitor):
    token = form_token(visitor.get(PATH))
    computed = solved(task(visitor, token)["challenge"])
    assert refused(visitor, token, computed) == {"password"}
    assert refused(visitor, token, computed) == {"captcha"}


@pytest.mark.every_database
def test_of_several_sent_together_one_counts(flask_app, visitor):
    token = form_token(visitor.get(PATH))
    computed = solved(task(visitor, token)["challenge"])
    cookie = visitor.get_cookie("portal").value

    def send(_number: int) -> set[str]:
        client = flask_app.test_client()
        client.set_cookie("portal", cookie)
        return refused(client, token, computed)

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(send, range(8)))
    assert outcomes.count({"password"}) == 1
    assert outcomes.count({"captcha"}) == 7


def test_a_task_that_was_refused_is_used_up(visitor):
    token = form_token(visitor.get(PATH))
    challenge = task(visitor, token)["challenge"]
    assert refused(visitor, token, ".".join(["0"] * PARTS)) == {"captcha"}
    assert refused(visitor, token, solved(challenge)) == {"captcha"}


def test_digits_that_were_wrong_use_the_task_up_as_well(visitor):
    token = form_token(visitor.get(PATH))
    computed = solved(task(visitor, token)["challenge"])
    assert refused(visitor, token, "", captcha="00000") == {"captcha"}
    assert refused(visitor, token, computed) == {"captcha"}


def test_the_task_of_another_browser_does_not_count(flask_app, visitor):
    stranger = flask_app.test_client()
    foreign = solved(task(stranger, form_token(stranger.get(PATH)))["challenge"])
    token = form_token(visitor.get(PATH))
    assert refused(visitor, token, foreign) == {"captcha"}
    task(visitor, token)
    assert refused(visitor, token, foreign) == {"captcha"}


def test_the_task_of_another_form_does_not_count(visitor):
    token = form_token(visitor.get("/sign-in/official/"))
    visitor.get(PATH)
    other = solved(task(visitor, token, "sign-in-official")["challenge"])
    assert refused(visitor, token, other) == {"captcha"}


def test_nothing_can_be_computed_before_the_task_is_given(visitor):
    """Each task is random; a newer one takes the older one's place, so that nobody can lay up a store of answers."""
    token = form_token(visitor.get(PATH))
    first, second = (task(visitor, token)["challenge"] for _ in range(2))
    assert first != second
    assert refused(visitor, token, solved(first)) == {"captcha"}


def test_after_five_minutes_it_is_late(visitor):
    moment = now()
    with time_machine.travel(moment, tick=False):
        token = form_token(visitor.get(PATH))
        given = task(visitor, token)
    assert given["seconds"] == LIFE.total_seconds()
    with time_machine.travel(moment + LIFE + timedelta(seconds=1), tick=False):
        assert refused(visitor, token, solved(given["challenge"])) == {"captcha"}


def test_an_easier_task_than_the_one_given_does_not_do(flask_app, visitor, monkeypatch):
    monkeypatch.setitem(flask_app.config, "CAPTCHA_WORK_BITS", 12)
    token = form_token(visitor.get(PATH))
    given = task(visitor, token)
    assert given["bits"] == 12
    assert refused(visitor, token, solved(given["challenge"], bits=4)) == {"captcha"}


CHALLENGE = "00112233445566778899aabbccddeeff"
RIGHT = solved(CHALLENGE)


def test_the_right_numbers_are_right():
    assert Work(CHALLENGE, 0, BITS).is_done_by(RIGHT)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        RIGHT.rpartition(".")[0],
        f"{RIGHT}.0",
        ".".join([RIGHT.partition(".")[0]] * PARTS),
        ".".join(reversed(RIGHT.split("."))),
        RIGHT.replace(".", ","),
        f" {RIGHT}",
        f"{RIGHT}\n",
        RIGHT.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        f"-{RIGHT}",
        f"{2**32}." + RIGHT.partition(".")[2],
        "9" * 5000,
        ".".join(["99999999999"] * PARTS),
    ],
    ids=lambda answer: answer[:12],
)
def test_anything_else_is_wrong_and_breaks_nothing(answer):
    assert not Work(CHALLENGE, 0, BITS).is_done_by(answer)


def test_there_is_no_task_without_its_form_or_without_its_token(visitor):
    token = form_token(visitor.get("/sign-in/official/"))
    assert visitor.post(f"/captcha/{SCENE}/work", headers={"X-CSRFToken": token}).status_code == 404
    visitor.get(PATH)
    assert visitor.post(f"/captcha/{SCENE}/work").status_code == 400
    assert visitor.get(f"/captcha/{SCENE}/work").status_code == 405


def test_where_it_is_not_offered_picture_and_sound_remain(flask_app, visitor, monkeypatch):
    monkeypatch.setitem(flask_app.config, "CAPTCHA_WORK_BITS", 0)
    page = visitor.get(PATH)
    assert "captcha-work" not in page.text
    assert f"/captcha/{SCENE}.wav" in page.text
    assert visitor.post(f"/captcha/{SCENE}/work", headers={"X-CSRFToken": form_token(page)}).status_code == 404


def test_the_picture_comes_first_and_the_task_is_hidden_until_a_script_shows_it(visitor):
    page = visitor.get(PATH).text
    box = page.split("data-captcha-work=")[1].partition(">")[0]
    assert box.endswith("hidden")
    assert page.index("data-captcha-picture") < page.index("data-captcha-sound") < page.index("data-captcha-work")


def test_the_answer_is_not_in_the_session(flask_app, visitor):
    challenge = task(visitor, form_token(visitor.get(PATH)))["challenge"]
    kept = session_data(flask_app, visitor)[f"captcha-work.{SCENE}"]
    assert kept.split(":")[0] == challenge
    assert solved(challenge) not in kept


def test_forms_sent_with_a_task_count_under_the_same_cap(flask_app, visitor, monkeypatch):
    monkeypatch.setitem(flask_app.config, "CAP_SIGN_IN_TRIES", 2)
    assert "GeneralLoginView.login" in DOORS
    token = form_token(visitor.get(PATH))
    answers = []
    for _ in range(3):
        computed = solved(task(visitor, token)["challenge"])
        data = {"csrf_token": token, **WRONG_PASSWORD, "captcha_work": computed}
        answers.append(visitor.post(PATH, data=data).status_code)
    assert answers == [200, 200, 429]


def test_wrong_passwords_with_tasks_lock_the_name_like_those_with_pictures(visitor):
    token = form_token(visitor.get(PATH))
    said = []
    for _ in range(6):
        computed = solved(task(visitor, token)["challenge"])
        answer = visitor.post(PATH, data={"csrf_token": token, **WRONG_PASSWORD, "captcha_work": computed})
        said.append(errors(answer)["password"])
    assert said[0] == said[3] != said[5]
    assert "15" in said[5]


@pytest.mark.parametrize("bits", ["-1", "7", "25", "64"])
def test_a_task_that_is_nothing_or_takes_for_ever_is_refused_at_the_start(bits):
    with pytest.raises(config.UnsafeConfiguration, match="CAPTCHA_WORK_BITS"):
        config.load({"PORTAL_ENV": "test", "CAPTCHA_WORK_BITS": bits})
