"""Reading what letters speak of: a few queries for a block of letters about the same kind of object."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, fetch, integers, load
from kalends.core.calendar import local_date
from kalends.messages.kept_words import code_in
from kalends.messages.letters.facts import (
    Charge,
    Comparison,
    Credit,
    Customer,
    DashboardTold,
    Dispute,
    Export,
    Facts,
    MailingTold,
    PaidToo,
    ProofTold,
    QuoteTold,
    Refund,
    WorkflowTold,
)
from kalends.messages.letters.joined import (
    Reader,
    Wanted,
    day_of,
    doors_of,
    facts_about,
    joined,
    lines_of,
    rows_of,
)
from kalends.messages.letters.read_subscriptions import of_subscriptions
from kalends.messages.outbox import BY_STAFF, first_occasion


class _About(NamedTuple):
    """A letter about something that belongs to a payment, seen as one about the payment itself."""

    id: int
    object_id: int
    occasion: str
    created_at: datetime
    given: Mapping[str, Any] | None = None


def _of_payments(db: Connection[Any], ctx: AccountContext, wanted: Sequence[Wanted]) -> dict[int, Facts]:
    rows = rows_of(db, ctx, "payments", wanted)
    lines = lines_of(db, ctx, {row[25] for row in rows if row[25] is not None})
    doors = doors_of(db, ctx)
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
        customer, agreement, document = joined(ctx, created_at, rest, lines, doors)
        facts[id_] = facts_about(
            ctx, customer, created_at, charge=charge, document=document, agreement=agreement
        )
    return facts


def _of_charges(db: Connection[Any], ctx: AccountContext, wanted: Sequence[Wanted]) -> dict[int, Facts]:
    """Letters about payments; what a checkout's charge paid besides is told in the one letter about it."""
    facts = _of_payments(db, ctx, wanted)
    columns = [(item.id, item.object_id, first_occasion(item.occasion)) for item in wanted]
    params = {"account_id": ctx.id, **arrays(("letters", "payments", "occasions"), columns)}
    others = fetch(db, load("kalends.messages", "letters_paid_together"), params)
    decided = {item.id: item.created_at for item in wanted}
    about = [_About(place, payment, "", decided[letter]) for place, (letter, payment) in enumerate(others)]
    paid = _of_payments(db, ctx, about) if about else {}
    for place, (letter, _) in enumerate(others):
        each = paid.get(place)
        if each is not None and each.charge is not None and letter in facts:
            too = PaidToo(each.charge, each.document, each.agreement)
            facts[letter] = replace(facts[letter], also=(*facts[letter].also, too))
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
    lines = lines_of(db, ctx, {row[14] for row in rows})
    doors = doors_of(db, ctx)
    facts: dict[int, Facts] = {}
    for id_, created_at, *rest in rows:
        customer, agreement, document = joined(ctx, created_at, rest, lines, doors)
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


def _of_dashboards(db: Connection[Any], ctx: AccountContext, wanted: Sequence[Wanted]) -> dict[int, Facts]:  # noqa: ARG001
    """What a letter with a dashboard was told when it was decided on: the reader saw just this much that day."""
    facts: dict[int, Facts] = {}
    for item in wanted:
        if item.given is not None:
            on, told = (
                date.fromisoformat(item.given["on"]),
                tuple((heading, said) for heading, said in item.given["told"]),
            )
            dashboard = DashboardTold(**{**item.given, "on": on, "told": told})
            facts[item.id] = facts_about(ctx, Customer(), item.created_at, dashboard=dashboard)
    return facts


def _of_comparisons(
    db: Connection[Any],  # noqa: ARG001
    ctx: AccountContext,
    wanted: Sequence[Wanted],
) -> dict[int, Facts]:
    """What a letter about books that differ was told when it was decided on."""
    facts: dict[int, Facts] = {}
    for item in wanted:
        if item.given is not None:
            days = {name: date.fromisoformat(item.given[name]) for name in ("first", "last")}
            told = Comparison(**{**item.given, **days, "found": tuple(item.given["found"])})
            facts[item.id] = facts_about(ctx, Customer(), item.created_at, comparison=told)
    return facts


def _of_proofs(db: Connection[Any], ctx: AccountContext, wanted: Sequence[Wanted]) -> dict[int, Facts]:  # noqa: ARG001
    """What a letter about a night's proof was told when it was decided on."""
    facts: dict[int, Facts] = {}
    for item in wanted:
        if item.given is not None:
            read = {"night": date.fromisoformat(item.given["night"]), "found": tuple(item.given["found"])}
            facts[item.id] = facts_about(
                ctx, Customer(), item.created_at, proof=ProofTold(**{**item.given, **read})
            )
    return facts


def _of_contacts(db: Connection[Any], ctx: AccountContext, wanted: Sequence[Wanted]) -> dict[int, Facts]:
    """What a letter about a contact's own pages needs: who they are, and the way in."""
    rows = db.execute(
        "SELECT c.id, c.first_name, c.last_name, c.email, company.name, c.country, c.id FROM contact AS c "
        "LEFT JOIN company ON company.account_id = c.account_id AND company.id = c.primary_company_id "
        "WHERE c.account_id = %s AND c.id = ANY(%s) AND c.archived_at IS NULL",
        [ctx.id, [item.object_id for item in wanted]],
    ).fetchall()
    contacts = {row[0]: Customer(*row[1:]) for row in rows}
    doors = doors_of(db, ctx)
    return {
        item.id: facts_about(
            ctx,
            contacts[item.object_id],
            item.created_at,
            portal=doors.to_portal(item.id, contacts[item.object_id], item.created_at),
            by_staff=item.occasion.startswith(BY_STAFF),
        )
        for item in wanted
        if item.object_id in contacts
    }


def _of_quotes(db: Connection[Any], ctx: AccountContext, wanted: Sequence[Wanted]) -> dict[int, Facts]:
    """What a letter about a quote was told when it was decided on: the quote may be another one by now."""
    ids = integers(item.id for item in wanted)
    query = (
        "SELECT m.id, c.first_name, c.country FROM message AS m LEFT JOIN contact AS c "
        "ON c.account_id = m.account_id AND c.id = m.contact_id "
        "WHERE m.account_id = %(account_id)s AND m.id = ANY(%(ids)s)"
    )
    people = {row[0]: row[1:] for row in fetch(db, query, {"account_id": ctx.id, "ids": ids})}
    facts: dict[int, Facts] = {}
    for item in wanted:
        if item.given is not None:
            told = {**item.given, "expires_on": date.fromisoformat(item.given["expires_on"])}
            told["code"] = code_in(item.given)
            first_name, country = people.get(item.id, (None, None))
            customer = Customer(first_name=first_name, country=country)
            facts[item.id] = facts_about(ctx, customer, item.created_at, quote=QuoteTold(**told))
    return facts


def _of_workflows(db: Connection[Any], ctx: AccountContext, wanted: Sequence[Wanted]) -> dict[int, Facts]:  # noqa: ARG001
    """What a workflow wrote when it decided on the letter."""
    return {
        item.id: facts_about(ctx, Customer(), item.created_at, workflow=WorkflowTold(**item.given))
        for item in wanted
        if item.given is not None
    }


def _of_mailings(db: Connection[Any], ctx: AccountContext, wanted: Sequence[Wanted]) -> dict[int, Facts]:  # noqa: ARG001
    """What an email to a segment says to each reader."""
    return {
        item.id: facts_about(ctx, Customer(), item.created_at, mailing=MailingTold(**item.given))
        for item in wanted
        if item.given is not None
    }


READERS: Mapping[str, Reader] = {
    "payment": _of_charges,
    "refund": _of_refunds,
    "credit note": _of_credit_notes,
    "disputed payment": _of_disputes,
    "invoice": _of_invoices,
    "subscription": of_subscriptions,
    "contact": _of_contacts,
    "export": _of_exports,
    "email of a dashboard": _of_dashboards,
    "comparison": _of_comparisons,
    "proof": _of_proofs,
    "quote": _of_quotes,
    "what a workflow says": _of_workflows,
    "email to a segment": _of_mailings,
}
"""By what a letter is about: reads the facts of letters, by letter; one whose object is gone is left out."""
