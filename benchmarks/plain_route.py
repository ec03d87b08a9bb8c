"""The yardstick: a plain Flask route, one query by an index, one template. ``python -m benchmarks.plain_route`` fills it."""

from __future__ import annotations

import os
from typing import Any

import sqlalchemy as sa
from flask import Flask, abort, render_template
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, mapped_column

db = SQLAlchemy()


class Note(db.Model):  # type: ignore[name-defined, misc]
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(40), unique=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    body: Mapped[str] = mapped_column(sa.Text)


def create_app() -> Flask:
    flask_app = Flask("benchmarks", root_path=os.path.dirname(__file__))
    flask_app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["BENCH_DATABASE_URL"]
    db.init_app(flask_app)

    @flask_app.get("/notes/<slug>")
    def note(slug: str) -> Any:
        found = db.session.scalar(sa.select(Note).where(Note.slug == slug)) or abort(404)
        return render_template("note.html", note=found)

    return flask_app


def fill() -> None:
    with create_app().app_context():
        db.create_all()
        for number in range(1000):
            db.session.add(Note(slug=f"note-{number}", title=f"第 {number} 則", body="內容" * 100))
        db.session.commit()


if __name__ == "__main__":
    fill()
