"""The other yardstick: Flask-AppBuilder as it comes, a menu of 25 views, a signed-in reader, a blank page.

``python -m benchmarks.stock_fab`` makes its tables and prints the cookie of the reader's session.
"""

from __future__ import annotations

import os
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_appbuilder import AppBuilder, BaseView, Model, ModelView, expose, has_access
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event

VIEWS = 25
db = SQLAlchemy(metadata=Model.metadata)


class Thing(Model):
    __tablename__ = "thing"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(50), nullable=False)


class BlankView(BaseView):
    route_base = "/blank"
    default_view = "page"

    @expose("/")
    @has_access
    def page(self) -> Any:
        return self.render_template("blank.html")


def create_app() -> Flask:
    flask_app = Flask("benchmarks", root_path=os.path.dirname(__file__))
    flask_app.config.update(
        SQLALCHEMY_DATABASE_URI=os.environ["BENCH_DATABASE_URL"],
        SECRET_KEY="a key that guards nothing: this runs on loopback while it is measured",
        AUTH_TYPE=1,
        FAB_UPDATE_PERMS=os.environ.get("BENCH_FILL") == "1",
        FAB_CREATE_DB=os.environ.get("BENCH_FILL") == "1",
    )
    db.init_app(flask_app)
    with flask_app.app_context():
        appbuilder = AppBuilder(flask_app, db.session)
        for number in range(VIEWS - 1):
            view = type(f"Thing{number}View", (ModelView,), {"datamodel": SQLAInterface(Thing), "list_columns": ["name"]})
            appbuilder.add_view(view, f"Things {number}", category=f"Menu {number // 5}")
        appbuilder.add_view(BlankView, "Blank", category="Menu 4")
    return flask_app


def fill() -> str:
    """Tables, permissions and a reader who may open every view; returns the cookie."""
    os.environ["BENCH_FILL"] = "1"
    flask_app = create_app()
    with flask_app.app_context():
        security = flask_app.appbuilder.sm  # type: ignore[attr-defined]
        reader = security.add_role("Reader")
        for pair in db.session.scalars(sa.select(security.permissionview_model)):
            if pair.view_menu.name.startswith(("Thing", "Blank", "Menu")):
                security.add_permission_role(reader, pair)
        user = security.add_user("reader", "Rea", "Der", "reader@example.org", reader, "a password")
        client = flask_app.test_client()
        with client.session_transaction() as session:
            session.update(_user_id=str(user.id), _fresh=True)
        cookie = client.get_cookie("session")
        assert cookie is not None
        assert client.get("/blank/").status_code == 200
        return f"session={cookie.value}"


def statements(cookie: str) -> int:
    """How many statements the page costs once it is warm."""
    flask_app = create_app()
    counted: list[str] = []
    with flask_app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *given: counted.append(given[2]))
    client = flask_app.test_client()
    client.set_cookie("session", cookie.partition("=")[2])
    for _ in range(2):
        counted.clear()
        assert client.get("/blank/").status_code == 200
    return len(counted)


if __name__ == "__main__":
    made = fill()
    print(made)
