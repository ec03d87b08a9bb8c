"""The texts of all purposes: complete, in both languages, and without a word that only a page could show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from app.web.catalogues import TRANSLATIONS

TEXTS = Path(__file__).resolve().parents[2] / "app" / "templates" / "notifications"
PURPOSES = sorted(path for path in TEXTS.iterdir() if path.is_dir())


def test_there_are_purposes():
    assert PURPOSES


@pytest.mark.parametrize("purpose", PURPOSES, ids=lambda path: path.name)
def test_a_purpose_is_a_letter_with_subject_and_body_or_an_sms(purpose):
    names = {path.name for path in purpose.iterdir()}
    assert names <= {"subject.txt", "body.txt", "body.html", "sms.txt"}
    assert {"subject.txt", "body.txt"} <= names or names == {"sms.txt"}


@pytest.mark.parametrize("purpose", PURPOSES, ids=lambda path: path.name)
def test_a_text_knows_no_request_and_no_address_of_its_own(purpose):
    for path in purpose.iterdir():
        text = path.read_text("utf-8")
        assert not re.search(r"\b(request|session|url_for|g|actor|config)\b[.(]|https?://", text), path


def test_every_word_of_a_letter_has_a_chinese_text():
    with (TRANSLATIONS / "zh_Hant_TW" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        known = {message.id for message in read_po(file) if message.id and any(message.string)}
    methods = [("**.txt", "jinja2"), ("**.html", "jinja2")]
    options = {"**.html": {"trimmed": "true"}, "**.txt": {"trimmed": "true"}}
    missing = {
        f"{name}: {message}"
        for name, _line, message, _comments, _context in extract_from_dir(
            TEXTS, methods, options, {"_": None, "ngettext": (1, 2)}
        )
        if message not in known
    }
    assert missing == set()
