"""Acts: who may do what beyond seeing and writing a row. Services call these before they change anything; views ask
only to hide a button. One question per act, guard clauses first, the normal case last.
"""

from __future__ import annotations

from app.access.actor import Actor
from app.access.roles import Role
from app.conversations.models import Channel


def is_guardian(actor: Actor) -> bool:
    """學生家長: applies for links and reads the areas of linked children."""
    return actor.has_role(Role.GUARDIAN)


# ---------- conversations ----------

STAFF_OF_CHANNEL: dict[Channel, tuple[Role, ...]] = {
    Channel.HOMEROOM: (Role.HOMEROOM_TEACHER,),
    # 「需擁有校端_一般_註冊 + 校端_一般_教學權限的老師，才可使用此功能」
    Channel.ACADEMIC_AFFAIRS: (Role.REGISTRAR, Role.INSTRUCTION_OFFICER),
    Channel.COUNSELING: (Role.COUNSELOR,),
}
"""The roles, all of them needed, of those who speak for the school on a channel (B3.6–8)."""


def is_staff_of_channel(actor: Actor, channel: Channel) -> bool:
    """家長互動區: reads and writes on ``channel`` for the school. Of which students, the data layer says."""
    return actor.has_role(*STAFF_OF_CHANNEL[channel])


def may_write_in_channel(actor: Actor, channel: Channel) -> bool:
    """Sends messages on ``channel`` at 開: its staff, and guardians about their linked children."""
    return is_guardian(actor) or is_staff_of_channel(actor, channel)


def may_switch_channel(actor: Actor, channel: Channel) -> bool:
    """「互動開關」 of ``channel``: the staff who answer there."""
    return is_staff_of_channel(actor, channel)
