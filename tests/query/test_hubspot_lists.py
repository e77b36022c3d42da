"""HubSpot's filters of lists mean what ours do, and every filter survives their form."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalends.catalog import get_object
from kalends.query import Associated, Condition, Filter, FilterError, Member, Operator
from kalends.query.hubspot_lists import from_filter_branch, to_filter_branch
from tests.query import books

members = st.builds(Member, st.integers(1, 9999), st.sampled_from(["any", "none"]))


@settings(deadline=None, max_examples=60)
@given(books.filters, st.lists(members, max_size=2))
def test_a_filter_survives_hubspot_s_form(wanted: Filter, more: list[Member]) -> None:
    groups = tuple((*group, *more) for group in wanted.groups)
    ordered = tuple(
        (*(each for each in group if not isinstance(each, Associated)),
         *(each for each in group if isinstance(each, Associated)))
        for group in groups
    )  # fmt: skip
    tree = to_filter_branch(books.SUBSCRIPTION, Filter(ordered))
    assert from_filter_branch(books.SUBSCRIPTION, tree) == Filter(ordered)


def rule(name: str, **operation: Any) -> dict[str, Any]:
    return {"filterType": "PROPERTY", "property": name, "operation": operation}


def tree(*filters: dict[str, Any], branches: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    inner = {"filterBranchType": "AND", "filters": list(filters), "filterBranches": branches or []}
    return {"filterBranchType": "OR", "filterBranches": [inner], "filters": []}


@pytest.mark.parametrize(
    ("given_rule", "meant"),
    [
        (
            rule("hs_name", operationType="MULTISTRING", operator="CONTAINS", values=["Fleet"]),
            Condition("hs_name", Operator.CONTAINS_ANY_OF, ("Fleet",)),
        ),
        (
            rule("hs_mrr", operationType="NUMBER", operator="IS_GREATER_THAN", value=100),
            Operator.GREATER,
        ),
        (
            rule("hs_mrr", operationType="NUMBER_RANGED", operator="IS_BETWEEN", lowerBound=1, upperBound=2),
            Operator.BETWEEN,
        ),
        (
            rule(
                "hs_next_payment_due_date",
                operationType="DATE",
                operator="IS_AFTER",
                year=2026,
                month=3,
                day=1,
            ),
            Operator.AFTER,
        ),
        (
            rule(
                "hs_next_payment_due_date",
                operationType="ROLLING_DATE_RANGE",
                operator="IS_LESS_THAN_X_DAYS_FROM_NOW",
                numberOfDays=30,
            ),
            Operator.LESS_THAN_DAYS_AHEAD,
        ),
        (
            rule("hs_payment_enabled", operationType="BOOL", operator="IS_EQUAL_TO", value=True),
            Operator.IS_TRUE,
        ),
        (rule("hs_status", operationType="ALL_PROPERTY", operator="IS_KNOWN"), Operator.KNOWN),
    ],
)
def test_each_kind_of_operation_is_understood(
    given_rule: dict[str, Any], meant: Operator | Condition
) -> None:
    term = from_filter_branch(get_object("subscription"), tree(given_rule)).groups[0][0]
    assert isinstance(term, Condition)
    assert term == meant if isinstance(meant, Condition) else term.operator is meant


def test_an_association_branch_asks_for_one_record_or_for_none() -> None:
    branch = {
        "filterBranchType": "ASSOCIATION",
        "objectTypeId": "0-69",
        "operator": "NOT_IN_LIST",
        "filters": [],
    }
    wanted = from_filter_branch(get_object("contact"), tree(branches=[branch]))
    assert wanted == Filter(((Associated("subscription", (), "none"),),))


@pytest.mark.parametrize(
    "wrong",
    [
        "x",
        {"filterBranches": "x"},
        {"filters": [rule("hs_name", operationType="ALL_PROPERTY", operator="IS_KNOWN")]},
        tree({"filterType": "EVENT"}),
        tree(rule("hs_nonsense", operationType="ALL_PROPERTY", operator="IS_KNOWN")),
        tree(rule("hs_name", operationType="NUMBER", operator="IS_GREATER_THAN", value=1)),
        tree(rule("hs_mrr", operationType="NUMBER", operator="IS_GREATER_THAN", value="much")),
        tree(branches=[{"filterBranchType": "ASSOCIATION", "objectTypeId": "0-999"}]),
        tree(branches=[{"filterBranchType": "OR"}]),
    ],
)
def test_what_is_wrong_is_told(wrong: object) -> None:
    with pytest.raises(FilterError):
        from_filter_branch(get_object("subscription"), wrong)
