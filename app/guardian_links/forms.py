"""What is typed for a student link: the application, its withdrawal, the decision, the ending."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from app.accounts.identity import IdentityNumberMalformed
from app.guardian_links.matching import read_student_key
from app.guardian_links.models import Relationship
from app.guardian_links.queries import SchoolChoice
from app.guardian_links.services import Application
from app.model_types import today
from app.schools.class_names import normal_class_name
from app.web.clean_text import many_lines, one_line
from app.web.formatting import grade_label, parse_date
from app.web.forms import PortalForm

GRADE_LEVELS = range(1, 13)


class SchoolChoices:
    """The schools to link with: each is offered under its name, closed ones say so (B1.2), and found by what is typed."""

    def __init__(self, schools: Sequence[SchoolChoice]) -> None:
        names = Counter(school.name for school in schools)
        closed = _("No applications are taken at present")
        self._schools = [
            (school, school.name if names[school.name] == 1 else f"{school.name} {school.code}") for school in schools
        ]
        self.options = [name if school.accepts_link_requests else f"{name}（{closed}）" for school, name in self._schools]

    def find(self, text: str) -> SchoolChoice | None:
        """By name with or without the remark, by English name or by code."""
        wanted = _key(text)
        if not wanted:
            return None
        for (school, name), option in zip(self._schools, self.options, strict=True):
            if wanted in (_key(name), _key(option), _key(school.code), _key(school.english_name)):
                return school
        return None


def _key(text: str) -> str:
    return text.strip().casefold().replace("臺", "台").replace("(", "（").replace(")", "）")


def _number_or_none(text: Any) -> int | None:
    return int(text) if text else None


def _relationship_or_none(text: Any) -> Relationship | None:
    return Relationship(text) if text else None


class SeatNumberField(IntegerField):
    """What is no number is said in our words, and said once."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(_("Enter the seat number as digits.")) from error


class LinkApplicationForm(PortalForm):
    school = StringField(_l("School to link"), filters=[one_line], validators=[DataRequired(_l("Choose the school."))])
    grade_level = SelectField(_l("Grade"), coerce=_number_or_none, validators=[InputRequired(_l("Choose the grade."))])
    class_name = StringField(
        _l("Class"), filters=[one_line], validators=[DataRequired(_l("Enter the class.")), Length(max=20)]
    )
    seat_number = SeatNumberField(_l("Seat number"), validators=[InputRequired(_l("Enter the seat number as digits."))])
    student_name = StringField(
        _l("Student's name"), filters=[one_line], validators=[DataRequired(_l("Enter the student's name.")), Length(max=100)]
    )
    student_key = StringField(
        _l("Student number or ID number"),
        filters=[one_line],
        validators=[DataRequired(_l("Enter the student number or the ID number.")), Length(max=30)],
    )
    birth_date = StringField(
        _l("Birthday"), filters=[one_line], validators=[DataRequired(_l("Enter the birthday.")), Length(max=30)]
    )
    relationship_kind = SelectField(
        _l("Relationship"),
        choices=[("", _l("Choose")), *((kind.value, kind.label) for kind in Relationship)],
        coerce=_relationship_or_none,
        validators=[InputRequired(_l("Choose your relationship."))],
    )

    def __init__(self, schools: SchoolChoices, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schools = schools
        self.grade_level.choices = [("", _l("Choose")), *((grade, grade_label(grade)) for grade in GRADE_LEVELS)]

    def validate_school(self, field: StringField) -> None:
        school = self.schools.find(field.data or "")
        if school is None:
            raise ValidationError(_("No school of this name was found. Choose it from the list."))
        if not school.accepts_link_requests:
            raise ValidationError(_("No applications are taken at present"))

    def validate_seat_number(self, field: IntegerField) -> None:
        if field.data is not None and not 1 <= field.data <= 99:
            raise ValidationError(_("A seat number is between 1 and 99."))

    def validate_class_name(self, field: StringField) -> None:
        if not normal_class_name(field.data or ""):
            raise ValidationError(_("Enter the class."))

    def validate_student_key(self, field: StringField) -> None:
        try:
            read_student_key(field.data or "")
        except IdentityNumberMalformed as error:
            raise ValidationError(_("The check digit of this ID number is wrong. Please compare it.")) from error

    def validate_birth_date(self, field: StringField) -> None:
        try:
            day = parse_date(field.data or "")
        except ValueError as error:
            raise ValidationError(_("This is not a date. Write it like 104/5/6 or 2015-05-06.")) from error
        if not date(1900, 1, 1) <= day <= today():
            raise ValidationError(_("A birthday lies in the past."))

    def application(self) -> Application:
        """What was typed, once it is valid."""
        school = self.schools.find(self.school.data or "")
        assert school is not None
        return Application(
            school_id=school.id,
            grade_level=self.grade_level.data,
            class_name=normal_class_name(self.class_name.data or "", self.grade_level.data),
            seat_number=int(self.seat_number.data or 0),
            student_name=self.student_name.data or "",
            student_key=self.student_key.data or "",
            birth_date=parse_date(self.birth_date.data or ""),
            relationship=self.relationship_kind.data,
        )


class ConfirmForm(PortalForm):
    """A destructive act asks first: the answer carries nothing but the form's own token."""


class LinkDecisionForm(PortalForm):
    """審核結果. With nobody on the roster there is only one answer."""

    decision = RadioField(_l("Result of the review"), validators=[DataRequired(_l("Choose a result."))])
    reason = TextAreaField(_l("Reason for refusing"), filters=[many_lines], validators=[Length(max=300)])

    def __init__(self, *, may_approve: bool, is_alike: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        approve, reject = ("approve", _l("Approve the link")), ("reject", _l("Do not approve"))
        self.decision.choices = [approve, reject] if may_approve else [reject]
        if not self.is_submitted() and (is_alike or not may_approve):
            self.decision.data = "approve" if may_approve else "reject"

    def validate_reason(self, field: TextAreaField) -> None:
        if self.decision.data == "reject" and not field.data:
            raise ValidationError(_("Give the reason: the guardian reads it."))


class EndLinkForm(PortalForm):
    """結束連結 by the school."""

    reason = TextAreaField(
        _l("Reason for ending"),
        filters=[many_lines],
        validators=[DataRequired(_l("Give the reason: the guardian reads it.")), Length(max=300)],
    )


class ProtectionForm(PortalForm):
    """保護註記, set or lifted: the reason stays with the school."""

    reason = TextAreaField(
        _l("Reason"),
        filters=[many_lines],
        validators=[DataRequired(_l("Give the reason; the guardian never reads it.")), Length(max=300)],
    )
