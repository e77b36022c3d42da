"""Credit notes on command: the consequence is told, lines are found by number, and balances are shown."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kalends.billing.create import NewLine
from kalends.core.pricing import LineTerms
from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give
from tests.world import World

LINES = [
    NewLine("Fiber", LineTerms(Decimal(80), Decimal(1), tax_rate=Decimal(25))),
    NewLine("Telephone", LineTerms(Decimal(20), Decimal(1), tax_rate=Decimal(25))),
]


@pytest.fixture
def owing(world: World) -> str:
    """The number of an open, overdue invoice over 125.00 of two lines."""
    id_ = world.subscribe(world.customer(), lines=LINES)
    world.until("2026-01-20")
    return world.invoices(id_, "number")[0]


@pytest.fixture
def paid(world: World) -> str:
    """The number of an invoice over 100.00 that was charged."""
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-02")
    return world.invoices(id_, "number")[0]


def test_what_follows_is_told_first_and_the_subscription_comes_back(here: Give, owing: str) -> None:
    part = here("invoice", "credit", owing, "--line", "2", "--yes", "--reason", "Never delivered")
    assert (
        "25.00 EUR of it is taken back. 25.00 EUR is taken off what is owed: 100.00 EUR is still owed."
        in part.err
    )
    assert part.out.startswith("Credit note CN-1001 over 25.00 EUR is written.")

    rest = here("invoice", "credit", owing, "--yes")
    assert "nothing is owed any more" in rest.err
    assert "is active now" in rest.out


def test_an_amount_of_a_line_goes_to_the_balance_of_who_has_paid(here: Give, paid: str) -> None:
    document = here("invoice", "credit", paid, "--line", "1:30.00", "--yes", "--json").json()
    assert (document["applied_minor"], document["to_balance_minor"], document["credit_note"]) == (
        0,
        3000,
        "CN-1001",
    )

    shown = here("invoice", "show", paid)
    assert "customer's credit" in shown.out
    assert "30.00 EUR" in shown.out
    assert "CN-1001" in shown.out
    assert here("invoice", "show", paid, "--json").json()["customer_credit_minor"] == {"EUR": 3000}


def test_nothing_is_credited_unless_somebody_says_yes(world: World, shell: Give, paid: str) -> None:
    asked = shell("invoice", "credit", paid, "--account", world.ctx.id)
    assert asked.code == ExitCode.BAD_INPUT
    assert "100.00 EUR is to the credit of Kari Nordmann" in asked.err
    assert world.rows("SELECT 1 FROM credit_note WHERE account_id = %s", world.ctx.id) == []


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("3", ExitCode.BAD_INPUT, "It has: 1 Fiber, 2 Telephone."),
        ("1:many", ExitCode.BAD_INPUT, "This is not an amount"),
        ("1:100.01", ExitCode.REFUSED, "100.00 EUR is left of that line"),
    ],
)
def test_a_line_or_an_amount_that_cannot_be_is_refused(
    here: Give, owing: str, line: str, code: int, said: str
) -> None:
    refused = here("invoice", "credit", owing, "--line", line, "--yes")
    assert refused.code == code
    assert said in refused.err


def test_a_credit_note_asked_for_twice_with_one_key_is_one_note(world: World, here: Give, paid: str) -> None:
    words = ("invoice", "credit", paid, "--line", "1:10.00", "--request-key", "ticket 7", "--json")
    first, again = here(*words, "--yes"), here(*words)

    assert again.json()["credit_note"] == first.json()["credit_note"]
    assert world.one("SELECT count(*) FROM credit_note WHERE account_id = %s", world.ctx.id) == (1,)


def test_what_credit_paid_is_explained(world: World, here: Give, paid: str) -> None:
    here("invoice", "credit", paid, "--line", "1:30.00", "--yes")
    world.until("2026-02-01")
    (number,) = world.one(
        "SELECT number FROM invoice WHERE account_id = %s ORDER BY id DESC LIMIT 1", world.ctx.id
    )

    told = here("explain", number)
    assert "Paid from the customer's credit on 1 Feb 2026, so 70.00 EUR was charged" in told.out
    assert (
        "Of what was paid, 30.00 EUR became the customer's credit by credit note CN-1001"
        in here("explain", paid).out
    )
