"""A shop of its own for every test."""

from __future__ import annotations

import pytest

from tests.business.sales.shop import Shop
from tests.world import World


@pytest.fixture
def shop(world: World) -> Shop:
    """An empty shop of the test's account."""
    return Shop(world)
