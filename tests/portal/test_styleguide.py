"""/styleguide is there for those who build the portal, and for nobody else."""

from __future__ import annotations

import re


def test_outside_development_there_is_no_style_guide(visitor):
    assert visitor.get("/styleguide/").status_code == 404


def test_in_development_it_shows_the_products_own_components(visitor, flask_app):
    flask_app.config["PORTAL_ENV"] = "development"
    try:
        page = visitor.get("/styleguide/?theme=dark").text
    finally:
        flask_app.config["PORTAL_ENV"] = "test"
    assert 'data-bs-theme="dark"' in page
    for component in (
        "status is-pending",
        'role="switch"',
        "data-captcha",
        "book-head day-nav",
        'role="log"',
        "pagination",
        "bottombar",
    ):
        assert component in page, component
    assert not re.findall(r"<style|style=|<script>", page)
