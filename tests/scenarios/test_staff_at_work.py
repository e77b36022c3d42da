"""Stories of the people in the shop: what they look for, what they are asked before they do it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kalends.billing.changes import cancel_subscriptions
from kalends.platform.errors import ExitCode
from kalends.query import Associated, Condition, Operator
from tests.cli.conftest import Give
from tests.scenarios.shop import Shop


@pytest.mark.feature("F68", "F64")
def test_marit_finds_what_is_charged_in_the_next_three_days_to_cancel_as_late_as_possible(shop: Shop) -> None:
    soon, later, invoiced = (shop.customer(name) for name in ("Arne Li", "Berg Li", "Cora Li"))
    due_soon = shop.sells(soon, by=soon.card(), start="2026-03-04")
    shop.sells(later, by=later.card(), start="2026-03-20")
    shop.sells(invoiced, start="2026-03-04", net_terms_days=14)
    shop.until("2026-04-02")

    found = shop.finds(
        "subscription",
        Condition("hs_next_payment_due_date", Operator.LESS_THAN_DAYS_AHEAD, (Decimal(3),)),
        Condition("hs_collection_process", Operator.IS_ANY_OF, ("automatic_payments",)),
    )

    assert found == [due_soon.id]
    shop.does(cancel_subscriptions, found)
    shop.until("2026-05-10")
    assert len(due_soon.payments) == 1


@pytest.mark.feature("F69")
@pytest.mark.parametrize("record", ["contact", "company", "invoice", "payment"])
def test_a_subscription_is_found_from_every_record_that_it_belongs_to_and_canceled_there(
    shop: Shop, record: str
) -> None:
    fjord = shop.company("Fjord AS")
    dag, other = shop.customer("Dag Li", company_id=fjord), shop.customer("Eli Li")
    hosting = shop.sells(dag, by=dag.card(), company_id=fjord)
    shop.sells(other, by=other.card(), start="2026-03-02")
    shop.until("2026-03-01")
    ids = {
        "contact": dag.id, "company": fjord, "invoice": hosting.bill_ids[0], "payment": hosting.payment_ids[0],
    }  # fmt: skip

    here = Condition("hs_object_id", Operator.IS_ANY_OF, (Decimal(ids[record]),))
    found = shop.finds("subscription", Associated(record, (here,)))

    assert found == [hosting.id]
    shop.does(cancel_subscriptions, found)
    assert hosting.status == "canceled"


@pytest.mark.feature("F65", "F61")
def test_before_a_subscription_is_canceled_one_says_yes_to_what_that_means(shop: Shop, types: Give) -> None:
    frode = shop.customer("Frode Li")
    hosting = shop.sells(frode, by=frode.card())
    shop.until("2026-03-01")

    unsaid = types("subscription", "cancel", hosting.id)
    assert unsaid.code == ExitCode.BAD_INPUT
    assert hosting.status == "active"

    said = types("subscription", "cancel", hosting.id, "--yes")
    assert "25.00 EUR on 2026-04-01 and all after it are not billed" in said.err
    assert "cannot be taken back" in said.err
    assert hosting.status == "canceled"


@pytest.mark.feature("F71", "F72", "F70")
def test_before_a_subscription_is_deleted_it_is_shown_in_full_and_one_says_yes(
    shop: Shop, types: Give
) -> None:
    gro = shop.customer("Gro Li")
    hosting = shop.sells(gro, by=gro.card(), payments=1)
    shop.until("2026-04-01")
    assert hosting.status == "expired"
    shop.posts()

    copy = types("subscription", "show", hosting.id, "--all", "--json").json()
    head = copy["subscription"]
    assert (head["status"], head["collected_minor"], len(copy["lines"])) == ("expired", 2500, 1)
    unsaid = types("subscription", "delete", hosting.id)
    assert unsaid.code == ExitCode.BAD_INPUT
    assert hosting.status == "expired"

    said = types("subscription", "delete", hosting.id, "--yes")
    assert "1 invoice (0 open) and 1 payment stay" in said.err
    assert shop.finds("subscription") == []
