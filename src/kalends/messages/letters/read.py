"""Reading what letters speak of: a few queries for a block of letters about the same kind of object."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, integers, load
from kalends.core.calendar import local_date
from kalends.messages.letters.facts import Charge, Credit, Customer, Dispute, Export, Facts, Refund
from kalends.messages.letters.joined import (
    Reader,
    Wanted,
    day_of,
    facts_about,
    joined,
    lines_of,
    rows_of,
)
from kalends.messages.letters.read_subscriptions import of_subscriptions


class _About(NamedTuple):
    """A letter about something that belongs to a payment, seen as one about the payment itself."""

    id: int
    object_id: int
    occasion: str
    created_at: datetime
    given: Mapping[str, Any] | None = None


def _of_payments(db: Connection[Any], ctx: AccountContext, wanted: Sequence[Wanted]) -> dict[int, Facts]:
    rows = rows_of(db, ctx, "payments", wanted)
    lines = lines_of(db, ctx, {row[24] for row in rows if row[24] is not None})
    facts: dict[int, Facts] = {}
    for row in rows:
        (id_, created_at, amount, currency, settled_at, kind, brand, last4, bank, fee, attempt, code, retry_on,
         *rest) = row  # fmt: skip
        charge = Charge(
            amount_minor=amount,
            currency=currency,
            on=local_date(created_at if code or settled_at is None else settled_at, ctx.time_zone),
            method_kind=kind,
            brand=brand,
            last4=last4,
            bank=bank,
            fee_minor=fee,
            attempt=attempt,
            failure=code,
            retry_on=None if retry_on is None else date.fromisoformat(retry_on),
        )
        customer, agreement, document = joined(ctx, rest, lines)
        facts[id_] = facts_about(
            ctx, customer, created_at, charge=charge, document=document, agreement=agreement
        )
    return facts


def _of_refunds(db: Connection[Any], ctx: AccountContext, wanted: Sequence[Wanted]) -> dict[int, Facts]:
    params = {"account_id": ctx.id, "ids": integers(item.object_id for item in wanted)}
    refunds = {row[0]: row[1:] for row in fetch(db, load("kalends.messages", "letters_refunds"), params)}
    about = [
        _About(item.id, refunds[item.object_id][0], "", item.created_at)
        for item in wanted
        if item.object_id in refunds
    ]
    facts = _of_payments(db, ctx, about)
    for item in wanted:
        if item.id in facts:
            _, amount, currency, at, kept = refunds[item.object_id]
            refund = Refund(amount, currency, local_date(at, ctx.time_zone), kept)
            facts[item.id] = replace(facts[item.id], refund=refund)
    return facts


def _of_credit_notes(db: Connection[Any], ctx: AccountContext, wanted: Sequence[Wanted]) -> dict[int, Facts]:
    params = {"account_id": ctx.id, "ids": integers(item.object_id for item in wanted)}
    notes = {row[0]: row[1:] for row in fetch(db, load("kalends.messages", "letters_credit_notes"), params)}
    about = [
        _About(item.id, notes[item.object_id][0], "", item.created_at)
        for item in wanted
        if item.object_id in notes
    ]
    facts = _of_invoices(db, ctx, about)
    for item in wanted:
        if item.id in facts:
            _, *told, names, totals = notes[item.object_id]
            credit = Credit._make((*told, tuple(zip(names, totals, strict=True))))
            facts[item.id] = replace(facts[item.id], credit=credit)
    return facts


def _of_disputes(db: Connection[Any], ctx: AccountContext, wanted: Sequence[Wanted]) -> dict[int, Facts]:
    params = {"account_id": ctx.id, "ids": integers(item.object_id for item in wanted)}
    disputes = {row[0]: row[1:] for row in fetch(db, load("kalends.messages", "letters_disputes"), params)}
    about = [
        _About(item.id, item.object_id, "", item.created_at) for item in wanted if item.object_id in disputes
    ]
    facts = _of_payments(db, ctx, about)
    for item in about:
        if item.id in facts:
            amount, fee, currency, opened_at, evidence_due_on, decided_at = disputes[item.object_id]
            opened_on = local_date(opened_at, ctx.time_zone)
            dispute = Dispute(amount, fee, currency, opened_on, evidence_due_on, day_of(decided_at, ctx))
            facts[item.id] = replace(facts[item.id], dispute=dispute)
    return facts


def _of_invoices(db: Connection[Any], ctx: AccountContext, wanted: Sequence[Wanted]) -> dict[int, Facts]:
    rows = rows_of(db, ctx, "invoices", wanted)
    lines = lines_of(db, ctx, {row[13] for row in rows})
    facts: dict[int, Facts] = {}
    for id_, created_at, *rest in rows:
        customer, agreement, document = joined(ctx, rest, lines)
        facts[id_] = facts_about(ctx, customer, created_at, document=document, agreement=agreement)
    return facts


def _of_exports(db: Connection[Any], ctx: AccountContext, wanted: Sequence[Wanted]) -> dict[int, Facts]:  # noqa: ARG001
    """What a letter about an export was told when it was decided on: the file outlives the letter by some days only."""
    facts: dict[int, Facts] = {}
    for item in wanted:
        if item.given is not None:
            told = {**item.given, "expires_on": date.fromisoformat(item.given["expires_on"])}
            facts[item.id] = facts_about(ctx, Customer(), item.created_at, export=Export(**told))
    return facts


READERS: Mapping[str, Reader] = {
    "payment": _of_payments,
    "refund": _of_refunds,
    "credit note": _of_credit_notes,
    "disputed payment": _of_disputes,
    "invoice": _of_invoices,
    "subscription": of_subscriptions,
    "export": _of_exports,
}
"""By what a letter is about: reads the facts of letters, by letter; one whose object is gone is left out."""
