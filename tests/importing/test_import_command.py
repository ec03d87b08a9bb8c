"""``flask portal import``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.importing.bundles import row, wenchang, zipped
from tests.importing.test_import import crowded

SDS = Path(__file__).parent / "rosters" / "sds-v2.1"


@pytest.fixture
def command(flask_app):
    return lambda *arguments: flask_app.test_cli_runner().invoke(args=["portal", "import", *map(str, arguments)])


@pytest.fixture
def bundle(tmp_path):
    def write(tables):
        path = tmp_path / "roster.zip"
        path.write_bytes(zipped(tables))
        return path

    return write


def test_a_folder_or_a_zip_is_imported(command, bundle):
    outcome = command(SDS)
    assert outcome.exit_code == 0, outcome.output
    assert "SDS v2.1, whole rolls" in outcome.output
    assert "Students: 3 new" in outcome.output
    outcome = command(bundle(wenchang()))
    assert outcome.exit_code == 0, outcome.output
    assert "Students: 1 new, 4 changed" in outcome.output


def test_a_dry_run_says_so(command, bundle):
    outcome = command(bundle(wenchang()), "--dry-run")
    assert "nothing was changed" in outcome.output
    assert "Students: 1 new, 4 changed" in command(bundle(wenchang())).output


def test_bad_rows_are_named_and_the_command_fails(command, bundle):
    tables = wenchang()
    row(tables, "users", "s-wen")["identifier"] = "1110502"
    outcome = command(bundle(tables))
    assert outcome.exit_code == 1
    assert "users.csv:6:identifier  Two students of the school have this student number (see line 4)." in outcome.output
    assert "1 problems; nothing was applied." in outcome.output


def test_confined_to_a_school(command, bundle):
    assert command(bundle(wenchang()), "--school", "034601").exit_code == 0
    outcome = command(bundle(wenchang()), "--school", "034501")
    assert outcome.exit_code == 1
    assert "This belongs to a school that you may not change." in outcome.output
    assert "No school has the code 9." in command(bundle(wenchang()), "--school", "9").output


def test_what_is_no_bundle_is_said(command, tmp_path):
    (tmp_path / "roster.zip").write_bytes(b"no")
    outcome = command(tmp_path / "roster.zip")
    assert outcome.exit_code == 1
    assert "This is not a zip file" in outcome.output


def test_many_leavers_need_a_word(command, bundle):
    command(bundle(crowded()))
    assert "--many-may-leave" in command(bundle(wenchang())).output
    assert command(bundle(wenchang()), "--many-may-leave").exit_code == 0
