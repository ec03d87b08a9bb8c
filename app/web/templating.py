"""Templates are compiled once per language: words, icons and fixed addresses stand in them as constants.

Looking them up anew for every page cost more than half of a page's time. What depends on the reader stays a call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app, g, request, session
from flask.templating import Environment
from jinja2 import nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from app.web.locales import page_language

FIXED_CALLS = frozenset({"icon", "asset", "html_lang"})
"""Globals that answer the same to everybody who reads one language."""


class PortalEnvironment(Environment):
    """Jinja's environment; an overlay of it for each ``language`` puts constants in place of fixed calls."""

    language: str | None = None
    translate: Callable[[str], str] = str

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template: nodes.Template = super()._parse(source, name, filename)
        return template if self.language is None else _FixedCalls(self).visit(template)

    def in_language(self, language: str) -> PortalEnvironment:
        """The overlay for ``language``, made when it is first needed."""
        overlays: dict[str, PortalEnvironment] = self.__dict__.setdefault("language_overlays", {})
        if language not in overlays:
            overlay = self.overlay()
            overlay.language = language
            overlays[language] = overlay
        return overlays[language]


class _FixedCalls(NodeTransformer):
    def __init__(self, environment: PortalEnvironment) -> None:
        self.globals = environment.globals
        self.translate = environment.translate

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        self.generic_visit(node)
        if not isinstance(node.node, nodes.Name) or node.kwargs or node.dyn_args or node.dyn_kwargs:
            return node
        if not all(isinstance(argument, nodes.Const) for argument in node.args):
            return node
        name, values = node.node.name, [argument.value for argument in node.args if isinstance(argument, nodes.Const)]
        if name in ("_", "gettext") and len(values) == 1:
            # as Jinja's own gettext does it: the text of a catalogue is markup, and %% stands for %
            return nodes.Const(Markup(self.translate(values[0])) % {}, lineno=node.lineno)  # noqa: S704
        if name in FIXED_CALLS or (name == "url_for" and len(values) == 1 and not values[0].startswith(".")):
            call: Any = self.globals[name]
            return nodes.Const(call(*values), lineno=node.lineno)
        return node


def render_page(template: str, **context: Any) -> str:
    """``template`` in the language of this request. What Flask's context processors add is what our templates use."""
    environment: PortalEnvironment = current_app.jinja_env.in_language(page_language())  # type: ignore[attr-defined]
    known = {"request": request._get_current_object(), "session": session, "g": g}  # type: ignore[attr-defined]
    return environment.get_template(template).render(known, **context)
