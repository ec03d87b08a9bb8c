"""Answers are compressed for who takes it, and tell nothing by their length."""

from __future__ import annotations

import gzip
import re

import pytest

from app.crypto.masking import mask, unmask

pytestmark = pytest.mark.real_masks

TOKEN = re.compile(rb'name="csrf_token"[^>]* value="([^"]+)"')
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


def test_a_page_is_compressed_for_a_browser_that_takes_it(visitor):
    plain, packed = visitor.get("/"), visitor.get("/", headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
    assert gzip.decompress(packed.data).decode().startswith("<!doctype html>")


def test_static_files_are_compressed_and_stay_for_ever(visitor, flask_app):
    address = flask_app.jinja_env.globals["asset"]("portal.css")
    packed = visitor.get(address, headers=GZIP)
    assert gzip.decompress(packed.data) == visitor.get(address).data
    assert packed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    again = visitor.get(address, headers={**GZIP, "If-None-Match": packed.headers["ETag"]})
    assert again.status_code == 304


def test_pictures_are_left_as_they_are(visitor):
    visitor.get("/sign-in/general/")
    assert "Content-Encoding" not in visitor.get("/captcha/sign-in-general.png", headers=GZIP).headers


def test_the_token_of_a_session_is_another_one_in_every_page(client_as):
    client = client_as("parent_chen")
    pages = [client.get("/portal/profile/").data for _ in range(2)]
    first, second = (set(TOKEN.findall(page)) for page in pages)
    assert len(first) == len(second) == 1
    assert first != second
    assert len({unmask(token.decode()) for token in first | second}) == 1


def test_a_form_writes_the_masked_token_too(visitor):
    page = visitor.get("/register/general/").data
    assert all(token.startswith(b"m.") for token in TOKEN.findall(page))


def test_a_masked_token_opens_the_door_and_a_broken_one_does_not(flask_app, world):
    browser = flask_app.test_client()
    token = TOKEN.findall(browser.get("/").data)[0].decode()
    chosen = {"locale": "en", "next": "/"}
    assert browser.post("/language/", data={**chosen, "csrf_token": token}).status_code == 302
    other = token[:-6] + ("AAAAA=" if not token.endswith("AAAAA=") else "BBBBB=")
    for broken in (other, "m.", "m.***", "", mask("somebody else's")):
        assert browser.post("/language/", data={**chosen, "csrf_token": broken}).status_code == 400


def test_behind_a_proxy_the_proxy_compresses(flask_app):
    from flask import Flask

    from app.web.compression import install_compression

    behind = Flask("behind")
    behind.config["PROXY_HOPS"] = 1
    install_compression(behind)
    assert behind.after_request_funcs == {}
