"""Every generated screen, walked by the people who open it: the pages work, and no row of the other school is on them."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlencode

import flask_appbuilder
import pytest
from babel.messages.pofile import read_po
from jinja2 import TemplateNotFound

from app.access.pages import PAGES, acts_of
from app.access.roles import Role
from app.access.session import system
from app.accounts.admin import NAMES_OF_ACTS, NAMES_OF_OWN_PAGES
from app.crypto.sealing import keyed_index, seal
from app.extensions import db
from app.schools.models import Student
from app.student_records.models import SubjectKind, TermGrade
from app.web.conditions import RelatedIs
from app.web.model_views import RELATED_ROWS
from tests.web.screens import (
    OF_ZHONGXING,
    WALKERS,
    generated_views,
    may,
    plant_rows_of_the_city,
    problems_of_markup,
    rows_seen_by,
    view_named,
)

UNKNOWN = 987_654


@pytest.fixture(params=WALKERS)
def walk(request, flask_app, world, client_as, actor_of):
    """(client, actor, views that the person may list)."""
    plant_rows_of_the_city(flask_app, world)
    actor = actor_of(request.param)
    views = [view for view in generated_views(flask_app) if may(flask_app, view, actor, "list")]
    return client_as(request.param), actor, views


def _foreign_words(actor, html: str) -> list[str]:
    return [] if actor.username == "city_admin" else [word for word in OF_ZHONGXING if word in html]


def test_every_page_of_the_list_of_pages_has_its_screen(flask_app):
    registered = {view.class_permission_name for view in generated_views(flask_app)}
    assert registered >= {page for page in PAGES if page.endswith("Admin")}


def test_lists_pages_and_forms_show_no_row_outside_the_scope(walk, flask_app):
    client, actor, views = walk
    for view in views:
        own, foreign = rows_seen_by(flask_app, view, actor)
        addresses = [f"{view.route_base}/list/"]
        if may(flask_app, view, actor, "add"):
            addresses.append(f"{view.route_base}/add")
        addresses += [f"{view.route_base}/show/{key}" for key in own[:2]]
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code == 200, address
            assert _foreign_words(actor, answer.text) == [], address
            assert problems_of_markup(answer.text) == [], address
        if own:
            assert (
                f"{view.route_base}/show/{own[-1]}" in client.get(f"{view.route_base}/list/?psize_{view.endpoint}=100").text
            )
        for act in ("show", "edit", "delete"):
            for key in [*foreign[:2], UNKNOWN]:
                answer = client.get(f"{view.route_base}/{act}/{key}")
                assert answer.status_code == (404 if may(flask_app, view, actor, act) else answer.status_code)
                assert answer.status_code in (403, 404), (view.endpoint, act, key)


def test_edit_and_delete_open_for_rows_that_may_be_written_and_for_no_other(walk, flask_app):
    client, actor, views = walk
    for view in views:
        own, _ = rows_seen_by(flask_app, view, actor)
        for act in ("edit", "delete"):
            if not own or not may(flask_app, view, actor, act):
                continue
            listed = client.get(f"{view.route_base}/list/?psize_{view.endpoint}=100").text
            for key in own[:3]:
                answer = client.get(f"{view.route_base}/{act}/{key}")
                assert answer.status_code in (200, 404)
                assert (answer.status_code == 200) == (f'href="{view.route_base}/{act}/{key}"' in listed), (
                    view.endpoint,
                    key,
                )
                assert _foreign_words(actor, answer.text) == []
                assert problems_of_markup(answer.text) == [], (view.endpoint, act)


def test_a_foreign_row_and_an_unknown_one_get_the_same_answer(flask_app, client_as, world):
    client = client_as("registrar_wc")
    for act in ("show", "edit", "delete"):
        foreign = client.get(f"/sso/students/{act}/{world.students['王小華']}")
        unknown = client.get(f"/sso/students/{act}/{UNKNOWN}")
        assert foreign.status_code == unknown.status_code == 404
        own_address = f"/{act}/{world.students['王小華']}"
        texts = (foreign.text.replace(own_address, ""), unknown.text.replace(f"/{act}/{UNKNOWN}", ""))
        token = r'(?<=name="csrf_token" value=")[^"]*'  # masked anew in every page
        assert re.sub(token, "", texts[0]) == re.sub(token, "", texts[1])


SAMPLES = {"text": "王", "number": "1", "date": "115/11/1", "fixed": "1"}


@pytest.mark.parametrize("walk", ["city_admin", "registrar_wc"], indirect=True)
def test_every_search_and_every_order_works_within_the_scope(walk):
    """The registrar searches all screens of the school; the city's administrator, who sees all rows, only the others."""
    client, actor, views = walk
    for view in views:
        if actor.has_role(Role.CITY_ADMIN) and Role.REGISTRAR in PAGES[view.class_permission_name]:
            continue
        name = type(view).__name__
        for column, conditions in view._filters.get_search_filters().items():
            for number, condition in enumerate(conditions):
                text = SAMPLES.get(condition.control, "y")
                answer = client.get(f"{view.route_base}/list/?{urlencode({f'_flt_{number}_{column}': text})}")
                assert answer.status_code == 200, (name, column, number)
                assert _foreign_words(actor, answer.text) == [], (name, column, number)
        for column in view.order_columns:
            for direction in ("asc", "desc"):
                answer = client.get(f"{view.route_base}/list/?_oc_{name}={column}&_od_{name}={direction}")
                assert answer.status_code == 200, (name, column)
                assert _foreign_words(actor, answer.text) == []
                if "<tbody>" in answer.text:
                    wanted = {"asc": "ascending", "desc": "descending"}[direction]
                    assert f'aria-sort="{wanted}"' in answer.text


def test_lookups_answer_within_the_scope_at_most_twenty_rows(walk, flask_app):
    client, actor, views = walk
    for view in views:
        if "lookup" in view.exclude_route_methods:
            continue
        for column, lookup in view.lookups.items():
            for typed in ("", "王", "701", "七年一班", "manager_zx", "\x00", "%", "x" * 5000):
                answer = client.get(f"{view.route_base}/lookup/{column}?{urlencode({'q': typed})}")
                assert answer.status_code == 200, (view.endpoint, column)
                assert len(answer.json["items"]) <= 20
                if lookup.model.__name__ != "School":
                    assert _foreign_words(actor, answer.text.encode().decode("unicode_escape")) == []
        assert client.get(f"{view.route_base}/lookup/nothing").status_code == 404


def test_a_lookup_needs_the_permission_of_its_screen(client_as):
    assert client_as("teacher_501").get("/sso/classes/lookup/school?q=").status_code == 403
    assert client_as("parent_chen").get("/student-affairs/term-grades/lookup/student?q=").status_code == 403


def test_related_rows_are_those_that_the_person_may_list(client_as, world):
    page = f"/sso/students/show/{world.students['王小明']}"
    sections = {person: client_as(person).get(page).text for person in ("registrar_wc", "teacher_501", "counselor_wc")}
    assert 'id="related-TermGradeAdmin"' in sections["registrar_wc"]
    assert 'id="related-EnrollmentAdmin"' in sections["registrar_wc"]
    assert 'id="related-TermGradeAdmin"' in sections["teacher_501"]
    assert 'id="related-EnrollmentAdmin"' not in sections["teacher_501"]
    assert "related-" not in sections["counselor_wc"]


def test_what_a_role_may_not_do_is_not_offered(client_as, world):
    listed = client_as("teacher_501").get("/student-affairs/term-grades/list/").text
    assert "/student-affairs/term-grades/show/" in listed
    assert "/term-grades/edit/" not in listed
    assert "/term-grades/delete/" not in listed
    assert "/term-grades/add" not in listed


def test_a_manager_edits_the_own_school_and_sees_the_others(client_as, world):
    client = client_as("manager_wc")
    listed = client.get("/sso/schools/list/").text
    assert f"/sso/schools/edit/{world.schools['wenchang']}" in listed
    assert f"/sso/schools/edit/{world.schools['zhongxing']}" not in listed
    assert f"/sso/schools/show/{world.schools['zhongxing']}" in listed
    assert "/sso/schools/add" not in listed


def test_identity_numbers_are_masked_and_stand_in_no_form(flask_app, client_as, world):
    with flask_app.app_context(), system("tests"):
        student = db.session.get(Student, world.students["王小明"])
        student.identity_number_sealed, student.identity_number_index = seal("A123456789"), keyed_index("A123456789")
        db.session.commit()
    client = client_as("registrar_wc")
    for address in ("/sso/students/list/", f"/sso/students/show/{world.students['王小明']}"):
        assert "A12****789" in client.get(address).text
        assert "A123456789" not in client.get(address).text
    assert "A12****789" not in client.get(f"/sso/students/edit/{world.students['王小明']}").text
    for column in ("identity_number_sealed", "identity_number_index"):
        assert "王小明" in client.get(f"/sso/students/list/?_flt_0_{column}=zzz").text


def test_a_list_costs_the_same_statements_for_five_rows_and_for_sixty(flask_app, client_as, world, count_statements):
    client = client_as("registrar_wc")
    address = "/student-affairs/term-grades/list/?psize_TermGradeAdmin=10"
    client.get(address)
    with count_statements() as before:
        client.get(address)
    with flask_app.app_context(), system("tests"):
        for number in range(60):
            db.session.add(
                TermGrade(
                    student_id=world.students["王小明"],
                    school_id=world.schools["wenchang"],
                    term_id=world.terms[115, 1],
                    subject=f"科目{number}",
                    kind=SubjectKind.SUBJECT,
                    grade_level=5,
                    score=80,
                )
            )
        db.session.commit()
    with count_statements() as after:
        client.get(address)
    assert len(after) == len(before), f"{before}\n\n{after}"
    # session, rows, count, which of them may be written, the note that they were read
    assert len(after) <= 5, str(after)
    page = client.get(f"/sso/students/show/{world.students['王小明']}").text
    assert page.count('data-label="科目"') == RELATED_ROWS
    assert "/student-affairs/term-grades/list/?_flt_0_student=" in page


def test_a_long_list_is_counted_so_far_and_sorted_only_when_narrowed_down(flask_app, client_as, monkeypatch):
    for module in ("datamodel", "list_page", "model_views"):
        monkeypatch.setattr(f"app.web.{module}.COUNT_LIMIT", 20)
    page = client_as("city_admin").get("/student-affairs/term-grades/list/?psize_TermGradeAdmin=10").text
    assert 'class="sort' not in page
    ordered = "/student-affairs/term-grades/list/?_oc_TermGradeAdmin=score&_od_TermGradeAdmin=asc"
    assert "aria-sort" not in client_as("city_admin").get(ordered).text
    assert "共超過 20 筆" in page
    assert 'page_TermGradeAdmin=1"' in page
    assert 'page_TermGradeAdmin=2"' not in page


def test_every_template_that_a_view_names_is_ours(flask_app):
    environment = flask_app.jinja_env
    for view in generated_views(flask_app):
        for name in ("list_template", "show_template", "add_template", "edit_template", "confirm_template"):
            assert environment.get_template(getattr(view, name)).filename.startswith(flask_app.root_path)
        for name in ("list_widget", "show_widget", "add_widget", "edit_widget", "search_widget"):
            assert environment.get_template(getattr(view, name).template).filename.startswith(flask_app.root_path)
    with pytest.raises(TemplateNotFound):
        environment.get_template("appbuilder/general/charts/chart.html")


def test_no_route_exists_for_an_act_that_nobody_has(flask_app):
    for view in generated_views(flask_app):
        acts = {
            rule.endpoint.split(".")[1]
            for rule in flask_app.url_map.iter_rules()
            if rule.endpoint.startswith(f"{view.endpoint}.")
        }
        assert acts & {"list", "show", "add", "edit", "delete"} <= acts_of(view.class_permission_name), view.endpoint
        assert not acts & {"action", "action_post", "download"}


def test_related_screens_are_leaves_and_can_be_searched_by_their_parent(flask_app):
    for view in generated_views(flask_app):
        assert [type(related) for related in view._related_views] == list(view.related_views) or set(
            map(type, view._related_views)
        ) == set(view.related_views)
        for related in view._related_views:
            relation = related.datamodel.get_related_fk(view.datamodel.obj)
            assert relation in related.search_columns, (view.endpoint, related.endpoint)
            assert isinstance(related._filters.get_search_filters()[relation][0], RelatedIs)


def test_labels_and_titles_share_no_message_with_flask_appbuilder(flask_app):
    folder = Path(flask_appbuilder.__file__).parent
    with (folder / "translations/de/LC_MESSAGES/messages.po").open("rb") as source:
        of_fab = {message.id for message in read_po(source) if message.id}
    for view in generated_views(flask_app):
        shown = {*view.list_columns, *view.show_columns, *view.add_columns, *view.edit_columns, *view.search_columns}
        words = [view.label_columns[column] for column in shown] + [view.list_title, view.row_name]
        assert [word for word in words if getattr(word, "_args", (word,))[0] in of_fab] == [], view.endpoint
        unnamed = [column for column in shown if isinstance(view.label_columns[column], str)]
        assert unnamed == [], f"{view.endpoint}: no name in app.web.column_names"


def test_each_role_shows_its_pages_in_words(flask_app, client_as):
    view = view_named(flask_app, "RoleAdmin")
    client = client_as("city_admin")
    listed = client.get(f"{view.route_base}/list/").text
    assert "校端_進階_管理者" in listed
    titles = {other.class_permission_name for other in generated_views(flask_app)} | set(NAMES_OF_OWN_PAGES)
    assert set(PAGES) - titles == set()
    assert {act for page in PAGES for act in acts_of(page)} <= set(NAMES_OF_ACTS)
