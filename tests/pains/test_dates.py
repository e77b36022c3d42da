"""Pains 8 to 13: anchors that drift, terms that lose a month, clock changes, zones, and tests that fail on the 31st."""

from __future__ import annotations

import calendar
import datetime as dt
import time

import pytest

from kalends.core.calendar import Frequency, billing_instant, cycle_period, due_date, end_date
from tests.scenarios.conftest import OpenShop
from tests.scenarios.shop import item

LATE_ANCHORS = [
    dt.date(year, month, day)
    for year in (2027, 2028)  # a common year and a leap year
    for month in range(1, 13)
    for day in (28, 29, 30, 31)
    if day <= calendar.monthrange(year, month)[1]
]


def test_pain_08_anchor_never_drifts_whatever_month_it_begins_in() -> None:
    for anchor in LATE_ANCHORS:
        for n in range(25):
            due = due_date(anchor, Frequency.MONTHLY, n)
            longest = calendar.monthrange(due.year, due.month)[1]
            assert due.day == min(anchor.day, longest), (anchor, n, due)
            assert (due.year * 12 + due.month) - (anchor.year * 12 + anchor.month) == n


def test_pain_08_anchor_never_drifts_over_24_months_of_invoices_with_a_leap_day(open_shop: OpenShop) -> None:
    shop = open_shop("2027-01-01")
    kari = shop.customer("Kari Li")
    anchors = [dt.date(2027, 1, day) for day in (28, 29, 30, 31)]
    sold = {anchor: shop.sells(kari, start=str(anchor), net_terms_days=900) for anchor in anchors}

    shop.until("2029-01-31")

    for anchor, hosting in sold.items():
        days = [dt.date.fromisoformat(bill.day) for bill in hosting.bills]
        assert [day.day for day in days] == [
            min(anchor.day, calendar.monthrange(day.year, day.month)[1]) for day in days
        ]
        assert len(days) == 25
    assert "2028-02-29" in [bill.day for bill in sold[anchors[-1]].bills]


@pytest.mark.parametrize(("frequency", "years"), [(Frequency.ANNUALLY, 5), (Frequency.PER_TWO_YEARS, 4)])
def test_pain_08_a_yearly_anchor_on_29_february_comes_back_in_leap_years(
    open_shop: OpenShop, frequency: Frequency, years: int
) -> None:
    shop = open_shop("2028-02-01")
    kari = shop.customer("Kari Li")
    domain = shop.sells(kari, start="2028-02-29", every=frequency, net_terms_days=900)
    shop.until("2032-12-31")
    step = frequency.count // 12
    expected = [f"{year}-02-{'29' if year % 4 == 0 else '28'}" for year in range(2028, 2033, step)]
    assert [bill.day for bill in domain.bills] == expected


def test_pain_09_n_payments_are_n_payments_on_every_late_anchor() -> None:
    for anchor in LATE_ANCHORS:
        for payments in range(1, 25):
            ends = end_date(anchor, Frequency.MONTHLY, payments)
            charged = [n for n in range(60) if due_date(anchor, Frequency.MONTHLY, n) < ends]
            assert charged == list(range(payments)), (anchor, payments)
            assert cycle_period(anchor, Frequency.MONTHLY, payments - 1)[1] == ends


@pytest.mark.parametrize("start", ["2027-08-29", "2027-08-30", "2027-08-31", "2028-02-29"])
def test_pain_09_a_term_of_six_from_the_end_of_a_month_is_charged_six_times(
    open_shop: OpenShop, start: str
) -> None:
    shop = open_shop("2027-08-01")
    kari = shop.customer("Kari Li")
    hosting = shop.sells(kari, by=kari.card(), start=start, payments=6)
    shop.until("2029-01-01")
    assert (hosting.payments_made, hosting.status, hosting.collected) == (6, "expired", "150.00 EUR")


@pytest.mark.parametrize(
    ("zone", "hour", "day"),
    [
        ("Europe/Helsinki", 3, "2026-03-29"),  # 03:00 does not exist on this day
        ("Europe/Helsinki", 3, "2026-10-25"),  # 03:00 comes twice
        ("Europe/Oslo", 2, "2026-03-29"),
        ("Europe/Oslo", 2, "2026-10-25"),
        ("America/Havana", 0, "2026-03-08"),  # the day begins at 01:00
        ("America/Havana", 0, "2026-11-01"),
        ("Australia/Lord_Howe", 2, "2026-10-04"),  # half an hour is skipped
        ("Atlantic/Azores", 0, "2026-10-25"),
    ],
)
def test_pain_10_a_billing_hour_that_clocks_skip_or_repeat_bills_once_and_on_its_day(
    open_shop: OpenShop, zone: str, hour: int, day: str
) -> None:
    begins = dt.date.fromisoformat(day)
    shop = open_shop(str(begins - dt.timedelta(days=3)), zone=zone)
    shop.decides(billing_hour=hour)
    kari = shop.customer("Kari Li")
    daily_rhythm = shop.sells(kari, start=day, every=Frequency.WEEKLY, net_terms_days=60)

    first = dt.datetime.combine(begins - dt.timedelta(days=1), dt.time(), dt.UTC)
    billed_at = None
    for quarter in range(3 * 24 * 2):  # every half hour of three days
        shop.stands_at(first + dt.timedelta(minutes=30 * quarter))
        if shop.runs().invoiced:
            assert billed_at is None
            billed_at = shop.world.ctx.now
    assert billed_at is not None
    assert dt.timedelta(0) <= billed_at - billing_instant(begins, zone, hour) < dt.timedelta(minutes=30)

    shop.until(str(begins + dt.timedelta(days=15)))
    assert [bill.day for bill in daily_rhythm.bills] == [
        str(begins + dt.timedelta(days=7 * n)) for n in range(3)
    ]


@pytest.mark.parametrize("server_zone", ["Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kathmandu"])
def test_pain_11_whatever_zone_the_server_and_the_database_are_in_the_books_are_the_same(
    open_shop: OpenShop, server_zone: str, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(time.tzset)
    monkeypatch = request.getfixturevalue("monkeypatch")

    def a_quarter(session_zone: str) -> list[object]:
        monkeypatch.setenv("TZ", session_zone)
        time.tzset()
        shop = open_shop("2026-02-27")
        shop.world.db.execute("SELECT set_config('timezone', %s, false)", [session_zone])
        kari, ola = shop.customer("Kari Li"), shop.customer("Ola Li")
        card = shop.sells(kari, by=kari.card("approved_after", 2), start="2026-02-28")
        sent = shop.sells(ola, start="2026-02-28", net_terms_days=14)
        shop.until("2026-05-31", 22)
        return [card.bills, card.payments, card.next_payment, card.last_payment, sent.bills, sent.status]

    assert a_quarter(server_zone) == a_quarter("UTC")


@pytest.mark.parametrize(
    "zone", ["Pacific/Kiritimati", "Pacific/Auckland", "Asia/Kathmandu", "Pacific/Pago_Pago"]
)
@pytest.mark.parametrize("hour", [0, 7, 23])
def test_pain_12_the_accounts_zone_and_hour_are_kept_and_no_combination_bills_never(
    open_shop: OpenShop, zone: str, hour: int
) -> None:
    shop = open_shop("2026-04-01", zone=zone, hour=12)
    shop.decides(billing_hour=hour)
    kari = shop.customer("Kari Li")
    hosting = shop.sells(kari, by=kari.card(), start="2026-04-10", payments=2)

    begins = billing_instant(dt.date(2026, 4, 10), zone, hour)
    shop.until("2026-04-09", 0)
    assert shop.runs().invoiced == 0
    shop.stands_at(begins - dt.timedelta(seconds=1))
    assert shop.runs().invoiced == 0
    shop.stands_at(begins)
    assert shop.runs().invoiced == 1

    assert [bill.day for bill in hosting.bills] == ["2026-04-10"]
    assert kari.letter("receipt").says("10")


EVERY_DAY = [dt.date(2027, 1, 1) + dt.timedelta(days=n) for n in range(365 + 366)]


def test_pain_13_the_same_story_is_told_alike_on_every_day_of_a_common_and_a_leap_year(
    open_shop: OpenShop,
) -> None:
    shop = open_shop("2026-12-31")
    kari = shop.customer("Kari Li")
    terms = {"payments": 3, "net_terms_days": 900, "email_invoices": False}
    sold = {day: shop.sells(kari, item("Hosting", "25"), start=str(day), **terms) for day in EVERY_DAY}

    shop.until("2029-04-01")

    for day, hosting in sold.items():
        assert [bill.day for bill in hosting.bills] == [
            str(due_date(day, Frequency.MONTHLY, n)) for n in range(3)
        ]
        assert hosting.end_date == str(due_date(day, Frequency.MONTHLY, 3))
        assert {bill.total for bill in hosting.bills} == {"25.00 EUR"}
