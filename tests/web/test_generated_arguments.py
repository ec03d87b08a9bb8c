"""Whatever stands in an address or a form of a generated screen: an answer, never a broken page, on both databases."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.web.screens import generated_views, may, view_named

NONSENSE = (
    "_flt_9_full_name=x",
    "_flt_99_full_name=x",
    "_flt_0_nothing=x",
    "_flt_0_id=1",
    "_flt_0_school_id=1",
    "_flt_0_full_name=%00",
    "_flt_0_full_name=%ED%A0%80",
    "_flt_0_full_name=%25_%5C",
    f"_flt_0_full_name={'x' * 5000}",
    "_flt_0_full_name=&_flt_0_full_name=a&_flt_0_full_name=b",
    "_flt_0_status=nonsense",
    "_flt_0_student=abc",
    "_flt_0_student=-1",
    "_flt_0_student=%00",
    f"_flt_0_student={'9' * 40}",
    f"_flt_0_school={'9' * 20}",
    "_flt_1_school=%00",
    "_flt_0_score=abc",
    "_flt_0_score=NaN",
    "_flt_0_score=1e999",
    f"_flt_0_grade_level={'9' * 30}",
    "_flt_0_grade_level=%EF%BC%95",
    "_flt_0_created_at=yesterday",
    "_flt_0_event_date=0/0/0",
    "_flt_0_publish_from=9999-99-99",
    "_flt_0_is_pinned=maybe",
    "psize_{view}=abc",
    "psize_{view}=-5",
    "psize_{view}=1000000",
    "page_{view}=abc",
    "page_{view}=-1",
    f"page_{{view}}={'9' * 30}",
    "page_{view}=5000",
    "_oc_{view}=identity_number_index&_od_{view}=asc",
    "_oc_{view}=school.code&_od_{view}=asc",
    "_oc_{view}=%00&_od_{view}=asc",
    "_oc_{view}=id&_od_{view}=sideways",
    "_od_{view}=asc",
    "col=full_name&op=x&val=y",
    "col=full_name&col=status",
    "col=nothing&op=0&val=1",
    "more=nothing",
    "more=full_name&drop=77",
    "drop=-1",
    "&".join(["col=full_name&op=0&val=x"] * 200),
)


@pytest.mark.every_database
def test_nonsense_in_the_address_of_a_list_breaks_nothing(flask_app, client_as):
    """Text, numbers, days, instants, choices and relations: these four screens have each kind of column."""
    client = client_as("city_admin")
    for name in ("StudentAdmin", "TermGradeAdmin", "GuardianLinkAdmin", "BulletinAdmin"):
        view = view_named(flask_app, name)
        for nonsense in NONSENSE:
            answer = client.get(f"{view.route_base}/list/?{nonsense.format(view=name)}")
            assert answer.status_code == 200, (name, nonsense)


@pytest.mark.every_database
@pytest.mark.parametrize("key", ["0", "-1", "abc", "1.5", "9" * 10, "9" * 40, "%00", "1%00", "%EF%BC%91", "1 or 1=1", "[1]"])
def test_nonsense_as_the_number_of_a_row_is_not_found(flask_app, client_as, key):
    client = client_as("city_admin")
    for address in ("/sso/students", "/sso/accounts", "/sso/roles", "/student-affairs/term-grades"):
        for act in ("show", "edit", "delete"):
            assert client.get(f"{address}/{act}/{quote(key, safe='%')}").status_code in (403, 404), (address, act)
            assert client.post(f"{address}/{act}/{quote(key, safe='%')}").status_code in (403, 404, 405), (address, act)


@pytest.mark.every_database
def test_a_form_full_of_nonsense_is_answered_beside_its_fields(flask_app, client_as, actor_of):
    actor, client = actor_of("city_admin"), client_as("city_admin")
    for view in generated_views(flask_app):
        if not may(flask_app, view, actor, "add"):
            continue
        for text in ("\x00", "\ud800".encode("utf-8", "surrogatepass"), "9" * 400, "x" * 20000, "__None", "1e5", "-1"):
            data = dict.fromkeys(view.add_columns, text) | {f"{name}-text": text for name in view.add_columns}
            answer = client.post(f"{view.route_base}/add", data=data)
            assert answer.status_code in (200, 302), (view.endpoint, text[:10])


def test_a_word_where_a_number_belongs_is_said_beside_the_condition(client_as):
    page = client_as("registrar_wc").get("/student-affairs/term-grades/list/?_flt_0_score=abc").text
    assert "請填數字。" in page
    assert 'value="abc"' in page
    assert page.count("<tr>") > 1


def test_conditions_are_added_and_taken_away_without_losing_the_others(client_as):
    client = client_as("registrar_wc")
    typed = "col=student&op=1&val=王&col=subject&op=0&val=國"
    added = client.get(f"/student-affairs/term-grades/list/?{typed}&more=score").text
    assert added.count('name="val"') == 3
    assert 'value="王"' in added
    assert 'value="國"' in added
    assert "autofocus" in added
    dropped = client.get(f"/student-affairs/term-grades/list/?{typed}&drop=0").text
    assert dropped.count('name="val"') == 1
    assert 'value="國"' in dropped
    assert 'value="王"' not in dropped


def test_pages_and_orders_keep_the_conditions(client_as):
    page = (
        client_as("city_admin")
        .get("/student-affairs/term-grades/list/?col=subject&op=0&val=國&psize_TermGradeAdmin=10")
        .text
    )
    assert (
        "/student-affairs/term-grades/list/?_flt_0_subject=%E5%9C%8B&amp;psize_TermGradeAdmin=10&amp;page_TermGradeAdmin=1"
        in page
    )
    assert (
        "_flt_0_subject=%E5%9C%8B&amp;_oc_TermGradeAdmin=score&amp;_od_TermGradeAdmin=asc&amp;psize_TermGradeAdmin=10"
        in page
    )


@pytest.mark.parametrize(
    ("condition", "finds"),
    [
        ("_flt_0_full_name=小", {"王小明"}),
        ("_flt_1_full_name=小", set()),
        ("_flt_2_full_name=王", {"王小明"}),
        ("_flt_3_full_name=王", {"林品妤", "李宥廷", "張子晴"}),
        ("_flt_0_student_number=1110502", {"李宥廷"}),
        ("_flt_0_current_enrollment=501", {"王小明", "林品妤"}),
        ("_flt_0_current_enrollment=五年", {"王小明", "林品妤", "李宥廷"}),
        ("_flt_0_current_enrollment=五年二班", {"李宥廷"}),
        ("_flt_0_current_enrollment=701", set()),
        ("_flt_0_status=graduated", set()),
        ("_flt_1_status=graduated", {"王小明", "林品妤", "李宥廷", "張子晴"}),
        ("_flt_0_full_name=王&_flt_0_student_number=99", set()),
        ("_flt_0_full_name=%25", set()),
        ("_flt_1_school=中興", set()),
    ],
)
def test_what_a_condition_finds(client_as, condition, finds):
    page = client_as("registrar_wc").get(f"/sso/students/list/?{condition}").text
    everybody = {"王小明", "林品妤", "李宥廷", "張子晴", "王小華"}
    assert {name for name in everybody if f">{name}</a>" in page} == finds
