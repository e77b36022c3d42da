"""Filters in all the ways in which they come in: JSON, HubSpot's searches and lists, addresses, workflows, reports."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from kalends.accounts.context import AccountContext
from kalends.catalog.model import ObjectType, Sort
from kalends.catalog.registry import OBJECTS
from kalends.insight.custom.definition import WrongReport, read_report
from kalends.insight.question import WrongQuestion, read_question
from kalends.query import Context, FilterError, compile_select, parse, to_json
from kalends.query.hubspot import from_hubspot_search
from kalends.query.hubspot_lists import from_filter_branch, to_filter_branch
from kalends.query.paging import Key, WrongKey, decode_key, encode_key
from kalends.workflows.hubspot import from_flow, to_action, to_criteria, to_settings
from kalends.workflows.reading import read_definition
from kalends.workflows.sheet import DefinitionError, Known
from tests.conftest import AnyConnection
from tests.fuzz.making import answered, often, scalars, spoiled, spoiled_tree, tells, words

SUBSCRIPTION = OBJECTS["subscription"]
RIGHT: list[dict[str, Any]] = [
    {"groups": [[{"property": "hs_status", "operator": "is_any_of", "values": ["unpaid", "past_due"]},
                 {"property": "hs_mrr", "operator": "greater", "values": ["100"], "include_empty": True},
                 {"associated": "contact", "quantifier": "none", "conditions": [
                     {"property": "email", "operator": "ends_with_any_of", "values": ["@example.com"]}]},
                 {"segment": "4711", "quantifier": "any"}]]},
    {"groups": [[{"property": "hs_next_payment_due_date", "operator": "between", "values": ["2026-01-01",
                                                                                            "2026-02-01"]}],
                [{"property": "hs_next_payment_due_date", "operator": "in_period", "values": ["this_month"]},
                 {"property": "hs_createdate", "operator": "less_than_days_ago", "values": ["30"]}]]},
    {"groups": [[{"property": "hs_name", "operator": "has_word", "value": "fleet"},
                 {"property": "hs_payment_enabled", "operator": "is_true"},
                 {"property": "hs_name", "operator": "has_ever_been", "values": ["Gold"]},
                 {"property": "hs_createdate", "operator": "before_property", "values": ["hs_lastmodifieddate"]}]]},
    {"groups": []},
]  # fmt: skip
SEARCHES: list[dict[str, Any]] = [
    {"filterGroups": [{"filters": [{"propertyName": "hs_mrr", "operator": "BETWEEN", "value": "1", "highValue": "9"},
                                   {"propertyName": "hs_status", "operator": "IN", "values": ["active", "unpaid"]}]},
                      {"filters": [{"propertyName": "associations.contact", "operator": "EQ", "value": "12"}]}],
     "sorts": [{"propertyName": "hs_createdate", "direction": "DESCENDING"}], "query": "kari", "limit": 10,
     "after": "20", "properties": ["hs_name", "hs_mrr"]},
    {"filters": [{"propertyName": "hs_createdate", "operator": "GT", "value": 1767225600000}], "sorts": ["-hs_mrr"]},
]  # fmt: skip
BRANCHES: list[dict[str, Any]] = [
    {"filterBranchType": "OR", "filterBranches": [
        {"filterBranchType": "AND", "filters": [
            {"filterType": "PROPERTY", "property": "hs_status",
             "operation": {"operationType": "ENUMERATION", "operator": "IS_ANY_OF", "values": ["unpaid"]}},
            {"filterType": "PROPERTY", "property": "hs_next_payment_due_date",
             "operation": {"operationType": "DATE", "operator": "IS_BEFORE", "year": 2026, "month": 3, "day": 1}},
            {"filterType": "PROPERTY", "property": "hs_mrr",
             "operation": {"operationType": "NUMBER_RANGED", "operator": "IS_BETWEEN", "lowerBound": 1,
                           "upperBound": 2}},
            {"filterType": "IN_LIST", "operator": "IN_LIST", "listId": "4711"}],
         "filterBranches": [{"filterBranchType": "ASSOCIATION", "objectTypeId": "0-1", "operator": "IN_LIST",
             "filters": [{"filterType": "PROPERTY", "property": "email",
                          "operation": {"operationType": "ALL_PROPERTY", "operator": "IS_KNOWN"}}]}]}]},
]  # fmt: skip
DEFINITIONS: list[dict[str, Any]] = [
    {"object": "subscription",
     "triggers": [{"on": "date", "property": "hs_next_payment_due_date", "days": -3, "at": "09:00"},
                  {"on": "event", "events": ["payment.failed"]},
                  {"on": "schedule", "every": "week", "day": 1, "at": "08:30", "filter": RIGHT[0]}],
     "again": {"each_value_of": "hs_next_payment_due_date"}, "start": "tell",
     "hours": {"days": [1, 2], "from": "08:00", "to": "16:00"}, "goal": RIGHT[1],
     "actions": [{"id": "tell", "do": "notify", "to": {"owner": True}, "text": "{{ record.name }} is due.",
                  "next": "w"},
                 {"id": "w", "do": "wait", "amount": 3, "unit": "days", "next": "b"},
                 {"id": "b", "do": "branch", "ways": [{"name": "a", "filter": RIGHT[0], "next": "s"}], "next": "u"},
                 {"id": "s", "do": "set_property", "property": "hs_name", "value": "Gold"},
                 {"id": "u", "do": "wait_until", "property": "hs_next_payment_due_date", "days": 1, "at": "09:00",
                  "next": "v"},
                 {"id": "v", "do": "branch_by_value", "property": "hs_status",
                  "cases": [{"values": ["active"], "next": "k"}]},
                 {"id": "k", "do": "make_task", "title": "Call", "to": {"users": [1]}, "due_days": 2, "next": "h"},
                 {"id": "h", "do": "webhook", "url": "https://example.com/hook"}]},
    {"object": "contact", "triggers": [{"on": "match", "filter": {
        "groups": [[{"property": "email", "operator": "known"}]]}}], "again": "always", "actions": [], "start": ""},
]  # fmt: skip
OBJECT = st.sampled_from(list(OBJECTS.values()))
names = st.sampled_from([prop.name for obj in OBJECTS.values() for prop in obj.properties])
leaves = st.one_of(scalars, names, spoiled(words))


def known() -> Known:
    """An account without users, segments and own properties."""
    return Known(OBJECTS.__getitem__, frozenset({1}), frozenset(), {}, {}, (), None)


def compiled(obj: ObjectType, wanted: Any, ctx: AccountContext, db: AnyConnection) -> None:
    """What was understood is run."""
    context = Context(ctx.id, ctx.today, ctx.now, ctx.time_zone, 1)
    sql = compile_select(obj, ["hs_object_id"], wanted, None, context, limit=1)
    db.execute(sql.text, sql.params)  # type: ignore[arg-type]


@often(88)
@given(obj=st.one_of(st.just(SUBSCRIPTION), OBJECT), told=spoiled_tree(st.sampled_from(RIGHT), leaves))
@example(obj=SUBSCRIPTION, told={"groups": [[{"segment": "9" * 5_000, "quantifier": "any"}]]})
@example(
    obj=SUBSCRIPTION,
    told='{"groups": [[{"property": "hs_mrr", "operator": "less", "value": 1e99999999999999999999}]]}',
)
def test_a_filter_is_told_back_as_it_was_understood_or_every_mistake_has_its_place(
    obj: ObjectType, told: object
) -> None:
    try:
        wanted = parse(obj, told)
    except FilterError as error:
        tells(all(each.place and each.remedy and len(each.value) <= 80 for each in error.problems))
    else:
        assert parse(obj, json.dumps(to_json(obj, wanted))) == wanted


@often(35)
@given(text=spoiled(st.sampled_from([json.dumps(each) for each in RIGHT])))
@example(text="[" * 200_000)
@example(text='{"groups": [[{"property": "hs_mrr", "operator": "less", "value": NaN}]]}')
def test_a_filter_in_an_address_is_one_or_refused(text: str) -> None:
    answered(lambda: parse(SUBSCRIPTION, text), FilterError)


@often(88)
@given(obj=st.one_of(st.just(SUBSCRIPTION), OBJECT), told=spoiled_tree(st.sampled_from(SEARCHES), leaves))
def test_a_search_of_a_program_is_understood_or_every_mistake_has_its_place(
    obj: ObjectType, told: object
) -> None:
    if isinstance(told, dict):
        answered(lambda: from_hubspot_search(obj, told), FilterError)


@often(88)
@given(obj=st.one_of(st.just(SUBSCRIPTION), OBJECT), told=spoiled_tree(st.sampled_from(BRANCHES), leaves))
@example(
    obj=SUBSCRIPTION,
    told={"filterBranchType": "OR", "filterBranches": [{"filterBranchType": "AND", "filters": [
        {"filterType": "PROPERTY", "property": "hs_next_payment_due_date",
         "operation": {"operationType": "DATE", "operator": "IS_BEFORE", "year": 2026}}]}]},
)  # fmt: skip
def test_a_list_of_a_program_is_told_back_as_it_was_understood_or_refused(
    obj: ObjectType, told: object
) -> None:
    wanted = answered(lambda: from_filter_branch(obj, told), FilterError)
    if wanted is not None:
        assert from_filter_branch(obj, json.loads(json.dumps(to_filter_branch(obj, wanted)))) == wanted


@often(52)
@given(told=spoiled_tree(st.sampled_from(RIGHT + RIGHT), leaves, most=2), obj=st.just(SUBSCRIPTION))
@example(
    told={"groups": [[{"property": "hs_createdate", "operator": "in_period", "values": [{}]}]]},
    obj=SUBSCRIPTION,
)
def test_what_was_understood_of_a_filter_the_database_can_look_for(
    told: object, obj: ObjectType, account: AccountContext, db: AnyConnection
) -> None:
    wanted = answered(lambda: parse(obj, told), FilterError)
    if wanted is not None:
        compiled(obj, wanted, account, db)


@often(88)
@given(told=spoiled_tree(st.sampled_from(DEFINITIONS), leaves))
@example(told={**DEFINITIONS[0], "triggers": [{"on": []}]})
@example(told={**DEFINITIONS[0], "hours": {"from": "0830Z", "to": "16:00"}})
@example(told={**DEFINITIONS[0], "actions": [{"id": "1", "do": {}}]})
def test_a_workflow_is_read_the_same_again_or_every_mistake_has_its_place(told: object) -> None:
    try:
        made = read_definition(told, known())
    except DefinitionError as error:
        tells(all(each.place and each.remedy for each in error.problems))
    else:
        assert made


@often(52)
@given(data=st.data())
def test_a_workflow_in_hubspots_shape_is_read_or_refused(data: st.DataObject) -> None:
    made = DEFINITIONS[0]
    flow = {
        "startActionId": "tell", "enrollmentCriteria": to_criteria(SUBSCRIPTION, made), **to_settings(SUBSCRIPTION,
                                                                                                      made),
        "actions": [to_action(SUBSCRIPTION, each) for each in made["actions"]],
    }  # fmt: skip
    told = data.draw(spoiled_tree(st.just(flow), leaves))
    if isinstance(told, dict):
        read = answered(lambda: from_flow(SUBSCRIPTION, told), DefinitionError)
        if read is not None:
            answered(lambda: read_definition(read, known()), DefinitionError)


REPORT: dict[str, Any] = {
    "object": "payment", "joined": ["contact", "subscription"], "rows": "payment.hs_initiated_date:monthly",
    "columns": "contact.country", "measures": ["sum:payment.hs_initial_amount", "count:payment",
                                               "median:subscription.hs_mrr"],
    "filter": [[{"property": "hs_latest_status", "operator": "is_any_of", "values": ["succeeded"]}]], "convert": True,
    "shape": "pivot",
}  # fmt: skip


@often(52)
@given(told=spoiled_tree(st.just(REPORT), leaves))
def test_a_custom_report_is_kept_as_it_was_understood_or_refused(
    told: object, account: AccountContext, db: AnyConnection
) -> None:
    if isinstance(told, dict):
        report = answered(lambda: read_report(db, account, told), WrongReport)
        if report is not None:
            again = read_report(db, account, json.loads(json.dumps(report.stored())))
            assert again.stored() == report.stored()


QUESTION = {"from": "2026-01-01", "to": "2026-12-31", "every": "monthly", "currency": "EUR", "owner": "1,2",
            "product": "7", "filter": json.dumps(RIGHT[0])}  # fmt: skip


@often(52)
@given(data=st.data())
@example(data=None)
def test_a_question_of_an_address_is_asked_the_same_again_or_refused(
    data: st.DataObject | None, account: AccountContext
) -> None:
    asked = dict(QUESTION, owner="9" * 5_000) if data is None else {
        word: data.draw(spoiled(st.just(value))) for word, value in QUESTION.items() if data.draw(st.booleans())
    }  # fmt: skip
    question = answered(lambda: read_question(asked, account), WrongQuestion)
    if question is not None:
        assert read_question(question.to_text(), account) == question


SORTS = [Sort(prop.name) for prop in SUBSCRIPTION.properties]
KEYS = [
    Key(None, 7),
    Key("kari", 7),
    Key("2026-01-01", 8),
    Key("2026-01-01T00:00:00+00:00", 9),
    Key("49.90", 7),
    Key("true", 1),
]


@often(88)
@given(sort=st.sampled_from(SORTS), text=spoiled(st.sampled_from([encode_key(each) for each in KEYS])))
def test_a_page_mark_is_one_of_the_list_or_refused(
    sort: Sort, text: str, account: AccountContext, db: AnyConnection
) -> None:
    key = answered(lambda: decode_key(SUBSCRIPTION, sort, text), WrongKey)
    if key is not None:
        assert decode_key(SUBSCRIPTION, sort, encode_key(key)) == key
        context = Context(account.id, account.today, account.now, account.time_zone, 1)
        sql = compile_select(
            SUBSCRIPTION, ["hs_object_id"], parse(SUBSCRIPTION, RIGHT[3]), sort, context, after=key, limit=1
        )
        db.execute(sql.text, sql.params)  # type: ignore[arg-type]


@often(52)
@given(
    sort=st.sampled_from(SORTS),
    marked=spoiled_tree(st.sampled_from([[each.value, each.id] for each in KEYS])),
)
def test_a_page_mark_with_other_contents_is_read_or_refused(
    sort: Sort, marked: object, account: AccountContext, db: AnyConnection
) -> None:
    import base64

    text = base64.urlsafe_b64encode(json.dumps(marked).encode()).decode().rstrip("=")
    test_a_page_mark_is_one_of_the_list_or_refused.hypothesis.inner_test(sort, text, account, db)  # type: ignore[attr-defined]
