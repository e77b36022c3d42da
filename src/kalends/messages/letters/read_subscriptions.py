"""Reading what letters about subscriptions speak of: the agreement as it stood, what was edited, what is open."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import Row, fetch, integers, load
from kalends.core.calendar import local_date
from kalends.messages.letters.facts import (
    Agreement,
    Change,
    Charge,
    Customer,
    Facts,
    LineChange,
    Method,
    Open,
    Terms,
)
from kalends.messages.letters.joined import Wanted, day_of, doors_of, facts_about, page_of, rows_of

_METHOD = "payment_method_id"
_DATES = frozenset({"next_due_date", "end_date", "cancel_on", "pause_on", "resume_on"})


def of_subscriptions(db: Connection[Any], ctx: AccountContext, wanted: Sequence[Wanted]) -> dict[int, Facts]:
    """The facts of letters about subscriptions, by letter; one that is deleted is left out."""
    rows = rows_of(db, ctx, "subscriptions", wanted)
    left = _left_open(db, ctx, {row[2] for row in rows})
    events: list[dict[str, Any]] = [row[11] or {} for row in rows]
    named_methods = {row[9] for row in rows} | {id_ for event in events for id_ in _methods_in(event)}
    methods = _methods(db, ctx, named_methods - {None})
    terms = _terms(db, ctx, {id_ for event in events for pair in event.get("lines") or () for id_ in pair})
    doors = doors_of(db, ctx)
    facts: dict[int, Facts] = {}
    for row, event in zip(rows, events, strict=True):
        (id_, at, subscription, name, currency, automatic, due, amount, canceled_at, method, resume_on, _,
         *customer) = row  # fmt: skip
        reader = Customer(*customer)
        resumes = (event.get("changes") or {}).get("resume_on")
        agreement = Agreement(
            name,
            currency,
            automatic,
            due,
            None if amount is None else int(amount),
            day_of(canceled_at, ctx),
            page_of(ctx.id, subscription),
            method=methods.get(method),
            resume_on=_date(resumes[1]) if resumes else resume_on,
            update_page=doors.to_new_method(subscription, reader, at) if automatic else "",
        )
        open_, debits = left.get(subscription, ((), ()))
        facts[id_] = facts_about(
            ctx,
            reader,
            at,
            agreement=agreement,
            open=open_,
            debits=debits,
            change=_change(event, methods, terms),
        )
    return facts


def _change(
    event: Mapping[str, Any], methods: Mapping[int, Method], terms: Mapping[int, Terms]
) -> Change | None:
    """What an event says was edited; None when the letter is not about one."""
    if not event:
        return None
    columns: dict[str, tuple[Any, Any]] = {}
    for name, (before, after) in (event.get("changes") or {}).items():
        if name == _METHOD:
            columns[name] = methods.get(before), methods.get(after)
        elif name in _DATES:
            columns[name] = _date(before), _date(after)
        else:
            columns[name] = before, after
    lines = [LineChange(terms.get(old), terms.get(new)) for old, new in event.get("lines") or ()]
    return Change(columns, tuple(line for line in lines if line != (None, None)))


def _methods_in(event: Mapping[str, Any]) -> Iterable[int | None]:
    return (event.get("changes") or {}).get(_METHOD) or ()


def _methods(db: Connection[Any], ctx: AccountContext, ids: Iterable[Any]) -> dict[int, Method]:
    query = "SELECT id, kind, brand, last4, bank_or_issuer FROM payment_method WHERE account_id = %s AND id = ANY(%s)"
    rows = db.execute(query, [ctx.id, sorted(ids)]).fetchall()
    return {id_: Method(*method) for id_, *method in rows}


def _terms(db: Connection[Any], ctx: AccountContext, ids: Iterable[int | None]) -> dict[int, Terms]:
    lines = sorted(id_ for id_ in ids if id_ is not None)
    if not lines:
        return {}
    query = (
        "SELECT id, name, quantity, unit_price, discount_per_unit, discount_percent FROM line_item "
        "WHERE account_id = %s AND id = ANY(%s)"
    )
    return {id_: Terms(*terms) for id_, *terms in db.execute(query, [ctx.id, lines]).fetchall()}


def _left_open(
    db: Connection[Any], ctx: AccountContext, subscriptions: Iterable[int]
) -> dict[int, tuple[tuple[Open, ...], tuple[Charge, ...]]]:
    params = {"account_id": ctx.id, "ids": integers(sorted(subscriptions))}
    rows: dict[int, list[Row]] = {}
    for subscription, *rest in fetch(db, load("kalends.messages", "letters_left_open"), params):
        rows.setdefault(subscription, []).append(tuple(rest))
    return {subscription: _split(left, ctx) for subscription, left in rows.items()}


def _split(rows: Sequence[Row], ctx: AccountContext) -> tuple[tuple[Open, ...], tuple[Charge, ...]]:
    open_: list[Open] = []
    debits: list[Charge] = []
    for what, number, currency, amount, kind, at in rows:
        if what == "invoice":
            open_.append(Open(number, currency, amount))
        else:
            debits.append(Charge(amount, currency, local_date(at, ctx.time_zone), kind))
    return tuple(open_), tuple(debits)


def _date(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)
