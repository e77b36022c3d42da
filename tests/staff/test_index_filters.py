"""Advanced filters on a list: rows of a form, the address that they become, and what comes back from it."""

from __future__ import annotations

import json
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict
from django.test import Client

from kalends.catalog import OBJECTS
from kalends.query import RULES, operators_of, parse
from kalends.staff.index.filter_rows import Row, changed, groups_of, normal, read_rows, rows_of
from tests.staff.stage import Stage

SUBSCRIPTION = OBJECTS["subscription"]


def _names(client: Client, address: str) -> set[str]:
    response = client.get(address)
    assert response.status_code == 200, address
    return set(re.findall(r"data-row-link>([^<]+)<", unescape(response.content.decode())))


def _applied(client: Client, stage: Stage, form: str) -> str:
    response = client.get(f"{stage.index}/filters/apply?draft=1&{form}")
    assert response.status_code == 302
    return str(response["Location"])


def _filter_of(address: str) -> object:
    return json.loads(parse_qs(urlsplit(address).query)["f"][0])


def test_groups_are_joined_by_or_and_conditions_by_and(client: Client, stage: Stage) -> None:
    address = _applied(
        client,
        stage,
        "g0=0&p0=hs_status&o0=is_any_of&v0=unpaid&v0=paused"
        "&g1=0&p1=hs_name&o1=contains_any_of&v1=route"
        "&g2=1&p2=hs_status&o2=is_any_of&v2=scheduled",
    )
    assert _names(client, address) == {"Route Planner, 25 seats", "Telematics data feed"}


def test_conditions_may_be_about_associated_records(client: Client, stage: Stage) -> None:
    address = _applied(client, stage, "g0=0&p0=company.city&o0=is_any_of&v0=Portland&rows=50")
    assert "Fleet Core, 74 lorries" in _names(client, address)
    none = _applied(client, stage, "g0=0&p0=company.city&o0=is_any_of&v0=Portland&q0=none&rows=50")
    assert "Fleet Core, 74 lorries" not in _names(client, none)
    assert _names(client, _applied(client, stage, "g0=0&p0=deal.&q0=any")) == set()


def test_two_conditions_can_be_about_the_same_associated_record() -> None:
    rows = [
        [
            Row("invoice.hs_invoice_status", "is_any_of", ("open",)),
            Row("invoice.hs_balance_due", "greater", ("100",), same=True),
            Row("invoice.hs_due_date", "known"),
        ]
    ]
    groups, wrong = groups_of(SUBSCRIPTION, rows)
    assert wrong == {}
    assert [len(term["conditions"]) for term in groups[0]] == [2, 1]
    assert rows_of(groups) == rows


def test_a_condition_without_a_value_yet_narrows_nothing(client: Client, stage: Stage) -> None:
    address = _applied(client, stage, "g0=0&p0=hs_status&o0=is_any_of&g1=0&p1=hs_mrr&o1=greater")
    assert "f=" not in address


def test_a_value_that_does_not_fit_is_told_at_its_row_and_left_out(client: Client, stage: Stage) -> None:
    form = "draft=1&g0=0&p0=hs_mrr&o0=greater&v0=much"
    page = unescape(client.get(f"{stage.index}/filters?{form}").content.decode())
    assert "This does not fit here: much" in page
    assert "f=" not in _applied(client, stage, form)


@pytest.mark.parametrize("typed", ["1,000", "1000", "1000.00"])
def test_numbers_are_read_as_the_user_writes_them(client: Client, stage: Stage, typed: str) -> None:
    address = _applied(client, stage, f"g0=0&p0=hs_mrr&o0=greater&v0={typed}")
    (term,) = _filter_of(address)[0]  # type: ignore[index]
    assert float(term["values"][0]) == 1000


def test_several_texts_are_written_one_a_line(client: Client, stage: Stage) -> None:
    address = _applied(client, stage, "g0=0&p0=hs_name&o0=starts_with_any_of&v0=Depot%0D%0AWinter")
    assert _names(client, address) == {"Depot cleaning", "Winter tires, storage"}


@pytest.mark.parametrize(
    "obj", ["subscription", "invoice", "payment", "contact", "company", "deal", "product"]
)
def test_every_operator_of_every_kind_of_property_has_its_row(client: Client, stage: Stage, obj: str) -> None:
    """One property of each kind, each of its operators, in forms of at most 60 conditions."""
    kinds = {(each.type, each.multiple): each for each in OBJECTS[obj].properties}
    rows = [
        f"g{{n}}=0&p{{n}}={prop.name}&o{{n}}={operator.value}"
        for prop in kinds.values()
        for operator in operators_of(prop)
    ]
    slug = {"company": "companies"}.get(obj, f"{obj}s")
    for start in range(0, len(rows), 60):
        form = "&".join(row.format(n=number) for number, row in enumerate(rows[start : start + 60]))
        page = client.get(f"/{stage.ctx.id}/{slug}/filters?draft=1&{form}").content.decode()
        shown = re.findall(r'<option value="(\w+)" selected>', page)
        expected = [row.rpartition("=")[2] for row in rows[start : start + 60]]
        assert [name for name in shown if name in {each.value for each in RULES}] == expected


def test_buttons_change_the_rows() -> None:
    one, two = Row("hs_status", "known"), Row("hs_mrr", "known")
    assert changed([[one]], "add:0:hs_mrr")[0] == [[one, Row("hs_mrr")]]
    assert changed([[one]], "add:1:hs_mrr")[0] == [[one], [Row("hs_mrr")]]
    assert changed([[one, two]], "remove:0:0")[0] == [[two]]
    assert changed([[one]], "remove:0:0")[0] == []
    assert changed([[one], [two]], "clone:0")[0] == [[one], [one], [two]]
    assert changed([[one], [two]], "drop:0")[0] == [[two]]
    assert changed([[one]], "pick:1") == ([[one]], 1)
    for nonsense in ("", "drop:7", "remove:0:9", "remove:x:y", "add:0:", "clone:-1", "what:0"):
        assert changed([[one]], nonsense)[0] == [[one]]


def test_a_form_reads_back_what_it_showed() -> None:
    words = (
        "p3=company.country&g3=1&o3=is_none_of&v3=Norway%0ASweden&e3=1&q3=none&s3=1&p1=hs_mrr&g1=0&o1=known"
    )
    assert read_rows(QueryDict(words)) == [
        [Row("hs_mrr", "known")],
        [Row("company.country", "is_none_of", ("Norway", "Sweden"), True, "none", True)],
    ]


def test_another_operator_of_the_wrong_kind_becomes_the_propertys_first() -> None:
    assert normal(SUBSCRIPTION, Row("hs_mrr", "contains_any_of", ("x",))) == Row("hs_mrr", "is_any_of")
    assert normal(SUBSCRIPTION, Row("hs_color", "known")) is None
    assert normal(SUBSCRIPTION, Row("segment.name", "known")) is None


def test_the_builder_shows_what_the_address_says_and_offers_properties(client: Client, stage: Stage) -> None:
    groups = [[{"property": "hs_status", "operator": "is_any_of", "values": ["unpaid"]}]]
    address = f"{stage.index}/filters?f={json.dumps(groups)}"
    page = unescape(client.get(address).content.decode())
    assert 'name="p0" value="hs_status"' in page
    assert re.search(r'value="unpaid" checked data-live-field', page)
    picking = unescape(client.get(f"{stage.index}/filters?draft=1&do=pick:0").content.decode())
    assert 'value="add:0:hs_mrr"' in picking
    assert 'value="add:0:company.country"' in picking
    assert 'value="add:0:deal."' in picking


def test_at_most_ten_groups_and_sixty_conditions_are_understood(client: Client, stage: Stage) -> None:
    known = {"property": "hs_status", "operator": "known"}
    page = client.get(stage.index, {"f": json.dumps([[known]] * 12)}).content.decode()
    assert "2 more groups" in page
    page = client.get(stage.index, {"f": json.dumps([[known] * 61])}).content.decode()
    assert re.search(r"Advanced filters <b>60</b>", page)


@pytest.mark.parametrize(
    "nonsense", ["[", "7", '"x"', '[[{"property":"hs_mmr","operator":"known"}]]', "[" * 5000]
)
def test_a_filter_that_is_not_understood_is_told_and_never_fails(
    client: Client, stage: Stage, nonsense: str
) -> None:
    response = client.get(stage.index, {"f": nonsense})
    assert response.status_code == 200
    assert "It was left out" in response.content.decode()


def test_the_address_of_a_filter_is_the_language_of_every_search(client: Client, stage: Stage) -> None:
    address = _applied(client, stage, "g0=0&p0=hs_status&o0=is_any_of&v0=unpaid")
    assert parse(SUBSCRIPTION, {"groups": _filter_of(address)}).count == 1


def test_filters_by_what_was_look_into_the_history_of_a_property(client: Client, stage: Stage) -> None:
    ever = _applied(client, stage, "g0=0&p0=hs_status&o0=has_ever_been&v0=active&rows=50")
    never = _applied(client, stage, "g0=0&p0=hs_status&o0=has_never_been&v0=active&rows=50")
    now = _applied(client, stage, "g0=0&p0=hs_status&o0=is_any_of&v0=active&rows=50")
    assert "Route Planner, 25 seats" in _names(client, ever) - _names(client, now)
    assert not _names(client, ever) & _names(client, never)


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("hs_name", {"has_ever_been", "has_never_been", "has_ever_contained", "has_never_contained"}),
        ("hs_number_of_expected_payments", {"has_ever_been", "has_never_been"}),
        ("hs_status", {"has_ever_been", "has_never_been"}),
        ("hs_next_payment_due_date", set[str]()),
    ],
)
def test_history_is_offered_by_the_kind_of_property(name: str, offered: set[str]) -> None:
    known = {str(each) for each in operators_of(SUBSCRIPTION.by_name[name])}
    assert {each for each in known if each.startswith("has_") and "ever_" in each} == offered
    assert {"updated_in_last_days", "not_updated_in_last_days"} <= known


def test_what_is_worked_out_and_kept_nowhere_has_no_history_to_ask_for() -> None:
    known = {str(each) for each in operators_of(SUBSCRIPTION.by_name["hs_mrr"])}
    assert not {each for each in known if "ever_" in each or "updated_" in each}
