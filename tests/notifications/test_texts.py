"""The texts of all purposes: complete, in every language, and without a word that only a page could show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask_babel import force_locale

from app.model_types import now
from app.notifications import outbox
from tests.web.reading import Reader

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


class _Role:
    label = "R"


NAMES = (
    "address",
    "file_name",
    "full_name",
    "guardian_name",
    "job_title",
    "link",
    "reason",
    "school_name",
    "student_name",
    "temporary_password",
    "unit",
    "username",
)
VALUES = {**dict.fromkeys(NAMES, "X"), "granted_roles": [_Role()], "roles": [_Role()], "left": 2, "minutes": 15}
"""What the purposes' texts name; a text that names more stands with an empty place in the tests below."""


@pytest.mark.parametrize("locale", ["zh_Hant_TW", "en", "vi", "id"])
def test_every_letter_and_sms_speaks_its_readers_language(context, locale):
    reader = Reader(locale, {"X", "R"})
    strange = []
    with force_locale(locale):
        for purpose in PURPOSES:
            for name in sorted(path.name for path in purpose.iterdir()):
                text = outbox._text(f"{purpose.name}/{name}", {**VALUES, "changed_at": now(), "role": _Role()})
                assert text, (purpose.name, name)
                strange += [f"{purpose.name}/{name}: {each}" for each in reader.strange(text)]
        frame = outbox._text("_layout.html", {"subject": "X", "text": "X", "html": ""})
        strange += reader.strange(frame)
    assert strange == []
    assert f'lang="{locale.replace("_", "-")}"' in frame
