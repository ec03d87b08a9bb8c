"""Every address is either in the short public list, or opens only to somebody a page permission names."""

from __future__ import annotations

import inspect

import pytest

from app.access.gates import KEPT_AT, PUBLIC
from app.access.pages import PAGES

HALF_WAY = {endpoint for _, endpoints in KEPT_AT.values() for endpoint in endpoints}
"""Opened by the state of an account, not by a role (access.gates)."""


def _guarded(view_function) -> bool:  # type: ignore[no-untyped-def]
    return hasattr(inspect.unwrap(view_function), "_permission_name") or hasattr(view_function, "_permission_name")


def test_every_route_is_guarded_or_public(flask_app):
    open_doors = [
        rule.endpoint
        for rule in flask_app.url_map.iter_rules()
        if rule.endpoint not in PUBLIC | HALF_WAY and not _guarded(flask_app.view_functions[rule.endpoint])
    ]
    assert open_doors == []


def test_the_public_list_names_only_routes_that_exist(flask_app):
    assert set(flask_app.view_functions) >= PUBLIC | HALF_WAY


def test_every_guarded_view_has_a_page_whose_acts_it_uses(flask_app):
    appbuilder = flask_app.appbuilder
    for view in appbuilder.baseviews:
        if not view.base_permissions:
            continue
        assert view.class_permission_name in PAGES, view
        granted = {f"can_{act}" for acts in PAGES[view.class_permission_name].values() for act in acts.split()}
        assert granted <= set(view.base_permissions), (view.class_permission_name, granted, view.base_permissions)


def test_every_page_has_a_view(flask_app):
    names = {view.class_permission_name for view in flask_app.appbuilder.baseviews}
    assert set(PAGES) - names == set()


def _address(rule) -> str:  # type: ignore[no-untyped-def]
    values = dict.fromkeys(rule.arguments, "1")
    if "channel" in values:
        values["channel"] = "homeroom"
    path = rule.rule
    for name, value in values.items():
        for converter in ("int:", "string:", "path:", ""):
            path = path.replace(f"<{converter}{name}>", value)
    return path


def test_a_visitor_gets_nothing_but_the_way_to_an_entrance(flask_app, visitor):
    for rule in flask_app.url_map.iter_rules():
        if rule.endpoint in PUBLIC or "GET" not in rule.methods:
            continue
        answer = visitor.get(_address(rule))
        assert answer.status_code in (302, 401, 403, 404), (rule.rule, answer.status_code)
        if answer.status_code == 302:
            assert "/sign-in/" in answer.location, (rule.rule, answer.location)


@pytest.mark.parametrize(
    "person", ["citizen_wu", "parent_lin", "parent_chen", "counselor_wc", "personnel_wc", "teacher_501"]
)
def test_a_page_outside_the_role_answers_403_and_never_breaks(flask_app, client_as, actor_of, person):
    from app.access.pages import may_open
    from app.access.session import system
    from app.extensions import db

    actor, client = actor_of(person), client_as(person)
    for rule in flask_app.url_map.iter_rules():
        view_function = flask_app.view_functions[rule.endpoint]
        if rule.endpoint in PUBLIC | HALF_WAY or "GET" not in rule.methods:
            continue
        view = next(v for v in flask_app.appbuilder.baseviews if v.endpoint == rule.endpoint.split(".")[0])
        permission = f"can_{view.get_method_permission(rule.endpoint.split('.')[1])}"
        with flask_app.app_context(), system("tests"):
            allowed = may_open(db.session, actor, permission, view.class_permission_name)
        answer = client.get(_address(rule))
        if allowed:
            assert answer.status_code < 500, (rule.rule, answer.status_code)
        else:
            assert answer.status_code in (403, 404), (rule.rule, answer.status_code, view_function)
