"""Alembic's environment: one metadata for FAB's tables and ours, batch mode for SQLite."""

from __future__ import annotations

import warnings
from logging.config import fileConfig
from typing import Any

from alembic import context
from flask import current_app

from app.model_types import UtcDateTime

config = context.config
if config.config_file_name and not current_app.testing:
    fileConfig(config.config_file_name, disable_existing_loggers=False)

# A batch copy on SQLite looks at the tables it refers to as well; their expression indexes stay where they are.
warnings.filterwarnings("ignore", message="Skipped unsupported reflection of expression-based index")

database = current_app.extensions["migrate"].db


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """A migration stands alone: our own column types are written as what the database sees."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run_migrations() -> None:
    with database.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_as_batch=True,
            render_item=render_item,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run_migrations()
