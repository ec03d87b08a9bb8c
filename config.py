"""Settings. The environment is read here and nowhere else; every key stands in .env.example.

``load()`` answers for development, test and production; production refuses to start with values
that are only safe on a developer's machine (see ``refuse_unsafe``).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent
INSTANCE = ROOT / "instance"

DEVELOPMENT_SECRET = "development-only-secret-key-not-for-production"  # noqa: S105 (production refuses it)
DEVELOPMENT_FIELD_KEYS = "dev:ZGV2ZWxvcG1lbnQtb25seS1maWVsZC1rZXktMzJieSE="
_THIS_MACHINE = frozenset({None, "", "localhost", "127.0.0.1", "::1"})


class UnsafeConfiguration(RuntimeError):
    """Production was asked to start with a value that is only safe in development."""


def load(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """All settings of the product as Flask's configuration, from ``environ`` (default: the process's, after .env).

    Raises UnsafeConfiguration in production for a default or short SECRET_KEY, missing FIELD_KEYS, a fixed captcha
    answer, sign-in of administrators without a second factor, or a gateway that only writes files.
    """
    env = dict(os.environ if environ is None else environ)
    if environ is None:
        env = {**_dotenv(ROOT / ".env"), **env}
    env = {key: value for key, value in env.items() if value}
    portal_env = env.get("PORTAL_ENV", "development")
    if portal_env not in ("development", "test", "production"):
        raise UnsafeConfiguration("PORTAL_ENV is development, test or production")
    production = portal_env == "production"
    instance = Path(env.get("INSTANCE_DIR", INSTANCE)).resolve()
    database_url = env.get("DATABASE_URL") or f"sqlite:///{instance / 'portal.db'}"
    if database_url.startswith(("postgres://", "postgresql://")):
        database_url = "postgresql+psycopg://" + database_url.split("://", 1)[1]
    base_url = env.get("PUBLIC_BASE_URL") or f"http://{env.get('HOST', '127.0.0.1')}:{env.get('PORT', '8080')}"
    settings: dict[str, Any] = {
        "PORTAL_ENV": portal_env,
        "DEBUG": False,
        "TESTING": portal_env == "test",
        "INSTANCE_DIR": str(instance),
        "SECRET_KEY": env.get("SECRET_KEY") or ("" if production else DEVELOPMENT_SECRET),
        "FIELD_KEYS": env.get("FIELD_KEYS") or ("" if production else DEVELOPMENT_FIELD_KEYS),
        "SQLALCHEMY_DATABASE_URI": database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(database_url),
        "REDIS_URL": env.get("REDIS_URL", ""),
        "STORAGE_URL": env.get("STORAGE_URL") or f"file://{instance / 'storage'}",
        # the virus scanner for attachments: host:port or the path of clamd's socket; none: files are not scanned
        "CLAMD_ADDRESS": env.get("CLAMD_ADDRESS", "").removeprefix("unix:"),
        "CLAMD_TIMEOUT": float(env.get("CLAMD_TIMEOUT", "30")),
        "PUBLIC_BASE_URL": base_url.rstrip("/"),
        "OUTBOX_DIR": env.get("OUTBOX_DIR") or str(instance / "outbox"),
        "HOST": env.get("HOST", "127.0.0.1"),
        "PORT": int(env.get("PORT", "8080")),
        "WEB_WORKERS": int(env.get("WEB_WORKERS", "2")),
        "WEB_THREADS": int(env.get("WEB_THREADS", "8")),
        # so many reverse proxies stand in front and tell the visitor's address; 0 believes nobody
        "PROXY_HOPS": int(env.get("PROXY_HOPS", "0")),
        "TRUSTED_HOSTS": [urlsplit(base_url).hostname] if production else None,
        # a queue and a worker; tests deliver by hand unless they ask for it
        "RUN_JOBS": _flag(env.get("RUN_JOBS", "0" if portal_env == "test" else "1")),
        # the worker carries out the retention rules every night (docs/retention.md)
        "RETENTION_DAILY": _flag(env.get("RETENTION_DAILY")),
        "CAPTCHA_FIXED_ANSWER": env.get("CAPTCHA_FIXED_ANSWER", ""),
        # how long a device computes that does without the picture: one more doubles it, 0 leaves picture and sound alone
        "CAPTCHA_WORK_BITS": int(env.get("CAPTCHA_WORK_BITS", "14")),
        # letters: Flask-Mail's names; no MAIL_SERVER means files under OUTBOX_DIR
        "MAIL_SERVER": env.get("MAIL_SERVER", ""),
        "MAIL_PORT": int(env.get("MAIL_PORT", "25")),
        "MAIL_USE_TLS": _flag(env.get("MAIL_USE_TLS")),
        "MAIL_USE_SSL": _flag(env.get("MAIL_USE_SSL")),
        "MAIL_USERNAME": env.get("MAIL_USERNAME") or None,
        "MAIL_PASSWORD": env.get("MAIL_PASSWORD") or None,
        "MAIL_DEFAULT_SENDER": env.get("MAIL_DEFAULT_SENDER", "no-reply@portal.invalid"),
        "MAIL_TIMEOUT": float(env.get("MAIL_TIMEOUT", "10")),
        # SMS: "file" or "mitake"
        "SMS_GATEWAY": env.get("SMS_GATEWAY", "file"),
        "MITAKE_URL": env.get("MITAKE_URL", ""),
        "MITAKE_USERNAME": env.get("MITAKE_USERNAME", ""),
        "MITAKE_PASSWORD": env.get("MITAKE_PASSWORD", ""),
        "SMS_TIMEOUT": float(env.get("SMS_TIMEOUT", "10")),
        # caps on what a stranger can cause (app/limits); 0 lifts one
        "CAP_SMS_PER_RECEIVER": int(env.get("CAP_SMS_PER_RECEIVER", "5")),
        "CAP_SMS_PER_ACCOUNT": int(env.get("CAP_SMS_PER_ACCOUNT", "10")),
        "CAP_SMS_PER_ADDRESS": int(env.get("CAP_SMS_PER_ADDRESS", "300")),
        "CAP_SMS_PER_DAY": int(env.get("CAP_SMS_PER_DAY", "5000")),
        "CAP_LETTERS_PER_RECEIVER": int(env.get("CAP_LETTERS_PER_RECEIVER", "10")),
        "CAP_LETTERS_PER_ACCOUNT": int(env.get("CAP_LETTERS_PER_ACCOUNT", "10")),
        "CAP_LETTERS_PER_ADDRESS": int(env.get("CAP_LETTERS_PER_ADDRESS", "1000")),
        "CAP_LETTERS_PER_DAY": int(env.get("CAP_LETTERS_PER_DAY", "0")),
        "CAP_NOTICES_PER_ACCOUNT": int(env.get("CAP_NOTICES_PER_ACCOUNT", "20")),
        "CAP_UPLOAD_MEGABYTES": int(env.get("CAP_UPLOAD_MEGABYTES", "1000")),
        "CAP_SIGN_IN_TRIES": int(env.get("CAP_SIGN_IN_TRIES", "600")),
        "CAP_APPLICATION_TRIES": int(env.get("CAP_APPLICATION_TRIES", "300")),
        # passwords known from leaks: the file of Have I Been Pwned's downloader (app/accounts/breached.py); none: not asked
        "BREACHED_PASSWORDS": env.get("BREACHED_PASSWORDS", ""),
        # accounts that nobody uses (資通系統防護基準 1-1-2, 1-1-3): days, 0 keeps them
        "UNUSED_ACCOUNT_DAYS": int(env.get("UNUSED_ACCOUNT_DAYS", "30")),
        "IDLE_STAFF_DAYS": int(env.get("IDLE_STAFF_DAYS", "180")),
        # sessions (design §4): minutes and hours
        "SESSION_COOKIE_NAME": "__Host-portal" if production else "portal",
        "SESSION_COOKIE_SECURE": production,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_IDLE": timedelta(minutes=30),
        "SESSION_ABSOLUTE": timedelta(hours=12),
        "SESSION_KEPT": timedelta(days=30),
        # whoever grants roles signs in with a one-time code; off where the demo sign-ins stay plain
        "SECOND_FACTOR_REQUIRED": _flag(env.get("SECOND_FACTOR_REQUIRED", "1" if production else "0")),
        # pages that take files set their own (app.attachments.uploads)
        "MAX_CONTENT_LENGTH": 2 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
        "MAX_FORM_PARTS": 500,
        "WTF_CSRF_TIME_LIMIT": None,
        # languages and Flask-AppBuilder
        "BABEL_DEFAULT_LOCALE": env.get("DEFAULT_LOCALE", "zh_Hant_TW"),
        "BABEL_DEFAULT_TIMEZONE": "Asia/Taipei",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
        "LANGUAGES": {
            "zh_Hant_TW": {"flag": "tw", "name": "繁體中文"},
            "en": {"flag": "gb", "name": "English"},
            "vi": {"flag": "vn", "name": "Tiếng Việt"},
            "id": {"flag": "id", "name": "Bahasa Indonesia"},
        },
        "APP_NAME": "教育發展資源入口網",
        "AUTH_TYPE": 1,
        "AUTH_ROLE_ADMIN": "系統管理者",
        "AUTH_ROLE_PUBLIC": "Public",
        "AUTH_USER_REGISTRATION": False,
        "FAB_CREATE_DB": False,
        "FAB_UPDATE_PERMS": False,
        "FAB_ADD_MENU_API": False,
        "FAB_API_SWAGGER_UI": False,
        "FAB_API_SHOW_STACKTRACE": False,
        "FAB_BASE_TEMPLATE": "appbuilder/baselayout.html",
        "RATELIMIT_ENABLED": False,
    }
    if not 0 <= settings["PROXY_HOPS"] <= 5:
        raise UnsafeConfiguration("PROXY_HOPS is the number of reverse proxies in front: 0 to 5")
    if settings["CAPTCHA_WORK_BITS"] not in (0, *range(8, 25)):
        raise UnsafeConfiguration("CAPTCHA_WORK_BITS is 0 (not offered) or 8 to 24")
    if settings["SMS_GATEWAY"] not in ("file", "mitake"):
        raise UnsafeConfiguration("SMS_GATEWAY is file or mitake")
    if production:
        refuse_unsafe(settings)
    return settings


def refuse_unsafe(settings: Mapping[str, Any]) -> None:
    """Stop production at start-up rather than run it half safe."""
    if len(settings["SECRET_KEY"]) < 32 or settings["SECRET_KEY"] == DEVELOPMENT_SECRET:
        raise UnsafeConfiguration("SECRET_KEY must be set, at least 32 characters, and not the development one")
    if not settings["FIELD_KEYS"] or settings["FIELD_KEYS"] == DEVELOPMENT_FIELD_KEYS:
        raise UnsafeConfiguration("FIELD_KEYS must be set: <id>:<32 bytes in base64>[,…], the current one first")
    if settings["CAPTCHA_FIXED_ANSWER"]:
        raise UnsafeConfiguration("CAPTCHA_FIXED_ANSWER is for development and tests")
    if not settings["SECOND_FACTOR_REQUIRED"]:
        raise UnsafeConfiguration("SECOND_FACTOR_REQUIRED is switched off for demo sign-ins and tests alone")
    if settings["SMS_GATEWAY"] == "file" or not settings["MAIL_SERVER"]:
        raise UnsafeConfiguration("production needs MAIL_SERVER and an SMS_GATEWAY that sends")
    if settings["SMS_GATEWAY"] == "mitake" and not settings["MITAKE_URL"].startswith("https://"):
        raise UnsafeConfiguration("MITAKE_URL must be the provider's https address: passwords of accounts go there")
    if not settings["PUBLIC_BASE_URL"].startswith("https://"):
        raise UnsafeConfiguration("PUBLIC_BASE_URL must be the https address that letters may name")
    if in_the_clear := _in_the_clear(settings):
        raise UnsafeConfiguration(
            f"{in_the_clear}: what leaves this machine goes encrypted, to a server whose certificate is checked"
        )


def _in_the_clear(settings: Mapping[str, Any]) -> str:
    """The setting by which data would leave this machine unencrypted, and what it wants; "" when none does."""
    if settings["MAIL_SERVER"] not in _THIS_MACHINE and not (settings["MAIL_USE_TLS"] or settings["MAIL_USE_SSL"]):
        return "MAIL_SERVER needs MAIL_USE_TLS=1 or MAIL_USE_SSL=1"
    database = urlsplit(settings["SQLALCHEMY_DATABASE_URI"])
    if database.hostname not in _THIS_MACHINE and "sslmode=verify-" not in database.query:
        return "DATABASE_URL needs ?sslmode=verify-full"
    redis = urlsplit(settings["REDIS_URL"])
    if redis.scheme == "redis" and redis.hostname not in _THIS_MACHINE:
        return "REDIS_URL needs rediss://"
    return ""


def _engine_options(database_url: str) -> dict[str, Any]:
    """``hide_parameters`` keeps the values of a failed statement, people's data among them, out of the logs."""
    if database_url.startswith("sqlite"):
        # as many as threads, or those beyond the pool open the file anew for each request
        return {"hide_parameters": True, "connect_args": {"timeout": 15}, "pool_size": 20}
    return {
        "hide_parameters": True,
        # Pages ask many small questions: compiling their plans (jit) costs more than running them.
        "connect_args": {"options": "-c jit=off"},
        "pool_size": 10,
        "max_overflow": 20,
        "pool_pre_ping": True,
        "pool_recycle": 1800,
    }


def _flag(value: str | None) -> bool:
    return (value or "").lower() in {"1", "true", "yes", "on"}


def _dotenv(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    pairs = (line.split("=", 1) for line in path.read_text("utf-8").splitlines() if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip() for key, value in pairs}
