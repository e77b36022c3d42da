"""Values as text: what is read, what is refused and with which remedy, and what the API writes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from kalends.catalog import Value, WrongValue, get_object, get_property, read_value, to_api
from kalends.catalog.values import read_text

_MARCH = datetime(2026, 3, 1, 7, tzinfo=UTC)


def _read(name: str, raw: object) -> Value:
    obj, prop = name.split(".")
    return read_value(get_property(get_object(obj), prop), raw)


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("subscription.hs_name", "Fleet", "Fleet"),
        ("subscription.hs_name", 12, "12"),
        ("subscription.hs_mrr", "49.90", Decimal("49.90")),
        ("subscription.hs_mrr", 0.1, Decimal("0.1")),
        ("subscription.hs_mrr", -3, Decimal(-3)),
        ("subscription.hs_churn_date", "2026-02-28", date(2026, 2, 28)),
        ("subscription.hs_churn_date", "1772323200000", date(2026, 3, 1)),
        ("subscription.hs_churn_date", 1772323200000, date(2026, 3, 1)),
        ("subscription.hs_paused_date", "2026-03-01T08:00:00+01:00", _MARCH),
        ("subscription.hs_paused_date", "2026-03-01T07:00:00.000Z", _MARCH),
        ("subscription.hs_payment_enabled", "TRUE", True),
        ("subscription.hs_payment_enabled", False, False),
        ("subscription.hs_status", "past_due", "past_due"),
        ("subscription.hubspot_owner_id", "17", "17"),
        ("subscription.hs_currency_code", "JPY", "JPY"),
        ("subscription.hs_allowed_payment_methods", "ach; sepa;ach;", ("ach", "sepa")),
    ],
)
def test_a_value_is_read_as_its_property_means_it(name: str, raw: object, value: Value) -> None:
    assert _read(name, raw) == value


@pytest.mark.parametrize(
    ("name", "raw", "remedy"),
    [
        ("subscription.hs_mrr", "12,50", "with a point"),
        ("subscription.hs_mrr", "NaN", "with a point"),
        ("subscription.hs_mrr", True, "with a point"),
        ("subscription.hs_mrr", "1e999999999", "at most 40 digits"),
        ("subscription.hs_mrr", "0." + "1" * 50, "at most 40 digits"),
        ("subscription.hs_churn_date", "2026-02-30", "February 2026 has the days 1 to 28"),
        ("subscription.hs_churn_date", "2026-13-01", "year-month-day"),
        ("subscription.hs_churn_date", "1.3.2026", "year-month-day"),
        ("subscription.hs_churn_date", "999999999999999", "years 1 to 9999"),
        ("subscription.hs_churn_date", None, "year-month-day"),
        ("subscription.hs_paused_date", "2026-03-01", "with its zone"),
        ("subscription.hs_paused_date", "2026-03-01T07:00:00", "with its zone"),
        ("subscription.hs_payment_enabled", "yes", "true or false"),
        ("subscription.hs_status", "cancelled", "Did you mean 'canceled'"),
        ("subscription.hs_currency_code", "nok", "three capital letters"),
        ("subscription.hubspot_owner_id", " ", "Give one of"),
        ("subscription.hs_name", ["a"], "Give a text"),
        ("subscription.hs_name", "a\x00b", "Take out"),
        ("subscription.hs_name", "\ud800", "Take out"),
    ],
)
def test_what_is_no_value_is_refused_with_a_remedy(name: str, raw: object, remedy: str) -> None:
    with pytest.raises(WrongValue) as refused:
        _read(name, raw)
    assert remedy in refused.value.remedy


def test_a_refusal_names_the_value() -> None:
    with pytest.raises(WrongValue, match="'soon' is not right"):
        _read("subscription.hs_churn_date", "soon")


def test_text_keeps_its_spaces() -> None:
    assert read_text(" a ") == " a "


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("subscription.hs_mrr", Decimal("1200.50"), "1200.50"),
        ("line_item.quantity", Decimal("2.000000"), "2"),
        ("line_item.quantity", Decimal(100), "100"),
        ("line_item.price", Decimal("0.012500"), "0.0125"),
        ("subscription.hs_number_of_completed_payments", 3, "3"),
        ("subscription.hs_payment_enabled", True, "true"),
        ("subscription.hs_payment_enabled", False, "false"),
        ("subscription.hs_churn_date", date(2026, 3, 1), "2026-03-01"),
        ("invoice.hs_due_date", date(2026, 3, 1), "2026-03-01T00:00:00.000Z"),
        ("subscription.hs_paused_date", datetime(2026, 3, 1, 1, 2, 3, 4567, timezone(timedelta(hours=1))),
         "2026-03-01T00:02:03.004Z"),
        ("subscription.hs_allowed_payment_methods", ["ach", "sepa"], "ach;sepa"),
        ("subscription.hs_name", "Fleet", "Fleet"),
        ("subscription.hs_name", "", None),
        ("subscription.hs_name", None, None),
        ("subscription.hs_allowed_payment_methods", [], None),
    ],
)  # fmt: skip
def test_the_api_writes_a_value_as_hubspot_does(name: str, value: Any, text: str | None) -> None:
    obj, prop = name.split(".")
    assert to_api(get_property(get_object(obj), prop), value) == text
