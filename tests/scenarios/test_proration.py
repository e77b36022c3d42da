"""Stories of edits that count from today: what is charged and given back is what was shown, to the day and the cent."""

from __future__ import annotations

import pytest

from kalends.billing.edit import (
    Edit,
    EditPreview,
    EditRefused,
    LineEdit,
    OfferChanged,
    apply_edit,
    preview_edit,
)
from tests.scenarios.shop import Dated, Paid, Shop, Subscription, item


def shown_and_saved(shop: Shop, subscription: Subscription, edit: Edit) -> EditPreview:
    """Look at the amounts, and save for just those."""
    preview = shop.does(preview_edit, subscription.id, edit, prorate=True)
    return shop.does(apply_edit, subscription.id, edit, prorate=True, offer=preview.prorated.offer)


@pytest.mark.feature("F60")
def test_maja_upgrades_on_16_april_and_pays_the_difference_for_half_a_month_at_once(shop: Shop) -> None:
    maja = shop.customer("Maja Li", country="GB")
    hosting = shop.sells(maja, item("Hosting", "100"), by=maja.card())
    shop.until("2026-04-16")

    edit = Edit(lines=[LineEdit(hosting.line("Hosting"), item("Hosting", "150"))])
    foreseen = shop.does(preview_edit, hosting.id, edit, prorate=True)
    assert [amount.how("EUR") for amount in foreseen.prorated.amounts] == [
        "100.00 EUR x 15 of 30 days = 50.00 EUR", "150.00 EUR x 15 of 30 days = 75.00 EUR",
    ]  # fmt: skip
    shop.does(apply_edit, hosting.id, edit, prorate=True, offer=foreseen.prorated.offer)
    shop.runs()

    assert hosting.payments[-1] == Paid("2026-04-16", "25.00 EUR", "succeeded")
    assert hosting.next_payment == Dated("2026-05-01", "150.00 EUR")
    assert maja.letter("changed").says("150.00 EUR")
    shop.until("2026-06-01")
    assert [paid.amount for paid in hosting.payments[3:]] == ["150.00 EUR", "150.00 EUR"]


@pytest.mark.feature("F60")
def test_nora_downgrades_and_what_she_paid_too_much_pays_her_next_invoices(shop: Shop) -> None:
    nora = shop.customer("Nora Li")
    hosting = shop.sells(nora, item("Hosting", "300"), by=nora.card())
    shop.until("2026-04-16")

    saved = shown_and_saved(
        shop, hosting, Edit(lines=[LineEdit(hosting.line("Hosting"), item("Hosting", "80"))])
    )
    assert saved.prorated is not None
    assert (saved.prorated.owed_minor, shop.credit_of(nora)) == (0, "110.00 EUR")
    assert [each.credit_minor for each in saved.after[:3]] == [8000, 3000, 0]

    shop.until("2026-07-01")
    assert [paid.amount for paid in hosting.payments[2:]] == ["50.00 EUR", "80.00 EUR"]
    assert (hosting.status, shop.credit_of(nora)) == ("active", "0.00 EUR")


@pytest.mark.feature("F60")
def test_an_offer_of_yesterday_is_asked_again_and_nothing_is_charged(shop: Shop) -> None:
    ove = shop.customer("Ove Li")
    hosting = shop.sells(ove, item("Hosting", "100"), by=ove.card())
    shop.until("2026-04-16")
    edit = Edit(lines=[LineEdit(hosting.line("Hosting"), item("Hosting", "150"))])
    yesterday = shop.does(preview_edit, hosting.id, edit, prorate=True).prorated.offer

    shop.until("2026-04-17")
    with pytest.raises(OfferChanged) as asked_again:
        shop.does(apply_edit, hosting.id, edit, prorate=True, offer=yesterday)
    with pytest.raises(EditRefused, match="Preview it first"):
        shop.does(apply_edit, hosting.id, edit, prorate=True)
    assert len(hosting.bills) == 2

    offer = asked_again.value.preview.prorated
    assert offer is not None
    shop.does(apply_edit, hosting.id, edit, prorate=True, offer=offer.offer)
    assert len(hosting.bills) == 3


@pytest.mark.feature("F60", "F56")
def test_the_card_is_declined_for_the_difference_and_the_edit_stays(shop: Shop) -> None:
    pia = shop.customer("Pia Li")
    hosting = shop.sells(pia, item("Hosting", "100"), by=pia.card())
    shop.until("2026-04-16")
    shop.does(apply_edit, hosting.id, Edit(payment_method_id=pia.card("stolen")))

    shown_and_saved(shop, hosting, Edit(lines=[LineEdit(hosting.line("Hosting"), item("Hosting", "150"))]))
    shop.runs()

    assert (hosting.status, hosting.mrr) == ("unpaid", "150.00 EUR")
    assert hosting.payments[-1] == Paid("2026-04-16", "25.00 EUR", "failed")
