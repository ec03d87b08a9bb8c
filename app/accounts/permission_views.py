"""「誰能做什麼」: the table of app.access.matrix, for one role at a time or for one kind of data. Staff read it."""

from __future__ import annotations

from typing import Any

from flask import abort, request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name

from app.access.matrix import GROUPS, MEANINGS, OBJECTS, Act, Outcome, Persona, lines_of, persona_of
from app.web.base_views import PortalView, acting_account

_PERSONAS: dict[str, Persona] = {persona.value: persona for persona in Persona}


class PermissionsView(PortalView):
    route_base = "/sso/permissions"
    default_view = "permissions"
    class_permission_name = "Permissions"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("open")
    def permissions(self) -> Any:
        """One persona, every object. ``who`` is the persona's two letters."""
        asked = request.args.get("who")
        persona = persona_of(acting_account().roles) if asked is None else _PERSONAS.get(asked) or abort(404)
        return self.render(
            "permissions/permissions.html",
            surface="sso",
            persona=persona,
            personas=list(Persona),
            groups=[(group.label, [(each, _acts(each.key, persona)) for each in group.objects]) for group in GROUPS],
            outcomes=MEANINGS,
        )

    @expose("/<key>", methods=["GET"])
    @has_access
    @permission_name("open")
    def of_object(self, key: str) -> Any:
        """One object, every persona."""
        each = OBJECTS.get(key) or abort(404)
        return self.render(
            "permissions/of_object.html",
            surface="sso",
            object=each,
            rows=[(persona, _acts(key, persona)) for persona in Persona],
            outcomes=MEANINGS,
        )


def _acts(key: str, persona: Persona) -> dict[Outcome, list[Act]]:
    """The acts of one object by what comes of them."""
    found: dict[Outcome, list[Act]] = {outcome: [] for outcome in Outcome}
    for line in lines_of(key).values():
        found[line.outcome(persona)].append(line.act)
    return found
