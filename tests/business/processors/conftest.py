"""A merchant of its own for every test: the processor commits, so nothing is rolled back between tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kalends.payments.processors.sandbox import SandboxProcessor
from tests.business.processors.asking import new_merchant, opened


@pytest.fixture
def merchant(server: str) -> int:
    """The number of an account that nobody else uses."""
    return new_merchant()


@pytest.fixture
def sandbox(merchant: int) -> Iterator[SandboxProcessor]:
    """The merchant's sandbox processor."""
    with opened(merchant) as processor:
        yield processor
