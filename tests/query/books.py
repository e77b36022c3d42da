"""Random small books of subscriptions and contacts: as strategies, as rows, and as records of the oracle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import strategies as st
from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.catalog import Option, Property, Text, custom_property, get_object
from kalends.catalog.options import ACCEPTED_METHODS, LIFECYCLE_STAGES, SUBSCRIPTION_STATUSES
from kalends.events.journal import NewEvent
from kalends.events.journal import write as write_events
from kalends.query import Associated, Condition, Context, Filter, Operator, Period, operators_of
from kalends.query.operators import RULES
from tests.query.oracle import Record

TODAY = date(2026, 3, 29)
"""In Oslo, the day on which the clocks are put forward."""
NOW = datetime(2026, 3, 29, 10, tzinfo=UTC)
ZONE = "Europe/Oslo"
DECIMALS = {"NOK": 2, "JPY": 0, "KWD": 3}

_COLORS = tuple(Option(name, Text(name, name, name)) for name in ("red", "green", "blue"))
CUSTOM: tuple[Property, ...] = (
    custom_property("fleet_size", Text("Fleet size", "Flåte", "Kalusto"), "number"),
    custom_property("nickname", Text("Nickname", "Kallenavn", "Lempinimi"), "string"),
    custom_property("is_pilot", Text("Pilot", "Pilot", "Pilotti"), "bool"),
    custom_property(
        "colors", Text("Colors", "Farger", "Värit"), "enumeration", options=_COLORS, multiple=True
    ),
)
SUBSCRIPTION = get_object("subscription").with_custom(CUSTOM)
CONTACT = get_object("contact")

texts = st.sampled_from(["a", "A", "aB", "Ab", "ÅB", "åb", "a b", "A_b", "b a", "x", ""]) | st.text(
    alphabet="aAbBæÆåÅ %_\\.*'1{}", max_size=6
)
near = st.integers(-7, 7).map(lambda n: TODAY + timedelta(days=n))
days = near | near | st.integers(-400, 400).map(lambda n: TODAY + timedelta(days=n))
MIDNIGHT = datetime(2026, 3, 28, 23, tzinfo=UTC)
"""When the day of these tests begins in Oslo."""
moments = st.builds(
    lambda day, hours, micros: MIDNIGHT + timedelta(days=day, hours=hours, microseconds=micros),
    st.integers(-7, 7),
    st.sampled_from([-1, 0, 0, 1]),
    st.sampled_from([-1, 0, 1]),
)
minors = st.integers(-3, 3).map(lambda n: n * 50) | st.integers(-2000, 2000)


def _subset(options: Sequence[Option]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from([each.value for each in options]), max_size=3, unique=True)


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


class Happened(NamedTuple):
    """A change in the journal: of which subscription (by its place), when, of what, from what to what.

    ``by_payment`` says that the event is a payment's, which changed its subscription.
    """

    subscription: int
    at: datetime
    property: str
    pair: tuple[Any, Any]
    by_payment: bool


class Book(NamedTuple):
    """Rows to be, by column; ``tied`` lists pairs (subscription, contact) of further ties, by place."""

    contacts: list[dict[str, Any]]
    subscriptions: list[dict[str, Any]]
    tied: list[tuple[int, int]]
    changes: list[Happened]


_contacts = st.fixed_dictionaries(
    {
        "first_name": _maybe(texts),
        "lifecycle_stage": _maybe(st.sampled_from([each.value for each in LIFECYCLE_STAGES[:3]])),
        "email_opt_out": _maybe(st.booleans()),
    }
)
_subscriptions = st.fixed_dictionaries(
    {
        "name": texts.map(lambda text: text or "x"),
        "comments": _maybe(texts),
        "status": st.sampled_from([each.value for each in SUBSCRIPTION_STATUSES]),
        "currency": st.sampled_from(list(DECIMALS)),
        "mrr_minor": minors,
        "next_amount_minor": _maybe(minors),
        "expected_payments": _maybe(st.integers(1, 12)),
        "start_date": days,
        "next_due_date": _maybe(days),
        "paused_at": _maybe(moments),
        "created_at": moments,
        "allowed_payment_methods": _maybe(_subset(ACCEPTED_METHODS)),
        "online_payment": st.booleans(),
        "owner_id": _maybe(st.sampled_from([1, 2, 3])),
        "contact": _maybe(st.integers(0, 2)),
        "custom": st.fixed_dictionaries(
            {},
            optional={
                "fleet_size": st.integers(-2, 3),
                "nickname": texts,
                "is_pilot": st.booleans(),
                "colors": _subset(_COLORS).map(";".join),
            },
        ),
    }
)
_CHANGED: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "hs_name": ("name", texts),
    "hs_invoice_comments": ("comments", _maybe(texts)),
    "hs_status": ("status", st.sampled_from([each.value for each in SUBSCRIPTION_STATUSES])),
    "hubspot_owner_id": ("owner_id", _maybe(st.sampled_from([1, 2, 3]))),
    "hs_next_payment_amount": ("next_amount_minor", _maybe(minors)),
    "hs_number_of_expected_payments": ("expected_payments", _maybe(st.integers(1, 12))),
    "hs_next_payment_due_date": ("next_due_date", _maybe(days)),
    "hs_payment_enabled": ("online_payment", st.booleans()),
    "fleet_size": ("custom.fleet_size", _maybe(st.integers(-2, 3))),
    "nickname": ("custom.nickname", _maybe(texts)),
}
"""Properties whose changes are in the journals of these tests, their names there, and what they can have been."""
_changes = st.sampled_from(list(_CHANGED)).flatmap(
    lambda name: st.builds(
        Happened,
        st.integers(0, 7),
        moments,
        st.just(name),
        # A journal tells of what changed: never from nothing to nothing.
        st.tuples(_CHANGED[name][1], _CHANGED[name][1]).filter(
            lambda pair: (pair[0] or None) != (pair[1] or None)
        ),
        st.booleans(),
    )
)
books = st.builds(
    Book,
    st.lists(_contacts, min_size=3, max_size=3),
    st.lists(_subscriptions, min_size=4, max_size=8),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), max_size=3, unique=True),
    st.lists(_changes, max_size=8),
)

CONDITION_PROPERTIES = (
    "hs_name", "hs_invoice_comments", "hs_status", "hubspot_owner_id", "hs_mrr", "hs_next_payment_amount",
    "hs_number_of_expected_payments", "hs_next_payment_due_date", "hs_paused_date", "hs_createdate",
    "hs_recurring_billing_start_date", "hs_allowed_payment_methods", "hs_payment_enabled",
    "fleet_size", "nickname", "is_pilot", "colors",
)  # fmt: skip
_TIMES = ("hs_next_payment_due_date", "hs_paused_date", "hs_createdate", "hs_recurring_billing_start_date")
_numbers = (
    st.sampled_from(
        [Decimal(text) for text in ("0", "0.5", "0.50", "-0.5", "1", "0.05", "50", "100", "2", "3")]
    )
    | st.integers(-40, 40).map(lambda n: Decimal(n) / 2)
    | st.decimals(-20, 20, places=3)
)


def _values(prop: Property) -> st.SearchStrategy[Any]:
    if prop.is_text:
        return texts.filter(lambda text: bool(text.strip()))
    if prop.is_number:
        return _numbers
    if prop.type == "date":
        return days
    if prop.type == "datetime":
        return days | moments
    if prop.options_from == "owners":
        return st.sampled_from(["1", "2", "3", "me"])
    return st.sampled_from([each.value for each in prop.options])


def _operands(prop: Property, operator: Operator) -> st.SearchStrategy[tuple[Any, ...]]:
    match RULES[operator].operand:
        case "none":
            return st.just(())
        case "one":
            return _values(prop).map(lambda value: (value,))
        case "two":
            kind = st.sampled_from([days, moments]) if prop.type == "datetime" else st.just(_values(prop))
            pairs = kind.flatmap(lambda each: st.tuples(each, each))
            return pairs.map(lambda pair: tuple(sorted(pair)))
        case "days":
            return st.integers(0, 5).map(lambda n: (Decimal(n),))
        case "periods":
            return st.lists(st.sampled_from(list(Period)), min_size=1, max_size=2, unique=True).map(tuple)
        case "property":
            return st.sampled_from([name for name in _TIMES if name != prop.name]).map(lambda name: (name,))
        case _:
            return st.lists(_values(prop), min_size=1, max_size=3).map(tuple)


def conditions_on(
    names: Sequence[str], by_name: Mapping[str, Property], operators: Sequence[Operator] = tuple(Operator)
) -> st.SearchStrategy[Condition]:
    """Any condition on any of the properties with any of the operators that it has."""
    possible = [
        (by_name[name], operator)
        for name in names
        for operator in operators_of(by_name[name])
        if operator in operators
    ]
    return st.sampled_from(possible).flatmap(
        lambda pair: st.builds(
            Condition, st.just(pair[0].name), st.just(pair[1]), _operands(*pair), st.booleans()
        )
    )


def conditions_with(operator: Operator) -> st.SearchStrategy[Condition]:
    """Any condition with an operator, on a subscription."""
    return conditions_on(CONDITION_PROPERTIES, SUBSCRIPTION.by_name, [operator])


conditions = conditions_on(CONDITION_PROPERTIES, SUBSCRIPTION.by_name)
associated = st.builds(
    Associated,
    st.just("contact"),
    st.lists(
        conditions_on(("firstname", "lifecyclestage", "hs_email_optout"), CONTACT.by_name), max_size=2
    ).map(tuple),
    st.sampled_from(["any", "none"]),
)
filters = st.builds(
    Filter,
    st.lists(
        st.lists(conditions | conditions | conditions | associated, min_size=1, max_size=3).map(tuple),
        max_size=3,
    ).map(tuple),
)


def context(account_id: int) -> Context:
    """The account on the day of these tests, asked by user 2."""
    return Context(account_id, TODAY, NOW, ZONE, user_id=2)


def write(db: Connection[Any], account_id: int, book: Book) -> list[Record]:
    """Put a book into the database, and give its subscriptions as the oracle sees them."""
    contacts = [_write_contact(db, account_id, number, row) for number, row in enumerate(book.contacts)]
    records: list[Record] = []
    for row in book.subscriptions:
        own = [] if row["contact"] is None else [contacts[row["contact"]]]
        number = _write_subscription(db, account_id, row, own[0].id if own else None)
        records.append(Record(number, subscription_values(number, row), {"contact": own}))
    for subscription, contact in book.tied:
        if subscription < len(records):
            tie(db, account_id, records[subscription].id, contacts[contact].id)
            records[subscription].tied["contact"].append(contacts[contact])
    for change in book.changes:
        if change.subscription < len(records):
            _write_change(db, account_id, records[change.subscription], change, book)
    return records


def _write_change(db: Connection[Any], account_id: int, record: Record, change: Happened, book: Book) -> None:
    part = {_CHANGED[change.property][0]: change.pair}
    data = {"parent_changes": part} if change.by_payment else {"changes": part}
    event = NewEvent(
        "payment.settled" if change.by_payment else "subscription.edited",
        "payment" if change.by_payment else "subscription",
        1 if change.by_payment else record.id,
        record.id,
        data,
    )
    write_events(db, account_id, change.at, [event])
    currency = book.subscriptions[change.subscription]["currency"]
    past = record.past.setdefault(change.property, [])
    past.extend((change.at, _in_past(change.property, value, currency)) for value in change.pair)


def _in_past(name: str, value: Any, currency: str) -> Any:
    if value is None:
        return None
    if name == "hs_next_payment_amount":
        return Decimal(value).scaleb(-DECIMALS[currency])
    return str(value) if name == "hubspot_owner_id" else value


def insert(db: Connection[Any], table: str, row: dict[str, Any]) -> int:
    """Insert a row and give its id."""
    columns = ", ".join(row)
    places = ", ".join(f"%({name})s" for name in row)
    inserted = db.execute(f"INSERT INTO {table} ({columns}) VALUES ({places}) RETURNING id", row).fetchone()
    assert inserted is not None
    return int(inserted[0])


def _write_contact(db: Connection[Any], account_id: int, number: int, row: dict[str, Any]) -> Record:
    stamps = {
        "account_id": account_id,
        "created_at": NOW,
        "updated_at": NOW,
        "email": f"{number}@example.com",
    }
    values = {
        "firstname": row["first_name"],
        "lifecyclestage": row["lifecycle_stage"],
        "hs_email_optout": row["email_opt_out"],
        "createdate": NOW,
    }
    return Record(insert(db, "contact", stamps | row), values)


def subscription_row(account_id: int, **columns: Any) -> dict[str, Any]:
    """A row that the table takes, with the columns that matter to a test."""
    return {
        "account_id": account_id,
        "created_at": NOW,
        "updated_at": NOW,
        "name": "Fleet Core",
        "status": "active",
        "currency": "EUR",
        "collection": "manual",
        "creates_invoices": False,
        "frequency": "monthly",
        "start_date": TODAY,
        "anchor_date": TODAY,
        "mrr_minor": 0,
        "arr_minor": 0,
        **columns,
    }


def _write_subscription(
    db: Connection[Any], account_id: int, row: dict[str, Any], contact: int | None
) -> int:
    columns = {name: value for name, value in row.items() if name not in ("contact", "custom")}
    custom = Jsonb(row["custom"])
    return insert(
        db, "subscription", subscription_row(account_id, **columns, contact_id=contact, custom=custom)
    )


def tie(db: Connection[Any], account_id: int, subscription: int, contact: int) -> None:
    """Tie the two by rows."""
    for one, first, other, second, number in (
        ("subscription", subscription, "contact", contact, 295),
        ("contact", contact, "subscription", subscription, 296),
    ):
        db.execute(
            "INSERT INTO association (account_id, from_type, from_id, to_type, to_id, type_id, created_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (account_id, one, first, other, second, number, NOW),
        )


def subscription_values(number: int, row: dict[str, Any]) -> dict[str, Any]:
    """What the oracle reads of a row."""
    custom = row["custom"]

    def amount(minor: int | None) -> Decimal | None:
        return None if minor is None else Decimal(minor).scaleb(-DECIMALS[row["currency"]])

    return {
        "hs_object_id": number,
        "hs_name": row["name"],
        "hs_invoice_comments": row["comments"],
        "hs_status": row["status"],
        "hubspot_owner_id": None if row["owner_id"] is None else str(row["owner_id"]),
        "hs_mrr": amount(row["mrr_minor"] if row["status"] in ("active", "past_due", "unpaid") else 0),
        "hs_next_payment_amount": amount(row["next_amount_minor"]),
        "hs_number_of_expected_payments": row["expected_payments"],
        "hs_next_payment_due_date": row["next_due_date"],
        "hs_paused_date": row["paused_at"],
        "hs_createdate": row["created_at"],
        "hs_recurring_billing_start_date": row["start_date"],
        "hs_allowed_payment_methods": row["allowed_payment_methods"],
        "hs_payment_enabled": row["online_payment"],
        "fleet_size": custom.get("fleet_size"),
        "nickname": custom.get("nickname"),
        "is_pilot": custom.get("is_pilot"),
        "colors": [part for part in custom.get("colors", "").split(";") if part],
    }
