"""Pains 30 and 31: pausing, moving, bringing along; missed periods, stuck records, refusals nobody can read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from kalends.billing.changes import (
    cancel_at_period_end,
    cancel_subscriptions,
    delete_subscription,
    keep_after_all,
    pause,
    resume,
)
from kalends.billing.create import InvalidSubscription
from kalends.billing.edit import Edit, EditRefused, LineEdit, apply_edit
from kalends.billing.parking import parked, release
from kalends.billing.void import CannotVoid, void_invoice
from kalends.core.calendar import Frequency
from kalends.core.lifecycle import RefusedTransition
from kalends.payments.again import CannotCharge, retry_by_hand
from kalends.payments.record import CannotRecord
from kalends.payments.refund import CannotRefund, request_refund
from tests.scenarios.shop import Shop, item


def test_pain_30_a_yearly_subscription_that_was_paused_twice_is_billed_again(shop: Shop) -> None:
    kari = shop.customer("Kari Li")
    domain = shop.sells(kari, by=kari.card(), every=Frequency.ANNUALLY)
    for first, last in (("2026-06-01", "2026-09-01"), ("2027-01-10", "2027-04-10")):
        shop.until(first)
        shop.does(pause, domain.id)
        shop.until(last)
        shop.does(resume, domain.id)

    shop.until("2030-03-02")

    assert [bill.day for bill in domain.bills] == ["2026-03-01", "2028-03-01", "2029-03-01", "2030-03-01"]
    assert shop.does(parked, limit=10) == []


def test_pain_30_a_subscription_is_paused_and_resumed_ten_times_and_loses_and_gains_nothing(
    shop: Shop,
) -> None:
    kari = shop.customer("Kari Li")
    hosting = shop.sells(kari, by=kari.card(), payments=12)
    shop.until("2026-03-02")
    for _ in range(10):
        shop.does(pause, hosting.id)
        shop.does(resume, hosting.id)

    shop.until("2027-03-01")
    assert [bill.day for bill in hosting.bills] == [
        f"{2026 + month // 12}-{month % 12 + 1:02}-01" for month in range(2, 14)
    ]
    assert hosting.status == "expired"


def test_pain_30_the_anchor_is_moved_and_moved_back_and_stays_where_it_was_put(shop: Shop) -> None:
    kari = shop.customer("Kari Li")
    hosting = shop.sells(kari, net_terms_days=900)
    shop.until("2026-03-05")
    shop.does(apply_edit, hosting.id, Edit(next_due=dt.date(2026, 3, 31)))
    shop.until("2026-05-05")
    shop.does(apply_edit, hosting.id, Edit(next_due=dt.date(2026, 6, 1)))

    shop.until("2026-08-02")

    assert [bill.day for bill in hosting.bills] == [
        "2026-03-01", "2026-03-31", "2026-04-30", "2026-06-01", "2026-07-01", "2026-08-01",
    ]  # fmt: skip


@pytest.mark.parametrize("start", ["2024-01-31", "2025-02-28", "2020-02-29"])
def test_pain_30_an_agreement_of_years_ago_comes_along_and_what_was_billed_elsewhere_is_not_billed_here(
    shop: Shop, start: str
) -> None:
    kari = shop.customer("Kari Li")
    begun = dt.date.fromisoformat(start)
    months = (2026 - begun.year) * 12 + 3 - begun.month
    hosting = shop.sells(kari, start=start, cycles_before=months, net_terms_days=900)

    shop.until("2026-05-31")

    assert [bill.day[:7] for bill in hosting.bills] == ["2026-03", "2026-04", "2026-05"]
    assert hosting.bills[0].day.endswith(f"-{begun.day:02}")


def test_pain_31_what_a_run_does_not_bill_it_names_with_a_reason_and_a_remedy_and_bills_the_rest(
    shop: Shop,
) -> None:
    kari, ola = shop.customer("Kari Li"), shop.customer("Ola Li")
    stuck, well = shop.sells(kari, by=kari.card()), shop.sells(ola, by=ola.card())
    shop.world.db.execute("UPDATE subscription SET payment_method_id = NULL WHERE id = %s", [stuck.id])

    result = shop.until("2026-03-01")

    assert (result.invoiced, result.parked) == (1, 1)
    (found,) = shop.does(parked, limit=10)
    assert found.id == stuck.id
    plain(found.reason)
    plain(found.remedy)

    shop.world.db.execute(
        "UPDATE subscription SET payment_method_id = %s WHERE id = %s", [kari.card(), stuck.id]
    )
    shop.does(release, stuck.id)
    shop.until("2026-03-02")
    assert (len(stuck.bills), len(well.bills), stuck.status) == (1, 1, "active")
    assert shop.does(parked, limit=10) == []


def test_pain_31_nothing_that_is_due_is_left_without_an_invoice_or_a_reason(shop: Shop) -> None:
    people = [shop.customer(f"Kari{number} Li") for number in range(12)]
    sold = [
        shop.sells(each, start=f"2026-03-{day:02}", net_terms_days=900) for day, each in enumerate(people, 1)
    ]
    for broken in sold[::5]:
        shop.world.db.execute("UPDATE subscription SET next_amount_minor = 1 WHERE id = %s", [broken.id])

    shop.until("2026-05-31")

    left = {row.id for row in shop.does(parked, limit=100)}
    assert left == {each.id for each in sold[::5]}
    for each in sold:
        assert len(each.bills) == (0 if each.id in left else 3)
    for id_ in left:
        shop.world.db.execute("UPDATE subscription SET next_amount_minor = 2500 WHERE id = %s", [id_])
        shop.does(release, id_)
    shop.until("2026-06-01")
    assert {len(each.bills) for each in sold} == {3, 4}


def plain(sentence: str) -> None:
    """A sentence for people: it begins like one, ends like one, and holds nothing of the machine."""
    assert sentence[0].isupper() or sentence[0].isdecimal(), sentence
    assert sentence.endswith("."), sentence
    for machine in ("None", "Error", "_id", "SELECT", "NULL", "{", "}", "\\n", "Decimal("):
        assert machine not in sentence, sentence


def card(shop: Shop, start: str = "2026-03-01") -> int:
    kari = shop.customer("Kari Li")
    hosting = shop.sells(kari, by=kari.card(), start=start)
    shop.until("2026-03-10")
    return hosting.id


def canceled(shop: Shop) -> int:
    hosting = card(shop)
    shop.does(cancel_subscriptions, [hosting])
    return hosting


def payment(shop: Shop) -> int:
    return shop.world.one("SELECT id FROM payment WHERE subscription_id = %s", card(shop))[0]


def invoice(shop: Shop) -> int:
    return shop.world.one("SELECT id FROM invoice WHERE subscription_id = %s", card(shop))[0]


def take_the_last_line(shop: Shop) -> None:
    hosting = card(shop)
    (line,) = shop.world.one("SELECT id FROM line_item WHERE parent_id = %s", hosting)
    shop.does(apply_edit, hosting, Edit(lines=[LineEdit(line)]))


Refusal = tuple[str, Callable[[Shop], Any]]
REFUSALS: list[Refusal] = [
    ("cancel twice", lambda shop: shop.does(cancel_subscriptions, [canceled(shop)])),
    ("cancel what is not there", lambda shop: shop.does(cancel_subscriptions, [987])),
    ("keep what is not ending", lambda shop: shop.does(keep_after_all, card(shop))),
    ("end before anything was paid", lambda shop: shop.does(cancel_at_period_end, card(shop, "2026-06-01"))),
    ("delete what runs", lambda shop: shop.does(delete_subscription, card(shop))),
    ("pause what is scheduled", lambda shop: shop.does(pause, card(shop, "2026-06-01"))),
    ("pause into the past", lambda shop: shop.does(pause, card(shop), resume_on=dt.date(2026, 1, 1))),
    ("resume what runs", lambda shop: shop.does(resume, card(shop))),
    (
        "move into the past",
        lambda shop: shop.does(apply_edit, card(shop), Edit(next_due=dt.date(2026, 1, 1))),
    ),
    ("take the last line", take_the_last_line),
    (
        "a price below zero",
        lambda shop: shop.does(apply_edit, card(shop), Edit(lines=[LineEdit(line=item("X", "-1"))])),
    ),
    ("retry what was paid", lambda shop: shop.does(retry_by_hand, payment(shop))),
    ("refund too much", lambda shop: shop.does(request_refund, payment(shop), 999_999)),
    ("void what was paid", lambda shop: shop.does(void_invoice, invoice(shop))),
    ("pay what was paid", lambda shop: shop.receives(invoice(shop), 100)),
]


@pytest.mark.parametrize("refused", [each[1] for each in REFUSALS], ids=[each[0] for each in REFUSALS])
def test_pain_31_every_refusal_is_a_sentence_that_a_person_can_read(
    shop: Shop, refused: Callable[[Shop], Any]
) -> None:
    expected = (
        RefusedTransition, EditRefused, InvalidSubscription, CannotCharge, CannotRefund, CannotRecord, CannotVoid,
        LookupError, ValueError,
    )  # fmt: skip
    with pytest.raises(expected) as refusal:
        refused(shop)
    plain(str(refusal.value))
