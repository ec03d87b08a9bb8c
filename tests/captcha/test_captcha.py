"""圖像識別碼: kept on the server, bound to its scene, one try, five minutes; a picture and a sound of the same digits."""

from __future__ import annotations

import io
import re
import wave
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from PIL import Image

from app.captcha.challenges import LIFE
from app.captcha.speaking import speak
from app.model_types import now
from tests.accounts.browsing import CAPTCHA, errors, value_of
from tests.captcha.reading import digits_shown, form_token, session_data

PATH = "/sign-in/general/"
SCENE = "sign-in-general"
WRONG_PASSWORD = {"username": "parent_chen", "password": "not my password"}


@pytest.fixture(autouse=True)
def no_answer_is_always_right(flask_app, monkeypatch):
    monkeypatch.setitem(flask_app.config, "CAPTCHA_FIXED_ANSWER", "")


def _another(digits: str) -> str:
    return f"{(int(digits) + 1) % 100000:05}"


@pytest.mark.every_database
def test_the_digits_of_the_picture_are_right_once(flask_app, visitor):
    token = form_token(visitor.get(PATH))
    digits = digits_shown(flask_app, visitor, SCENE)
    first = visitor.post(PATH, data={"csrf_token": token, **WRONG_PASSWORD, "captcha": digits})
    assert set(errors(first)) == {"password"}
    again = visitor.post(PATH, data={"csrf_token": token, **WRONG_PASSWORD, "captcha": digits})
    assert set(errors(again)) == {"captcha"}


def test_wrong_digits_are_said_beside_the_field_with_a_new_picture_and_the_rest_kept(flask_app, visitor):
    page = visitor.get(PATH)
    digits = digits_shown(flask_app, visitor, SCENE)
    answer = visitor.post(PATH, data={"csrf_token": form_token(page), **WRONG_PASSWORD, "captcha": _another(digits)})
    assert set(errors(answer)) == {"captcha"}
    assert value_of(answer, "username") == "parent_chen"
    assert value_of(answer, "password") == value_of(answer, "captcha") == ""
    assert re.search(r"captcha/[^\"]*n=(\w+)", page.text).group() != re.search(r"captcha/[^\"]*n=(\w+)", answer.text).group()
    assert digits_shown(flask_app, visitor, SCENE) != digits


def test_a_wrong_guess_uses_the_picture_up(flask_app, visitor):
    token = form_token(visitor.get(PATH))
    digits = digits_shown(flask_app, visitor, SCENE)
    visitor.post(PATH, data={"csrf_token": token, **WRONG_PASSWORD, "captcha": _another(digits)})
    answer = visitor.post(PATH, data={"csrf_token": token, **WRONG_PASSWORD, "captcha": digits})
    assert set(errors(answer)) == {"captcha"}


def test_the_field_cannot_be_left_out(visitor):
    answer = visitor.post(PATH, data={"csrf_token": form_token(visitor.get(PATH)), **WRONG_PASSWORD})
    assert set(errors(answer)) == {"captcha"}


def test_full_width_digits_and_spaces_are_understood(flask_app, visitor):
    token = form_token(visitor.get(PATH))
    digits = digits_shown(flask_app, visitor, SCENE)
    typed = " ".join(chr(ord(digit) - ord("0") + ord("０")) for digit in digits)
    answer = visitor.post(PATH, data={"csrf_token": token, **WRONG_PASSWORD, "captcha": typed})
    assert set(errors(answer)) == {"password"}


def test_the_digits_of_another_scene_do_not_count(flask_app, visitor):
    visitor.get("/sign-in/official/")
    token = form_token(visitor.get(PATH))
    other = digits_shown(flask_app, visitor, "sign-in-official")
    assert other != digits_shown(flask_app, visitor, SCENE)
    answer = visitor.post(PATH, data={"csrf_token": token, **WRONG_PASSWORD, "captcha": other})
    assert set(errors(answer)) == {"captcha"}


def test_the_digits_of_another_browser_do_not_count(flask_app, visitor):
    stranger = flask_app.test_client()
    stranger.get(PATH)
    token = form_token(visitor.get(PATH))
    answer = visitor.post(
        PATH, data={"csrf_token": token, **WRONG_PASSWORD, "captcha": digits_shown(flask_app, stranger, SCENE)}
    )
    assert set(errors(answer)) == {"captcha"}


def test_after_five_minutes_they_are_late(flask_app, visitor):
    moment = now()
    with time_machine.travel(moment, tick=False):
        token = form_token(visitor.get(PATH))
        digits = digits_shown(flask_app, visitor, SCENE)
    with time_machine.travel(moment + LIFE + timedelta(seconds=1), tick=False):
        answer = visitor.post(PATH, data={"csrf_token": token, **WRONG_PASSWORD, "captcha": digits})
    assert set(errors(answer)) == {"captcha"}


@pytest.mark.every_database
def test_of_several_answers_sent_together_one_counts(flask_app, visitor):
    token = form_token(visitor.get(PATH))
    digits = digits_shown(flask_app, visitor, SCENE)
    cookie = visitor.get_cookie("portal").value

    def send(_number: int) -> set[str]:
        client = flask_app.test_client()
        client.set_cookie("portal", cookie)
        return set(errors(client.post(PATH, data={"csrf_token": token, **WRONG_PASSWORD, "captcha": digits})))

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(send, range(8)))
    assert outcomes.count({"password"}) == 1
    assert outcomes.count({"captcha"}) == 7


def test_a_form_opened_twice_shows_one_picture_that_serves_both(flask_app, visitor):
    visitor.get(PATH)
    digits = digits_shown(flask_app, visitor, SCENE)
    visitor.get(PATH)
    assert digits_shown(flask_app, visitor, SCENE) == digits


def test_another_picture_without_scripts_keeps_what_was_typed_and_complains_of_nothing(flask_app, visitor):
    token = form_token(visitor.get(PATH))
    digits = digits_shown(flask_app, visitor, SCENE)
    answer = visitor.post(PATH, data={"csrf_token": token, "username": "parent_chen", "renew_captcha": "1"})
    assert errors(answer) == {}
    assert 'role="alert"' not in answer.text
    assert value_of(answer, "username") == "parent_chen"
    assert digits_shown(flask_app, visitor, SCENE) != digits


def test_enter_sends_the_form_instead_of_asking_for_another_picture(visitor):
    """Browsers press the first button of a form when Enter is pressed in a field."""
    first_button = re.search(r"<button[^>]*>", visitor.get(PATH).text.split("<form", 2)[2]).group()
    assert "renew_captcha" not in first_button
    assert 'type="submit"' in first_button


def test_another_picture_with_scripts_answers_204(flask_app, visitor):
    token = form_token(visitor.get(PATH))
    digits = digits_shown(flask_app, visitor, SCENE)
    assert visitor.post(f"/captcha/{SCENE}/renew", headers={"X-CSRFToken": token}).status_code == 204
    assert digits_shown(flask_app, visitor, SCENE) != digits
    assert visitor.post(f"/captcha/{SCENE}/renew").status_code == 400


def test_the_picture_is_a_png_that_is_never_kept(visitor):
    visitor.get(PATH)
    answer = visitor.get(f"/captcha/{SCENE}.png")
    assert answer.headers["Cache-Control"] == "no-store"
    assert Image.open(io.BytesIO(answer.data)).size == (400, 112)
    assert visitor.get(f"/captcha/{SCENE}.png").data != answer.data


@pytest.mark.parametrize("language", ["zh", "en", "vi", "id"])
def test_the_sound_speaks_five_digits(language):
    with wave.open(io.BytesIO(speak("74093", language))) as sound:
        assert sound.getnchannels() == 1
        assert 4 < sound.getnframes() / sound.getframerate() < 8
    assert speak("74093", language) != speak("74093", language)


def test_the_sound_is_a_wav(visitor):
    visitor.get(PATH)
    answer = visitor.get(f"/captcha/{SCENE}.wav")
    assert answer.mimetype == "audio/wav"
    assert answer.data[:4] == b"RIFF"


@pytest.mark.parametrize("address", ["/captcha/nothing.png", "/captcha/nothing.wav", f"/captcha/{SCENE}.png"])
def test_there_is_no_picture_without_its_form(visitor, address):
    assert visitor.get(address).status_code == 404


def test_the_answer_is_neither_in_the_page_nor_in_the_session(flask_app, visitor):
    page = visitor.get(PATH)
    digits = digits_shown(flask_app, visitor, SCENE)
    assert digits not in re.sub(r'value="[^"]*"|v=\w+', "", page.text)
    assert digits not in session_data(flask_app, visitor)[f"captcha.{SCENE}"].partition(":")[0]


def test_the_fixed_answer_of_development_is_right_as_well(flask_app, visitor, monkeypatch):
    monkeypatch.setitem(flask_app.config, "CAPTCHA_FIXED_ANSWER", CAPTCHA)
    token = form_token(visitor.get(PATH))
    digits = digits_shown(flask_app, visitor, SCENE)
    for typed in (CAPTCHA, CAPTCHA):
        answer = visitor.post(PATH, data={"csrf_token": token, **WRONG_PASSWORD, "captcha": typed})
        assert set(errors(answer)) == {"password"}
    assert digits != digits_shown(flask_app, visitor, SCENE)
