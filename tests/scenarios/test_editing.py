"""Stories of change: what is edited, from when it counts, and who is told."""

from __future__ import annotations

import datetime as dt

import pytest

from kalends.billing.edit import Edit, EditRefused, LineEdit, apply_edit, preview_edit
from tests.scenarios.shop import Bill, Dated, Paid, Shop, item


@pytest.mark.feature("F60")
def test_astrid_takes_a_larger_plan_drops_support_and_pays_so_from_the_next_month(shop: Shop) -> None:
    astrid = shop.customer("Astrid Foss", country="GB")
    hosting = shop.sells(astrid, item("Hosting", "25"), item("Support", "10"), by=astrid.card())
    shop.until("2026-03-10")
    edit = Edit(
        lines=[
            LineEdit(hosting.line("Hosting"), item("Hosting Plus", "40")),
            LineEdit(hosting.line("Support")),
            LineEdit(line=item("Backup", "5", "2")),
        ]
    )

    foreseen = shop.does(preview_edit, hosting.id, edit)
    assert ([each.total_minor for each in foreseen.before], [each.total_minor for each in foreseen.after]) == (
        [3500] * 12, [5000] * 12,
    )  # fmt: skip
    shop.does(apply_edit, hosting.id, edit)
    assert (hosting.next_payment, hosting.mrr) == (Dated("2026-04-01", "50.00 EUR"), "50.00 EUR")

    shop.until("2026-05-01")
    assert [bill.total for bill in hosting.bills] == ["35.00 EUR", "50.00 EUR", "50.00 EUR"]
    assert astrid.letter("changed").says("50.00 EUR", "1 April 2026")
    assert [each.name for each in hosting.document(1).lines] == ["Hosting Plus", "Backup"]


@pytest.mark.feature("F60")
def test_of_several_edits_before_the_next_payment_the_last_one_counts(shop: Shop) -> None:
    birk = shop.customer("Birk Lie")
    hosting = shop.sells(birk, by=birk.card())
    for day, price in (("2026-03-05", "30"), ("2026-03-12", "45"), ("2026-03-29", "20")):
        shop.until(day)
        shop.does(
            apply_edit, hosting.id, Edit(lines=[LineEdit(hosting.line("Hosting"), item("Hosting", price))])
        )

    shop.until("2026-04-01")

    assert [bill.total for bill in hosting.bills] == ["25.00 EUR", "20.00 EUR"]


@pytest.mark.feature("F60")
def test_celine_moves_her_payments_to_payday_and_her_term_ends_as_much_later(shop: Shop) -> None:
    celine = shop.customer("Celine Nor")
    hosting = shop.sells(celine, by=celine.card(), payments=4)
    shop.until("2026-03-10")
    assert hosting.end_date == "2026-07-01"

    shop.does(apply_edit, hosting.id, Edit(next_due=dt.date(2026, 4, 15)))

    assert (hosting.next_payment, hosting.end_date) == (Dated("2026-04-15", "25.00 EUR"), "2026-07-15")
    shop.until("2026-07-20")
    assert [bill.day for bill in hosting.bills] == ["2026-03-01", "2026-04-15", "2026-05-15", "2026-06-15"]
    assert hosting.status == "expired"


@pytest.mark.feature("F60")
def test_daniel_takes_over_from_dagny_and_all_later_letters_go_to_him(shop: Shop) -> None:
    dagny, daniel = shop.customer("Dagny Sol"), shop.customer("Daniel Sol")
    hosting = shop.sells(dagny, net_terms_days=14)
    shop.until("2026-03-10")

    shop.does(apply_edit, hosting.id, Edit(contact_id=daniel.id))
    shop.until("2026-04-01")

    assert dagny.inbox == ["invoice"]
    assert daniel.inbox == ["changed", "invoice"]
    assert hosting.document(0).buyer.name == "Dagny Sol"  # an invoice that was sent does not change
    assert hosting.document(1).buyer.name == "Daniel Sol"


@pytest.mark.feature("F60")
def test_elin_pays_by_another_card_from_the_next_month_on(shop: Shop) -> None:
    elin = shop.customer("Elin Ås")
    old, new = elin.card(), elin.card()
    hosting = shop.sells(elin, by=old)
    shop.until("2026-03-10")

    shop.does(apply_edit, hosting.id, Edit(payment_method_id=new))
    shop.until("2026-04-01")

    used = shop.world.rows(
        "SELECT payment_method_id FROM payment WHERE subscription_id = %s ORDER BY id", hosting.id
    )
    assert used == [(old,), (new,)]
    assert hosting.payments[1] == Paid("2026-04-01", "25.00 EUR", "succeeded")


@pytest.mark.feature("F60", "F15")
def test_a_new_billing_address_stands_on_later_invoices_only(shop: Shop) -> None:
    frank = shop.customer("Frank Bø")
    hosting = shop.sells(
        frank, net_terms_days=30, address={"address": "Gamle vei 1", "zip": "5003", "city": "Bergen"}
    )
    shop.until("2026-03-10")

    shop.does(apply_edit, hosting.id, Edit(address={"address": "Nye vei 2", "zip": "0150", "city": "Oslo"}))
    shop.until("2026-04-01")

    assert hosting.document(0).buyer.address == ("Gamle vei 1", "5003 Bergen")
    assert hosting.document(1).buyer.address == ("Nye vei 2", "0150 Oslo")


@pytest.mark.feature("F60", "F64")
@pytest.mark.parametrize(
    ("day", "refused"), [("2026-03-29", False), ("2026-03-30", True), ("2026-03-31", True)]
)
def test_two_days_before_a_payment_it_is_too_late_to_change_it_and_the_refusal_says_when_again(
    shop: Shop, day: str, refused: bool
) -> None:
    grete = shop.customer("Grete Dal")
    hosting = shop.sells(grete, by=grete.card())
    shop.until(day)
    edit = Edit(lines=[LineEdit(line=item("Backup", "5"))])

    if refused:
        with pytest.raises(
            EditRefused, match=r"due on 2026-04-01, (in 2 days|tomorrow)\..*edit it after that day"
        ):
            shop.does(apply_edit, hosting.id, edit)
    else:
        shop.does(apply_edit, hosting.id, edit)

    shop.until("2026-04-01")
    assert hosting.bills[1] == Bill("2026-04-01", "25.00 EUR" if refused else "30.00 EUR", "paid")


@pytest.mark.feature("F59", "F60")
def test_what_is_scheduled_can_be_changed_before_it_starts(shop: Shop) -> None:
    heidi = shop.customer("Heidi Li")
    hosting = shop.sells(heidi, by=heidi.card(), start="2026-05-01")

    shop.does(apply_edit, hosting.id, Edit(next_due=dt.date(2026, 5, 15)))

    shop.until("2026-06-30")
    assert [bill.day for bill in hosting.bills] == ["2026-05-15", "2026-06-15"]
