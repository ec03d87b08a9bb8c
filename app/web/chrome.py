"""The frame of a signed-in page (other platforms, account menu, side menu), rendered once per kind of reader.

It differs by surface, roles, language and page, not by person: what is personal (name, school, CSRF token, the present
address) is put in afterwards. Rendering it anew cost more than half of a page's time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import current_app, g, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from app import navigation

_NAME, _SCHOOL, _TOKEN, _NEXT, _CHILD = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
"""Characters of the private use area: nothing that is rendered contains them."""
_ANY_STUDENT = str(navigation.ANY_STUDENT)
_LARGEST = 2000

_rendered: dict[tuple[Any, ...], str] = {}


def csrf_field() -> Markup:
    """The hidden field of a form."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(csrf_value())


def csrf_value() -> str:
    return _TOKEN if g.get("rendering_chrome") else generate_csrf()


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
    actor = g.actor
    key = (
        template,
        surface,
        request.endpoint,
        actor.shape,
        actor.state,
        actor.kind,
        actor.permission_version,
        actor.locale,
        actor.linked_children > 0,
        bool(actor.school_name),
        bar or "",
        (child.open_channels, child.class_id is None, len(children) > 1, (request.view_args or {}).get("channel"))
        if child
        else None,
    )
    html = _rendered.get(key)
    if html is None:
        if len(_rendered) > _LARGEST:
            _rendered.clear()
        html = _rendered[key] = _render(template, surface, child, children, bar)
    if _TOKEN in html:
        html = html.replace(_TOKEN, generate_csrf())
    if child:
        html = html.replace(_ANY_STUDENT, str(child.student_id)).replace(_CHILD, escape(child.name))
    return Markup(  # noqa: S704 (rendered by Jinja; what is filled in is escaped)
        html.replace(_NAME, escape(actor.full_name))
        .replace(_SCHOOL, escape(actor.school_name))
        .replace(_NEXT, escape(present_path()))
    )


def _render(template: str, surface: str, child: Any, children: Any, bar: Any) -> str:
    any_child = replace(child, student_id=navigation.ANY_STUDENT, name=_CHILD) if child else None
    g.rendering_chrome = True
    try:
        return current_app.jinja_env.get_template(template).render(
            surface=surface, request=request, child=any_child, children=children, bar=bar
        )
    finally:
        g.rendering_chrome = False
