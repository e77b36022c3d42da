"""A search as HubSpot's client libraries send it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from kalends.catalog import Sort, get_object
from kalends.query import Associated, Condition, Filter, FilterError, Operator, Search, from_hubspot_search

SUBSCRIPTION = get_object("subscription")


def _search(**body: Any) -> Search:
    return from_hubspot_search(SUBSCRIPTION, body)


def _only(**given: Any) -> Any:
    return _search(filters=[given]).filter.groups[0][0]


def _problems(**body: Any) -> list[str]:
    with pytest.raises(FilterError) as refused:
        _search(**body)
    return [str(problem) for problem in refused.value.problems]


def test_the_example_of_the_reference() -> None:
    due = {
        "propertyName": "hs_next_payment_due_date",
        "operator": "BETWEEN",
        "value": "1772323200000",
        "highValue": "1775001600000",
    }
    search = _search(
        filterGroups=[
            {
                "filters": [
                    {"propertyName": "hs_status", "operator": "IN", "values": ["unpaid", "past_due"]},
                    due,
                ]
            }
        ],
        sorts=[{"propertyName": "hs_next_payment_due_date", "direction": "DESCENDING"}],
        properties=["hs_name", "hs_mrr", "no_such_property"],
        limit=50,
        after="50",
    )
    status = Condition("hs_status", Operator.IS_ANY_OF, ("unpaid", "past_due"))
    between = Condition("hs_next_payment_due_date", Operator.BETWEEN, (date(2026, 3, 1), date(2026, 4, 1)))
    assert search.filter == Filter(((status, between),))
    assert search.sort == Sort("hs_next_payment_due_date", descending=True)
    assert search.columns == ("hs_createdate", "hs_lastmodifieddate", "hs_object_id", "hs_name", "hs_mrr")
    assert (search.limit, search.offset) == (50, 50)


def test_without_anything_the_oldest_ten_records_are_asked_for() -> None:
    search = _search()
    assert (search.filter, search.sort, search.limit, search.offset) == (
        Filter(),
        Sort("hs_createdate"),
        10,
        0,
    )
    contacts = from_hubspot_search(get_object("contact"), {})
    assert contacts.columns == (
        "createdate",
        "lastmodifieddate",
        "hs_object_id",
        "email",
        "firstname",
        "lastname",
    )


@pytest.mark.parametrize(
    ("name", "operator", "value", "mapped"),
    [
        ("hs_mrr", "EQ", "250.5", Operator.IS_ANY_OF),
        ("hs_mrr", "LT", "1", Operator.LESS),
        ("hs_mrr", "LTE", "1", Operator.LESS_OR_EQUAL),
        ("hs_mrr", "GT", "1", Operator.GREATER),
        ("hs_mrr", "GTE", "1", Operator.GREATER_OR_EQUAL),
        ("hs_churn_date", "LT", "2026-03-01", Operator.BEFORE),
        ("hs_churn_date", "GTE", "2026-03-01", Operator.ON_OR_AFTER),
        ("hs_name", "CONTAINS_TOKEN", "fleet*", Operator.HAS_WORD),
    ],
)
def test_operators_map_by_the_type_of_the_property(
    name: str, operator: str, value: str, mapped: Operator
) -> None:
    read = _only(propertyName=name, operator=operator, value=value)
    assert (read.operator, len(read.values), read.include_empty) == (mapped, 1, False)


@pytest.mark.parametrize(
    ("operator", "values"), [("NEQ", {"value": "active"}), ("NOT_IN", {"values": ["active"]})]
)
def test_negations_let_records_without_a_value_pass(operator: str, values: dict[str, Any]) -> None:
    read = _only(propertyName="hs_status", operator=operator, **values)
    assert read == Condition("hs_status", Operator.IS_NONE_OF, ("active",), include_empty=True)


def test_moments_are_compared_as_moments() -> None:
    read = _only(propertyName="hs_createdate", operator="GT", value="1772323200000")
    assert read == Condition("hs_createdate", Operator.AFTER, (datetime(2026, 3, 1, tzinfo=UTC),))


@pytest.mark.parametrize(
    ("operator", "value", "mapped"),
    [
        ("EQ", "true", Operator.IS_TRUE),
        ("NEQ", "true", Operator.IS_FALSE),
        ("EQ", "false", Operator.IS_FALSE),
    ],
)
def test_booleans_are_asked_for_by_value(operator: str, value: str, mapped: Operator) -> None:
    assert _only(propertyName="hs_payment_enabled", operator=operator, value=value).operator is mapped


def test_records_are_found_by_what_they_are_tied_to() -> None:
    tied = _only(propertyName="associations.contact", operator="EQ", value="17")
    assert tied == Associated(
        "contact", (Condition("hs_object_id", Operator.IS_ANY_OF, (Decimal(17),)),), "any"
    )
    assert _only(propertyName="associations.company", operator="NOT_HAS_PROPERTY") == Associated(
        "company", (), "none"
    )


def test_a_sort_may_be_written_short() -> None:
    assert _search(sorts=["-hs_mrr"]).sort == Sort("hs_mrr", descending=True)
    assert _search(sorts=["hs_mrr"]).sort == Sort("hs_mrr")


@pytest.mark.parametrize(
    ("body", "remedy"),
    [
        (
            {"filterGroups": [{"filters": [{"propertyName": "hs_mrr", "operator": "HAS_PROPERTY"}]}] * 6},
            "5 groups",
        ),
        ({"filters": [{"propertyName": "hs_mrr", "operator": "HAS_PROPERTY"}] * 7}, "6 conditions"),
        (
            {"filterGroups": [{"filters": [{"propertyName": "hs_mrr", "operator": "HAS_PROPERTY"}] * 5}] * 4},
            "18 cond",
        ),
        ({"filters": [{"propertyName": "hs_mmr", "operator": "EQ", "value": "1"}]}, "'hs_mrr'"),
        ({"filters": [{"propertyName": "hs_mrr", "operator": "LIKE", "value": "1"}]}, "The operators are EQ"),
        ({"filters": [{"propertyName": "hs_name", "operator": "GT", "value": "a"}]}, "of the type string"),
        (
            {"filters": [{"propertyName": "hs_payment_enabled", "operator": "EQ", "value": "x"}]},
            "of the type bool",
        ),
        ({"filters": [{"propertyName": "hs_mrr", "operator": "EQ", "value": "x"}]}, "Give a number"),
        ({"filters": [{"propertyName": "hs_mrr", "operator": "EQ"}]}, "Give a number"),
        (
            {"filters": [{"propertyName": "associations.pet", "operator": "EQ", "value": "1"}]},
            "no object 'pet'",
        ),
        (
            {"filters": [{"propertyName": "associations.contact", "operator": "GT", "value": "1"}]},
            "Associations know",
        ),
        ({"filters": ["x"]}, "propertyName"),
        ({"filters": "x"}, "Give a list"),
        ({"filterGroups": ["x"]}, '"filters"'),
        ({"filterGroups": {}, "sorts": 3}, "Give a list"),
        ({"limit": 201}, "from 0 to 200"),
        ({"limit": "many"}, "from 0 to 200"),
        ({"after": 9_995}, "first 10000"),
        ({"query": "x" * 3_001}, "at most 3000"),
        ({"query": 7}, "at most 3000"),
        ({"sorts": ["hs_mrr", "hs_name"]}, "one rule"),
        ({"sorts": ["hs_mmr"]}, "'hs_mrr'"),
        ({"sorts": [{"propertyName": "hs_mrr", "direction": "UP"}]}, "ASCENDING or DESCENDING"),
    ],
)
def test_what_hubspot_refuses_is_refused(body: dict[str, Any], remedy: str) -> None:
    assert any(remedy in problem for problem in _problems(**body))


def test_mistakes_of_all_parts_are_told_together() -> None:
    told = _problems(limit=500, sorts=["x"], filters=[{"propertyName": "hs_mrr", "operator": "?"}])
    assert [problem.split(":")[0] for problem in told] == ["group 1, condition 1", "limit", "sorts"]
