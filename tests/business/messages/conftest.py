"""Letters that are ready to be looked at."""

from __future__ import annotations

import pytest

from kalends.platform.translations import compile_translations
from tests.business.messages.post import Post
from tests.world import World


@pytest.fixture(scope="session", autouse=True)
def _compiled_translations() -> None:
    """As ``./kalends`` does before anything else."""
    compile_translations()


@pytest.fixture
def post(world: World) -> Post:
    """The account's outbox, in short words."""
    return Post(world)
