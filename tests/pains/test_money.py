"""Pains 14 to 19: a cent lost on credit notes, proration by the wrong price, previews that were not kept."""

from __future__ import annotations

import datetime as dt
import itertools
from calendar import monthrange
from dataclasses import replace
from fractions import Fraction

import pytest

from kalends.billing.balance import credit_balances
from kalends.billing.create import NewLine
from kalends.billing.credit import CannotCredit, CreditedLine, issue_credit_note
from kalends.billing.edit import Edit, EditPreview, EditRefused, LineEdit, apply_edit, preview_edit
from kalends.billing.rehearse import rehearse
from kalends.core.calendar import Frequency
from tests.scenarios.shop import Dated, Shop, Subscription, item

AWKWARD = [
    item("Fiber", "11.90", discount="15", tax="25"),
    item("Telephone", "0.333333", "3", tax="25"),
    item("Television", "4.99", "7", discount="33.333333", tax="12"),
    item("Router", "1.01", tax="25"),
]
"""Four lines whose taxes do not divide evenly."""


def prorated(shop: Shop, subscription: Subscription, line: NewLine, *, replaces: str) -> EditPreview:
    """Replace a line from today, for the amounts that were shown."""
    edit = Edit(lines=[LineEdit(subscription.line(replaces), line)])
    offer = shop.does(preview_edit, subscription.id, edit, prorate=True).prorated.offer
    return shop.does(apply_edit, subscription.id, edit, prorate=True, offer=offer)


@pytest.mark.parametrize("paid", [False, True], ids=["open", "paid"])
def test_pain_14_every_line_credited_alone_in_every_order_gives_the_invoice_to_the_cent(
    shop: Shop, paid: bool
) -> None:
    kari = shop.customer("Kari Li")
    orders = list(itertools.permutations(range(len(AWKWARD))))[:: 4 if paid else 1]
    sold = [
        shop.sells(
            kari, *AWKWARD, by=kari.card() if paid else None, net_terms_days=0 if paid else 30, payments=1
        )
        for _ in orders
    ]
    shop.until("2026-03-05")

    for order, hosting in zip(orders, sold, strict=True):
        lines = hosting.invoice_lines()
        notes = [
            shop.does(issue_credit_note, hosting.bill_ids[0], [CreditedLine(lines[place][0])])
            for place in order
        ]
        assert sum(note.total_minor for note in notes) == hosting.document().total_minor
        with pytest.raises(CannotCredit, match="nothing to credit"):
            shop.does(issue_credit_note, hosting.bill_ids[0])

    taken = shop.world.one(
        "SELECT sum(net_minor)::int, sum(tax_minor)::int, sum(total_minor)::int FROM credit_note WHERE account_id = %s",
        shop.world.ctx.id,
    )
    billed = shop.world.one(
        "SELECT sum(total_minor - tax_minor)::int, sum(tax_minor)::int, sum(total_minor)::int FROM invoice "
        "WHERE account_id = %s",
        shop.world.ctx.id,
    )
    assert taken == billed
    assert (shop.balance("revenue"), shop.balance("tax_payable")) == ("0.00 EUR", "0.00 EUR")


def test_pain_14_credited_cent_by_cent_an_invoice_comes_to_itself(shop: Shop) -> None:
    kari = shop.customer("Kari Li")
    hosting = shop.sells(
        kari, item("Router", "0.33", tax="25"), item("Cable", "0.17", tax="25"), net_terms_days=30
    )
    shop.until("2026-03-05")
    total = hosting.document().total_minor

    for line, minor in hosting.invoice_lines():
        for _ in range(minor):
            shop.does(issue_credit_note, hosting.bill_ids[0], [CreditedLine(line, 1)])

    assert hosting.document().due_minor == 0
    credited = shop.world.one(
        "SELECT sum(total_minor)::int, sum(tax_minor)::int FROM credit_note WHERE account_id = %s",
        shop.world.ctx.id,
    )
    assert credited == (total, hosting.document().tax_minor)


def test_pain_15_what_was_agreed_is_credited_and_not_what_the_plan_costs_since(shop: Shop) -> None:
    kari = shop.customer("Kari Li")
    hosting = shop.sells(kari, item("Hosting", "100"), by=kari.card())
    shop.until("2026-04-11")
    later = Edit(lines=[LineEdit(hosting.line("Hosting"), item("Hosting", "400"))])
    shop.does(apply_edit, hosting.id, later)  # the price list rose: it counts from May

    shop.until("2026-04-16")
    preview = prorated(shop, hosting, item("Hosting", "150"), replaces="Hosting")

    assert preview.prorated is not None
    assert [(each.credited, each.amount_minor) for each in preview.prorated.amounts] == [
        (True, 5000),
        (False, 7500),
    ]


def test_pain_15_several_upgrades_in_one_period_cost_what_each_day_costs(shop: Shop) -> None:
    kari = shop.customer("Kari Li")
    hosting = shop.sells(kari, item("Hosting", "30"), by=kari.card())
    for day, price in (("2026-04-11", "60"), ("2026-04-16", "90"), ("2026-04-26", "300")):
        shop.until(day)
        prorated(shop, hosting, item("Hosting", price), replaces="Hosting")
        shop.runs()

    # Ten days at 1.00, five at 2.00, ten at 3.00 and five at 10.00 are 100.00.
    april = shop.world.one(
        "SELECT sum(paid_minor)::int FROM invoice WHERE subscription_id = %s AND cycle = 1", hosting.id
    )
    assert april == (10000,)
    shop.until("2026-05-01")
    assert hosting.payments[-1].amount == "300.00 EUR"


def test_pain_15_a_downgrade_of_a_yearly_plan_bills_nothing_and_credits_the_days(shop: Shop) -> None:
    kari = shop.customer("Kari Li")
    hosting = shop.sells(kari, item("Hosting", "730"), by=kari.card(), every=Frequency.ANNUALLY)
    shop.until("2026-05-13")  # 292 of 365 days are left

    preview = prorated(shop, hosting, item("Hosting", "365"), replaces="Hosting")

    assert preview.prorated is not None
    assert (preview.prorated.owed_minor, preview.prorated.credit_minor) == (0, 58400)
    assert shop.credit_of(kari) == "292.00 EUR"
    assert hosting.next_payment == Dated("2027-03-01", "365.00 EUR")


def test_pain_16_the_same_plan_costs_the_same_whenever_it_was_sold_and_however_late_it_is_billed(
    shop: Shop,
) -> None:
    kari = shop.customer("Kari Li")
    plan = item("Hosting", "80", tax="25")
    sold: list[Subscription] = []
    for day in range(1, 29, 3):
        shop.until(f"2026-03-{day:02}")
        starts = ("2026-01-01", "2026-03-20", "2026-05-31", "2027-02-28")
        sold += [
            shop.sells(kari, plan, start=start, net_terms_days=900, email_invoices=False) for start in starts
        ]

    shop.at("2027-03-05", 12)
    shop.runs()

    assert len(sold) == 40
    assert {bill.total for hosting in sold for bill in hosting.bills} == {"100.00 EUR"}


def test_pain_17_from_a_free_plan_one_upgrades_like_from_any_other(shop: Shop) -> None:
    kari = shop.customer("Kari Li")
    hosting = shop.sells(kari, item("Hosting", "0"), by=kari.card())
    shop.until("2026-04-16")

    preview = prorated(shop, hosting, item("Hosting", "30"), replaces="Hosting")
    assert preview.prorated is not None
    assert (preview.prorated.credit_minor, preview.prorated.owed_minor) == (0, 1500)
    shop.runs()

    prorated(shop, hosting, item("Hosting", "0"), replaces="Hosting")
    shop.runs()
    shop.until("2026-05-01")
    assert (hosting.status, hosting.next_payment) == ("active", Dated("2026-06-01", "0.00 EUR"))


@pytest.mark.parametrize(
    "days", [("2026-04-02", "2026-04-28"), ("2026-04-20", "2026-04-20"), ("2026-04-28", "2026-05-28")]
)
def test_pain_18_whoever_goes_up_and_down_again_has_paid_for_each_day_and_gained_nothing(
    shop: Shop, days: tuple[str, str]
) -> None:
    kari = shop.customer("Kari Li")
    hosting = shop.sells(kari, item("Hosting", "30"), by=kari.card())
    up, down = (dt.date.fromisoformat(day) for day in days)
    shop.until(days[0])
    prorated(shop, hosting, item("Hosting", "330"), replaces="Hosting")
    shop.runs()
    shop.until(days[1])
    prorated(shop, hosting, item("Hosting", "30"), replaces="Hosting")
    shop.until("2026-07-01")

    paid = shop.world.one(
        "SELECT sum(amount_minor)::int FROM payment WHERE subscription_id = %s AND status = 'succeeded'",
        hosting.id,
    )[0]
    kept = shop.does(credit_balances, kari.id).get("EUR", 0)
    dearer = [up + dt.timedelta(days=n) for n in range((down - up).days)]
    fair = 5 * 3000 + sum(Fraction(30000, monthrange(day.year, day.month)[1]) for day in dearer)
    assert abs(paid - kept - fair) <= 2  # each of the four amounts is rounded once


def test_pain_19_what_is_charged_is_what_was_previewed_or_one_is_asked_again(shop: Shop) -> None:
    kari = shop.customer("Kari Li")
    shop.until("2026-03-12")
    for price in ("9.99", "33.33", "100", "0.99", "1234.56"):
        lines = item("Hosting", "19.99", "3", discount="7.5", tax="25")
        hosting = shop.sells(kari, lines, by=kari.card(), start="2026-03-01")
        shop.runs(catch_up=True)
        edit = Edit(lines=[LineEdit(hosting.line("Hosting"), item("Hosting", price, "2", tax="12"))])
        offer = shop.does(preview_edit, hosting.id, edit, prorate=True).prorated
        saved = shop.does(apply_edit, hosting.id, edit, prorate=True, offer=offer.offer)
        assert saved.prorated is not None
        assert replace(saved.prorated, invoice_id=None) == offer

        with pytest.raises(EditRefused):  # the same click again is another edit
            shop.does(apply_edit, hosting.id, edit, prorate=True, offer=offer.offer)
        shop.runs()
        asked = shop.world.rows(
            "SELECT amount_minor::int FROM payment WHERE subscription_id = %s ORDER BY id", hosting.id
        )[1:]
        assert [row[0] for row in asked] == ([offer.owed_minor] if offer.owed_minor else [])


def test_pain_19_a_rehearsal_of_the_next_run_says_what_the_run_then_bills(shop: Shop) -> None:
    kari = shop.customer("Kari Li")
    sold = [shop.sells(kari, *AWKWARD, by=kari.card(), every=every) for every in Frequency]
    shop.at("2026-03-01", 8)

    foreseen = shop.does(rehearse)
    shop.runs()

    billed = sum(hosting.document().total_minor for hosting in sold)
    assert (foreseen.invoices, foreseen.invoiced_minor["EUR"]) == (len(sold), billed)
