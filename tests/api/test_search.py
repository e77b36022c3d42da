"""Searches: conditions, sorting, paging by count, and their limits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Api, tie

SEARCH = "/crm/v3/objects/companies/search"


def names(answer: dict[str, Any]) -> list[str]:
    return [each["properties"]["name"] for each in answer["results"]]


def where(name: str, operator: str, **more: Any) -> dict[str, Any]:
    return {"filters": [{"propertyName": name, "operator": operator, **more}]}


@pytest.fixture
def book(api: Api) -> Api:
    """Five companies, two of them without revenue."""
    rows: list[dict[str, Any]] = [
        {"name": "Alfa", "domain": "alfa.example.com", "annualrevenue": "250.5", "country": "Norway"},
        {"name": "beta", "domain": "beta.example.org", "annualrevenue": "1000", "country": "Finland"},
        {"name": "Gamma delta", "annualrevenue": "90", "country": "norway"},
        {"name": "Épsilon", "domain": "x_y%z.example.com"},
        {"name": "omega"},
    ]
    api.post("/crm/v3/objects/companies/batch/create", {"inputs": [{"properties": row} for row in rows]})
    return api


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, ["Alfa", "beta", "Gamma delta", "Épsilon", "omega"]),
        (where("annualrevenue", "EQ", value="250.50"), ["Alfa"]),
        (where("annualrevenue", "GTE", value="100"), ["Alfa", "beta"]),
        (where("annualrevenue", "BETWEEN", value="90", highValue="250.5"), ["Alfa", "Gamma delta"]),
        (where("country", "EQ", value="NORWAY"), ["Alfa", "Gamma delta"]),
        (where("country", "NEQ", value="norway"), ["beta", "Épsilon", "omega"]),
        (where("country", "IN", values=["norway", "finland"]), ["Alfa", "beta", "Gamma delta"]),
        (where("annualrevenue", "HAS_PROPERTY"), ["Alfa", "beta", "Gamma delta"]),
        (where("annualrevenue", "NOT_HAS_PROPERTY"), ["Épsilon", "omega"]),
        (where("name", "CONTAINS_TOKEN", value="delta"), ["Gamma delta"]),
        (where("domain", "CONTAINS_TOKEN", value="*.example.com"), ["Alfa", "Épsilon"]),
        ({"query": "x_y%"}, ["Épsilon"]),
        ({"query": "example.org"}, ["beta"]),
        ({"sorts": ["-annualrevenue"]}, ["beta", "Alfa", "Gamma delta", "Épsilon", "omega"]),
        (
            {"sorts": [{"propertyName": "annualrevenue", "direction": "ASCENDING"}], "limit": 2},
            ["Gamma delta", "Alfa"],
        ),
        (
            {
                "filterGroups": [where("name", "EQ", value="omega"), where("name", "EQ", value="alfa")],
                "after": None,
            },
            ["Alfa", "omega"],
        ),
    ],
)
def test_what_a_search_finds(book: Api, body: dict[str, Any], found: list[str]) -> None:
    answer = book.post(SEARCH, body, 200)
    shown = names(answer)
    if "sorts" in body:
        assert shown[:3] == found[:3]
    assert sorted(shown) == sorted(found)


def test_pages_are_counted(book: Api) -> None:
    seen: list[str] = []
    after: Any = None
    for _ in range(3):
        answer = book.post(SEARCH, {"limit": 2, "after": after}, 200)
        assert answer["total"] == 5
        seen += names(answer)
        after = answer.get("paging", {}).get("next", {}).get("after")
    assert seen == ["Alfa", "beta", "Gamma delta", "Épsilon", "omega"]
    assert after is None
    beyond = book.post(SEARCH, {"limit": 2, "after": "50"}, 200)
    assert (beyond["total"], beyond["results"]) == (5, [])
    assert "paging" not in beyond


def test_archived_records_are_never_found_and_new_ones_at_once(book: Api) -> None:
    id_ = book.make("companies", name="sigma")
    assert names(book.post(SEARCH, where("name", "EQ", value="sigma"), 200)) == ["sigma"]
    book.delete(f"/crm/v3/objects/companies/{id_}")
    assert book.post(SEARCH, where("name", "EQ", value="sigma"), 200)["total"] == 0


def test_records_are_found_by_what_they_are_tied_to(api: Api) -> None:
    ada, bob = (api.make("contacts", firstname=name) for name in ("Ada", "Bob"))
    gold = api.make("subscriptions", [tie(ada, 295)], hs_name="Gold")
    silver = api.make("subscriptions", [tie(bob, 295)], hs_name="Silver")
    path = "/crm/v3/objects/0-69/search"

    def ids(**condition: Any) -> list[str]:
        return [each["id"] for each in api.post(path, {"filters": [condition]}, 200)["results"]]

    for kind in ("contacts", "contact", "0-1", "CONTACT"):
        assert ids(propertyName=f"associations.{kind}", operator="EQ", value=ada) == [gold]
    assert ids(propertyName="associations.contact", operator="NEQ", value=ada) == [silver]
    assert ids(propertyName="associations.contact", operator="IN", values=[ada, bob]) == [gold, silver]
    assert ids(propertyName="associations.company", operator="NOT_HAS_PROPERTY") == [gold, silver]


def test_no_search_says_anything_about_limits(api: Api) -> None:
    answer = api.ask("POST", SEARCH, {})
    assert not [name for name in answer.headers if "ratelimit" in name.lower()]


@pytest.mark.parametrize(
    "body",
    [
        {"filterGroups": [where("name", "EQ", value="a")] * 6},
        {"filterGroups": [{"filters": where("name", "EQ", value="a")["filters"] * 7}]},
        {"filterGroups": [{"filters": where("name", "EQ", value="a")["filters"] * 5}] * 4},
        {"limit": 201},
        {"limit": -1},
        {"after": 9_995, "limit": 10},
        {"after": "x"},
        {"sorts": ["name", "domain"]},
        {"sorts": ["colour"]},
        {"sorts": [{"propertyName": "name", "direction": "SIDEWAYS"}]},
        where("colour", "EQ", value="blue"),
        where("name", "LIKE", value="a"),
        where("annualrevenue", "EQ", value="much"),
        where("annualrevenue", "BETWEEN", value="5"),
        where("createdate", "GT", value="yesterday"),
        where("name", "EQ", value="a\x00"),
        where("associations.pets", "EQ", value="1"),
        where("name", "IN"),
        {"query": "x" * 3_001},
        {"properties": ["x" * 3_000]},
    ],
)
def test_what_a_search_refuses(api: Api, body: dict[str, Any]) -> None:
    assert api.post(SEARCH, body, 400)["category"] == "VALIDATION_ERROR"


def test_a_condition_that_lacks_something_is_told_what(api: Api) -> None:
    incomplete = [
        {"operator": "EQ", "value": "x"},
        {"propertyName": "name", "value": "x"},
        {"propertyName": "name", "operator": "EQ"},
        {"propertyName": "annualrevenue", "operator": "BETWEEN", "value": "1"},
        {"propertyName": "name", "operator": "IN", "value": "x"},
        {"propertyName": "name", "operator": "HAS_PROPERTY"},
    ]

    answer = api.post(SEARCH, {"filterGroups": [{"filters": incomplete}]}, 400)

    where = "filterGroups[0].filters"
    assert [(each["in"], each["code"]) for each in answer["errors"]] == [
        (f"{where}[0].propertyName", "REQUIRED_FIELD"),
        (f"{where}[1].operator", "REQUIRED_FIELD"),
        (f"{where}[2].value", "REQUIRED_FIELD"),
        (f"{where}[3].highValue", "REQUIRED_FIELD"),
        (f"{where}[4].values", "REQUIRED_FIELD"),
    ]
    alone = api.post(SEARCH, {"filters": [{"propertyName": "name", "operator": "EQ"}]}, 400)
    assert alone["message"] == "Some required fields were not set: [filters[0].value]"


@pytest.mark.parametrize(
    "value",
    [
        "' OR 1=1 --",
        "%",
        "_",
        "\\",
        "(",
        "[[",
        "*",
        "**",
        "{t}",
        "%(account_id)s",
        "%s",
        "🦔",
        "$1",
        "a" * 500,
    ],
)
def test_values_are_never_part_of_the_question(book: Api, value: str) -> None:
    for operator in ("EQ", "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN", "NEQ"):
        assert book.ask("POST", SEARCH, where("name", operator, value=value)).status_code in (200, 400)
    assert book.post(SEARCH, {"query": value}, 200)["total"] <= 5
