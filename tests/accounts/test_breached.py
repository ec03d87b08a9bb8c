"""Passwords that are known from leaks: a sorted file of SHA-1 sums, searched where it lies."""

from __future__ import annotations

import hashlib

import pytest

from app.accounts.breached import is_breached
from app.accounts.models import AccountKind
from app.accounts.passwords import BREACHED, problems_for_new
from app.operations.doctor import examine

LEAKED = [f"leaked password {number}" for number in range(1000)] + ["password"]


def _line(password: str, end: str = "\r\n") -> str:
    return f"{hashlib.sha1(password.encode()).hexdigest().upper()}:{len(password) ** 5}{end}"


@pytest.fixture
def listed(context, tmp_path, monkeypatch):
    path = tmp_path / "pwned.txt"
    path.write_bytes("".join(sorted(_line(password) for password in LEAKED)).encode())
    monkeypatch.setitem(context.config, "BREACHED_PASSWORDS", str(path))
    return path


def test_every_password_of_the_list_is_found_and_no_other(listed):
    assert all(is_breached(password) for password in LEAKED)
    assert not any(is_breached(f"another password {number}") for number in range(1000))


@pytest.mark.parametrize("end", ["\n", ""])
def test_lists_of_one_line_and_of_none_are_searched_as_well(listed, end):
    listed.write_text(_line("one", end))
    assert is_breached("one")
    assert not is_breached("two")
    listed.write_text("")
    assert not is_breached("one")


def test_a_leaked_password_is_refused_in_words_however_strong_it_looks(listed):
    strong = "leaked password 7"
    assert problems_for_new(AccountKind.GENERAL, strong, ()) == [BREACHED]
    assert problems_for_new(AccountKind.GENERAL, "green river stone", ()) == []


def test_without_a_list_nothing_is_asked(context):
    assert not is_breached("password")


def test_a_list_that_is_gone_hinders_nobody_and_the_doctor_says_so(listed, capsys):
    listed.unlink()
    assert problems_for_new(AccountKind.GENERAL, "green river stone", ()) == []
    assert "cannot be read" in capsys.readouterr().out
    findings = {finding.name: finding for finding in examine()}
    assert not findings["passwords"].is_well


def test_the_doctor_knows_a_list_from_another_file(listed, context):
    assert {finding.name: finding for finding in examine()}["passwords"].is_well
    listed.write_text("some\nother\nfile\n")
    assert not {finding.name: finding for finding in examine()}["passwords"].is_well
