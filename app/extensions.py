"""The objects that Flask extensions need once per process. AppBuilder is not here: it is made fresh inside create_app."""

from __future__ import annotations

from flask_appbuilder import Model
from flask_mail import Mail
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

from app.access.session import ScopedSession
from app.crypto.masking import MaskedCSRFProtect

# FAB keeps its own tables on Model.metadata; one metadata for all, or migrations come out empty.
metadata = Model.metadata
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

db = SQLAlchemy(metadata=metadata, session_options={"class_": ScopedSession})
mail = Mail()
migrate = Migrate(render_as_batch=True)
csrf = MaskedCSRFProtect()
