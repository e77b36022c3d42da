"""Stories of paying: what is charged when, who is told, and in which language."""

from __future__ import annotations

import pytest

from kalends.core.calendar import Frequency
from tests.scenarios.shop import Bill, Dated, Paid, Shop, item


@pytest.mark.feature("F28", "F42", "F45")
def test_the_first_payment_is_told_to_aino_in_finnish_and_to_the_shop_in_norwegian(shop: Shop) -> None:
    marit = shop.colleague("Marit Lie", language="nb")
    aino = shop.customer("Aino Virtanen", language="fi", country="FI")
    shop.sells(aino, by=aino.card())

    shop.until("2026-03-01")

    receipt, notice = aino.letter("receipt"), marit.letters()[0]
    assert (receipt.language, receipt.subject) == ("fi", "Testi: Kuitti: 25,00 EUR, Nordlys Hosting")
    assert receipt.says("Kiitos, Aino. Saimme maksun 25,00 EUR")
    assert (notice.kind, notice.language) == ("payment_made", "nb")
    assert notice.says("Aino Virtanen betalte 25,00 EUR")


@pytest.mark.feature("F40", "F42")
def test_bjarne_is_charged_on_each_due_date_from_the_card_he_first_paid_with_and_gets_a_receipt_each_time(
    shop: Shop,
) -> None:
    bjarne = shop.customer("Bjarne Sand", language="en")
    first_card = bjarne.card()
    bjarne.card()  # another one that he gave since changes nothing
    hosting = shop.sells(bjarne, by=first_card)

    shop.until("2026-06-01")

    days = ["2026-03-01", "2026-04-01", "2026-05-01", "2026-06-01"]
    assert hosting.payments == [Paid(day, "25.00 EUR", "succeeded") for day in days]
    used = shop.world.rows(
        "SELECT DISTINCT payment_method_id FROM payment WHERE subscription_id = %s", hosting.id
    )
    assert used == [(first_card,)]
    assert bjarne.inbox == ["receipt"] * 4
    assert bjarne.letters()[3].says("on 1 June 2026", "The next payment of 25,00 EUR is on 1 July 2026")


@pytest.mark.feature("F5")
@pytest.mark.parametrize(
    ("terms", "due"),
    [(0, "2026-03-01"), (15, "2026-03-16"), (30, "2026-03-31"), (90, "2026-05-30"), (7, "2026-03-08")],
)
def test_cecilie_pays_her_invoices_on_receipt_or_so_many_days_later(shop: Shop, terms: int, due: str) -> None:
    cecilie = shop.customer("Cecilie Ness")
    hosting = shop.sells(cecilie, net_terms_days=terms)

    shop.until("2026-03-01")
    assert str(hosting.document().due_date) == due
    assert cecilie.inbox == ["invoice"]

    shop.until(due)
    assert hosting.status == "active"


@pytest.mark.feature("F44")
def test_david_is_reminded_fourteen_days_before_each_payment_once_the_shop_wants_it(shop: Shop) -> None:
    david = shop.customer("David Moen", country="GB")
    hosting = shop.sells(david, by=david.card(), every=Frequency.QUARTERLY)
    weekly = shop.sells(david, item("Cleaning", "10"), by=david.card(), every=Frequency.WEEKLY, payments=4)
    shop.until("2026-06-02")
    assert "reminder" not in david.inbox

    shop.decides(reminder_days=14)
    shop.until("2026-08-17")
    assert david.letters("reminder") == []
    shop.until("2026-08-18")

    (reminder,) = david.letters("reminder")
    assert reminder.says("Your next payment is 25.00 EUR on 1 September 2026")
    assert (hosting.payments_made, weekly.payments_made) == (2, 4)


@pytest.mark.feature("F45", "F46")
def test_the_admins_are_told_of_each_payment_made_or_failed_unless_they_turn_it_off(shop: Shop) -> None:
    marit, odd = shop.colleague("Marit Lie"), shop.colleague("Odd Dahl")
    helper = shop.colleague("Hilde Rye", role="member")
    pays, fails = shop.customer("Eva Pay"), shop.customer("Frode Fail")
    odd.turns_off("payments_made")
    shop.sells(pays, by=pays.card())
    shop.sells(fails, by=fails.card("stolen"))

    shop.until("2026-03-01")
    assert sorted(marit.inbox) == ["payment_failed", "payment_made"]
    assert odd.inbox == ["payment_failed"]
    assert helper.inbox == []

    odd.turns_off("payments_failed")
    shop.until("2026-04-01")
    assert sorted(marit.inbox) == ["payment_failed", "payment_failed", "payment_made", "payment_made"]
    assert odd.inbox == ["payment_failed"]


@pytest.mark.feature("F33", "F34")
def test_repeat_payments_are_recorded_on_the_subscription_and_make_nothing_new_in_the_crm(shop: Shop) -> None:
    gunn = shop.customer("Gunn Vik")
    hosting = shop.sells(gunn, by=gunn.card())
    tables = ("contact", "company", "association", "subscription", "line_item")

    def records() -> list[int]:
        counted = "SELECT count(*) FROM {} WHERE account_id = %s"
        where = {"line_item": " AND parent_type = 'subscription'"}
        return [
            shop.world.one(counted.format(table) + where.get(table, ""), shop.world.ctx.id)[0]
            for table in tables
        ]

    shop.until("2026-03-01")
    after_the_first = records()
    shop.until("2026-12-31")

    assert records() == after_the_first
    assert len(hosting.payments) == 10
    assert {kind.split(".")[0] for kind in hosting.history} == {"subscription", "invoice", "payment"}


@pytest.mark.feature("F30")
def test_every_payment_belongs_to_the_contact_who_pays(shop: Shop) -> None:
    harald = shop.customer("Harald Eng")
    hosting = shop.sells(harald, by=harald.card())

    shop.until("2026-05-01")

    payers = shop.world.rows("SELECT contact_id FROM payment WHERE subscription_id = %s", hosting.id)
    assert payers == [(harald.id,)] * 3


@pytest.mark.feature("F55", "F43")
def test_inger_pays_her_invoices_by_bank_transfer_and_stays_active(shop: Shop) -> None:
    inger = shop.customer("Inger Hov")
    hosting = shop.sells(inger, item("Hosting", "100", tax="25"), net_terms_days=14)

    for month in (3, 4, 5):
        shop.until(f"2026-0{month}-10")
        shop.receives(hosting.bill_ids[-1], 12500)
        assert hosting.last_payment == Dated(f"2026-0{month}-10", "125.00 EUR")

    shop.until("2026-05-31")
    assert (hosting.status, hosting.payments_made, hosting.collected) == ("active", 3, "375.00 EUR")
    assert [bill.status for bill in hosting.bills] == ["paid"] * 3
    assert (shop.balance("bank"), shop.balance("receivable")) == ("375.00 EUR", "0.00 EUR")
    assert inger.inbox == ["invoice", "receipt"] * 3


@pytest.mark.feature("F42")
def test_a_krone_customer_reads_kroner(shop: Shop) -> None:
    johan = shop.customer("Johan Li", language="nb", country="NO")
    phone = shop.sells(johan, item("Telefon", "299", tax="25"), by=johan.card(), currency="NOK")

    shop.until("2026-03-01")

    assert phone.bills == [Bill("2026-03-01", "373.75 NOK", "paid")]
    assert johan.letter("receipt").says("373,75 NOK", "1. mars 2026")
