"""個資告知與同意: its words stay as they were accepted, acceptance is kept, a newer version is asked for once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.accounts.models import AccountKind
from app.extensions import db
from app.model_types import now
from app.privacy import notices
from app.privacy.models import Consent
from app.privacy.notices import EN, NOTICES, ZH, Notice
from tests.accounts.browsing import CAPTCHA, account, send
from tests.accounts.test_registration_general import DETAILS, PERSON, begin
from tests.world import PASSWORD

FINGERPRINTS = {"2026-11": "869f0d664341aba3"}
"""A version that was in force is never changed: people accepted these very words."""


def test_no_word_of_a_version_has_changed():
    assert {notice.version: notice.fingerprint for notice in NOTICES} == FINGERPRINTS


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: notice.version)
def test_a_notice_tells_the_six_things_of_article_8_in_both_languages(notice):
    assert set(notice.texts) == {ZH, EN}
    for sections in notice.texts.values():
        assert len(sections) == 6
        assert all(section.paragraphs for section in sections)


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: notice.version)
@pytest.mark.parametrize("language", ["vi", "id"])
def test_a_translation_says_paragraph_for_paragraph_what_the_notice_says(notice, language):
    assert notice.is_translated(language)
    assert [len(section.paragraphs) for section in notice.sections(language)] == [
        len(section.paragraphs) for section in notice.sections(ZH)
    ]
    assert not notice.is_translated(ZH)
    assert notice.sections("xx") == notice.texts[ZH]


def test_the_notice_is_public_and_linked_at_the_foot_of_every_page(visitor):
    page = visitor.get("/privacy/")
    assert "個人資料保護法第三條" in page.text
    assert visitor.get("/privacy/2026-11").text.count("六、") == 1
    assert visitor.get("/privacy/1999-01").status_code == 404
    assert 'href="/privacy/"' in visitor.get("/").text
    assert "個人資料保護法第三條" in visitor.get("/register/official/").text


def consents(flask_app, account_id: int) -> list[tuple[str, AccountKind]]:
    with flask_app.app_context(), system("tests"):
        rows = db.session.scalars(sa.select(Consent).where(Consent.account_id == account_id).order_by(Consent.id)).all()
        assert all(timedelta(0) <= now() - row.given_at < timedelta(hours=1) for row in rows)
        return [(row.version, row.entrance) for row in rows]


@pytest.mark.every_database
def test_both_registrations_keep_version_moment_and_entrance(visitor, flask_app, world):
    person = {"full_name": "周雅婷", "birth_date": "75/3/2", "email": "y@example.org", "mobile": "0912-345-678"}
    official = {**person, "username": "chou_yt", "identity": "A123456789", "job_title": "教師", "captcha": CAPTCHA}
    assert send(visitor, "/register/official/", {**official, "school_id": world.schools["wenchang"]}).status_code == 302
    begin(visitor)
    assert send(visitor, DETAILS, PERSON).status_code == 302
    for username, entrance in (("chou_yt", AccountKind.OFFICIAL), ("meng.chun", AccountKind.GENERAL)):
        facts = account(flask_app, username)
        assert facts is not None
        assert consents(flask_app, facts["id"]) == [("2026-11", entrance)]


@pytest.fixture
def newer(monkeypatch):
    """A version that is in force since yesterday."""
    notice = Notice("2099-01", date(2020, 1, 1), NOTICES[-1].texts)
    monkeypatch.setattr(notices, "NOTICES", (*NOTICES, notice))
    return notice


def sign_in(visitor, path: str = "/sign-in/general/"):
    fields = {"username": "citizen_wu", "password": PASSWORD, "captcha": CAPTCHA}
    return send(visitor, path, fields)


def test_who_has_accepted_the_version_in_force_is_not_asked(visitor, world):
    sign_in(visitor)
    assert visitor.get("/portal/").status_code == 200


def test_a_newer_version_is_asked_for_once_and_leads_on(visitor, flask_app, world, newer):
    sign_in(visitor)
    answer = visitor.get("/portal/profile/")
    assert answer.location == "/portal/notice/?next=/portal/profile/"
    assert visitor.get("/privacy/").status_code == 200
    accepted = send(visitor, answer.location, {})
    assert accepted.location == "/portal/profile/"
    assert visitor.get("/portal/profile/").status_code == 200
    kept = [("2026-11", AccountKind.GENERAL), ("2099-01", AccountKind.GENERAL)]
    assert consents(flask_app, world.accounts["citizen_wu"]) == kept
    again = flask_app.test_client()
    sign_in(again)
    assert again.get("/portal/profile/").status_code == 200


def test_nothing_opens_or_changes_before_the_answer(visitor, flask_app, world, newer):
    sign_in(visitor)
    token = {"csrf_token": "x"}
    assert "/portal/notice/" in visitor.get("/portal/sessions/").location
    assert visitor.post("/portal/sessions/", data=token).status_code in (302, 400)
    assert send(visitor, "/portal/notice/?next=//evil.example/", {}).location == "/portal/"
