"""Stories of payments that fail: what the customer is told, when it is tried again, and how it is put right."""

from __future__ import annotations

import pytest

from kalends.billing.changes import cancel_subscriptions
from kalends.billing.run import run_due
from kalends.messages.ask import CannotAsk, request_new_method
from kalends.payments.again import CannotCharge, pay_by_new_method, retry_by_hand
from kalends.payments.collect import collect
from kalends.payments.methods import MethodRefused
from kalends.payments.record import PartNotAllowed, allow_partial_payments
from tests.scenarios.shop import Bill, Dated, Paid, Person, Shop, Subscription


def gives_another_card(shop: Shop, person: Person, hosting: Subscription) -> None:
    """What the page behind the update link does."""
    shop.does(pay_by_new_method, hosting.id, person.card())
    shop.does(collect, shop.world.processors)


@pytest.mark.feature("F56", "F41")
def test_the_bank_declines_kaisas_card_she_is_asked_for_another_and_all_that_is_owed_is_paid_at_once(
    shop: Shop,
) -> None:
    kaisa = shop.customer("Kaisa Niemi", language="fi", country="FI")
    hosting = shop.sells(kaisa, by=kaisa.card("expired"))

    shop.until("2026-04-10")
    assert (hosting.status, hosting.churn_date) == ("unpaid", "2026-03-01")
    assert hosting.bills == [Bill("2026-03-01", "25.00 EUR", "open"), Bill("2026-04-01", "25.00 EUR", "open")]
    assert kaisa.inbox == ["charge_failed", "charge_failed"]
    assert kaisa.letters()[0].language == "fi"

    gives_another_card(shop, kaisa, hosting)

    assert (hosting.status, hosting.churn_date, hosting.payments_made) == ("active", None, 2)
    assert [bill.status for bill in hosting.bills] == ["paid", "paid"]
    assert kaisa.inbox[2:] == ["receipt", "receipt"]
    assert hosting.next_payment == Dated("2026-05-01", "25.00 EUR")


@pytest.mark.feature("F56")
def test_lasse_was_short_of_money_and_the_second_retry_succeeds(shop: Shop) -> None:
    lasse = shop.customer("Lasse Bakke", country="GB")
    hosting = shop.sells(lasse, by=lasse.card("approved_after", 3))

    shop.until("2026-03-03")
    assert hosting.status == "unpaid"
    shop.until("2026-03-04")

    assert (hosting.status, hosting.payments_made) == ("active", 1)
    assert hosting.payments == [Paid("2026-03-01", "25.00 EUR", "succeeded")]
    assert lasse.inbox == ["charge_failed", "charge_failed", "receipt"]
    first, second = lasse.letters("charge_failed")
    assert first.says("again on 2 March 2026")
    assert second.says("again on 4 March 2026")


@pytest.mark.feature("F56", "F57")
def test_nothing_is_tried_again_after_mona_canceled(shop: Shop) -> None:
    mona = shop.customer("Mona Fjell")
    hosting = shop.sells(mona, by=mona.card("insufficient_funds"))
    shop.until("2026-03-03")
    asked = shop.charges_asked()

    shop.does(cancel_subscriptions, [hosting.id])
    shop.until("2026-06-01")

    assert shop.charges_asked() == asked == 2
    assert (hosting.status, len(hosting.bills)) == ("canceled", 1)
    assert mona.inbox == ["charge_failed", "charge_failed", "canceled"]


@pytest.mark.feature("F56")
def test_a_stolen_card_is_never_tried_again_and_nils_is_not_told_that_it_was_stolen(shop: Shop) -> None:
    nils = shop.customer("Nils Tveit", country="GB")
    hosting = shop.sells(nils, by=nils.card("stolen"))

    shop.until("2026-03-31")

    assert shop.charges_asked() == 1
    (letter,) = nils.letters("charge_failed")
    assert "stolen" not in letter.text
    with pytest.raises(CannotCharge, match="another payment method"):
        shop.does(retry_by_hand, hosting.payment_ids[0])


@pytest.mark.feature("F37", "F56")
def test_olgas_debit_comes_back_after_days_and_what_was_counted_is_taken_back(shop: Shop) -> None:
    olga = shop.customer("Olga Ruud", country="GB")
    hosting = shop.sells(olga, by=olga.bank_account("insufficient_funds"), start="2026-03-02")
    shop.until("2026-03-02")
    assert hosting.status == "active"

    shop.until("2026-03-31")

    assert (hosting.status, hosting.payments_made, hosting.collected) == ("unpaid", 0, "0.00 EUR")
    assert shop.charges_asked() == 1  # a bank debit is not tried again
    assert (shop.balance("payments_in_transit"), shop.balance("receivable")) == ("0.00 EUR", "25.00 EUR")
    assert olga.inbox == ["charge_failed"]


@pytest.mark.feature("F56")
def test_while_per_owes_the_next_month_is_charged_on_its_day_all_the_same(shop: Shop) -> None:
    per = shop.customer("Per Lund")
    hosting = shop.sells(per, by=per.card("stolen"))

    shop.until("2026-05-01")

    assert [bill.day for bill in hosting.bills] == ["2026-03-01", "2026-04-01", "2026-05-01"]
    assert [each.status for each in hosting.payments] == ["failed"] * 3
    assert hosting.status == "unpaid"


@pytest.mark.feature("F56")
def test_staff_tries_ragnas_card_again_by_hand_after_the_last_retry(shop: Shop) -> None:
    ragna = shop.customer("Ragna Hoel")
    hosting = shop.sells(ragna, by=ragna.card("approved_after", 6))
    shop.until("2026-03-20")
    assert (hosting.status, shop.charges_asked()) == ("unpaid", 5)

    shop.does(retry_by_hand, hosting.payment_ids[0])
    shop.does(run_due, shop.world.processors)

    assert (hosting.status, hosting.payments_made) == ("active", 1)
    assert hosting.payments == [Paid("2026-03-01", "25.00 EUR", "succeeded")]


@pytest.mark.feature("F56", "F55")
def test_sonja_forgets_an_invoice_and_is_past_due_until_her_money_comes(shop: Shop) -> None:
    sonja = shop.customer("Sonja Aune")
    hosting = shop.sells(sonja, net_terms_days=14)
    shop.until("2026-03-15")
    assert hosting.status == "active"  # the fifteenth is the last day on which she may pay

    shop.until("2026-03-16")
    assert hosting.status == "past_due"

    with pytest.raises(PartNotAllowed, match="allow partial payments on this invoice first"):
        shop.receives(hosting.bill_ids[0], 1000)
    shop.does(allow_partial_payments, hosting.bill_ids[0])
    shop.receives(hosting.bill_ids[0], 1000)
    assert hosting.status == "past_due"
    shop.receives(hosting.bill_ids[0], 1500)
    assert hosting.status == "active"


@pytest.mark.feature("F41")
def test_staff_asks_tuva_for_another_method_before_her_card_expires(shop: Shop) -> None:
    tuva = shop.customer("Tuva Lie", language="nb", country="NO")
    hosting = shop.sells(tuva, by=tuva.card())
    shop.until("2026-03-10")

    assert shop.does(request_new_method, hosting.id) == tuva.email
    with pytest.raises(CannotAsk, match="asked today, 2026-03-10, already"):
        shop.does(request_new_method, hosting.id)

    letter = tuva.letter("update_request")
    assert letter.language == "nb"
    gives_another_card(shop, tuva, hosting)
    shop.until("2026-04-01")
    assert (hosting.status, hosting.payments_made) == ("active", 2)


@pytest.mark.feature("F41", "F40")
def test_only_what_was_agreed_pays_and_a_debit_is_not_taken_for_a_card(shop: Shop) -> None:
    una = shop.customer("Una Bø")
    hosting = shop.sells(una, by=una.card("expired"), allowed_payment_methods=["credit_or_debit_card"])
    shop.until("2026-03-01")

    with pytest.raises(MethodRefused):
        shop.does(pay_by_new_method, hosting.id, una.bank_account())
    assert hosting.status == "unpaid"

    gives_another_card(shop, una, hosting)
    assert hosting.status == "active"


@pytest.mark.feature("F56", "F57")
def test_a_shop_may_cancel_what_stays_unpaid_after_the_last_retry(shop: Shop) -> None:
    shop.decides(cancel_after_last_retry=True)
    vidar = shop.customer("Vidar Moe")
    hosting = shop.sells(vidar, by=vidar.card("insufficient_funds"))

    shop.until("2026-03-07")
    assert hosting.status == "unpaid"
    shop.until("2026-03-31")

    assert (hosting.status, shop.charges_asked()) == ("canceled", 5)
    assert vidar.inbox == ["charge_failed"] * 5 + ["canceled"]
