"""What tests/access/test_extension.py adds to the product at run time: two models, their screens and resources.

Declared inside a function, with tables of their own metadata, and forgotten afterwards: no other test knows them.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from flask import redirect, request
from flask_appbuilder import Model, expose
from flask_appbuilder.security.decorators import has_access, permission_name
from sqlalchemy.orm import relationship

from app.access import session as data_layer
from app.access.ownership import StudentOwned
from app.access.roles import Role
from app.extensions import db
from app.schools.lookups import STUDENTS
from app.schools.models import School, Student
from app.web.datamodel import ScopedInterface
from app.web.lookups import Lookup
from app.web.master_detail import ScopedMasterDetailView
from app.web.model_views import ScopedModelView
from app.web.rest import ScopedModelRestApi

EVERYTHING = "list show add edit delete export close"
BY_REST = "info get post put delete"


def _pages() -> dict[str, dict[Any, str]]:
    """A guardian, too, may do anything on these pages: what keeps rows apart is the data layer alone."""
    screens = ("CheckupAdmin", "ReferralAdmin", "CheckupDesk", "Reopened")
    return {
        **{page: {Role.REGISTRAR: EVERYTHING, Role.GUARDIAN: EVERYTHING} for page in screens},
        "CheckupApi": {Role.REGISTRAR: BY_REST, Role.GUARDIAN: BY_REST},
        "ReferralApi": {Role.REGISTRAR: BY_REST, Role.GUARDIAN: BY_REST},
    }


def declare() -> SimpleNamespace:
    """The models, the screens in the order of their registration, and their pages."""

    class Extension(Model):
        __abstract__ = True
        metadata = sa.MetaData()

    class Checkup(StudentOwned, Extension):
        """A health check of a student."""

        __tablename__ = "checkup"
        id = sa.Column(sa.Integer, primary_key=True)
        student_id = sa.Column(sa.ForeignKey(Student.__table__.c.id), nullable=False)
        school_id = sa.Column(sa.ForeignKey(School.__table__.c.id), nullable=False)
        title = sa.Column(sa.String(60), nullable=False)
        secret = sa.Column(sa.String(60), nullable=False, default="")
        is_closed = sa.Column(sa.Boolean, nullable=False, default=False)
        student = relationship(Student)

        def __str__(self) -> str:
            return self.title

    class Referral(StudentOwned, Extension):
        """A letter to a doctor about a check: a model with a relation to an owned one, which may be missing."""

        __tablename__ = "referral"
        id = sa.Column(sa.Integer, primary_key=True)
        student_id = sa.Column(sa.ForeignKey(Student.__table__.c.id), nullable=False)
        school_id = sa.Column(sa.ForeignKey(School.__table__.c.id), nullable=False)
        checkup_id = sa.Column(sa.ForeignKey(Checkup.id))
        words = sa.Column(sa.String(60), nullable=False)
        student = relationship(Student)
        checkup = relationship(Checkup)

        def __str__(self) -> str:
            return self.words

    checkups = Lookup(Checkup, lambda typed: Checkup.title.icontains(typed), str, (Checkup.id,), is_small=True)

    class ReferralAdmin(ScopedModelView):
        datamodel = ScopedInterface(Referral)
        route_base = "/referrals"
        list_title, row_name = "Referrals", "Referral"
        lookups = {"student": STUDENTS, "checkup": checkups}
        list_columns = export_columns = ["words", "student", "checkup"]
        add_columns = edit_columns = ["student", "checkup", "words"]

    class CheckupAdmin(ScopedModelView):
        datamodel = ScopedInterface(Checkup)
        route_base = "/checkups"
        list_title, row_name = "Checkups", "Checkup"
        lookups = {"student": STUDENTS}
        related_views = [ReferralAdmin]
        list_columns = export_columns = ["title", "student"]
        add_columns = edit_columns = ["student", "title", "secret"]

        @expose("/close/<pk>", methods=["GET", "POST"])
        @has_access
        @permission_name("close")
        def close(self, pk: Any) -> Any:
            checkup = self._get_to_write_or_404(pk)
            if request.method == "GET":
                return self.ask(checkup, f"Close {checkup}?", "Yes", "check-lg", "Close")
            checkup.is_closed = True
            db.session.commit()
            return redirect(self.get_redirect())

    class CheckupDesk(ScopedMasterDetailView):
        datamodel = ScopedInterface(Checkup)
        route_base = "/checkup-desk"
        list_title, row_name = "Checkups at the desk", "Checkup"
        lookups = {"student": STUDENTS}
        related_views = [ReferralAdmin]
        list_columns = export_columns = ["title", "student"]
        add_columns = edit_columns = ["student", "title"]

        close = CheckupAdmin.close

    class Reopened(CheckupAdmin):
        """Names FAB's routes again, as somebody might who knows only FAB's manual."""

        route_base = "/reopened"
        exclude_route_methods = {"show"}
        include_route_methods = {"list", "add", "edit", "delete", "export", "close", "action", "action_post", "download"}
        related_views = []

    class CheckupApi(ScopedModelRestApi):
        datamodel = ScopedInterface(Checkup)
        resource_name = "checkups"
        list_columns = ["id", "title", "student.full_name"]
        add_columns = edit_columns = ["student", "title"]

    class ReferralApi(ScopedModelRestApi):
        datamodel = ScopedInterface(Referral)
        resource_name = "referrals"
        list_columns = ["id", "words", "checkup.title"]
        add_columns = edit_columns = ["student", "checkup", "words"]

    return SimpleNamespace(
        metadata=Extension.metadata,
        Checkup=Checkup,
        Referral=Referral,
        screens=(ReferralAdmin, CheckupAdmin, CheckupDesk, Reopened, CheckupApi, ReferralApi),
        pages=_pages(),
    )


def forget(*models: Any) -> None:
    """Undo ``declare``: the process is as it was."""
    for model in models:
        manager = sa.orm.attributes.manager_of_class(model)
        Model.registry._dispose_manager_and_mapper(manager)
        Model.registry._managers.pop(manager, None)
    data_layer._options.clear()
    data_layer._tables.clear()
