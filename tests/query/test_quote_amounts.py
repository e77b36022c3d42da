"""The amount of a quote in lists and filters is what its document says, whatever is on the whole of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog import get_object, to_api
from kalends.catalog.associations import tie
from kalends.core.adjustments import DISCOUNT, Adjustment, Adjustments, CannotAdjust, price_quote
from kalends.core.calendar import Frequency
from kalends.core.choices import OfferedLine
from kalends.core.money import from_minor, minor_digits
from kalends.core.terms import FEE, LineTerms
from kalends.query import Filter, compile_select, fetch
from kalends.sales.quote_amounts import adjustments_of
from tests.query.books import NOW, TODAY, context, insert

KINDS = ("discount", "fee", "tax")
FIRST = "TOTAL_FIRST_PAYMENT"


def decimals(most: int, places: int) -> st.SearchStrategy[Decimal]:
    return st.integers(0, most * 10**places).map(lambda n: Decimal(n).scaleb(-places))


@st.composite
def lines(draw: st.DrawFn, currency: str) -> list[dict[str, Any]]:
    """Lines of a quote, with taxes in and on top of their prices."""
    rows: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(1, 5))):
        frequency = draw(st.sampled_from([None, "monthly", "annually"]))
        delay = draw(st.sampled_from([{}, {}, {"delay_days": 0}, {"delay_days": 9}, {"delay_months": 2}]))
        rows.append(
            {
                "name": "Van",
                "currency": currency,
                "unit_price": draw(decimals(500, 3)),
                "quantity": Decimal(draw(st.integers(1, 4))),
                "discount_percent": draw(st.sampled_from([Decimal(0), Decimal(15)])),
                "tax_rate": draw(
                    st.sampled_from([Decimal(0), Decimal("25.5"), Decimal("25.5"), Decimal(14)])
                ),
                "tax_inclusive": draw(st.booleans()),
                "frequency": frequency,
                **(delay if frequency else {}),
            }
        )
    return rows


@st.composite
def adjustments(draw: st.DrawFn, currency: str) -> list[tuple[str, dict[str, Any]]]:
    rows: list[tuple[str, dict[str, Any]]] = []
    for kind in draw(st.lists(st.sampled_from(KINDS), max_size=4)):
        of_type = draw(st.sampled_from(["PERCENT", "PERCENT", "FIXED"]))
        value = decimals(130, 2) if of_type == "PERCENT" else decimals(90, minor_digits(currency))
        row = {"value_type": of_type, "value": draw(value), "position": draw(st.sampled_from([None, 1, 2]))}
        if kind == "discount":
            row["duration"] = draw(st.sampled_from([None, "ONCE", "ONCE", "FOREVER"]))
        rows.append((kind, row))
    return rows


def offered(key: int, row: dict[str, Any]) -> OfferedLine:
    terms = LineTerms(
        row["unit_price"],
        row["quantity"],
        discount_percent=row["discount_percent"],
        tax_rate=row["tax_rate"],
        tax_inclusive=row["tax_inclusive"],
    )
    frequency = Frequency(row["frequency"]) if row["frequency"] else None
    delay = {name: row.get(name) for name in ("delay_days", "delay_months")}
    return OfferedLine(key, "Van", terms, frequency, **delay)


def tie_to_quote(db: Connection[Any], account_id: int, quote: int, kind: str, row: dict[str, Any]) -> None:
    stamps = {"account_id": account_id, "created_at": NOW, "updated_at": NOW}
    number = insert(db, kind, stamps | row)
    kinds = {"type_id": tie("quote", kind).type_id, "account_id": account_id, "created_at": NOW}
    ends = {"from_type": "quote", "from_id": quote, "to_type": kind, "to_id": number}
    insert_tie = f"INSERT INTO association ({', '.join(kinds | ends)}) VALUES ({', '.join(['%s'] * 7)})"
    db.execute(insert_tie, list((kinds | ends).values()))


def figures(db: Connection[Any], account_id: int, quote: int) -> tuple[str | None, str | None]:
    """The amount of a quote and its total contract value, as the API writes them."""
    obj = get_object("quote")
    names = ("hs_quote_amount", "hs_tcv")
    with db.cursor() as cursor:
        found = fetch(cursor, compile_select(obj, names, Filter(), None, context(account_id), limit=1_000))
    row = next(row for row in found if row["id"] == quote)
    amount, tcv = (to_api(obj.by_name[name], row[name]) for name in names)
    return amount, tcv


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_amount_of_a_quote_is_what_the_rule_says(
    db: Connection[Any], account: AccountContext, data: st.DataObject
) -> None:
    currency = data.draw(st.sampled_from(["EUR", "JPY", "KWD"]))
    preference = data.draw(st.sampled_from([None, FIRST]))
    rows, whole = data.draw(lines(currency)), data.draw(adjustments(currency))
    with db.transaction(force_rollback=True):
        stamps = {"account_id": account.id, "created_at": NOW, "updated_at": NOW}
        columns = {"title": "Offer", "expiration_date": TODAY, "status": "DRAFT", "currency": currency}
        quote = insert(db, "quote", stamps | columns | {"total_preference": preference})
        for row in rows:
            insert(db, "line_item", stamps | {"parent_type": "quote", "parent_id": quote} | row)
        for kind, row in whole:
            tie_to_quote(db, account.id, quote, kind, row)

        amount, tcv = figures(db, account.id, quote)
        found = adjustments_of(db, account, quote)
    try:
        offer = price_quote([offered(*each) for each in enumerate(rows)], found, currency, TODAY)
    except CannotAdjust:
        assert amount is None
        return
    assert amount is not None
    if preference is None:
        assert tcv is not None
        without_tax = sum(each.amount_minor for each in offer.added if each.kind in (DISCOUNT, FEE))
        assert Decimal(amount) == Decimal(tcv) + from_minor(without_tax, currency)
    else:
        assert Decimal(amount) == from_minor(offer.due_minor, currency)


def test_no_discount_fee_or_tax_that_was_archived_counts(
    db: Connection[Any], account: AccountContext
) -> None:
    stamps = {"account_id": account.id, "created_at": NOW, "updated_at": NOW}
    quote = insert(db, "quote", stamps | {"title": "Offer", "expiration_date": TODAY, "status": "DRAFT"})
    line = {"name": "Van", "currency": account.currency, "unit_price": 100, "quantity": 1}
    insert(db, "line_item", stamps | {"parent_type": "quote", "parent_id": quote} | line)
    for kind in KINDS:
        row = {"value_type": "PERCENT", "value": Decimal(10), "archived_at": NOW}
        tie_to_quote(db, account.id, quote, kind, row)

    assert adjustments_of(db, account, quote) == Adjustments()
    amount, tcv = figures(db, account.id, quote)
    assert amount is not None
    assert amount == tcv


def test_the_lowest_position_counts_first_and_none_last(db: Connection[Any], account: AccountContext) -> None:
    stamps = {"account_id": account.id, "created_at": NOW, "updated_at": NOW}
    quote = insert(db, "quote", stamps | {"title": "Offer", "expiration_date": TODAY, "status": "DRAFT"})
    for value, position in ((1, None), (2, 7), (3, 2)):
        row = {"value_type": "FIXED", "value": Decimal(value), "position": position}
        tie_to_quote(db, account.id, quote, "discount", row)

    found = adjustments_of(db, account, quote).discounts
    assert found == tuple(Adjustment(Decimal(value)) for value in (3, 2, 1))
