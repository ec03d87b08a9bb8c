"""docs/permissions.md: the table of app.access.matrix for people. ``flask portal permissions`` prints it."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _

from app.access.matrix import GROUPS, MEANINGS, Group, Line, Object, Outcome, Persona, lines_of


def as_markdown() -> str:
    """The document in the reader's language."""
    return "\n".join(_document()) + "\n"


def same_for_all(lines: list[Line]) -> list[tuple[list[Line], str]]:
    """Acts whose outcomes are alike for everybody, taken together: what differs is what is worth a row."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault("".join(line.outcome(persona).value for persona in Persona), []).append(line)
    return [(alike, signs) for signs, alike in groups.items()]


def _document() -> Iterator[str]:
    yield "# " + _("Who can do what")
    yield ""
    yield _(
        "Everything here is tried: tests/access/test_matrix.py goes through every cell, in the data layer and at every "
        "door of the product. This file is written by “flask portal permissions”; a test says when it is stale."
    )
    yield ""
    yield _(
        "Each row speaks of one case: child A of one class of one school, and what belongs to that child, its guardian, its "
        "class and its school. The table itself is app/access/matrix.py; what decides is app/access/scopes.py (rows), "
        "pages.py (pages) and policy.py (acts)."
    )
    yield ""
    yield from (f"- {outcome.value} {outcome.label}: {MEANINGS[outcome]}" for outcome in Outcome)
    yield ""
    yield "| | " + _("Who") + " |"
    yield "|---|---|"
    for persona in Persona:
        yield f"| {persona.value} | {persona.label} |"
    for group in GROUPS:
        yield from _group(group)


def _group(group: Group) -> Iterator[str]:
    yield ""
    yield f"## {group.label}"
    yield ""
    heads = [_("What"), _("Act"), *(persona.value for persona in Persona)]
    yield f"| {' | '.join(heads)} |"
    yield "|---|---|" + ":-:|" * len(Persona)
    for each in group.objects:
        yield from _rows(each)


def _rows(each: Object) -> Iterator[str]:
    name = f"**{each.label}** ({each.about})"
    for alike, signs in same_for_all(list(lines_of(each.key).values())):
        acts = ", ".join(str(line.act.label) for line in alike)
        yield f"| {name} | {acts} | {' | '.join(signs)} |"
        name = ""
