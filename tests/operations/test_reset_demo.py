"""``make reset-demo`` forgets a development portal and nothing else."""

from __future__ import annotations

import socket

import pytest

from app.operations.reset_demo import NotHere, reset_demo
from tests.test_settings import PRODUCTION


@pytest.fixture
def instance(tmp_path, monkeypatch):
    folder = tmp_path / "instance"
    folder.mkdir()
    (folder / "portal.db").write_text("x")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for name in ("DATABASE_URL", "PORTAL_ENV", "HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("INSTANCE_DIR", str(folder))
    monkeypatch.setenv("PORT", str(port))
    return folder


def test_the_folder_of_a_development_portal_goes(instance):
    assert reset_demo() == instance
    assert not instance.exists()
    assert reset_demo() == instance, "and it may be asked twice"


def test_another_database_is_left_alone(instance, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/portal")
    with pytest.raises(NotHere):
        reset_demo()
    assert instance.exists()


def test_a_production_portal_is_left_alone(instance, monkeypatch):
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(NotHere):
        reset_demo()
    assert instance.exists()


def test_a_running_portal_is_left_alone(instance, monkeypatch):
    with socket.socket() as running:
        running.bind(("127.0.0.1", 0))
        running.listen()
        monkeypatch.setenv("PORT", str(running.getsockname()[1]))
        with pytest.raises(NotHere, match="end the portal first"):
            reset_demo()
    assert instance.exists()
