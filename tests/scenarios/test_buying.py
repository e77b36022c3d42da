"""Stories of buying: what a subscription is from its first moment, and what it says about itself."""

from __future__ import annotations

import pytest

from kalends.core.calendar import Frequency
from kalends.crm.associations import End, associate, associated
from kalends.query import Associated, Condition, Operator
from tests.scenarios.shop import Bill, Dated, Shop, item


@pytest.mark.feature("F39", "F58")
def test_aino_buys_hosting_on_1_march_for_six_payments_and_it_ends_on_1_september(shop: Shop) -> None:
    aino = shop.customer("Aino Virtanen", language="fi", country="FI")
    hosting = shop.sells(aino, item("Hosting", "25"), by=aino.card(), payments=6)
    assert hosting.end_date == "2026-09-01"

    shop.until("2026-08-01")
    assert [bill.day for bill in hosting.bills] == [
        "2026-03-01", "2026-04-01", "2026-05-01", "2026-06-01", "2026-07-01", "2026-08-01",
    ]  # fmt: skip
    assert (hosting.status, hosting.next_payment, hosting.payments_made) == ("active", None, 6)

    shop.until("2026-09-01")
    assert (hosting.status, hosting.churn_date, hosting.collected) == ("expired", "2026-09-01", "150.00 EUR")

    shop.until("2027-03-01")
    assert len(hosting.bills) == 6
    assert shop.charges_asked() == 6


@pytest.mark.feature("F38")
def test_bertil_subscribes_without_an_end_and_is_charged_until_he_says_otherwise(shop: Shop) -> None:
    bertil = shop.customer("Bertil Dahl")
    hosting = shop.sells(bertil, by=bertil.card())
    assert (hosting.end_date, hosting.payments_expected) == (None, None)

    shop.until("2028-03-01")

    assert hosting.payments_made == 25
    assert (hosting.status, hosting.next_payment) == ("active", Dated("2028-04-01", "25.00 EUR"))


@pytest.mark.feature("F59", "F55")
def test_what_carla_orders_for_april_is_scheduled_until_it_starts(shop: Shop) -> None:
    carla = shop.customer("Carla Moe")
    hosting = shop.sells(carla, by=carla.card(), start="2026-04-01")
    assert (hosting.status, hosting.next_payment) == ("scheduled", Dated("2026-04-01", "25.00 EUR"))

    shop.until("2026-03-31")
    assert (hosting.status, hosting.bills, carla.inbox) == ("scheduled", [], [])

    shop.until("2026-04-01")
    assert (hosting.status, hosting.bills) == ("active", [Bill("2026-04-01", "25.00 EUR", "paid")])


@pytest.mark.feature("F37")
def test_dieter_lets_his_bank_be_debited_and_has_his_subscription_while_the_money_is_on_its_way(
    shop: Shop,
) -> None:
    dieter = shop.customer("Dieter Vogt", country="DE")
    hosting = shop.sells(dieter, by=dieter.bank_account(), start="2026-03-02")

    shop.until("2026-03-02")
    assert (hosting.status, hosting.payments_made, hosting.collected) == ("active", 0, "0.00 EUR")
    assert hosting.payments == [("2026-03-02", "25.00 EUR", "processing")]
    assert shop.balance("payments_in_transit") == "25.00 EUR"
    assert dieter.inbox == []

    shop.until("2026-03-09")  # five banking days later
    assert (hosting.status, hosting.payments_made, hosting.collected) == ("active", 1, "25.00 EUR")
    assert shop.balance("payments_in_transit") == "0.00 EUR"
    assert dieter.inbox == ["receipt"]


@pytest.mark.feature("F14", "F31")
def test_erna_buys_for_her_company_and_both_stand_on_the_subscription_and_its_invoices(shop: Shop) -> None:
    fjord = shop.company("Fjord AS")
    erna = shop.customer("Erna Fjeld", company_id=fjord)

    hosting = shop.sells(erna, company_id=fjord, net_terms_days=15)
    shop.until("2026-04-01")

    tied = shop.world.rows(
        "SELECT DISTINCT contact_id, company_id FROM invoice WHERE subscription_id = %s", hosting.id
    )
    assert tied == [(erna.id, fjord)]
    assert hosting.document().buyer.name == "Fjord AS"
    assert hosting.document().buyer.attention == "Erna Fjeld"


@pytest.mark.feature("F14")
def test_a_company_is_not_needed(shop: Shop) -> None:
    finn = shop.customer("Finn Holm")
    hosting = shop.sells(finn, net_terms_days=15)
    shop.until("2026-03-01")
    assert hosting.document().buyer.name == "Finn Holm"


@pytest.mark.feature("F32", "F31")
def test_a_billing_contact_is_added_by_hand_and_no_letter_goes_there_unasked(shop: Shop) -> None:
    fjord = shop.company("Fjord AS")
    erna, bookkeeper = (shop.customer(name, company_id=fjord) for name in ("Erna Fjeld", "Bodil Regn"))
    hosting = shop.sells(erna, company_id=fjord, net_terms_days=15)
    here = End("subscription", hosting.id)
    assert shop.does(associated, here, "contact") == [erna.id]

    assert shop.does(associate, here, End("contact", bookkeeper.id))
    shop.until("2026-04-01")

    assert shop.does(associated, here, "contact") == [erna.id, bookkeeper.id]
    assert shop.finds("subscription", Associated("contact", (named("Bodil"),))) == [hosting.id]
    assert (erna.inbox, bookkeeper.inbox) == (["invoice", "invoice"], [])


def named(first_name: str) -> Condition:
    return Condition("firstname", Operator.IS_ANY_OF, (first_name,))


@pytest.mark.feature("F15")
def test_the_address_that_greta_gave_stands_on_each_of_her_invoices(shop: Shop) -> None:
    greta = shop.customer("Greta Lund")
    address = {"address": "Storgata 5", "zip": "0155", "city": "Oslo", "country": "NO"}
    with_address = shop.sells(greta, address=address, net_terms_days=30)
    without = shop.sells(greta, net_terms_days=30)

    shop.until("2026-04-01")

    for number in (0, 1):
        assert with_address.document(number).buyer.address == ("Storgata 5", "0155 Oslo")
    assert without.document().buyer.address == ()


@pytest.mark.feature("F16")
def test_three_items_on_one_subscription_make_one_invoice_with_three_lines(shop: Shop) -> None:
    hugo = shop.customer("Hugo Strand")
    office = shop.sells(
        hugo,
        item("Seats", "12.50", "4", tax="25"),
        item("Storage", "0.019", "1000", discount="10", tax="25"),
        item("Support", "30", tax="25"),
        by=hugo.card(),
    )
    shop.until("2026-03-01")

    assert [(line.name, line.total_minor) for line in office.document().lines] == [
        ("Seats", 6250), ("Storage", 2138), ("Support", 3750),
    ]  # fmt: skip
    assert office.bills == [Bill("2026-03-01", "121.38 EUR", "paid")]
    assert (office.mrr, office.arr) == ("97.10 EUR", "1,165.20 EUR")
    assert hugo.letter("receipt").says("Seats", "Storage", "Support", "121")


@pytest.mark.feature("F29", "F43")
def test_the_record_of_ida_keeps_count_of_what_was_billed_and_paid(shop: Shop) -> None:
    ida = shop.customer("Ida Berg")
    hosting = shop.sells(ida, item("Hosting", "20", tax="25"), by=ida.card(), payments=12)
    assert (hosting.payments_made, hosting.payments_expected, hosting.last_payment) == (0, 12, None)

    for month in range(3, 6):
        shop.until(f"2026-0{month}-01")
        assert hosting.last_payment == Dated(f"2026-0{month}-01", "25.00 EUR")
        assert hosting.next_payment == Dated(f"2026-0{month + 1}-01", "25.00 EUR")
        assert hosting.payments_made == month - 2

    assert (hosting.collected, hosting.mrr, hosting.arr) == ("75.00 EUR", "20.00 EUR", "240.00 EUR")
    assert (hosting.end_date, hosting.churn_date) == ("2027-03-01", None)


@pytest.mark.feature("F40", "F43")
def test_a_yearly_subscription_is_charged_once_a_year_and_worth_a_twelfth_a_month(shop: Shop) -> None:
    jon = shop.customer("Jon Aas")
    domain = shop.sells(jon, item("Domain", "120"), by=jon.card(), every=Frequency.ANNUALLY)

    shop.until("2028-12-31")

    assert [bill.day for bill in domain.bills] == ["2026-03-01", "2027-03-01", "2028-03-01"]
    assert (domain.mrr, domain.arr) == ("10.00 EUR", "120.00 EUR")
