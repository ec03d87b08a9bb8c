"""Acts: who may do what beyond seeing and writing a row. Services call these before they change anything; views ask
only to hide a button. One question per act, guard clauses first, the normal case last.
"""

from __future__ import annotations

from app.access.actor import Actor
from app.access.roles import Role


def is_guardian(actor: Actor) -> bool:
    """學生家長: applies for links and reads the areas of linked children."""
    return actor.has_role(Role.GUARDIAN)
