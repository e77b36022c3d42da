"""Pains 20 to 23 and 26: retries after the end, retries miscounted, backlogs in seconds, unknown outcomes, silence."""

from __future__ import annotations

import datetime as dt

import pytest

from kalends.billing.changes import cancel_subscriptions, resume
from kalends.billing.changes import pause as pause_now
from kalends.billing.run import run_due
from kalends.payments.processors.interface import Report
from kalends.payments.reports import handle_stored, store
from tests.pains.machines import DeadLine
from tests.scenarios.conftest import OpenShop
from tests.scenarios.shop import Shop, Subscription


def days_of_charges(shop: Shop, subscription: Subscription) -> list[str]:
    """The days on which a charge was decided on for the subscription."""
    rows = shop.world.rows(
        "SELECT (a.intended_at AT TIME ZONE %s)::date FROM charge_attempt AS a "
        "JOIN invoice AS i ON i.account_id = a.account_id AND i.id = a.invoice_id "
        "WHERE i.subscription_id = %s ORDER BY a.invoice_id, a.attempt",
        shop.world.ctx.time_zone,
        subscription.id,
    )
    return [str(row[0]) for row in rows]


def test_pain_20_no_retry_goes_on_after_cancellation_on_whichever_day_of_the_schedule_it_comes(
    shop: Shop,
) -> None:
    people = [shop.customer(f"Kari{day} Li") for day in range(1, 10)]
    sold = [shop.sells(each, by=each.card("insufficient_funds")) for each in people]

    for day, hosting in enumerate(sold, start=1):
        shop.until(f"2026-03-0{day}")
        shop.does(cancel_subscriptions, [hosting.id])
    shop.until("2026-06-01")

    schedule = [1, 2, 4, 6, 8]
    for day, hosting in enumerate(sold, start=1):
        tried = [f"2026-03-0{each}" for each in schedule if each <= day]
        assert days_of_charges(shop, hosting) == tried
    assert shop.charges_asked() == sum(
        len([each for each in schedule if each <= day]) for day in range(1, 10)
    )


def test_pain_21_four_retries_are_four_retries_on_days_1_3_5_and_7(shop: Shop) -> None:
    kari = shop.customer("Kari Li")
    hosting = shop.sells(kari, by=kari.card("insufficient_funds"))

    shop.until("2026-03-31")

    assert days_of_charges(shop, hosting) == [
        "2026-03-01",
        "2026-03-02",
        "2026-03-04",
        "2026-03-06",
        "2026-03-08",
    ]
    assert kari.inbox == ["charge_failed"] * 5


def test_pain_21_a_report_of_the_same_failure_takes_no_retry_away(shop: Shop) -> None:
    kari = shop.customer("Kari Li")
    hosting = shop.sells(kari, by=kari.card("insufficient_funds"))
    for day in ("2026-03-01", "2026-03-02", "2026-03-04", "2026-03-06", "2026-03-08"):
        shop.until(day)
        shop.does(store, "sandbox", [failure(shop, hosting, len(days_of_charges(shop, hosting)))])
        shop.does(handle_stored)

    shop.until("2026-03-31")

    assert len(days_of_charges(shop, hosting)) == shop.charges_asked() == 5
    assert kari.inbox == ["charge_failed"] * 5


def failure(shop: Shop, hosting: Subscription, attempt: int) -> Report:
    """The processor says by itself what it has answered already: that this attempt failed."""
    key = f"kalends-{shop.world.ctx.id}-{hosting.bill_ids[0]}-{attempt}"
    return Report(
        event_id=f"evt-{key}", kind="charge.failed", idempotency_key=key, refund_key=None, metadata={},
        reference="ref", currency="EUR", amount_minor=2500, fee_minor=0, failure_code="insufficient_funds",
        failure_message="There was not enough money in the account.", decline="soft",
        occurred_at=shop.world.ctx.now, due_at=shop.world.ctx.now,
    )  # fmt: skip


def test_pain_22_after_an_outage_of_five_months_a_customer_is_charged_for_one_month_a_day(shop: Shop) -> None:
    kari = shop.customer("Kari Li")
    hosting = shop.sells(kari, by=kari.card())
    shop.until("2026-03-01")

    shop.at("2026-08-03", 8)  # nobody was at work since
    for _ in range(5):
        shop.runs()
    assert (len(hosting.bills), shop.charges_asked()) == (2, 2)

    for day in range(4, 10):
        shop.until(f"2026-08-0{day}")
    assert [bill.day for bill in hosting.bills[1:]] == [f"2026-08-0{day}" for day in (3, 4, 5, 6, 7)]
    shop.until("2026-09-01")
    assert [bill.day for bill in hosting.bills[6:]] == ["2026-09-01"]


def test_pain_22_months_of_a_pause_are_never_made_up_for(shop: Shop) -> None:
    kari = shop.customer("Kari Li")
    hosting = shop.sells(kari, by=kari.card())
    shop.until("2026-03-02")
    shop.does(pause_now, hosting.id)
    shop.until("2027-03-10")

    shop.does(resume, hosting.id)
    shop.until("2027-03-31")
    assert shop.charges_asked() == 1
    shop.until("2027-04-01")
    assert shop.charges_asked() == 2


def test_pain_23_what_got_no_answer_is_asked_about_for_days_and_never_charged_before_the_answer(
    shop: Shop,
) -> None:
    kari = shop.customer("Kari Li")
    hosting = shop.sells(kari, by=kari.card("timeout_charged"))
    dead = DeadLine()
    for day in range(1, 6):
        for hour in (8, 16):
            shop.at(f"2026-03-0{day}", hour)
            run_due(shop.world.db, shop.world.ctx, dead)  # type: ignore[arg-type]
    assert days_of_charges(shop, hosting) == ["2026-03-01"]
    assert (hosting.status, hosting.payments_made) == ("active", 0)

    shop.runs()
    assert (hosting.payments_made, shop.charges_asked()) == (1, 1)


@pytest.mark.parametrize(
    ("outcome", "asked", "made"),
    [("timeout_charged", 1, 1), ("timeout_not_charged", 1, 1), ("timeout_declined", 5, 0)],
)
def test_pain_23_however_late_the_answer_is_what_follows_it_follows(
    shop: Shop, outcome: str, asked: int, made: int
) -> None:
    kari = shop.customer("Kari Li")
    hosting = shop.sells(kari, by=kari.card(outcome))

    shop.until("2026-03-20")

    assert (shop.charges_asked(), hosting.payments_made) == (asked, made)
    assert hosting.status == ("active" if made else "unpaid")


@pytest.mark.parametrize(
    ("language", "receipt", "invoice", "failed"),
    [
        ("en", "Thank you, Kari. We received", "Please pay", "We could not collect"),
        ("nb", "Takk, Kari. Vi har mottatt", "Vi ber deg betale", "Vi fikk ikke trukket"),
        ("fi", "Kiitos, Kari. Saimme maksun", "Maksettavana on", "Emme saaneet veloitettua"),
    ],
)
def test_pain_26_receipts_invoices_and_failures_come_unasked_and_in_the_customers_language(
    shop: Shop, language: str, receipt: str, invoice: str, failed: str
) -> None:
    kari = shop.customer("Kari Li", language=language)
    shop.sells(kari, by=kari.card())
    shop.sells(kari, net_terms_days=14)
    shop.sells(kari, by=kari.card("insufficient_funds"))

    shop.until("2026-03-01")

    assert {letter.language for letter in kari.letters()} == {language}
    assert kari.letter("receipt").says(receipt)
    assert kari.letter("invoice").says(invoice)
    assert kari.letter("charge_failed").says(failed)


def test_pain_26_the_law_of_the_customers_language_holds_for_the_page_as_well(open_shop: OpenShop) -> None:
    shop = open_shop(language="nb")
    aino, ola = shop.customer("Aino Li", language="fi"), shop.customer("Ola Li")
    finnish, norwegian = (shop.sells(each, net_terms_days=14) for each in (aino, ola))
    shop.until("2026-03-01")
    assert (finnish.document().language, norwegian.document().language) == ("fi", "nb")


def test_pain_22_a_day_of_outage_costs_nobody_a_cycle(shop: Shop) -> None:
    kari, ola = shop.customer("Kari Li"), shop.customer("Ola Li")
    card, sent = shop.sells(kari, by=kari.card()), shop.sells(ola, net_terms_days=14)
    for month in range(3, 9):
        shop.at(f"2026-0{month}-02", 9)  # a day late, every time
        shop.runs()
    assert [len(each.bills) for each in (card, sent)] == [6, 6]
    assert card.next_payment is not None
    assert card.next_payment.day == "2026-09-01"
    assert dt.date.fromisoformat(sent.bills[0].day) == dt.date(2026, 3, 2)
