"""「誰能做什麼」 and docs/permissions.md say what the table says."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.access.matrix import OBJECTS, Persona

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"


def test_the_document_is_what_the_command_prints(flask_app):
    """Stale: ``flask portal permissions > docs/permissions.md``."""
    printed = flask_app.test_cli_runner().invoke(args=["portal", "permissions"])
    assert printed.exit_code == 0
    assert DOCUMENT.read_text("utf-8") == printed.output


def test_the_document_speaks_chinese_when_asked(flask_app):
    printed = flask_app.test_cli_runner().invoke(args=["portal", "permissions", "--language", "zh_Hant_TW"]).output
    assert "聯絡簿" in printed


@pytest.mark.parametrize(
    ("person", "status"),
    [("city_admin", 200), ("teacher_501", 200), ("counselor_wc", 200), ("parent_chen", 403), ("citizen_wu", 403)],
)
def test_the_city_and_all_staff_read_the_page(client_as, person, status):
    assert client_as(person).get("/sso/permissions/").status_code == status


def test_the_page_begins_with_the_readers_own_part_and_shows_every_other(client_as):
    client = client_as("counselor_wc")
    assert f'value="{Persona.COUNSELOR.value}" selected' in client.get("/sso/permissions/").text
    for persona in (Persona.GUARDIAN, Persona.SUSPENDED):
        assert f'value="{persona.value}" selected' in client.get(f"/sso/permissions/?who={persona.value}").text
    for key in ("TermGrade", "Message.counseling"):
        assert key in OBJECTS
        assert client.get(f"/sso/permissions/{key}").status_code == 200
    assert client.get("/sso/permissions/?who=xx").status_code == 404
    assert client.get("/sso/permissions/Secret").status_code == 404
