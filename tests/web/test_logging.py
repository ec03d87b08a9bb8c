"""Logs hold no token: whoever reads them may not use a letter's link."""

from __future__ import annotations

import io
import logging
import re
import secrets
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
import structlog
from gunicorn.config import Config
from gunicorn.glogging import Logger

from app.extensions import db
from app.web.logging import without_tokens

NGINX = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"


@pytest.fixture
def links(flask_app):
    """A path of every route that carries a token, each with its token."""
    rules = [rule for rule in flask_app.url_map.iter_rules() if "token" in rule.arguments]
    assert len(rules) >= 2
    token = secrets.token_urlsafe(32)
    return [(re.sub(r"<[^>]*token>", token, rule.rule), token) for rule in rules]


@pytest.fixture
def said():
    """What the named loggers write while the test runs."""
    stream, made = io.StringIO(), []

    def listen(*names):
        for name in names:
            handler = logging.StreamHandler(stream)
            logging.getLogger(name).addHandler(handler)
            made.append((name, handler))
        return stream

    yield listen
    for name, handler in made:
        logging.getLogger(name).removeHandler(handler)


def test_every_route_with_a_token_is_masked_here_and_in_nginx(links):
    by_nginx = re.search(r'"~\^\(\?<link>([^)]+)\)\[', NGINX.read_text("utf-8")).group(1).split("|")
    for path, token in links:
        assert token not in without_tokens(f"GET {path} HTTP/1.1")
        assert token[:20] not in without_tokens(f"GET https://portal.example.tw{path[:-1]}?x=1")
        assert any(path.startswith(door) for door in by_nginx), path
    for harmless in ("/activate/confirm", "/activate/again", "/reset/general/new", "/reset/general/done"):
        assert without_tokens(harmless) == harmless


def test_gunicorns_logs_hold_no_token(links, said):
    settings = Config()
    settings.set("accesslog", "-")
    server = Logger(settings)
    heard = said("gunicorn.access", "gunicorn.error")
    for path, token in links:
        environ = {
            "REQUEST_METHOD": "GET",
            "RAW_URI": path,
            "PATH_INFO": path,
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_REFERER": f"https://portal.example.tw{path}",
        }
        answer = SimpleNamespace(status="302 FOUND", sent=0, headers=[])
        server.access(answer, SimpleNamespace(headers=[]), environ, SimpleNamespace(seconds=0, microseconds=1, days=0))
        server.error("Error handling request %s %s", "GET", path)
        assert token not in heard.getvalue()
    assert heard.getvalue().count("/activate/…") == 3
    assert "302" in heard.getvalue()


def test_a_link_that_meets_a_broken_database_leaves_no_token_in_the_logs(flask_app, links, said, monkeypatch, capsys):
    def broken(*arguments, **values):
        raise RuntimeError("away")

    heard = said(flask_app.logger.name)
    with monkeypatch.context() as outage:
        outage.setattr(db.session, "execute", broken)
        outage.setitem(flask_app.config, "TESTING", False)
        outage.setitem(flask_app.config, "PROPAGATE_EXCEPTIONS", False)
        for path, token in links:
            client = flask_app.test_client()
            client.set_cookie("portal", "x")
            with suppress(Exception):  # which page comes of it is another test's question
                client.get(path)
            everything = heard.getvalue() + capsys.readouterr().out
            assert "away" in everything
            assert token not in everything


def test_our_own_lines_hold_no_token(links, capsys):
    for path, token in links:
        structlog.get_logger("x").warning("came by", address=path)
        assert token not in capsys.readouterr().out


def test_the_address_of_a_link_is_no_referrer(visitor, links):
    for path, _ in links:
        assert visitor.get(path).headers["Referrer-Policy"] == "no-referrer"
        assert visitor.get(path + "/nothing").headers["Referrer-Policy"] in ("no-referrer", "same-origin")
