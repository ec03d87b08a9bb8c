"""The forms of 調校申請: applying, and deciding (A1.8)."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectMultipleField, TextAreaField, ValidationError

from app.access.roles import Role
from app.accounts.fields import LineField, Required, SchoolField, longest
from app.accounts.review import REASON_LENGTH
from app.web.clean_text import many_lines
from app.web.forms import PortalForm

APPROVE, REFUSE = "approve", "refuse"


class PlacementForm(PortalForm):
    """調校申請: the unit and the title to be placed with."""

    school_id = SchoolField(_l("Unit of service"), [Required(_l("Please choose your unit."))])
    job_title = LineField(_l("Job title"), [Required(), longest(60)])


class ReviewForm(PortalForm):
    """通過審核 with the roles to grant, or 不通過 with a reason."""

    decision = RadioField(
        _l("Result of the review"),
        [Required(_l("Please choose a result."))],
        choices=[(APPROVE, _l("Approve")), (REFUSE, _l("Do not approve"))],
        validate_choice=False,
    )
    roles = SelectMultipleField(_l("Roles to grant"), validate_choice=False)
    reason = TextAreaField(_l("Reason for not approving"), [longest(REASON_LENGTH)], filters=[many_lines])

    offered: list[Role]

    @property
    def chosen_roles(self) -> set[Role]:
        return {role for role in self.offered if role.value in (self.roles.data or ())}

    def validate_decision(self, field: Any) -> None:
        if field.data not in (APPROVE, REFUSE):
            raise ValidationError(_("Please choose a result."))

    def validate_roles(self, field: Any) -> None:
        if self.decision.data == APPROVE and not self.chosen_roles:
            raise ValidationError(_("Please choose at least one role to grant."))

    def validate_reason(self, field: Any) -> None:
        if self.decision.data == REFUSE and not field.data:
            raise ValidationError(_("Please give a reason; the applicant reads it."))
