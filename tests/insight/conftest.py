"""One book for all reports of a module, and a slow and obvious reading of its movements."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.business.proof.books import Book, opened_book


@pytest.fixture(scope="session")
def book(server: str) -> Iterator[Book]:
    """Three and a half months of a small business, with one of everything."""
    with opened_book() as made:
        yield made
