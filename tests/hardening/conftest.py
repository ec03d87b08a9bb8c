"""The product with a person behind every door."""

from __future__ import annotations

import pytest

from tests.hardening.product import Product


@pytest.fixture
def product(flask_app, world, client_as, actor_of) -> Product:
    return Product(flask_app, world, client_as, actor_of)
