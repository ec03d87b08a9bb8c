"""A file goes out through one view: to those who see what it hangs on, as a download and nothing else."""

from __future__ import annotations

from io import BytesIO

import pytest
from werkzeug.http import parse_options_header

from app.access.session import system
from app.attachments.models import Attachment
from app.attachments.storage import storage
from app.extensions import db
from tests.attachments import samples
from tests.bulletins.test_publishing import HOME, form
from tests.contact_books.test_writing import HOME as BOOK
from tests.contact_books.test_writing import form as book_form


def attach(client_as, flask_app, world, name, data=samples.PDF):
    """Attach one file to a line of 501's book of tomorrow; returns its address."""
    sent = book_form(world, lines=[("homework", "練習卷", {"files": [(BytesIO(data), name)]})])
    assert client_as("teacher_501").post(BOOK + "add", data=sent).status_code == 302
    with flask_app.app_context(), system("tests"):
        return f"/attachments/{db.session.query(Attachment.id).one()[0]}"


def test_a_parent_gets_the_file_under_its_chinese_name(client_as, flask_app, world):
    address = attach(client_as, flask_app, world, "數學練習卷_分數的除法.pdf")
    answer = client_as("parent_chen").get(address)
    assert answer.status_code == 200
    assert answer.data == samples.PDF
    assert answer.content_type == "application/pdf"
    assert int(answer.headers["Content-Length"]) == len(samples.PDF)
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment;")
    assert "filename*=UTF-8''%E6%95%B8%E5%AD%B8" in disposition
    assert disposition.isascii()


def test_no_browser_shows_a_file_as_a_page_of_the_portal_or_keeps_it(client_as, flask_app, world):
    answer = client_as("parent_chen").get(attach(client_as, flask_app, world, "說明.txt", samples.TEXT))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.content_type == "text/plain; charset=utf-8"


def test_a_name_cannot_break_the_header(client_as, flask_app, world):
    address = attach(client_as, flask_app, world, "單.pdf")
    with flask_app.app_context(), system("tests"):
        db.session.query(Attachment).one().original_name = 'a"; filename=x.exe\r\nSet-Cookie: a=b.pdf'
        db.session.commit()
    answer = client_as("parent_chen").get(address)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    names = parse_options_header(answer.headers["Content-Disposition"])[1]
    assert names == {"filename": "a_; filename=x.exeSet-Cookie_ a=b.pdf"}


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("parent_chen", 200),
        ("teacher_501", 200),
        ("lead_wc", 200),
        ("city_admin", 200),
        ("parent_wang", 404),
        ("parent_lin", 404),
        ("teacher_502", 404),
        ("teacher_701", 404),
        ("manager_wc", 403),
        ("registrar_wc", 403),
        ("counselor_wc", 403),
        ("personnel_wc", 403),
        ("citizen_wu", 403),
    ],
)
def test_a_file_opens_to_those_who_see_what_it_hangs_on(client_as, flask_app, world, person, status):
    assert client_as(person).get(attach(client_as, flask_app, world, "單.pdf")).status_code == status


def test_a_visitor_is_sent_to_an_entrance(client_as, flask_app, world, visitor):
    answer = visitor.get(attach(client_as, flask_app, world, "單.pdf"))
    assert answer.status_code == 302
    assert "/sign-in/" in answer.location


@pytest.mark.parametrize("number", ["0", "999999", "99999999999999999999"])
def test_an_unknown_number_is_not_there(client_as, number):
    assert client_as("parent_chen").get(f"/attachments/{number}").status_code == 404


def test_a_file_that_the_storage_lost_is_not_there_and_nothing_breaks(client_as, flask_app, world):
    address = attach(client_as, flask_app, world, "單.pdf")
    with flask_app.app_context(), system("tests"):
        storage().delete(db.session.query(Attachment.storage_key).one()[0])
    assert client_as("parent_chen").get(address).status_code == 404


def test_a_download_costs_two_statements(client_as, flask_app, world, count_statements):
    address = attach(client_as, flask_app, world, "單.pdf")
    parent = client_as("parent_chen")
    parent.get(address)
    with count_statements() as statements:
        parent.get(address)
    assert len(statements) == 2, str(statements)


def test_path_parts_of_a_name_reach_neither_the_storage_nor_the_reader(client_as, flask_app, world):
    sent = form(world, files=[(BytesIO(samples.PDF), "../../../etc/passwd.pdf")])
    assert client_as("teacher_501").post(HOME + "add", data=sent).status_code == 302
    with flask_app.app_context(), system("tests"):
        attachment = db.session.query(Attachment).one()
        assert attachment.original_name == "passwd.pdf"
        assert "passwd" not in attachment.storage_key
