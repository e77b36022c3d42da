"""What becomes of stored methods at Stripe: cards that are replaced, methods that end, and people who are erased."""

from __future__ import annotations

import datetime as dt

import pytest

from kalends.billing.changes import change_payment_method
from kalends.crm.erasure import erase_contact
from kalends.payments.ask_method import Visitor, Wanted, ask
from kalends.payments.methods import MethodRefused
from kalends.payments.processors.registry import AccountProcessors
from kalends.proof.nightly import listen
from tests.business.stripe.conftest import Shop
from tests.fakes.stripe_server import Fault


def kept(shop: Shop, sold: int) -> str:
    """Stripe keeps the method of a subscription; its name there."""
    token = shop.one(
        "SELECT m.token FROM payment_method AS m JOIN subscription AS s ON s.payment_method_id = m.id "
        "WHERE s.id = %s",
        sold,
    )[0]
    customer, method, *_ = token.split(":")
    shop.stripe.things[customer] = {"id": customer, "object": "customer", "created": 1}
    shop.stripe.keep(method, customer)
    return method


def test_a_method_that_ends_is_charged_no_more_and_its_customer_is_asked_for_another_at_once(
    shop: Shop,
) -> None:
    sold = [shop.sells("pm_sepa_debit_ok", "sepa"), shop.sells("pm_card_ok")]
    debit, card = [kept(shop, each) for each in sold]
    shop.until("2025-12-20")
    shop.stripe.withdraw(debit)
    shop.stripe.detach(card)
    events = shop.stripe.events("mandate") + shop.stripe.events("payment_method")

    shop.hears(*events, *events)
    shop.again()

    assert [kind for kind, _ in shop.letters()] == ["update_request"] * 2
    for each in sold:
        stored = shop.one("SELECT payment_method_id FROM subscription WHERE id = %s", each)[0]
        with pytest.raises(MethodRefused, match="cannot be charged any more"):
            change_payment_method(shop.db, shop.ctx, each, stored)

    shop.until("2026-01-01")
    assert [shop.payment(each) for each in sold] == [("failed", 0, "method_ended")] * 2
    assert shop.rows("SELECT next_retry_on FROM payment") == [(None,)] * 2
    assert (shop.stripe.all("payment_intent"), shop.subscription(sold[1], "status")) == ([], "unpaid")
    shop.proved()


def test_a_card_that_its_bank_replaced_is_known_by_its_new_numbers(shop: Shop) -> None:
    sold = shop.sells()
    method = kept(shop, sold)
    shop.until("2025-12-20")

    shop.stripe.replace(method, "1881", 2031)
    shop.hears(*shop.stripe.events("payment_method"))
    shop.again()

    known = "SELECT last4, expires_on, brand FROM payment_method"
    assert shop.rows(known) == [("1881", dt.date(2031, 2, 28), "Visa")]
    shop.until("2026-01-01")
    assert shop.payment(sold)[0] == "succeeded"


def test_who_is_erased_here_is_erased_at_stripe_as_soon_as_it_answers(
    shop: Shop, processors: AccountProcessors
) -> None:
    contact = shop.customer()
    shop.stored(contact)
    shop.db.execute("UPDATE payment_method SET token = 'cus_kept:pm_card_ok-9'")
    shop.stripe.things["cus_kept"] = {"id": "cus_kept", "object": "customer", "created": 1}
    wanted, visitor = Wanted("contact", contact, "EUR", ("card",), contact), Visitor("Kari", None, "nb")
    page = {"back": "https://shop.test/{key}", "cancel_url": "https://shop.test/"}
    ask(shop.db, shop.ctx, processors, "stripe", wanted, visitor, **page)
    assert len(shop.stripe.all("customer")) == 2

    erase_contact(shop.db, shop.ctx, contact)
    assert len(shop.stripe.all("customer")) == 2
    faults: list[Fault] = ["500", "loses answer"]
    shop.stripe.faults.extend(faults)
    heard = [
        listen(shop.db, shop.ctx, shop.processors, shop.ctx.now + dt.timedelta(hours=n)) for n in range(4)
    ]

    assert [each.erased for each in heard] == [0, 2, 0, 0]
    assert shop.stripe.all("customer") == []
