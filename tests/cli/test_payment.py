"""Money on command: received by hand, given back, charged again, and claims taken back."""

from __future__ import annotations

import pytest

from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give
from tests.world import World


@pytest.fixture
def invoiced(world: World) -> tuple[int, str]:
    """A subscription over 100.00 whose invoice is overdue, and the invoice's number."""
    id_ = world.subscribe(world.customer())
    world.until("2026-01-20")
    return id_, world.invoices(id_, "number")[0]


def _paid(world: World, outcome: str = "approved", kind: str = "card", until: str = "2026-01-02") -> int:
    """The payment of a subscription over 100.00."""
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari, outcome, kind=kind))
    world.until(until)
    return world.one("SELECT id FROM payment WHERE subscription_id = %s", id_)[0]


def test_a_check_pays_a_part_and_the_rest_brings_the_subscription_back(
    world: World, here: Give, invoiced: tuple[int, str]
) -> None:
    subscription, number = invoiced
    part = here("payment", "record", number.lower(), "40", "--kind", "check", "--reference", "417", "--yes")
    assert "It owes 100.00 EUR; with 40.00 EUR by check, 60.00 EUR of it stay open." in part.err
    assert "60.00 EUR of it stay open" in part.out

    (invoice,) = world.invoices(subscription, "id")
    rest = here("payment", "record", invoice, "60.00", "--yes", "--json")
    assert f"it is paid, and Fleet Core ({subscription}) is active" in rest.err
    document = rest.json()
    assert (document["invoice"], document["status"], document["owed_minor"]) == (number, "paid", 0)
    assert world.one(
        "SELECT method_kind, reference_number, amount_minor FROM payment WHERE id <> %s AND invoice_id = %s",
        document["payment"],
        invoice,
    ) == ("check", "417", 4000)


def test_nothing_is_recorded_unless_somebody_says_yes(
    world: World, shell: Give, invoiced: tuple[int, str]
) -> None:
    asked = shell("payment", "record", invoiced[1], "100", "--account", world.ctx.id)
    assert asked.code == ExitCode.BAD_INPUT
    assert "it is paid" in asked.err
    assert world.rows("SELECT 1 FROM payment WHERE account_id = %s", world.ctx.id) == []


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("ten", "This is not an amount"),
        ("1,000.00", "with at most 2 decimals, such as 12.50"),
        ("0.005", "more than the 2 decimals of EUR"),
        ("0.00", "An amount is more than 0"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(
    here: Give, invoiced: tuple[int, str], amount: str, said: str
) -> None:
    answer = here("payment", "record", invoiced[1], amount, "--yes")
    assert answer.code == ExitCode.BAD_INPUT
    assert said in answer.err


def test_no_more_than_is_owed_is_recorded(here: Give, invoiced: tuple[int, str]) -> None:
    answer = here("payment", "record", invoiced[1], "100.01", "--yes")
    assert answer.code == ExitCode.REFUSED
    assert "it owes 100.00 EUR" in answer.err


def test_records_that_are_not_there_are_named(here: Give) -> None:
    for words in (
        ["payment", "record", "INV-9", "1"],
        ["payment", "refund", 9],
        ["payment", "retry", 9],
        ["invoice", "void", "INV-9"],
    ):
        answer = here(*words, "--yes")
        assert answer.code == ExitCode.BAD_INPUT
        assert "There is no such" in answer.err
        assert f"value: {words[2]}" in answer.err


def test_a_part_and_then_all_that_is_left_is_given_back(world: World, here: Give) -> None:
    payment = _paid(world)
    part = here("payment", "refund", payment, "20.00", "--reason", "Two weeks without service", "--yes")
    assert "20.00 EUR goes back to Visa ending 4242; 80.00 EUR of the payment is left" in part.err
    assert "Fees of 2.90 EUR stay with the processor" in part.err
    assert f"20.00 EUR is given back; 80.00 EUR of payment {payment} is left." in part.out

    rest = here("payment", "refund", payment, "--yes", "--json").json()
    assert (rest["amount_minor"], rest["refund_status"], rest["status"], rest["left_minor"]) == (
        8000, "succeeded", "refunded", 0,
    )  # fmt: skip
    assert world.one("SELECT min(reason) FROM refund WHERE payment_id = %s", payment) == (
        "Two weeks without service",
    )

    again = here("payment", "refund", payment, "--yes")
    assert again.code == ExitCode.REFUSED
    assert "Only a payment that was collected" in again.err


def test_no_more_than_is_left_is_given_back(world: World, here: Give) -> None:
    answer = here("payment", "refund", _paid(world), "100.01", "--yes")
    assert answer.code == ExitCode.REFUSED
    assert "100.00 EUR is left" in answer.err


def test_a_debit_under_way_is_given_back_once_it_has_settled(world: World, here: Give) -> None:
    payment = _paid(world, kind="sepa")
    done = here("payment", "refund", payment, "--yes")
    assert "once the debit has settled" in done.out
    world.until("2026-01-31")
    assert world.one("SELECT status, refunded_minor FROM payment WHERE id = %s", payment) == (
        "refunded",
        10000,
    )


def test_what_came_by_check_is_handed_back_by_people(
    world: World, here: Give, invoiced: tuple[int, str]
) -> None:
    payment = here("payment", "record", invoiced[1], "100", "--kind", "check", "--yes", "--json").json()[
        "payment"
    ]
    done = here("payment", "refund", payment, "30", "--yes")
    assert "hand it back yourself, as it came by check" in done.err
    assert "70.00 EUR of payment" in done.out


def test_a_declined_card_is_tried_three_times_by_hand(world: World, here: Give) -> None:
    payment = _paid(world, "declined", until="2026-01-10")
    for number in (1, 2, 3):
        answer = here("payment", "retry", payment, "--yes")
        assert f"100.00 EUR is charged to Visa ending 4242 now, try {number} of 3 by hand" in answer.err
        assert (answer.code, "failed" in answer.out) == (ExitCode.PROBLEM_FOUND, True)

    refused = here("payment", "retry", payment, "--yes")
    assert refused.code == ExitCode.REFUSED
    assert "3 times already" in refused.err


def test_a_retry_by_another_method_is_collected(world: World, here: Give) -> None:
    payment = _paid(world, "declined", until="2026-01-10")
    (subscription, contact) = world.one(
        "SELECT subscription_id, contact_id FROM payment WHERE id = %s", payment
    )
    here("subscription", "edit", subscription, "--method", world.method(contact), "--yes")

    answer = here("payment", "retry", payment, "--yes", "--json")

    assert answer.code == 0
    assert (answer.json()["was"], answer.json()["status"]) == ("failed", "succeeded")
    assert world.subscription(subscription, "status") == "active"


def test_a_voided_invoice_is_owed_by_nobody(world: World, here: Give, invoiced: tuple[int, str]) -> None:
    subscription, number = invoiced
    done = here("invoice", "void", number, "--reason", "Sent by mistake", "--yes")
    assert f"Invoice {number} of 100.00 EUR to Kari Nordmann, due on 2026-01-01 (open)" in done.err
    assert f"Fleet Core ({subscription}) is active now" in done.out
    assert world.invoices(subscription, "status") == ["voided"]

    again = here("invoice", "void", number, "--yes")
    assert again.code == ExitCode.REFUSED
    assert "Only an open invoice can be voided" in again.err


def test_only_an_open_invoice_takes_a_payment(here: Give, invoiced: tuple[int, str]) -> None:
    here("invoice", "void", invoiced[1], "--yes")
    answer = here("payment", "record", invoiced[1], "1", "--yes")
    assert answer.code == ExitCode.REFUSED
    assert "Only an open invoice takes a payment" in answer.err


def test_a_charge_without_an_answer_is_told_as_such_and_settled_by_the_next_run(
    world: World, here: Give
) -> None:
    payment = _paid(world, "declined", until="2026-01-10")
    (subscription, contact) = world.one(
        "SELECT subscription_id, contact_id FROM payment WHERE id = %s", payment
    )
    method = world.method(contact, "timeout_not_charged")
    here("subscription", "edit", subscription, "--method", method, "--yes")

    answer = here("payment", "retry", payment, "--yes", "--json")
    assert (answer.code, answer.json()["status"]) == (ExitCode.PROBLEM_FOUND, "unknown")

    here("bill")
    assert world.one("SELECT status FROM payment WHERE id = %s", payment) == ("succeeded",)
