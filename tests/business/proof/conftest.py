"""One book for all proofs of a module: breaking something in it is undone after each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.business.proof.books import Book, opened_book


@pytest.fixture(scope="module")
def book(server: str) -> Iterator[Book]:
    """A small book in which everything has happened once."""
    with opened_book() as made:
        yield made
