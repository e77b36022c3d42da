"""What the columns of a file probably are: by labels in any of the product's languages, by internal names, by source.

This product's exports and HubSpot's carry the same headings. They are told apart by the Record IDs: those of this
account name its own records, any others are what the records are called elsewhere, and are kept as that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.catalog.model import ObjectType
from kalends.catalog.registry import get_object
from kalends.exports.columns import tied_headers
from kalends.imports.cells import read_moment
from kalends.imports.plan import (
    DATE_FORMATS,
    GOING_ON,
    IMPORTABLE,
    KEY,
    RECORD_ID,
    Plan,
    identifying,
    parse_target,
    targets_of,
    writable,
)
from kalends.imports.sheets import Row, Shape, shown

_STRIPE: dict[str, tuple[str, frozenset[str], Mapping[str, str]]] = {
    "customers": (
        "contact",
        frozenset({"id", "email", "created (utc)", "delinquent"}),
        {
            "id": KEY,
            "email": "email",
            "name": "lastname",
            "phone": "phone",
            "card address line1": "address",
            "card address city": "city",
            "card address state": "state",
            "card address country": "country",
            "card address zip": "zip",
        },
    ),
    "subscriptions": (
        "subscription",
        frozenset({"id", "customer id", "interval", "amount", "current period end (utc)"}),
        {
            "id": KEY,
            "customer id": "tie:contact:key",
            "product": "hs_name",
            "plan": "line:name",
            "quantity": "line:quantity",
            "currency": "hs_currency_code",
            "interval": "hs_recurring_billing_frequency",
            "amount": "line:price",
            "status": GOING_ON,
            "start (utc)": "hs_recurring_billing_start_date",
            "start date (utc)": "hs_recurring_billing_start_date",
        },
    ),
    "invoices": (
        "payment",
        frozenset({"id", "customer", "number", "total", "amount due"}),
        {
            "id": KEY,
            "customer": "tie:contact:key",
            "subscription": "tie:subscription:key",
            "customer email": "hs_customer_email",
            "currency": "hs_currency_code",
            "amount paid": "hs_initial_amount",
            "status": "hs_latest_status",
            "date (utc)": "hs_initiated_date",
            "number": "hs_reference_number",
        },
    ),
}
"""Stripe's exports: the object that they become, the headings they are known by, and what their columns are.

An invoice that was paid elsewhere is money that was received: it becomes a payment, and nothing is ever billed for it.
"""
_OTHER_WORDS: dict[str, Mapping[str, str]] = {
    "contact": {
        "e-mail": "email",
        "email address": "email",
        "e-postadresse": "email",
        "sähköpostiosoite": "email",
        "surname": "lastname",
        "mobile": "mobilephone",
        "mobil": "mobilephone",
        "matkapuhelin": "mobilephone",
    },
    "company": {"domain": "domain", "website": "website", "company": "name"},
}


def source_of(headings: Sequence[str]) -> tuple[str, str]:
    """Which system wrote a file, and which object it holds, where its headings say so; else nothing.

    >>> source_of(["id", "Email", "Name", "Created (UTC)", "Delinquent"])
    ('stripe', 'contact')
    """
    names = {_bare(each) for each in headings}
    for obj, needed, _ in _STRIPE.values():
        if needed <= names:
            return "stripe", obj
    return "", ""


def object_of(headings: Sequence[str]) -> str:
    """The object whose labels cover the most headings."""
    source, name = source_of(headings)
    if source:
        return name
    return max(
        IMPORTABLE, key=lambda each: sum(1 for found in _by_label(get_object(each), headings) if found)
    )


def guess(
    db: Connection[Any],
    ctx: AccountContext,
    obj: ObjectType,
    shape: Shape,
    headings: Sequence[str],
    rows: Sequence[Row],
) -> Plan:
    """A plan to begin with. ``rows`` are the first ones of the file."""
    source, name = source_of(headings)
    if source and name == obj.name:
        targets = _of_stripe(obj, headings)
    else:
        targets = _by_label(obj, headings)
        source = ""
        if RECORD_ID in targets and _are_elsewhere(db, ctx, obj, targets.index(RECORD_ID), rows):
            source = "elsewhere"
            targets = [KEY if each == RECORD_ID else _key_of(each) for each in targets]
    identify, mode = identity_of(obj, targets)
    if RECORD_ID in targets and identify != RECORD_ID:
        targets = ["" if each == RECORD_ID else each for each in targets]
    texts = [
        [shown(row.cells[place]).strip() for row in rows if place < len(row.cells)]
        for place in range(len(headings))
    ]
    return Plan(
        object=obj.name,
        encoding=shape.encoding,
        delimiter=shape.delimiter,
        targets=tuple(targets),
        identify=identify,
        mode=mode,
        dates=guess_dates(values_of_kind(obj, targets, texts, "date", "datetime"), ctx.language),
        decimal=guess_decimal(values_of_kind(obj, targets, texts, "number", "money"), ctx.language),
        source=source,
    )


def _key_of(target: str) -> str:
    return f"{target.removesuffix(':id')}:key" if target.startswith("tie:") else target


def _bare(heading: str) -> str:
    return re.sub(r"\s+", " ", heading).strip().casefold()


def _of_stripe(obj: ObjectType, headings: Sequence[str]) -> list[str]:
    known = {*targets_of(obj)}
    meant = next(targets for name, _, targets in _STRIPE.values() if name == obj.name)
    return _each_once(found if (found := meant.get(_bare(each), "")) in known else "" for each in headings)


def _by_label(obj: ObjectType, headings: Sequence[str]) -> list[str]:
    known: dict[str, str] = dict(_OTHER_WORDS.get(obj.name, {}))
    for prop in [*writable(obj), obj.by_name[RECORD_ID]]:
        for label in prop.label:
            known.setdefault(_bare(label), prop.name)
            known[_bare(f"{label} ({prop.name})")] = prop.name
            known[_bare(f"{label} - {obj.singular_label.en}")] = prop.name
        known[prop.name.casefold()] = prop.name
    if obj.name == "subscription":
        status = obj.by_name["hs_status"]
        known |= {_bare(label): GOING_ON for label in (*status.label, status.name)}
    offered = {*targets_of(obj)}
    for tie in obj.associations:
        target = get_object(tie.to)
        ids = [tied_headers(target, language)[0] for language in ("en", "nb", "fi")]
        for header in (*ids, f"associated_{target.name}_ids"):
            if f"tie:{tie.to}:id" in offered:
                known[_bare(header)] = f"tie:{tie.to}:id"
    return _each_once(known.get(_bare(heading.removeprefix("'")), "") for heading in headings)


def _each_once(targets: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    kept: list[str] = []
    for each in targets:
        kept.append("" if each in seen else each)
        seen.add(each)
    return kept


def _are_elsewhere(
    db: Connection[Any], ctx: AccountContext, obj: ObjectType, place: int, rows: Sequence[Row]
) -> bool:
    """Whether the numbers in a column name records of another system: none of them is one of this account's."""
    given = {shown(row.cells[place]).strip() for row in rows if place < len(row.cells)}
    numbers = [int(each) for each in given if each.isdecimal() and len(each) < 19]
    query = sql.SQL("SELECT count(*) FROM {} WHERE account_id = %s AND id = ANY(%s)")
    found = db.execute(query.format(sql.Identifier(obj.table)), [ctx.id, numbers]).fetchone()
    assert found is not None
    return bool(given) and found[0] == 0


def identity_of(obj: ObjectType, targets: Sequence[str]) -> tuple[str, Any]:
    """What records are known by: their own words first, then the other system's, then the number."""
    for name in identifying(obj):
        if name in targets and name not in (RECORD_ID, KEY):
            return name, "both"
    if KEY in targets:
        return KEY, "both"
    return (RECORD_ID, "update") if RECORD_ID in targets else ("", "create")


def values_of_kind(
    obj: ObjectType, targets: Sequence[str], texts: Sequence[Sequence[str]], *kinds: str
) -> list[str]:
    """The cells of all columns that become properties of some kinds, to tell from how they are written."""
    found: list[str] = []
    for target, column in zip(targets, texts, strict=True):
        meant = parse_target(target) if target else None
        if meant is None or meant.kind not in ("property", "line"):
            continue
        prop = (get_object("line_item") if meant.kind == "line" else obj).by_name.get(meant.name)
        if prop is not None and prop.type in kinds:
            found += [text for text in column if text]
    return found


def guess_dates(values: Sequence[str], language: str) -> str:
    """The format that reads all values; where several do, the language's own.

    >>> guess_dates(["31/12/2025", "01/02/2026"], "en"), guess_dates(["01/02/2026"], "nb")
    ('DD/MM/YYYY', 'DD/MM/YYYY')
    >>> guess_dates(["01/31/2026"], "nb"), guess_dates([], "nb")
    ('MM/DD/YYYY', 'DD.MM.YYYY')
    """
    usual = "YYYY-MM-DD" if language.startswith("en") else "DD.MM.YYYY"
    order = [usual, *(each for each in DATE_FORMATS if each != usual)]
    return max(order, key=lambda form: sum(read_moment(value, form) is not None for value in values))


def guess_decimal(values: Sequence[str], language: str) -> str:
    """The sign in front of the decimals: the last sign of the values, where it is not one between thousands.

    >>> guess_decimal(["1 250,50"], "en"), guess_decimal(["1,250.50"], "nb"), guess_decimal(["12"], "nb")
    (',', '.', '.')
    """
    told = [re.sub(r".*?([.,])(\d+)$", r"\1\2", value) for value in values if re.search(r"[.,]\d+$", value)]
    sure = [each[0] for each in told if len(each) != len(".000")]
    counted = sure or []
    if not counted:
        return "." if not told else ("," if told[0][0] == "," and not language.startswith("en") else ".")
    return max(".,", key=counted.count)
