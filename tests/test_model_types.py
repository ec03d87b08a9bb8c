"""Enumerations in statements: words of the code, never of a person."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.guardian_links.models import GuardianLink, LinkStatus


@pytest.mark.parametrize(
    "condition",
    [
        GuardianLink.status == LinkStatus.APPROVED,
        GuardianLink.status != LinkStatus.APPROVED,
        GuardianLink.status.in_([LinkStatus.APPROVED, LinkStatus.PENDING]),
        GuardianLink.status.not_in({LinkStatus.APPROVED}),
    ],
)
def test_sqlite_plans_a_statement_once_because_a_status_is_no_parameter(condition):
    compiled = sa.select(GuardianLink.id).where(condition).compile()
    assert "'approved'" in str(compiled)
    assert not compiled.params


def test_what_was_typed_is_always_a_parameter():
    typed = "approved' OR '1'='1"
    compiled = sa.select(GuardianLink.id).where(sa.type_coerce(GuardianLink.status, sa.String) == typed).compile()
    assert typed not in str(compiled)
    assert list(compiled.params.values()) == [typed]
    compiled = sa.select(GuardianLink.id).where(GuardianLink.status == typed).compile()
    assert typed not in str(compiled)
