"""Settings: one file reads them, one file lists them, and production starts only with safe ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import config

ROOT = Path(__file__).resolve().parents[1]

PRODUCTION = {
    "PORTAL_ENV": "production",
    "SECRET_KEY": "k" * 48,
    "FIELD_KEYS": "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "DATABASE_URL": "postgresql://portal:secret@db.example/portal?sslmode=verify-full",
    "PUBLIC_BASE_URL": "https://portal.example.tw/",
    "MAIL_SERVER": "mail.example.tw",
    "MAIL_USE_TLS": "1",
    "SMS_GATEWAY": "mitake",
    "MITAKE_URL": "https://sms.example.tw/SmSend",
}


def test_every_setting_stands_in_the_example_and_no_other():
    read = set(re.findall(r'env\.get\(\s*"([A-Z_]+)"', (ROOT / "config.py").read_text("utf-8")))
    listed = re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.M)
    assert set(listed) == read
    assert len(listed) == len(set(listed))


def test_the_example_copied_as_it_is_changes_nothing(tmp_path):
    (tmp_path / ".env").write_text((ROOT / ".env.example").read_text("utf-8"), "utf-8")
    assert config._dotenv(tmp_path / ".env") == {}


def test_only_config_reads_the_environment():
    readers = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "app").rglob("*.py")
        if re.search(r"os\.environ|getenv", path.read_text("utf-8"))
    }
    assert readers <= {"app/operations/backup.py"}, "pg_dump is given its password by the environment"


def test_production_starts_with_safe_settings():
    settings = config.load(PRODUCTION)
    assert settings["SESSION_COOKIE_SECURE"] is True
    assert settings["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert settings["PUBLIC_BASE_URL"] == "https://portal.example.tw"
    assert settings["TRUSTED_HOSTS"] == ["portal.example.tw"]
    assert settings["SQLALCHEMY_DATABASE_URI"].startswith("postgresql+psycopg://")
    assert settings["TESTING"] is False
    assert settings["SECOND_FACTOR_REQUIRED"] is True


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", config.DEVELOPMENT_SECRET),
        ("FIELD_KEYS", ""),
        ("FIELD_KEYS", config.DEVELOPMENT_FIELD_KEYS),
        ("CAPTCHA_FIXED_ANSWER", "24680"),
        ("SECOND_FACTOR_REQUIRED", "0"),
        ("MAIL_SERVER", ""),
        ("SMS_GATEWAY", "file"),
        ("SMS_GATEWAY", ""),
        ("MITAKE_URL", ""),
        ("MITAKE_URL", "http://sms.example.tw/SmSend"),
        ("MAIL_USE_TLS", ""),
        ("DATABASE_URL", "postgresql://portal:secret@db.example/portal"),
        ("DATABASE_URL", "postgresql://portal:secret@db.example/portal?sslmode=require"),
        ("REDIS_URL", "redis://cache.example:6379/0"),
        ("PUBLIC_BASE_URL", ""),
        ("PUBLIC_BASE_URL", "http://portal.example.tw"),
    ],
)
def test_production_refuses_what_is_only_safe_on_a_desk(name, value):
    with pytest.raises(config.UnsafeConfiguration):
        config.load({**PRODUCTION, name: value})


def test_on_one_machine_nothing_needs_a_certificate():
    here = {"DATABASE_URL": "postgresql://portal:secret@127.0.0.1/portal", "REDIS_URL": "redis://127.0.0.1:6379/0"}
    assert config.load({**PRODUCTION, **here, "MAIL_SERVER": "localhost", "MAIL_USE_TLS": ""})["MAIL_SERVER"] == "localhost"
    assert config.load({**PRODUCTION, "DATABASE_URL": "postgresql:///portal"})["PORTAL_ENV"] == "production"


def test_a_refusal_names_no_secret():
    with pytest.raises(config.UnsafeConfiguration) as caught:
        config.load({**PRODUCTION, "SECRET_KEY": "my-short-secret"})
    assert "my-short-secret" not in str(caught.value)


def test_development_needs_no_setting_at_all():
    settings = config.load({})
    assert settings["SQLALCHEMY_DATABASE_URI"].startswith("sqlite:///")
    assert settings["PUBLIC_BASE_URL"] == "http://127.0.0.1:8080"
    assert settings["RUN_JOBS"] is True


def test_an_unknown_environment_or_gateway_is_refused_everywhere():
    for values in ({"PORTAL_ENV": "prodution"}, {"SMS_GATEWAY": "pigeon"}):
        with pytest.raises(config.UnsafeConfiguration):
            config.load(values)
