"""Links that are read by themselves say where they lead; a part of a page names its language where it is another one."""

from __future__ import annotations

import pytest
from flask_babel import force_locale

from app.web.list_page import Row, told_apart
from tests.web.reading import languages_said_again, links_not_told_apart


def test_a_list_of_one_childs_grades_had_the_same_link_in_every_row(flask_app):
    rows = [
        Row(1, "王品蓁 國語", ["王品蓁", "國語"], False),
        Row(2, "王品蓁 數學", ["王品蓁", "數學"], False),
        Row(3, "李宥廷 數學", ["李宥廷", "數學"], False),
    ]
    with flask_app.test_request_context():
        told = told_apart(rows, 0)
    assert [row.link_title for row in told] == ["王品蓁 國語", "王品蓁 數學", ""]
    assert [row.title for row in told] == [row.title for row in rows]


def test_rows_with_one_title_are_told_apart_by_their_cells_and_then_by_their_number(flask_app):
    rows = [
        Row(1, "病假", ["10月1日", "第1節"], False),
        Row(2, "病假", ["10月1日", "第2節"], False),
        Row(8, "被拒絕", ["09:54", ""], False),
        Row(9, "被拒絕", ["09:54", None], False),
    ]
    with flask_app.test_request_context(), force_locale("zh_Hant_TW"):
        told = told_apart(rows, 0)
    assert "第1節" in told[0].title
    assert "第2節" in told[1].title
    assert told[2].title.endswith("編號 8")
    assert told[3].title.endswith("編號 9")
    assert len({row.link_title for row in told}) == 4


@pytest.mark.parametrize(
    ("person", "path"),
    [
        ("city_admin", "/sso/audit/list/"),
        ("registrar_wc", "/sso/terms/list/"),
        ("teacher_501", "/student-affairs/term-grades/list/"),
        ("teacher_501", "/student-affairs/links/"),
        ("teacher_501", "/student-affairs/links/linked"),
        ("teacher_501", "/student-affairs/bulletins/add"),
        ("teacher_501", "/student-affairs/contact-book/add"),
        ("parent_chen", "/portal/links/"),
        ("parent_lin", "/portal/"),
        ("city_admin", "/sso/permissions/"),
        ("-", "/manual/"),
        ("-", "/manual/A1"),
    ],
)
def test_no_two_links_of_a_page_have_the_same_words_for_different_addresses(client_as, flask_app, person, path):
    client = flask_app.test_client() if person == "-" else client_as(person)
    answer = client.get(path)
    assert answer.status_code == 200
    assert links_not_told_apart(answer.text) == []
    assert languages_said_again(answer.text) == []


def test_a_page_without_a_menu_still_leads_home_and_to_the_site_map(flask_app):
    page = flask_app.test_client().get("/offline/zh-Hant-TW").text
    nav = page.split("<nav", 1)[1].split("</nav>", 1)[0]
    assert 'href="/site-map"' in nav
    assert 'href="/"' in nav
