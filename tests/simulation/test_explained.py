"""What the checks of a simulated world let stand as explained, and for how long."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from kalends.simulation import checks_outside
from kalends.simulation.bank_book import BookedCharge
from kalends.simulation.bank_post import BankPost

MADE = datetime(2027, 3, 1, 6, tzinfo=UTC)
LONG_AFTER = MADE + checks_outside.EXPLAINED_FOR + timedelta(days=10)
EVERYTHING_HAPPENS = 100.0


@pytest.fixture
def charge() -> BookedCharge:
    """A debit that has succeeded at the processor, and of which we know only that it is under way."""
    settles = MADE + timedelta(days=3)
    return BookedCharge("kalends-1-7-1", "t", "sepa", 100, "EUR", {}, MADE, settles, "succeeded", 2, "ch-1")


def found(post: BankPost, charge: BookedCharge) -> list[Any]:
    """What the check says of it long after."""
    office: Any = SimpleNamespace(bank=SimpleNamespace(post=post), tally=Counter())
    ours = checks_outside._Attempt("processing", 100, 8, 0, sandbox=True)
    books: Any = SimpleNamespace(attempts={charge.key: [ours]}, checkouts={})
    return checks_outside._one_charge(office, books, charge, LONG_AFTER)


def test_an_end_that_was_told_and_not_heard_of_is_a_fault_after_weeks(charge: BookedCharge) -> None:
    post = BankPost(Random(1), 0, Counter())
    post.tell_of_charge(charge)
    assert len(found(post, charge)) == 1


def test_an_end_that_was_lost_is_explained_until_somebody_asks_for_what_was_lost(
    charge: BookedCharge,
) -> None:
    post = BankPost(Random(1), EVERYTHING_HAPPENS, Counter())
    post.tell_of_charge(charge)
    assert found(post, charge) == []
    post.find_lost(LONG_AFTER)
    assert len(found(post, charge)) == 1


def test_a_lost_dispute_explains_nothing_of_the_charge(charge: BookedCharge) -> None:
    post = BankPost(Random(1), EVERYTHING_HAPPENS, Counter())
    charge.disputed_at, charge.decided_at, charge.disputed_minor = MADE, LONG_AFTER, 100
    post.tell_of_dispute(charge)
    assert len(found(post, charge)) == 1
