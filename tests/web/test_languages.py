"""Every page speaks the reader's language from end to end: nothing forgotten in English, nothing Simplified."""

from __future__ import annotations

import re
from collections import deque
from html import unescape
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from werkzeug.exceptions import HTTPException

from app.extensions import db
from app.schools.models import SchoolClass, class_label
from tests.accounts.browsing import send
from tests.web.reading import Reader

LOCALES = {"zh_Hant_TW": "zh-Hant-TW", "en": "en", "vi": "vi", "id": "id"}
NOT_PAGES = re.compile(
    r"^/(?:static|captcha|sign-out|language|attachments)\b|\.(?:png|wav|zip|csv|xlsx|json)$|/export|/download"
)
OURS = {"閱", *"作帶考通其"}
"""The sign of the seal that is drawn on the home page; what a teacher types before a line to choose its heading."""
PEOPLE = {
    "visitor": (tuple(LOCALES), 11),
    "parent_chen": (tuple(LOCALES), 20),
    "parent_lin": (("zh_Hant_TW", "vi"), 12),
    "teacher_501": (tuple(LOCALES), 45),
    "city_admin": (("zh_Hant_TW", "id"), 80),
}
"""Who walks in which languages, and to how many kinds of pages at least: fewer would mean that the walk lost its way."""


def _choose(client, locale):  # type: ignore[no-untyped-def]
    """As the menu of languages does it, on a page that is open to everybody."""
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', client.get("/site-map").text)
    assert token
    client.post("/language/", data={"locale": locale, "next": "/", "csrf_token": token.group(1)})


def _walk(client, flask_app, locale):  # type: ignore[no-untyped-def]
    """(path, html) of one page of every kind that links lead to, from the home page on."""
    adapter = flask_app.url_map.bind("localhost")
    waiting, seen = deque(["/"]), set()
    while waiting:
        path = waiting.popleft()
        try:
            endpoint, _values = adapter.match(urlsplit(path).path, method="GET")
        except HTTPException:
            continue
        if endpoint in seen:
            continue
        answer = client.get(path)
        if answer.status_code in (301, 302, 303):
            waiting.appendleft(answer.headers["Location"].removeprefix("http://localhost"))
            seen.add(endpoint)
            continue
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        seen.add(endpoint)
        yield path, answer.text
        for found in re.findall(r'<a\b[^>]*\bhref="(/[^"#]*)', answer.text):
            if not NOT_PAGES.search(urlsplit(found).path):
                waiting.append(unescape(found))


def _typed_by_people(flask_app) -> set[str]:  # type: ignore[no-untyped-def]
    """Everything in the database that somebody typed: names, lines of contact books, messages; and names of languages."""
    found = {language["name"] for language in flask_app.config["LANGUAGES"].values()} | OURS
    with flask_app.app_context(), db.engine.connect() as connection:
        for row in connection.execute(sa.select(SchoolClass.grade_level, SchoolClass.class_name)):
            found.add(class_label(*row))
        for table in db.metadata.sorted_tables:
            if table.name.startswith("ab_"):
                continue
            columns = [column for column in table.columns if isinstance(column.type, sa.String)]
            for row in connection.execute(sa.select(*columns)) if columns else ():
                for value in row:
                    if isinstance(value, str) and value:
                        found |= {value, *re.split(r"<[^>]+>", value), *re.split(r"<[^>]+>|\s+", value)}
                        found |= {value[-1]} if len(value) < 5 else set()  # in a circle, for a child's picture
    return found


@pytest.mark.parametrize(
    ("person", "locale"), [(person, locale) for person, (locales, _least) in PEOPLE.items() for locale in locales]
)
def test_every_page_speaks_the_readers_language(flask_app, visitor, client_as, person, locale):
    client = visitor if person == "visitor" else client_as(person)
    _choose(client, locale)
    reader = Reader(locale, _typed_by_people(flask_app))
    offenders, count = [], 0
    for path, html in _walk(client, flask_app, locale):
        count += 1
        assert f'<html lang="{LOCALES[locale]}">' in html, path
        offenders += [f"{path}: {text}" for text in reader.strange(html)]
    assert offenders == []
    assert count >= PEOPLE[person][1]


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_said_of_a_mistake_is_in_the_readers_language(flask_app, visitor, locale):
    """Forms sent empty, a form sent half right, a page that is not there."""
    _choose(visitor, locale)
    reader = Reader(locale, _typed_by_people(flask_app))
    wrong = {"username": "a b", "identity": "A123456780", "birth_date": "x", "email": "x@y", "mobile": "12", "captcha": "0"}
    answers = [visitor.get("/no-such-page")]
    for path in ("/sign-in/general/", "/sign-in/official/", "/register/general/", "/register/official/", "/reset/official/"):
        answers += [send(visitor, path, {}), send(visitor, path, wrong)]
    assert [answer.status_code for answer in answers[:1]] == [404]
    assert sum('class="error"' in answer.text for answer in answers) >= 8
    assert [text for answer in answers for text in reader.strange(answer.text)] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_a_rejected_day_is_explained_in_the_teachers_language(flask_app, client_as, world, locale):
    teacher = client_as("teacher_501")
    _choose(teacher, locale)
    reader = Reader(locale, {*_typed_by_people(flask_app), "2020-02-30"})
    path = f"/student-affairs/contact-book/add?class_id={world.classes['501']}"
    answer = send(teacher, path, {"entry_date": "2020-02-30"})
    assert 'class="error"' in answer.text
    assert reader.strange(answer.text) == []
