"""The CSRF token under its mask: read back by us alone, and no nonsense in its place breaks a page."""

from __future__ import annotations

import os

import pytest

from app.crypto import masking
from app.crypto.masking import mask, unmask
from tests.conftest import CSRF_SECRET


def test_a_token_comes_back_from_under_every_mask_and_no_two_masks_are_alike(monkeypatch):
    monkeypatch.setattr(masking, "make_cover", os.urandom)  # as in the product
    masked = {mask("IjEyMyI.abc.def") for _ in range(20)}
    assert len(masked) == 20
    assert {unmask(each) for each in masked} == {"IjEyMyI.abc.def"}


@pytest.mark.parametrize("nonsense", ["m.", "m.é", "m.A", "m.AAA", "m.____", "m." + "x" * 999, "m.\x00", "é", ""])
def test_nonsense_in_the_place_of_a_token_is_refused_and_breaks_nothing(visitor, nonsense):
    """A sign that is no ASCII raised what nobody caught: 500."""
    assert unmask(nonsense) != CSRF_SECRET
    for sent in ({"data": {"csrf_token": nonsense}}, {"headers": {"X-CSRFToken": nonsense.replace("\x00", "")}}):
        assert visitor.post("/sign-in/general/", **sent).status_code == 400
