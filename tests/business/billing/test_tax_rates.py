"""The account's own tax rates: a list that lines copy from, and that changes no line."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kalends.accounts.create import create_account
from kalends.accounts.sql import enter_account
from kalends.billing.create import NewLine
from kalends.billing.tax_rates import (
    TaxRateRefused,
    UnknownTaxRate,
    create_tax_rate,
    list_tax_rates,
    read_tax_rates,
    taxed,
    update_tax_rate,
)
from kalends.core.pricing import LineTerms
from tests.conftest import Connect
from tests.world import World

SEAT = NewLine("Seat", LineTerms(Decimal(80), Decimal(1)))


def general(world: World, name: str = "Norway, general", percentage: str = "25") -> int:
    """A rate; its number."""
    return create_tax_rate(
        world.db, world.ctx, name=name, label="MVA", percentage=Decimal(percentage), actor="test"
    ).id


def test_a_line_has_the_percentage_and_the_label_of_its_rate_and_is_billed_so(world: World) -> None:
    rate = general(world)
    line = taxed(world.db, world.ctx, SEAT, rate)
    kari = world.customer()
    id_ = world.subscribe(kari, lines=[line])
    update_tax_rate(world.db, world.ctx, rate, percentage=Decimal(15), label="VAT")

    world.until("2026-02-01")

    assert world.invoices(id_, "tax_minor") == [2000, 2000]
    assert world.rows(
        "SELECT DISTINCT tax_rate, tax_label, tax_rate_group_id FROM line_item WHERE account_id = %s",
        world.ctx.id,
    ) == [(Decimal(25), "MVA", str(rate))]


def test_an_archived_rate_and_one_that_is_not_there_are_given_to_nobody(world: World) -> None:
    rate = general(world)
    update_tax_rate(world.db, world.ctx, rate, active=False)

    for number in (rate, 999_999_999):
        with pytest.raises(UnknownTaxRate, match=str(number)):
            taxed(world.db, world.ctx, SEAT, number)
    update_tax_rate(world.db, world.ctx, rate, active=True)
    assert taxed(world.db, world.ctx, SEAT, rate).terms.tax_rate == 25


def test_the_list_has_the_active_ones_first_and_alone_if_that_is_asked(world: World) -> None:
    former, nothing, norway = general(world, "A former one"), general(world, "Zero", "0"), general(world)
    update_tax_rate(world.db, world.ctx, former, active=False)

    assert [each.id for each in list_tax_rates(world.db, world.ctx)] == [norway, nothing, former]
    assert [each.id for each in list_tax_rates(world.db, world.ctx, active_only=True)] == [norway, nothing]


def test_every_change_is_in_the_journal_once(world: World) -> None:
    rate = general(world)
    update_tax_rate(world.db, world.ctx, rate, percentage=Decimal("25.5"), actor="test")
    update_tax_rate(world.db, world.ctx, rate, percentage=Decimal("25.5"))
    update_tax_rate(world.db, world.ctx, rate, active=False)
    update_tax_rate(world.db, world.ctx, rate, active=False)

    told = world.rows(
        "SELECT kind, data -> 'changes' ->> 'percentage' FROM event WHERE object_id = %s ORDER BY id", rate
    )
    assert told == [
        ("tax_rate.created", None), ("tax_rate.updated", '["25.000000", "25.5"]'), ("tax_rate.updated", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "percentage"),
    [("", "25"), (" ", "25"), ("a\nb", "25"), ("x" * 201, "25"), ("High", "-1"), ("High", "100.1"),
     ("High", "0.0000001"), ("High", "NaN"), ("High", "Infinity")],
)  # fmt: skip
def test_a_rate_that_cannot_be_is_refused(world: World, name: str, percentage: str) -> None:
    with pytest.raises(TaxRateRefused):
        general(world, name, percentage)
    rate = general(world)
    with pytest.raises(TaxRateRefused):
        update_tax_rate(world.db, world.ctx, rate, name=name, percentage=Decimal(percentage))


def test_two_active_rates_never_have_one_name(world: World) -> None:
    rate = general(world)
    with pytest.raises(TaxRateRefused, match="already; choose another name"):
        general(world)
    other = general(world, "Norway, food", "15")
    with pytest.raises(TaxRateRefused):
        update_tax_rate(world.db, world.ctx, other, name="Norway, general")
    update_tax_rate(world.db, world.ctx, rate, active=False)
    general(world)
    with pytest.raises(TaxRateRefused):
        update_tax_rate(world.db, world.ctx, rate, active=True)


def test_rates_of_another_account_are_not_there(world: World, connect: Connect) -> None:
    rate = general(world)
    other = connect()
    ctx = create_account(
        other, name="Other", time_zone="UTC", currency="EUR", now=world.ctx.now, clock_at=world.ctx.now
    )
    enter_account(other, ctx.id)

    assert read_tax_rates(other, ctx, [rate]) == {}
    with pytest.raises(UnknownTaxRate):
        update_tax_rate(other, ctx, rate, name="Mine")
