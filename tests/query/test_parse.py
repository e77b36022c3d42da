"""Filters as JSON: what is understood, and how every mistake is told at once, with its place and its remedy."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from kalends.catalog import get_object
from kalends.query import Associated, Condition, Filter, FilterError, Limits, Operator, Period, parse

SUBSCRIPTION = get_object("subscription")
NUMBER_OPERATORS = ", ".join(
    "is_any_of is_none_of greater greater_or_equal less less_or_equal between not_between known unknown".split()
)
IN_CONTACT = "group 2, condition 2, contact condition 1"


def _condition(**data: Any) -> Condition:
    parsed = parse(SUBSCRIPTION, {"groups": [[data]]}).groups[0][0]
    assert isinstance(parsed, Condition)
    return parsed


def _problems(data: object, limits: Limits | None = None) -> list[str]:
    with pytest.raises(FilterError) as refused:
        parse(SUBSCRIPTION, data, limits)
    return [str(problem) for problem in refused.value.problems]


def _refused(**data: Any) -> str:
    problems = _problems({"groups": [[data]]})
    assert len(problems) == 1
    return problems[0]


def test_no_groups_let_every_record_through() -> None:
    assert parse(SUBSCRIPTION, {"groups": []}) == parse(SUBSCRIPTION, "{}") == Filter()


def test_text_numbers_keep_every_digit() -> None:
    parsed = parse(
        SUBSCRIPTION, '{"groups": [[{"property": "hs_mrr", "operator": "greater", "value": 0.10}]]}'
    )
    assert parsed.groups[0][0] == Condition("hs_mrr", Operator.GREATER, (Decimal("0.10"),))


def test_a_condition_on_an_instant_takes_days_and_moments() -> None:
    read = _condition(
        property="hs_paused_date", operator="between", values=["2026-03-01", "2026-03-31T22:00:00Z"]
    )
    assert read.values == (date(2026, 3, 1), datetime(2026, 3, 31, 22, tzinfo=UTC))


def test_a_condition_on_a_date_takes_the_day_of_a_moment() -> None:
    read = _condition(property="hs_churn_date", operator="before", values=["2026-03-01T00:00:00Z"])
    assert read.values == (date(2026, 3, 1),)


def test_periods_days_and_other_properties_are_read() -> None:
    assert _condition(property="hs_churn_date", operator="in_period", values=["last_month"]).values == (
        Period.LAST_MONTH,
    )
    assert _condition(property="hs_churn_date", operator="less_than_days_ago", value=30).values == (
        Decimal(30),
    )
    assert _condition(property="hs_churn_date", operator="after_property", value="hs_createdate").values == (
        "hs_createdate",
    )


def test_conditions_on_associated_records_are_read_by_their_object() -> None:
    term = {
        "associated": "contacts",
        "quantifier": "none",
        "conditions": [{"property": "email", "operator": "known"}],
    }
    expected = Associated("contact", (Condition("email", Operator.KNOWN),), "none")
    assert parse(SUBSCRIPTION, {"groups": [[term]]}).groups == ((expected,),)


def test_every_mistake_is_told_with_its_place() -> None:
    status = {"property": "hs_status", "operator": "is_any_of", "values": ["active", "unpayed", "gone"]}
    contact = {"associated": "contact", "conditions": [{"property": "emial", "operator": "known"}]}
    assert _problems(
        {"groups": [[status], [{"property": "hs_mrr", "operator": "greatest"}, contact], "x"]}
    ) == [
        "group 1, condition 1: unpayed: Did you mean 'unpaid'?",
        "group 1, condition 1: gone: Known are active, canceled, expired, past_due, paused, scheduled, unpaid.",
        f"group 2, condition 1: greatest: hs_mrr is of the type money and has the operators {NUMBER_OPERATORS}.",
        f"{IN_CONTACT}: emial: The contact has no property 'emial'. Did you mean 'email'?",
        "group 3: x: Give a list of conditions.",
    ]


@pytest.mark.parametrize("data", ["{", "[]", "null", 7, None, "[" * 100_000])
def test_what_is_no_filter_is_refused(data: object) -> None:
    assert _problems(data)[0].startswith("filter: ")


@pytest.mark.parametrize(
    ("data", "remedy"),
    [
        ({"property": "hs_mrr", "operator": "greater"}, "takes one value"),
        ({"property": "hs_mrr", "operator": "greater", "values": [1, 2]}, "takes one value"),
        ({"property": "hs_mrr", "operator": "between", "values": [1]}, "takes two values"),
        ({"property": "hs_mrr", "operator": "between", "values": [2, 1]}, "lower value first"),
        ({"property": "hs_mrr", "operator": "known", "values": [1]}, "takes no value"),
        ({"property": "hs_mrr", "operator": "is_any_of", "values": "1"}, "Give a list of values"),
        ({"property": "hs_mrr", "operator": "is_any_of", "values": []}, "one value or more"),
        ({"property": "hs_name", "operator": "is_any_of", "values": [" "]}, "operator unknown"),
        (
            {"property": "hs_churn_date", "operator": "between", "values": ["2026-02-01", "2026-01-01"]},
            "lower value",
        ),
        ({"property": "hs_churn_date", "operator": "in_period", "values": ["this_wek"]}, "'this_week'"),
        (
            {"property": "hs_churn_date", "operator": "more_than_days_ago", "value": "1.5"},
            "whole number of days",
        ),
        (
            {"property": "hs_churn_date", "operator": "more_than_days_ago", "value": 10**6},
            "whole number of days",
        ),
        (
            {"property": "hs_churn_date", "operator": "before_property", "value": "hs_name"},
            "another date property",
        ),
        (
            {"property": "hs_churn_date", "operator": "before_property", "value": "hs_churn_date"},
            "another date",
        ),
        ({"property": "hs_churn_date", "operator": "before", "value": "2026-02-29"}, "days 1 to 28"),
        ({"property": "hs_mrr", "operator": "known", "includeEmpty": True}, "'include_empty'"),
        ({"property": "hs_mrr", "operator": "known", "include_empty": 1}, "true or false"),
        ({"associated": "product"}, "can have: contact, company, line_item, invoice, payment, deal, quote"),
        ({"associated": "contact", "quantifier": "all"}, "any or none"),
        ({"associated": "contact", "conditions": [{"associated": "company"}]}, "cannot be nested"),
        ({"associated": "contact", "conditions": {}}, "list of conditions"),
        ({"operator": "known"}, "no property 'None'"),
    ],
)
def test_a_mistaken_condition_is_told_with_what_would_be_right(data: dict[str, Any], remedy: str) -> None:
    assert remedy in _refused(**data)


def test_a_long_value_is_shortened_in_the_message() -> None:
    assert len(_refused(property="hs_mrr", operator="greater", value="x" * 5000)) < 250


def test_a_filter_has_at_most_ten_groups_and_sixty_conditions() -> None:
    one = {"property": "hs_mrr", "operator": "known"}
    assert parse(SUBSCRIPTION, {"groups": [[one] * 6] * 10}).count == 60
    assert "at most 10 groups" in _problems({"groups": [[one]] * 11})[0]
    assert "at most 60 conditions" in _problems({"groups": [[one] * 61]})[0]
    assert "at most 2 conditions" in _problems({"groups": [[one] * 3]}, Limits(conditions_per_group=2))[0]


def test_conditions_on_associated_records_count_too() -> None:
    one = {"property": "email", "operator": "known"}
    assert parse(SUBSCRIPTION, {"groups": [[{"associated": "contact", "conditions": [one] * 5}]]}).count == 5
    assert parse(SUBSCRIPTION, {"groups": [[{"associated": "contact"}]]}).count == 1


def test_an_empty_group_is_refused_since_it_would_let_everything_through() -> None:
    assert "at least one condition" in _problems({"groups": [[]]})[0]
