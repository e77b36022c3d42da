"""Custom reports: their counts and sums are those of a slow evaluation record by record, and sight holds in them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalends.accounts.context import AccountContext
from kalends.accounts.currencies import set_rate
from kalends.accounts.sql import enter_account
from kalends.catalog import get_object
from kalends.core.money import minor_digits, round_half_up
from kalends.insight.charts import draw
from kalends.insight.custom import LAYOUTS, SHAPES, CustomReport, What, WrongReport, read_report, work_out
from kalends.insight.custom.behind import filter_behind
from kalends.insight.custom.definition import WITHOUT_ROWS
from kalends.insight.custom.drawing import chart_of, summary
from kalends.insight.custom.sheet import sheet_of
from kalends.insight.every import Every, begin
from kalends.query import Filter, Scope, Sight, compile_count, compile_select, currency_column, fetch, parse
from kalends.query.context import Context
from tests.business.proof.books import Book
from tests.world import World

TIES = {
    ("payment", "subscription"): "SELECT id, subscription_id FROM payment WHERE subscription_id IS NOT NULL",
    ("payment", "contact"): "SELECT id, contact_id FROM payment WHERE contact_id IS NOT NULL",
    ("subscription", "payment"): "SELECT subscription_id, id FROM payment WHERE subscription_id IS NOT NULL",
    ("subscription", "line_item"): "SELECT parent_id, id FROM line_item WHERE parent_type = 'subscription'",
    ("subscription", "contact"): "SELECT id, contact_id FROM subscription",
}
"""How records are tied, read straight from the tables."""
DIMENSIONS = {
    "payment": (
        "hs_latest_status",
        "hs_currency_code",
        "hs_initiated_date:monthly",
        "hs_initiated_date:weekly",
    ),
    "subscription": (
        "hs_status",
        "hs_recurring_billing_frequency",
        "hs_recurring_billing_start_date:quarterly",
    ),
    "line_item": ("name", "price"),
    "contact": ("firstname",),
}
MEASURES = {
    "payment": ("count:payment", "sum:payment.hs_initial_amount", "median:payment.hs_initial_amount",
                "average:payment.hs_initial_amount", "max:payment.hs_initial_amount",
                "distinct:payment.hs_currency_code"),
    "subscription": ("count:subscription", "sum:subscription.hs_mrr", "min:subscription.hs_mrr",
                     "median:subscription.hs_mrr", "distinct:subscription.hs_status"),
    "line_item": ("count:line_item", "sum:line_item.quantity", "average:line_item.quantity"),
    "contact": ("count:contact", "distinct:contact.firstname"),
}  # fmt: skip
FILTERS: dict[str, list[list[Any]]] = {
    "payment": [[], [[{"property": "hs_latest_status", "operator": "is_any_of", "values": ["succeeded"]}]]],
    "subscription": [[], [[{"associated": "payment", "conditions": []}]]],
}


@st.composite
def reports(draw: st.DrawFn) -> dict[str, Any]:
    primary = draw(st.sampled_from(sorted(FILTERS)))
    others = [other for one, other in TIES if one == primary]
    joined = draw(st.lists(st.sampled_from(others), unique=True, max_size=2))
    objects = [primary, *joined]
    dimension = st.sampled_from([f"{each}.{word}" for each in objects for word in DIMENSIONS[each]] + [""])
    measure = st.sampled_from([word for each in objects for word in MEASURES[each]])
    return {
        "object": primary,
        "joined": joined,
        "rows": draw(dimension),
        "columns": draw(dimension),
        "measures": draw(st.lists(measure, min_size=1, max_size=3, unique=True)),
        "filter": draw(st.sampled_from(FILTERS[primary])),
        "convert": draw(st.booleans()),
    }


def context(world: World, sight: Sight | None = None) -> Context:
    ctx = world.ctx
    return Context(ctx.id, ctx.today, ctx.now, ctx.time_zone, sight=sight)


def every_record(world: World, name: str, groups: Any = ()) -> dict[int, dict[str, Any]]:
    obj = get_object(name)
    wanted = parse(obj, {"groups": groups}) if groups else Filter()
    names = [each.name for each in obj.properties]
    sql = compile_select(obj, names, wanted, None, context(world), limit=100_000)
    return {row["id"]: row for row in fetch(world.db.cursor(), sql)}


def slowly(world: World, told: dict[str, Any], report: CustomReport) -> dict[tuple[Any, ...], Fraction]:
    """Every group and figure, with dictionaries and loops."""
    records = {name: every_record(world, name) for name in report.objects}
    records[report.object] = every_record(world, report.object, told["filter"])
    ties: dict[tuple[str, int], list[int]] = defaultdict(list)
    for name in report.joined:
        for one, other in world.rows(TIES[report.object, name]):
            if other in records[name]:
                ties[name, one].append(other)
    combined: list[dict[str, int | None]] = []
    for id_ in records[report.object]:
        rows: list[dict[str, int | None]] = [{report.object: id_}]
        for name in report.joined:
            rows = [{**row, name: other} for row in rows for other in ties[name, id_] or [None]]
        combined += rows
    figures: dict[tuple[Any, ...], Fraction] = {}
    for number, measure in enumerate(report.measures):
        groups: dict[tuple[Any, ...], set[int]] = defaultdict(set)
        for row in combined:
            key = [_value(world, records, row, each) for each in report.dimensions]
            own = row[measure.object]
            if own is not None:
                groups[tuple(key + [None] * (2 - len(key)))].add(own)
        for key, ids in groups.items():
            found = [records[measure.object][each] for each in sorted(ids)]
            figures |= {
                (*key, number, code): each for code, each in _measured(world, report, measure, found).items()
            }
    return figures


def _value(world: World, records: Any, row: dict[str, int | None], dimension: Any) -> Any:
    id_ = row[dimension.object]
    value = None if id_ is None else records[dimension.object][id_][dimension.property]
    if value in (None, ""):
        return None
    if dimension.every is not None:
        day = (
            value.astimezone(ZoneInfo(world.ctx.time_zone)).date()
            if isinstance(value, dt.datetime)
            else value
        )
        return begin(day, Every(dimension.every))
    return value


def _measured(
    world: World, report: CustomReport, measure: Any, found: list[dict[str, Any]]
) -> dict[str, Fraction]:
    if measure.what is What.COUNT:
        return {"": Fraction(len(found))}
    values: dict[str, list[Fraction]] = defaultdict(list)
    prop = report.property_of(measure)
    if measure.what is What.DISTINCT:
        return {"": Fraction(len({row[prop.name] for row in found if row[prop.name] not in (None, "")}))}
    for row in found:
        if row[prop.name] is None:
            continue
        code = row[currency_column(prop.name)] if prop.currency else ""
        amount = Fraction(row[prop.name])
        if prop.currency and report.convert:
            amount, code = amount * RATES.get(code, Fraction(1)), ""
        values[code].append(amount)
    worked = {code: _worked(measure.what, sorted(each)) for code, each in values.items()}
    if not prop.currency:
        return worked
    return {code: _to_cents(each, code or world.ctx.currency) for code, each in worked.items()}


def _worked(what: What, values: list[Fraction]) -> Fraction:
    middle = len(values) // 2
    return {
        What.SUM: sum(values, Fraction(0)),
        What.AVERAGE: sum(values, Fraction(0)) / len(values),
        What.MIN: values[0],
        What.MAX: values[-1],
        What.MEDIAN: values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2,
    }[what]


def _to_cents(value: Fraction, code: str) -> Fraction:
    shift = 10 ** minor_digits(code)
    return Fraction(round_half_up(value * shift), shift)


RATES = {"NOK": Fraction(9, 100)}


@pytest.fixture(scope="module")
def world(book: Book) -> Iterator[World]:
    """The book, with some of its subscriptions and payments in another currency for as long as the tests run."""
    world = book.world
    with world.db.transaction(force_rollback=True):
        enter_account(world.db, world.ctx.id)
        world.db.execute(
            "INSERT INTO enabled_currency (account_id, code) VALUES (%s, 'NOK') ON CONFLICT DO NOTHING",
            [world.ctx.id],
        )
        set_rate(world.db, world.ctx, "NOK", Decimal("0.09"), since=dt.date(2020, 1, 1))
        for table in ("payment", "subscription"):
            world.db.execute(
                f"UPDATE {table} SET currency = 'NOK' WHERE account_id = %s AND id %% 3 = 0", [world.ctx.id]
            )  # type: ignore[call-overload]
        yield world


@settings(max_examples=25, deadline=None)
@given(told=reports())
def test_counts_and_sums_are_those_of_a_slow_evaluation(world: World, told: dict[str, Any]) -> None:
    report = read_report(world.db, world.ctx, told)
    result = work_out(world.db, world.ctx, report)
    expected = slowly(world, told, report)
    found = {
        (cell.row, cell.column, cell.measure, cell.currency): figure
        for cell, figure in result.figures.items()
        if figure or (cell.row, cell.column, cell.measure, cell.currency) in expected
    }
    assert found == expected


def test_a_report_is_what_its_json_says_again(world: World) -> None:
    told = {
        "object": "payment",
        "joined": ["subscription"],
        "rows": "payment.hs_initiated_date:quarterly",
        "columns": "subscription.hs_status",
        "measures": ["sum:payment.hs_total_taxes_amount", "count:subscription"],
        "filter": FILTERS["payment"][1],
        "convert": True,
        "shape": "pivot",
    }
    report = read_report(world.db, world.ctx, told)
    assert read_report(world.db, world.ctx, report.stored()).stored() == report.stored()


def test_total_fees_and_taxes_of_payments_can_be_summed_here(world: World) -> None:
    told = {
        "object": "payment",
        "measures": ["sum:payment.hs_total_taxes_amount", "sum:payment.hs_total_fees_amount"],
        "convert": True,
    }
    result = work_out(world.db, world.ctx, read_report(world.db, world.ctx, told))
    assert (result.of(None, None, 0) or 0) > 0


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({}, "object"),
        ({"object": "planet"}, "object"),
        ({"object": "payment", "joined": ["payment"]}, "joined"),
        ({"object": "contact", "joined": ["company", "deal", "subscription", "invoice", "payment"]}, "joined"),
        ({"object": "payment", "rows": "subscription.hs_status"}, "rows"),
        ({"object": "payment", "rows": "payment.none"}, "rows"),
        ({"object": "payment", "columns": "payment.hs_initiated_date:hourly"}, "columns"),
        ({"object": "payment", "measures": ["sum:payment.hs_latest_status"]}, "measures"),
        ({"object": "payment", "measures": ["product:payment.hs_initial_amount"]}, "measures"),
        ({"object": "payment", "measures": [f"{each}:payment.hs_initial_amount" for each in What if each != "count"]},
         "measures"),
        ({"object": "payment", "shape": "sphere"}, "shape"),
        ({"object": "payment", "filter": [[{"property": "none", "operator": "known"}]]}, "filter"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_refused_with_its_place(
    world: World, told: dict[str, Any], field: str
) -> None:
    with pytest.raises(WrongReport) as refused:
        read_report(world.db, world.ctx, told)
    assert refused.value.field == field


def test_nobody_counts_what_they_may_not_see(world: World) -> None:
    told = {
        "object": "payment",
        "joined": ["subscription"],
        "measures": ["count:payment", "count:subscription"],
    }
    report = read_report(world.db, world.ctx, told)
    whole = work_out(world.db, world.ctx, report)
    none = Sight(0, (), {"payment": Scope.NONE, "subscription": Scope.ALL})
    half = Sight(0, (), {"payment": Scope.ALL, "subscription": Scope.NONE})
    assert (whole.of(None, None, 0) or 0) > 0 < (whole.of(None, None, 1) or 0)
    assert work_out(world.db, world.ctx, report, sight=none).of(None, None, 1) == 0
    seen = work_out(world.db, world.ctx, report, sight=half)
    assert seen.of(None, None, 0) == whole.of(None, None, 0)
    assert seen.of(None, None, 1) == 0


def test_another_account_is_not_counted(world: World, account: AccountContext) -> None:
    report = read_report(world.db, world.ctx, {"object": "payment", "measures": ["count:payment"]})
    with world.db.transaction(force_rollback=True):
        enter_account(world.db, account.id)
        assert work_out(world.db, account, report).of(None, None, 0) == 0
    enter_account(world.db, world.ctx.id)


@settings(max_examples=12, deadline=None)
@given(told=reports())
def test_as_many_records_stand_behind_a_group_as_it_counts(world: World, told: dict[str, Any]) -> None:
    told = {**told, "measures": [f"count:{told['object']}"], "shape": "table"}
    report = read_report(world.db, world.ctx, told)
    if any(each.property in ("firstname", "name") for each in report.dimensions):
        return  # text: groups know case, conditions do not
    result = work_out(world.db, world.ctx, report)
    for pair in result.pairs[:6]:
        wanted = filter_behind(report, pair)
        count = fetch(world.db.cursor(), compile_count(report.primary, wanted, context(world)))[0]["count"]
        assert count == result.of(*pair, 0), pair


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_drawn_and_told_in_words(world: World, shape: str) -> None:
    told = {
        "object": "payment",
        "rows": "payment.hs_initiated_date:monthly",
        "columns": "payment.hs_latest_status",
        "measures": ["sum:payment.hs_initial_amount", "count:payment"],
        "shape": shape,
    }
    result = work_out(world.db, world.ctx, read_report(world.db, world.ctx, told))
    sheet = sheet_of(result, {}, "en")
    chart = chart_of(result, sheet, "Payments", "en")
    assert (chart is None) == (shape in LAYOUTS)
    assert chart is None or draw(chart, "x").startswith("<svg")
    assert summary(result, sheet, "en") != "There is nothing to count."
    assert (len(sheet.rows) == 1) == (shape in WITHOUT_ROWS)
