"""Imports go one way (tests/directions.py says which), and a service asks no request who acts."""

from __future__ import annotations

import os
from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[1]


def test_imports_go_the_way_the_design_says(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT))
    assert lint_imports(no_cache=True) == os.EX_OK, capsys.readouterr().out
