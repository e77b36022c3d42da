"""Paying in parts: off unless the account or the invoice allows it, and never more than is owed."""

from __future__ import annotations

import dataclasses

import pytest

from kalends.accounts.context import AccountSettings
from kalends.payments.record import (
    CannotRecord,
    PartNotAllowed,
    ReceivedPayment,
    allow_partial_payments,
    record_payments,
)
from kalends.proof.verify import verify
from tests.world import World


@pytest.fixture
def strict(world: World) -> World:
    """An account as it is made: no setting was touched."""
    settings = dataclasses.replace(world.ctx.settings, partial_payments=AccountSettings().partial_payments)
    world.db.execute("UPDATE account SET settings = %s WHERE id = %s", [settings.stored(), world.ctx.id])
    world.reload()
    return world


def invoice_of(world: World) -> int:
    """An open invoice over 100.00."""
    subscription = world.subscribe(world.customer(), net_terms_days=15)
    world.until("2026-01-01")
    return world.invoices(subscription, "id")[0]


def record(world: World, invoice: int, minor: int) -> None:
    record_payments(world.db, world.ctx, [ReceivedPayment(invoice, minor, "check")])


def standing(world: World, invoice: int) -> tuple[str, int]:
    return world.one("SELECT status, paid_minor::int FROM invoice WHERE id = %s", invoice)  # type: ignore[return-value]


def test_a_new_account_takes_no_partial_payments_and_the_refusal_says_what_to_do(strict: World) -> None:
    invoice = invoice_of(strict)

    with pytest.raises(PartNotAllowed) as refused:
        record(strict, invoice, 4000)

    assert "40.00 EUR is a part of the 100.00 EUR that invoice INV-1001 owes" in str(refused.value)
    assert "Record the whole, or allow partial payments on this invoice first." in str(refused.value)
    assert standing(strict, invoice) == ("open", 0)


def test_all_that_is_owed_can_always_be_recorded(strict: World) -> None:
    invoice = invoice_of(strict)

    record(strict, invoice, 10000)

    assert standing(strict, invoice) == ("paid", 10000)


def test_one_invoice_can_be_allowed_parts_and_others_stay_as_they_are(strict: World) -> None:
    invoice, other = invoice_of(strict), invoice_of(strict)

    assert allow_partial_payments(strict.db, strict.ctx, invoice, actor="kari") is True
    record(strict, invoice, 4000)
    record(strict, invoice, 6000)

    assert standing(strict, invoice) == ("paid", 10000)
    with pytest.raises(PartNotAllowed):
        record(strict, other, 4000)
    assert verify(strict.db, strict.ctx).differences == []


def test_what_is_left_after_parts_may_be_paid_when_parts_are_no_longer_allowed(strict: World) -> None:
    invoice = invoice_of(strict)
    allow_partial_payments(strict.db, strict.ctx, invoice)
    record(strict, invoice, 4000)

    allow_partial_payments(strict.db, strict.ctx, invoice, allowed=False)

    with pytest.raises(PartNotAllowed, match=r"20\.00 EUR is a part of the 60\.00 EUR"):
        record(strict, invoice, 2000)
    record(strict, invoice, 6000)
    assert standing(strict, invoice) == ("paid", 10000)


def test_allowing_it_twice_is_said_once_in_the_journal(strict: World) -> None:
    invoice = invoice_of(strict)

    answers = [allow_partial_payments(strict.db, strict.ctx, invoice, actor="kari") for _ in range(2)]

    assert answers == [True, False]
    told = strict.rows(
        "SELECT actor, data FROM event WHERE kind = 'invoice.edited' AND object_id = %s", invoice
    )
    assert told == [("kari", {"changes": {"allow_partial_payments": [False, True]}})]


def test_the_accounts_setting_counts_for_invoices_made_from_then_on(strict: World) -> None:
    before = invoice_of(strict)
    settings = dataclasses.replace(strict.ctx.settings, partial_payments=True)
    strict.db.execute("UPDATE account SET settings = %s WHERE id = %s", [settings.stored(), strict.ctx.id])
    strict.reload()
    after = invoice_of(strict)

    record(strict, after, 1)
    with pytest.raises(PartNotAllowed):
        record(strict, before, 1)


def test_only_an_open_invoice_can_be_allowed_parts(strict: World) -> None:
    invoice = invoice_of(strict)
    record(strict, invoice, 10000)

    with pytest.raises(CannotRecord, match="INV-1001 is paid"):
        allow_partial_payments(strict.db, strict.ctx, invoice)
    with pytest.raises(CannotRecord, match="There is no invoice 999999999"):
        allow_partial_payments(strict.db, strict.ctx, 999_999_999)
