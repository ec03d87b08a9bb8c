"""The city administrator's screens: actions and purposes in words, searched by them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from flask_babel import force_locale

from app.access.session import system
from app.audit.actions import ACTIONS, VERBS, known_actions, words_of
from app.audit.chain import seal_waiting
from app.audit.record import record
from app.extensions import db
from app.notifications.admin import PURPOSES
from app.operations.retention import RULES
from tests.web.screens import plant_rows_of_the_city

APP = Path(__file__).resolve().parents[2] / "app"


def actions_in(path: Path) -> set[str]:
    """The actions that a module hands to record() or record_reading(): constants, choices of two, named constants."""
    tree = ast.parse(path.read_text("utf-8"))
    named: dict[str, list[ast.expr]] = {}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named.setdefault(node.targets[0].id, []).append(node.value)
        if isinstance(node, ast.FunctionDef):  # an action that a helper is given
            for place, argument in enumerate(node.args.args):
                given = [call.args[place] for call in calls if call.func.id == node.name and len(call.args) > place]
                named.setdefault(argument.arg, []).extend(value for value in given if isinstance(value, ast.Constant))

    def read(node: ast.expr) -> set[str]:
        if isinstance(node, ast.Constant):
            return {node.value}
        if isinstance(node, ast.IfExp):
            return read(node.body) | read(node.orelse)
        if isinstance(node, ast.Name) and named.get(node.id):
            return set().union(*(read(value) for value in named[node.id]))
        if isinstance(node, ast.Name) and path.name in ("reading.py",):
            return set()
        if isinstance(node, ast.JoinedStr):
            return {"".join(part.value if isinstance(part, ast.Constant) else "*" for part in node.values)}
        raise AssertionError(f"{path.name}:{node.lineno}: say the action as a constant")

    return set().union(*(read(call.args[1]) for call in calls if call.func.id in ("record", "record_reading")), set())


def test_every_action_of_the_code_has_words(flask_app):
    used = {action for path in APP.rglob("*.py") if "migrations" not in path.parts for action in actions_in(path)}
    generated = {action for action in used if "*" in action}
    assert {action.partition(".")[0] for action in generated} - {"*", "forget"} <= set(VERBS)
    assert {f"forget.{rule.name}" for rule in RULES if rule.due or rule.name == "orphan_files"} <= set(ACTIONS)
    assert used - generated - set(ACTIONS) == set()
    assert len(used) > 35
    with flask_app.test_request_context():
        for locale in ("zh_Hant_TW", "en"):
            with force_locale(locale):
                assert [action for action, words in known_actions() if words == action] == []
                assert words_of("delete.term_grade") in ("刪除：成績", "Deleted: Mark")


def test_every_text_that_is_sent_has_words():
    folders = APP / "templates" / "notifications"
    assert {folder.name for folder in folders.iterdir() if folder.is_dir()} - set(PURPOSES) == set()


@pytest.fixture
def log(context, world, actor_of):
    record(actor_of("teacher_501"), "approve.guardian_link", 1)
    record(actor_of("teacher_701"), "read.student", world.students["王小華"], student_id=world.students["王小華"])
    with system("tests"):
        db.session.commit()
    seal_waiting()
    record(None, "fail.sign_in", detail="general")
    with system("tests"):
        db.session.commit()


def rows_of(page: str) -> str:
    return page[page.index("<tbody>") : page.index("</tbody>")] if "<tbody>" in page else ""


def test_the_log_is_read_in_words_and_says_what_is_sealed(log, client_as):
    rows = rows_of(client_as("city_admin").get("/sso/audit/list/").text)
    for words in ("通過學生連結", "查看：學生", "登入失敗", "等待封存", "文昌國小"):
        assert words in rows
    assert "approve.guardian_link" not in rows


@pytest.mark.parametrize(
    ("search", "found", "not_found"),
    [
        ("_flt_0_action=read.student", "teacher_701", "teacher_501"),
        ("_flt_0_username=501", "teacher_501", "teacher_701"),
        ("_flt_0_school={zhongxing}", "teacher_701", "teacher_501"),
        ("_flt_1_school=文昌", "teacher_501", "teacher_701"),
        ("_flt_0_at=115/1/1", "", "teacher_501"),
        ("_flt_0_action=no.such", "teacher_501", "nobody"),
    ],
)
def test_it_is_searched_by_account_action_school_and_day(log, client_as, world, search, found, not_found):
    rows = rows_of(client_as("city_admin").get("/sso/audit/list/?" + search.format(**world.schools)).text)
    assert found in rows
    assert not_found not in rows


def test_the_page_of_an_entry_names_its_object(log, client_as, world):
    page = client_as("city_admin").get("/sso/audit/show/2").text
    assert "王小華" in page
    assert "校端_一般_導師" in page


def test_a_letter_s_purpose_is_read_and_searched_in_words(flask_app, client_as, world):
    plant_rows_of_the_city(flask_app, world)
    client = client_as("city_admin")
    assert "帳號啟用信" in rows_of(client.get("/sso/outbox/list/?_flt_0_purpose=activation").text)
    assert "帳號啟用信" not in rows_of(client.get("/sso/outbox/list/?_flt_0_purpose=reset_link").text)
