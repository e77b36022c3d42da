"""Commands that move money, given twice with one key of one's own, do it once; and payments in parts on command."""

from __future__ import annotations

import dataclasses

import pytest

from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give
from tests.world import World


@pytest.fixture
def number(world: World) -> str:
    """The number of an open invoice over 100.00."""
    id_ = world.subscribe(world.customer(), net_terms_days=15)
    world.until("2026-01-05")
    return world.invoices(id_, "number")[0]


def _payment(world: World, outcome: str = "approved", until: str = "2026-01-02") -> int:
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari, outcome))
    world.until(until)
    return world.one("SELECT id FROM payment WHERE subscription_id = %s", id_)[0]


def test_a_payment_recorded_twice_with_one_key_is_one_payment(world: World, here: Give, number: str) -> None:
    words = ("payment", "record", number, "40", "--request-key", "statement 17", "--json")
    first = here(*words, "--yes")
    again = here(*words)  # nobody needs to say yes to what was done

    assert again.code == 0
    assert "was done under the request key 'statement 17'" in again.err
    assert again.json()["payment"] == first.json()["payment"]
    assert world.one("SELECT count(*) FROM payment WHERE account_id = %s", world.ctx.id) == (1,)


def test_a_key_that_was_used_for_something_else_is_refused(here: Give, number: str) -> None:
    here("payment", "record", number, "40", "--request-key", "17", "--yes")
    other = here("payment", "record", number, "41", "--request-key", "17", "--yes")

    assert other.code == ExitCode.REFUSED
    assert "The request key '17' was used for another payment" in other.err
    assert "a key of its own" in other.err


def test_without_a_key_each_command_is_a_request_of_its_own(world: World, here: Give, number: str) -> None:
    for _ in range(2):
        assert here("payment", "record", number, "40", "--yes").code == 0
    assert world.one("SELECT paid_minor::int FROM invoice WHERE account_id = %s", world.ctx.id) == (8000,)


def test_a_refund_given_twice_with_one_key_is_one_refund(world: World, here: Give) -> None:
    payment = _payment(world)
    words = ("payment", "refund", payment, "--request-key", "case 9", "--json")
    first = here(*words, "--yes")
    again = here(*words)

    assert (again.code, again.json()["refund"]) == (0, first.json()["refund"])
    assert again.json()["amount_minor"] == first.json()["amount_minor"] == 10000
    assert world.one("SELECT refunded_minor::int FROM payment WHERE id = %s", payment) == (10000,)


def test_a_retry_given_twice_with_one_key_is_one_charge(world: World, here: Give) -> None:
    payment = _payment(world, "declined", "2026-01-10")
    for _ in range(2):
        here("payment", "retry", payment, "--request-key", "try", "--yes")

    assert world.one("SELECT retries_by_hand FROM payment WHERE id = %s", payment) == (1,)


def test_a_new_method_is_taken_and_pays_what_is_overdue_in_one_command(world: World, here: Give) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari, "stolen"))
    world.until("2026-02-10")
    words = ("subscription", "charge-overdue", id_, "--method", world.method(kari), "--request-key", "page")

    done = here(*words, "--yes", "--json")
    again = here(*words, "--json")

    assert "2 overdue amounts over 200.00 EUR are charged now to Visa ending 4242, oldest first" in done.err
    assert (done.code, done.json()["status"]) == (0, "active")
    assert [item["payment"] for item in again.json()["charged"]] == [
        item["payment"] for item in done.json()["charged"]
    ]
    assert world.one("SELECT max(attempts) FROM payment WHERE subscription_id = %s", id_) == (2,)


def test_what_is_overdue_is_charged_once_for_one_key_although_it_was_declined(
    world: World, here: Give
) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari, "declined"))
    world.until("2026-01-10")
    for _ in range(2):
        charged = here("subscription", "charge-overdue", id_, "--request-key", "call 3", "--yes")
        assert charged.code == ExitCode.PROBLEM_FOUND

    assert world.one("SELECT attempts FROM payment WHERE subscription_id = %s", id_) == (6,)


def test_a_part_is_refused_until_the_invoice_may_be_paid_in_parts(world: World, here: Give) -> None:
    settings = dataclasses.replace(world.ctx.settings, partial_payments=False)
    world.db.execute("UPDATE account SET settings = %s WHERE id = %s", [settings.stored(), world.ctx.id])
    world.reload()
    id_ = world.subscribe(world.customer(), net_terms_days=15)
    world.until("2026-01-05")
    number = world.invoices(id_, "number")[0]

    refused = here("payment", "record", number, "40", "--yes")
    assert refused.code == ExitCode.REFUSED
    assert "takes no partial payments" in refused.err
    assert "add --partial" in refused.err

    allowed = here("payment", "record", number, "40", "--partial", "--yes")
    assert (allowed.code, "60.00 EUR of it stay open" in allowed.out) == (0, True)
    assert here("payment", "record", number, "30", "--yes").code == 0
    assert here("payment", "record", number, "30", "--yes").code == 0
    assert world.invoices(id_, "status") == ["paid"]
