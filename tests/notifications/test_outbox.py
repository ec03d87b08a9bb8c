"""Writing into the outbox: the receiver's language, no headers from outside, nothing readable at rest."""

from __future__ import annotations

import pytest
from flask_babel import force_locale

from app.access.session import system
from app.extensions import db
from app.notifications.models import OutboxChannel, OutboxStatus
from app.notifications.outbox import UnsafeMessage, absolute_url, send_letter, send_sms
from tests.notifications.conftest import rows, text_of


@pytest.mark.parametrize(
    ("locale", "word"), [("zh_Hant_TW", "個人專區"), ("en", "My area"), ("xx", "個人專區"), ("", "個人專區")]
)
def test_a_message_is_in_the_language_of_its_reader(context, locale, word):
    with force_locale("en" if locale != "en" else "zh_Hant_TW"):
        send_letter("chen@example.org", "greeting", locale, name="王小明")
        send_sms("+886912345678", "greeting", locale, name="王小明")
    db.session.commit()
    letter, sms = rows()
    assert text_of(letter)["subject"] == f"{word}: 王小明"
    assert text_of(letter)["text"].startswith(f"{word}\n王小明\n")
    assert f"<p>{word}<br>王小明</p>" in text_of(letter)["html"]
    assert f'lang="{"en" if locale == "en" else "zh-Hant-TW"}"' in text_of(letter)["html"]
    assert text_of(sms) == {"text": f"{word}: 王小明"}
    assert (letter.channel, letter.receiver, letter.status) == (
        OutboxChannel.EMAIL,
        "chen@example.org",
        OutboxStatus.QUEUED,
    )
    assert (sms.channel, sms.receiver, sms.purpose) == (OutboxChannel.SMS, "+886912345678", "greeting")


@pytest.mark.parametrize(
    "receiver",
    ["", "nobody", "a@example.org\nBcc: b@example.org", "a@example.org\r\n", "a@example.org\x00", "a" * 250 + "@a.tw"],
)
def test_a_letter_to_no_address_or_to_a_header_is_refused(context, receiver):
    with pytest.raises(UnsafeMessage):
        send_letter(receiver, "greeting", "en", name="x")


@pytest.mark.parametrize("name", ["a\nBcc: b@example.org", "a\r\nb", "a\u2028b", "a\rb"])
def test_a_subject_with_a_line_break_is_refused(context, name):
    with pytest.raises(UnsafeMessage):
        send_letter("a@example.org", "greeting", "en", name=name)


@pytest.mark.parametrize("number", ["", "0912345678", "+886912345678\n", "+0912345678", "886912345678", "+8869１2345678"])
def test_an_sms_goes_to_a_number_in_e164_alone(context, number):
    with pytest.raises(UnsafeMessage):
        send_sms(number, "greeting", "en", name="x")


def test_the_text_is_not_readable_in_the_database(context):
    send_sms("+886912345678", "greeting", "en", name="secret-4711")
    db.session.commit()
    assert "secret-4711" not in rows()[0].content_sealed


def test_a_change_that_is_rolled_back_takes_its_letter_with_it(context):
    send_letter("a@example.org", "greeting", "en", name="x")
    db.session.rollback()
    assert rows() == []


def test_a_link_in_a_letter_comes_from_the_settings_and_not_from_the_browser(flask_app, settings):
    settings(PUBLIC_BASE_URL="https://portal.example.tw/school")
    with flask_app.test_request_context(base_url="http://evil.example/"), system("tests"):
        send_letter("a@example.org", "greeting", "en", name="x")
        db.session.commit()
        content = text_of(rows()[0])
    assert "https://portal.example.tw/school/" in content["text"]
    assert "evil" not in "".join(content.values())


def test_an_address_of_a_page_is_absolute(context):
    assert absolute_url("HomeView.news", news_id=7, q="王") == "http://localhost/news/7?q=%E7%8E%8B"


def test_what_people_typed_is_escaped_in_the_html_part_alone(context):
    for purpose in ("greeting", "framed"):
        send_letter("a@example.org", purpose, "en", name="<script>alert(1)</script>")
    db.session.commit()
    for row in rows():
        assert "<script>alert(1)</script>" in text_of(row)["text"]
        assert "<script>" not in text_of(row)["html"]
    assert '<p class="own">&lt;script&gt;' in text_of(rows()[1])["html"]


def test_a_commit_with_a_letter_wakes_the_worker_and_no_other(context):
    woken: list[bool] = []
    context.extensions["wake_outbox_worker"] = lambda: woken.append(True)
    try:
        db.session.commit()
        send_letter("a@example.org", "greeting", "en", name="x")
        db.session.rollback()
        db.session.commit()
        assert woken == []
        send_letter("a@example.org", "greeting", "en", name="x")
        with db.session.begin_nested():
            send_letter("b@example.org", "greeting", "en", name="x")
        assert woken == []
        db.session.commit()
        db.session.commit()
        assert woken == [True]
    finally:
        del context.extensions["wake_outbox_worker"]
