"""Schools, terms, classes, students, enrollments and homeroom teachers: the roster as the schools keep it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.access import policy
from app.accounts.identity import masked_from_sealed
from app.accounts.lockout import EntranceLocked
from app.accounts.reentry import WrongCurrentPassword
from app.accounts.refusals import say_why_not
from app.bulletins.admin import BulletinAdmin
from app.contact_books.admin import ContactBookEntryAdmin
from app.guardian_links.admin import GuardianLinkAdmin
from app.schools import keeping
from app.schools.forms import RevealForm
from app.schools.lookups import CLASSES, PLACEMENTS, SCHOOLS, SEATS, STUDENTS
from app.schools.models import AcademicTerm, Enrollment, HomeroomAssignment, School, SchoolClass, Student, StudentStatus
from app.schools.revealing import NotToBeRevealed, reveal_identity_number
from app.student_records.admin import AttendanceEventAdmin, ConductRecordAdmin, TermGradeAdmin
from app.web.base_views import acting_account
from app.web.cells import status
from app.web.datamodel import ScopedInterface
from app.web.formatting import term_label
from app.web.generated_forms import Between
from app.web.model_views import RowAct, ScopedModelView


class SchoolAdmin(ScopedModelView):
    datamodel = ScopedInterface(School)
    route_base = "/sso/schools"
    class_permission_name = "SchoolAdmin"
    list_title, row_name = _l("Schools"), _l("School")
    label_columns = {"kind": _l("Kind of school")}

    list_columns = ["name", "code", "kind", "accepts_link_requests"]
    show_columns = ["name", "english_name", "code", "kind", "accepts_link_requests"]
    add_columns = edit_columns = ["code", "name", "english_name", "kind", "accepts_link_requests"]
    search_columns = ["name", "code", "kind", "accepts_link_requests"]
    order_columns = ["name", "code"]
    base_order = ("code", "asc")
    description_columns = {
        "accepts_link_requests": _l("Without it, guardians read that the school takes no applications at present.")
    }

    def closed_columns(self) -> frozenset[str]:
        open_to_all = {"english_name", "accepts_link_requests"}
        return frozenset() if policy.may_name_schools(acting_account()) else frozenset(self.edit_columns) - open_to_all


class AcademicTermAdmin(ScopedModelView):
    datamodel = ScopedInterface(AcademicTerm)
    route_base = "/sso/terms"
    class_permission_name = "AcademicTermAdmin"
    list_title, row_name = _l("School years and terms"), _l("School year and term")

    list_columns = ["school_year", "semester", "starts_on", "ends_on"]
    show_columns = add_columns = edit_columns = ["school_year", "semester", "starts_on", "ends_on"]
    search_columns = ["school_year", "semester"]
    order_columns = ["school_year", "starts_on"]
    base_order = ("starts_on", "desc")
    validators_columns = {"school_year": [Between(80, 200)], "semester": [Between(1, 2)]}

    def row_title(self, row: AcademicTerm) -> str:
        return term_label(row.school_year, row.semester)

    def check_form(self, form: Any, row: Any) -> None:
        if form.ends_on.data <= form.starts_on.data:
            form.refuse("ends_on", _l("It ends after it begins."))


class PeriodView(ScopedModelView):
    """Rows from a day to a day."""

    def check_form(self, form: Any, row: Any) -> None:
        if "ended_on" not in form or form.ended_on.data is None:
            return
        begins = form.started_on.data if "started_on" in form else row.started_on
        if form.ended_on.data < begins:
            form.refuse("ended_on", _l("It ends after it begins."))


class EnrollmentAdmin(PeriodView):
    datamodel = ScopedInterface(Enrollment)
    route_base = "/sso/enrollments"
    class_permission_name = "EnrollmentAdmin"
    list_title, row_name = _l("Enrollments"), _l("Enrollment")
    lookups = {"student": STUDENTS, "school_class": CLASSES}
    title_column = "student"

    list_columns = ["student.student_number", "student", "school_class", "seat_number", "started_on", "ended_on"]
    export_columns = list_columns
    show_columns = ["student", "student.student_number", "school_class", "seat_number", "started_on", "ended_on"]
    add_columns = ["student", "school_class", "seat_number", "started_on"]
    edit_columns = ["school_class", "seat_number", "started_on", "ended_on"]
    search_columns = ["student", "school_class", "seat_number", "started_on", "ended_on"]
    order_columns = ["seat_number", "started_on"]
    base_order = ("id", "desc")
    number_columns = ("seat_number",)
    validators_columns = {"seat_number": [Between(1, 99)]}
    refusals = {keeping.SitsElsewhere: ("student", _l("The student sits in a class already. End that enrollment first."))}

    def row_title(self, row: Enrollment) -> str:
        return f"{row.student} {row.school_class}"

    def pre_add(self, item: Enrollment) -> None:
        keeping.require_no_other_seat(item)

    def pre_update(self, item: Enrollment) -> None:
        keeping.require_no_other_seat(item)

    def post_add(self, item: Enrollment) -> None:
        keeping.take_links_along(item.student_id)

    def post_update(self, item: Enrollment) -> None:
        keeping.take_links_along(item.student_id)

    def post_delete(self, item: Enrollment) -> None:
        keeping.take_links_along(item.student_id)


class HomeroomAssignmentAdmin(PeriodView):
    datamodel = ScopedInterface(HomeroomAssignment)
    route_base = "/sso/homeroom-assignments"
    class_permission_name = "HomeroomAssignmentAdmin"
    list_title, row_name = _l("Homeroom assignments"), _l("Homeroom assignment")
    lookups = {"school_class": CLASSES, "placement": PLACEMENTS}
    optional_columns = ("teacher_name",)

    list_columns = ["teacher_name", "school_class", "teacher_username", "started_on", "ended_on"]
    show_columns = ["teacher_name", "school_class", "placement", "teacher_username", "started_on", "ended_on"]
    add_columns = ["school_class", "placement", "teacher_name", "started_on"]
    edit_columns = ["placement", "teacher_name", "started_on", "ended_on"]
    search_columns = ["teacher_name", "school_class", "ended_on"]
    order_columns = ["teacher_name", "started_on"]
    base_order = ("id", "desc")
    description_columns = {
        "placement": _l("Leave it empty for a teacher who has no account yet."),
        "teacher_name": _l("Only for a teacher who has no account yet; otherwise the account's name is taken."),
    }

    def check_form(self, form: Any, row: Any) -> None:
        super().check_form(form, row)
        if form.placement.data is None and not form.teacher_name.data:
            form.refuse("teacher_name", _l("Choose a placed teacher or type a name."))

    def pre_add(self, item: HomeroomAssignment) -> None:
        keeping.name_teacher(item)

    def pre_update(self, item: HomeroomAssignment) -> None:
        keeping.name_teacher(item)


class SchoolOwnedView(ScopedModelView):
    """Rows of a school: the city administrator says which, for everybody else it is the own one."""

    lookups = {"school": SCHOOLS}

    def closed_columns(self) -> frozenset[str]:
        return frozenset() if policy.may_choose_school(acting_account()) else frozenset({"school"})


class SchoolClassAdmin(SchoolOwnedView):
    datamodel = ScopedInterface(SchoolClass)
    route_base = "/sso/classes"
    class_permission_name = "SchoolClassAdmin"
    list_title, row_name = _l("Classes"), _l("School class")
    related_views = [EnrollmentAdmin, HomeroomAssignmentAdmin, ContactBookEntryAdmin, BulletinAdmin]

    list_columns = ["label", "school_year", "school"]
    show_columns = ["school", "school_year", "grade_level", "class_name"]
    add_columns = ["school", "school_year", "grade_level", "class_name"]
    edit_columns = ["school_year", "grade_level", "class_name"]
    search_columns = ["grade_level", "class_name", "school_year", "school"]
    order_columns = ["school_year"]
    base_order = ("id", "desc")
    validators_columns = {"school_year": [Between(80, 200)], "grade_level": [Between(1, 12)]}
    description_columns = {"class_name": _l("The part after the grade, for example 一班 or 忠班.")}

    def row_title(self, row: SchoolClass) -> str:
        return row.label

    def pre_add(self, item: SchoolClass) -> None:
        keeping.spell_class_name(item)

    def pre_update(self, item: SchoolClass) -> None:
        keeping.spell_class_name(item)


class StudentAdmin(SchoolOwnedView):
    """The identity number is masked here and can be changed by an import alone; a registrar sees it whole for a reason."""

    datamodel = ScopedInterface(Student)
    route_base = "/sso/students"
    class_permission_name = "StudentAdmin"
    list_title, row_name = _l("Students"), _l("Student")
    lookups = {"school": SCHOOLS, "current_enrollment": SEATS}
    related_views = [EnrollmentAdmin, GuardianLinkAdmin, TermGradeAdmin, AttendanceEventAdmin, ConductRecordAdmin]
    title_column = "full_name"

    list_columns = [
        "student_number",
        "full_name",
        "current_enrollment.school_class.label",
        "current_enrollment.seat_number",
        "identity_number_sealed",
        "status",
    ]
    export_columns = [name for name in list_columns if name != "identity_number_sealed"]
    show_columns = [
        "school",
        "student_number",
        "full_name",
        "current_enrollment.school_class.label",
        "current_enrollment.seat_number",
        "birth_date",
        "identity_number_sealed",
        "status",
    ]
    add_columns = ["school", "student_number", "full_name", "birth_date", "status"]
    edit_columns = ["student_number", "full_name", "birth_date", "status"]
    description_columns = {
        "status": _l("Who is no longer enrolled loses the seat; the links of the guardians end, and they get a letter.")
    }
    search_columns = ["full_name", "student_number", "current_enrollment", "status", "school"]
    order_columns = ["student_number", "full_name"]
    base_order = ("id", "desc")
    number_columns = ("current_enrollment.seat_number",)
    formatters_columns = {
        "identity_number_sealed": masked_from_sealed,
        "status": status({StudentStatus.TRANSFERRED: "ended", StudentStatus.GRADUATED: "ended"}),
    }
    empty_words = _l("There is no student here yet. Import a roster, or add students one by one.")

    def post_update(self, item: Student) -> None:
        keeping.let_leave(acting_account(), item)

    def acts_on(self, row: Student) -> Sequence[RowAct]:
        if not row.identity_number_sealed or not self.may("reveal"):
            return ()
        if not policy.may_reveal_identity_number(acting_account(), row):
            return ()
        return (RowAct(self.address("reveal", row.id), _("See the full identity number"), "person-badge"),)

    @expose("/reveal/<pk>", methods=["GET", "POST"])
    @has_access
    @permission_name("reveal")
    def reveal(self, pk: Any) -> Any:
        """Asks why and for the password, and shows the number in the answer to that alone."""
        student, form, number = self._get_or_404(pk), RevealForm(), ""
        if form.validate_on_submit():
            try:
                number = reveal_identity_number(
                    acting_account(), student, form.reason.data or "", form.current_password.data or ""
                )
            except NotToBeRevealed:
                abort(404)
            except (WrongCurrentPassword, EntranceLocked) as refusal:
                say_why_not(form.current_password, refusal)
        masked, back = masked_from_sealed(student.identity_number_sealed), self.address("show", student.id)
        return self.render_template(
            "schools/reveal.html", form=form, student=student, masked=masked, number=number, back=back
        )
