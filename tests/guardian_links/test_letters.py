"""What a guardian reads in the mailbox about an application, in the guardian's language."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as
from app.access.session import system
from app.accounts.models import AccountProfile
from app.crypto.sealing import open_sealed
from app.extensions import db
from app.guardian_links import services
from app.guardian_links.models import GuardianLink, LinkStatus
from app.notifications.models import OutboxMessage

CASES = {
    "link_approved": ("學生連結申請通過審核", "文昌國小已通過您與王小明的學生連結申請。", "/portal/children/"),
    "link_rejected": ("學生連結申請未通過", "原因：座號 <不符>", "/portal/links/"),
    "link_ended": ("學生連結已結束", "原因：座號 <不符>", "/portal/links/"),
}
ENGLISH = {
    "link_approved": ("Your student link was approved", "文昌國小 has approved your link to 王小明."),
    "link_rejected": ("Your student link was not approved", "Reason: 座號 <不符>"),
    "link_ended": ("Your student link has ended", "Reason: 座號 <不符>"),
}


def letter_after(purpose: str, world, actor_of) -> dict[str, str]:
    """Do what sends the letter to parent_wang, and open it."""
    teacher = actor_of("teacher_501")
    with acting_as(teacher):
        link = db.session.scalars(sa.select(GuardianLink).where(GuardianLink.status == LinkStatus.PENDING)).one()
        if purpose == "link_rejected":
            services.reject_link(teacher, link, "座號 <不符>")
        else:
            services.approve_link(teacher, link)
        if purpose == "link_ended":
            services.end_link(teacher, link, "座號 <不符>")
    with system("tests"):
        row = db.session.scalars(sa.select(OutboxMessage).where(OutboxMessage.purpose == purpose)).one()
        return json.loads(open_sealed(row.content_sealed))


@pytest.mark.parametrize("purpose", CASES)
def test_the_letter_says_what_was_decided_and_where_to_go_on(context, world, actor_of, purpose):
    subject, sentence, path = CASES[purpose]
    letter = letter_after(purpose, world, actor_of)
    assert letter["subject"] == subject
    assert "王志強 您好" in letter["text"]
    assert sentence in letter["text"]
    assert f"http://localhost{path}" in letter["text"]
    assert "<不符>" not in letter["html"]


@pytest.mark.parametrize("purpose", ENGLISH)
def test_the_letter_is_in_the_language_of_its_reader(context, world, actor_of, purpose):
    with system("tests"):
        db.session.get(AccountProfile, world.accounts["parent_wang"]).locale = "en"
        db.session.commit()
    subject, sentence = ENGLISH[purpose]
    letter = letter_after(purpose, world, actor_of)
    assert letter["subject"] == subject
    assert sentence in letter["text"]


@pytest.mark.parametrize("mailbox", ["", "nobody", "a@b\nBcc: c@d"])
def test_a_mailbox_that_cannot_be_written_to_stops_no_decision(context, world, actor_of, mailbox):
    teacher = actor_of("teacher_501")
    with system("tests"):
        db.session.get(AccountProfile, world.accounts["parent_wang"]).email = mailbox
        db.session.commit()
    with acting_as(teacher):
        link = db.session.scalars(sa.select(GuardianLink).where(GuardianLink.status == LinkStatus.PENDING)).one()
        services.approve_link(teacher, link)
        assert link.status == LinkStatus.APPROVED
