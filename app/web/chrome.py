"""The frame of a signed-in page (other platforms, account menu, side menu), rendered once per kind of reader.

It differs by surface, roles, language and page, not by person: what is personal (name, school, CSRF token, the present
address) is put in afterwards. Rendering it anew cost more than half of a page's time.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from flask import current_app, g, request, session
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from app import navigation
from app.crypto.masking import masked_token
from app.web.locales import page_language

_NAME, _SCHOOL, _TOKEN, _NEXT, _CHILD = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
"""Characters of the private use area: nothing that is rendered contains them."""
_ANY_STUDENT = str(navigation.ANY_STUDENT)
_LARGEST = 2000

_PLACES = re.compile(f"([{_NAME}{_SCHOOL}{_TOKEN}{_NEXT}{_CHILD}]|{_ANY_STUDENT})")

_rendered: dict[tuple[Any, ...], list[str]] = {}
"""Each piece split at the places that are filled in: text, place, text, place, …, text."""
_tokens: dict[tuple[Any, str], str] = {}


def csrf_field() -> Markup:
    """The hidden field of a form."""
    return Markup(f'<input type="hidden" name="csrf_token" value="{csrf_value()}">')  # noqa: S704 (no sign to escape)


def csrf_value() -> str:
    """Flask-WTF's token, masked anew for every page. It is signed once for each session: it has no time limit."""
    if g.get("rendering_chrome"):
        return _TOKEN
    return masked_token(_session_token)


def _session_token() -> str:
    token: str | None = g.get("csrf_token")
    if token is not None:
        return token
    key = (current_app.secret_key, session.get("csrf_token", ""))
    if key in _tokens:
        token = g.csrf_token = _tokens[key]
        return token
    token = generate_csrf()
    if len(_tokens) > _LARGEST:
        _tokens.clear()
    _tokens[key[0], session["csrf_token"]] = token
    return token


def present_path() -> str:
    """The address of this page, to come back to after changing the language."""
    if g.get("rendering_chrome"):
        return _NEXT
    return request.full_path if request.query_string else request.path


def reader_name() -> str:
    return _NAME if g.get("rendering_chrome") else g.actor.full_name


def reader_school() -> str:
    return _SCHOOL if g.get("rendering_chrome") else g.actor.school_name


def chrome(template: str, surface: str, child: Any = None, children: Any = (), bar: Any = None) -> Markup:
    """``template`` for the acting account's kind of reader, from the cache, with what is personal filled in.

    ``child`` is the chosen child of a guardian's page; ``bar`` names the present line of the bar on a phone.
    """
    present = request._get_current_object()  # type: ignore[attr-defined]
    actor = g.actor
    key = (
        template,
        surface,
        present.endpoint,
        actor.shape,
        actor.state,
        actor.kind,
        actor.permission_version,
        actor.locale,
        actor.linked_children > 0,
        bool(actor.school_name),
        bar or "",
        (child.open_channels, child.class_id is None, len(children) > 1, (present.view_args or {}).get("channel"))
        if child
        else None,
    )
    parts = _rendered.get(key)
    if parts is None:
        if len(_rendered) > _LARGEST:
            _rendered.clear()
        parts = _rendered[key] = _PLACES.split(_render(template, surface, child, children, bar))
    if len(parts) == 1:
        return Markup(parts[0])  # noqa: S704 (rendered by Jinja)
    filled = parts.copy()
    for place in range(1, len(parts), 2):
        filled[place] = _filling(parts[place], child)
    return Markup("".join(filled))  # noqa: S704 (rendered by Jinja; what is filled in is escaped)


def _filling(place: str, child: Any) -> str:
    if place == _ANY_STUDENT:
        return str(child.student_id)
    if place == _TOKEN:
        return csrf_value()
    if place == _NEXT:
        return escape(present_path())
    if place == _NAME:
        return escape(g.actor.full_name)
    if place == _SCHOOL:
        return escape(g.actor.school_name)
    return escape(child.name)


def _render(template: str, surface: str, child: Any, children: Any, bar: Any) -> str:
    any_child = replace(child, student_id=navigation.ANY_STUDENT, name=_CHILD) if child else None
    g.rendering_chrome = True
    try:
        environment = current_app.jinja_env.in_language(page_language())  # type: ignore[attr-defined]
        html: str = environment.get_template(template).render(
            surface=surface, request=request, child=any_child, children=children, bar=bar
        )
        return html
    finally:
        g.rendering_chrome = False
