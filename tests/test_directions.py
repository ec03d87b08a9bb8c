"""Imports go one way (tests/directions.py says which), and a service asks no request who acts."""

from __future__ import annotations

import logging
from pathlib import Path

from importlinter.application.use_cases import lint_imports
from importlinter.configuration import configure

ROOT = Path(__file__).resolve().parents[1]


def test_imports_go_the_way_the_design_says_and_no_logger_falls_silent(monkeypatch, capsys):
    """import-linter's command silences every logger there is: the test of gunicorn's logs failed when it came after it."""
    speaking = logging.getLogger("gunicorn.error")
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT))
    configure()
    assert lint_imports(cache_dir=None), capsys.readouterr().out
    assert not speaking.disabled
