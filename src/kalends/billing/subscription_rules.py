"""Subscriptions that programs make: records of what is billed elsewhere, until billing is switched on.

What is billed here obeys the services that pages and commands call. A record may be changed freely; its schedule and
its worth follow from what it says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.billing.agreement import EARLIEST, LATEST, NET_TERMS_MAX, PAYMENTS_MAX, own_terms
from kalends.billing.changes import delete_subscription
from kalends.billing.create import InvalidSubscription
from kalends.billing.locking import UnknownSubscription
from kalends.billing.record_worth import reckon_worth
from kalends.billing.start_record import start_record
from kalends.billing.switch_on import stop_billing
from kalends.core.calendar import Frequency, end_date
from kalends.core.lifecycle import RefusedTransition, Status, initial_status, is_terminal
from kalends.crm.record_values import INVALID_DATE, INVALID_NUMBER, READ_ONLY
from kalends.crm.rules import Change, Draft, Refused, Rules, register

Db = Connection[Any]
BILLING, COLLECTION = "hs_invoice_creation", "hs_collection_process"
START, FREQUENCY, PAYMENTS = (
    "hs_recurring_billing_start_date",
    "hs_recurring_billing_frequency",
    "hs_number_of_expected_payments",
)
CHANGED_WHILE_BILLED = frozenset(
    {
        "hs_name",
        "hubspot_owner_id",
        "hs_automatically_email_invoices",
        "hs_allowed_payment_methods",
        "hs_collect_address_types",
        "hs_invoice_comments",
        "hs_language",
        "hs_locale",
        "hs_net_payment_terms",
        "hs_payment_enabled",
        "hs_tax_ids",
        BILLING,
    }
)
"""What a program may change while a subscription is billed, besides its billing address and own properties."""


def register_rules() -> None:
    """Say what holds for subscriptions that programs make and change."""
    register(
        "subscription",
        Rules(
            handled=frozenset({BILLING, COLLECTION}),
            fill=_fill,
            check=_check,
            created=_created,
            changed=_changed,
            delete=_delete,
        ),
    )


def _fill(db: Db, ctx: AccountContext, drafts: Sequence[Draft]) -> None:
    del db
    for draft in drafts:
        columns, values = draft.columns, draft.written.values
        columns["collection"] = _collection(values.get(COLLECTION)) or "manual"
        columns["creates_invoices"] = False
        columns.setdefault("currency", ctx.currency)
        columns.setdefault("frequency", Frequency.MONTHLY.value)
        columns.setdefault("start_date", ctx.today)
        columns.setdefault("expected_payments", None)
        columns |= {"mrr_minor": 0, "arr_minor": 0, **own_terms(ctx, values)}
        if "hs_payment_enabled" not in values:
            columns["online_payment"] = ctx.settings.payment_links
        _check_terms(draft, columns)
        if not draft.written.problems:
            columns |= _schedule(ctx, columns, "active")


def _check_terms(asked: Draft | Change, columns: Mapping[str, Any]) -> None:
    days, payments, start = (
        columns.get(name) for name in ("net_terms_days", "expected_payments", "start_date")
    )
    if days is not None and not 0 <= days <= NET_TERMS_MAX:
        asked.refuse("hs_net_payment_terms", f"Give 0 (on receipt) to {NET_TERMS_MAX} days.", INVALID_NUMBER)
    if payments is not None and not 1 <= payments <= PAYMENTS_MAX:
        asked.refuse(
            PAYMENTS, f"Give 1 to {PAYMENTS_MAX:,} payments, or none to renew until canceled.", INVALID_NUMBER
        )
    if start is not None and not EARLIEST <= start < LATEST:
        asked.refuse(START, f"Give a day from {EARLIEST} to before {LATEST}.", INVALID_DATE)


def _collection(value: str | None) -> str | None:
    return None if value is None else value.removesuffix("_payments")


def _schedule(ctx: AccountContext, terms: Mapping[str, Any], status: str) -> dict[str, Any]:
    """What follows from a record's start, frequency and number of payments."""
    start: date = terms["start_date"]
    payments = terms["expected_payments"]
    frequency = Frequency(terms["frequency"])
    goes_on = status in (Status.ACTIVE, Status.SCHEDULED)
    return {
        "anchor_date": start,
        "anchor_cycle": 0,
        "end_date": None if payments is None else end_date(start, frequency, payments),
        "status": initial_status(start, ctx.today).value if goes_on else status,
    }


def _created(db: Db, ctx: AccountContext, drafts: Sequence[Draft], actor: str) -> None:
    for draft in drafts:
        if draft.written.values.get(BILLING) == "on":
            _start(db, ctx, draft.id, actor, START in draft.written.values)


def _check(db: Db, ctx: AccountContext, changes: Sequence[Change]) -> None:
    del db
    for change in changes:
        if COLLECTION in change.written.values:
            change.columns["collection"] = _collection(change.written.values[COLLECTION]) or "manual"
        _check_terms(change, change.columns)
        if change.row["creates_invoices"]:
            _refuse_what_is_billed(change)
        else:
            _follow(ctx, change)


def _refuse_what_is_billed(change: Change) -> None:
    for name in list(change.written.values):
        kept = name in CHANGED_WHILE_BILLED or name.startswith("hs_recipient_billing_")
        if not kept and not _says_the_same(change, name):
            change.refuse(
                name,
                f'"{name}" cannot be changed while {BILLING} is on. What is billed, when and to whom is changed by an '
                f"edit of the subscription.",
                READ_ONLY,
            )
    if change.columns.get("net_terms_days") and change.row["collection"] == "automatic":
        change.refuse(
            "hs_net_payment_terms",
            "Automatic payments are charged on the day itself; give 0.",
            INVALID_NUMBER,
        )


def _says_the_same(change: Change, name: str) -> bool:
    """Whether a value is the one that stands there already; own properties may change at any time."""
    places = {
        COLLECTION: "collection",
        START: "start_date",
        FREQUENCY: "frequency",
        PAYMENTS: "expected_payments",
        "hs_currency_code": "currency",
    }
    place = places.get(name)
    return place is None or change.columns.get(place, change.row[place]) == change.row[place]


def _follow(ctx: AccountContext, change: Change) -> None:
    """Let the schedule of a record follow what it says now."""
    moved = {"start_date", "frequency", "expected_payments"} & change.columns.keys()
    if moved and not change.problems():
        if is_terminal(Status(change.row["status"])):
            change.refuse(
                START, f"The subscription is {change.row['status']}: its schedule has ended.", READ_ONLY
            )
            return
        change.columns |= _schedule(ctx, {**change.row, **change.columns}, change.row["status"])
    if (
        change.columns.get("currency", change.row["currency"]) != change.row["currency"]
        and change.row["mrr_minor"]
    ):
        change.refuse(
            "hs_currency_code",
            "Its line items are priced in another currency; take them off first.",
            READ_ONLY,
        )


def _changed(db: Db, ctx: AccountContext, changes: Sequence[Change], actor: str) -> None:
    for change in changes:
        wanted, is_on = change.written.values.get(BILLING), change.row["creates_invoices"]
        if not is_on and "frequency" in change.columns:
            reckon_worth(db, ctx, change.id, actor)
        if wanted == "on" and not is_on:
            _start(db, ctx, change.id, actor, START in change.written.values)
        elif wanted == "off" and is_on:
            try:
                stop_billing(db, ctx, change.id, actor=actor)
            except RefusedTransition as refusal:
                raise Refused(str(refusal)) from refusal


def _start(db: Db, ctx: AccountContext, id_: int, actor: str, start_was_given: bool) -> None:
    try:
        start_record(db, ctx, id_, start_was_given=start_was_given, actor=actor)
    except (RefusedTransition, InvalidSubscription) as refusal:
        raise Refused(f"{BILLING} cannot be switched on. {refusal}") from refusal


def _delete(db: Db, ctx: AccountContext, rows: Sequence[Mapping[str, Any]], actor: str) -> list[int]:
    """Deleted for good, by the service; nothing is left to archive."""
    for row in rows:
        try:
            delete_subscription(db, ctx, row["id"], actor=actor)
        except (RefusedTransition, UnknownSubscription) as refusal:
            raise Refused(str(refusal)) from refusal
    return []
