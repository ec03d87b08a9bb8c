"""Reads of the import pages."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from app.extensions import db
from app.importing.models import ImportBatch


def latest_batches(most: int = 10) -> Sequence[ImportBatch]:
    """The newest imports that the acting account may see."""
    return db.session.scalars(sa.select(ImportBatch).order_by(ImportBatch.id.desc()).limit(most)).all()
