"""Every msgid, ours and the libraries', has a text in all four languages; it keeps the places; none is Simplified."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest
from babel.messages.catalog import Catalog

import config
from app.web.catalogues import TRANSLATIONS
from tests.web.reading import HAN, SIMPLIFIED, catalogue
from translations import update
from translations.update import ROOT

LOCALES = ("zh_Hant_TW", "en", *update.OTHERS)
PLACES = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}|</?\w+[^>]*>")
"""What is filled in, and markup."""


@cache
def _template() -> Catalog:
    return update.extracted()


def _msgids() -> list[str | tuple[str, str]]:
    return [message.id for message in _template() if message.id]


def test_there_is_a_catalogue_for_every_language_that_can_be_chosen():
    languages = config.load({"PORTAL_ENV": "test"})["LANGUAGES"]
    assert (
        set(languages) == set(LOCALES) == {path.name for path in TRANSLATIONS.iterdir() if path.is_dir()} - {"__pycache__"}
    )


@pytest.mark.parametrize("locale", LOCALES)
def test_every_message_has_a_text(locale):
    texts = catalogue(locale)
    firsts = [msgid if isinstance(msgid, str) else msgid[0] for msgid in _msgids()]
    assert [msgid for msgid in firsts if not all(texts.get(msgid, ("",)))] == []


def test_no_text_stands_within_an_f_string_where_the_catalogues_do_not_find_it():
    hidden = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in (ROOT / "app").rglob("*.py")
        for text in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in update.KEYWORDS
    ]
    assert hidden == []


@pytest.mark.parametrize("locale", LOCALES)
def test_a_text_has_the_places_and_the_markup_of_its_msgid(locale):
    texts = catalogue(locale)
    offenders = []
    for msgid in _msgids():
        singular, plural = (msgid, msgid) if isinstance(msgid, str) else msgid
        for number, text in enumerate(texts.get(singular, ())):
            wanted = singular if number == 0 and locale == "en" else plural
            if sorted(PLACES.findall(text)) != sorted(PLACES.findall(wanted)):
                offenders.append((wanted, text))
    assert offenders == []


@pytest.mark.parametrize("locale", LOCALES)
def test_a_text_has_as_many_forms_as_its_language(locale):
    texts = catalogue(locale)
    assert {len(texts[msgid[0]]) for msgid in _msgids() if isinstance(msgid, tuple)} == {Catalog(locale).num_plurals}


def test_no_traditional_text_holds_a_simplified_character():
    offenders = [
        (msgid, text) for msgid, texts in catalogue("zh_Hant_TW").items() for text in texts if set(text) & SIMPLIFIED
    ]
    assert offenders == []


@pytest.mark.parametrize("locale", update.OTHERS)
def test_chinese_in_another_language_is_a_name_or_an_example_given(locale):
    """A name stands beside its translation: 教育發展資源入口網, 校端_一般_導師."""
    offenders = [
        (msgid, text)
        for msgid, texts in catalogue(locale).items()
        for text in texts
        if HAN.search(text) and not HAN.search(msgid) and not re.search(r"\([\w]*[\u3400-\u9fff]+[\w]*\)", text)
    ]
    assert offenders == []
