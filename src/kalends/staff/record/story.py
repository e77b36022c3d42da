"""What happened to a record, from the journal: by month, by kind, page by page; and the letters that were sent."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.accounts.sql import load
from kalends.crm.association_reads import newest_linked
from kalends.messages.log import LetterRow, letters
from kalends.query import NAME, compile_lookup, fetch
from kalends.query.context import Cursor
from kalends.staff import formatting
from kalends.staff.objects import PAGES, record_address
from kalends.staff.queries.record import EventRow
from kalends.staff.record.reading import Record, read_record
from kalends.staff.timeline import timeline
from kalends.staff.visit import Visit, account_page

SHOWN = 30
_LETTERS = 50
_SUBSCRIPTIONS_MAX = 200
_LAST = 2**62


class Kinds(NamedTuple):
    """A filter of the timeline: which kinds of events it shows."""

    label: str | Promise
    pattern: str
    people: bool = False


KINDS: dict[str, Kinds] = {
    "": Kinds(gettext_lazy("Everything"), "."),
    "billing": Kinds(gettext_lazy("Billing"), r"^(invoice|credit_note|billing)\."),
    "payments": Kinds(gettext_lazy("Payments"), r"^payment\."),
    "changes": Kinds(gettext_lazy("Changes"), r"^(?!invoice|credit_note|billing|payment)"),
    "people": Kinds(gettext_lazy("By people"), ".", people=True),
}
LETTERS = "letters"
_WRITTEN_TO = ("subscription", "contact")
"""Objects whose letters are kept apart."""


def story(cursor: Cursor, record: Record, chosen: str, before: str) -> dict[str, Any]:
    """The timeline of a record: the part that the address asks for."""
    here = record_address(record.visit.ctx.id, record.page.name, record.id)
    chosen = chosen if chosen in KINDS or (chosen == LETTERS and _has_letters(record)) else ""
    filters = [(key, each.label) for key, each in KINDS.items()]
    if _has_letters(record):
        filters.append((LETTERS, gettext_lazy("Letters")))
    told = {
        "story_link": f"{here}/story",
        "story_filters": [
            {"key": key, "label": label, "chosen": key == chosen, "query": f"?events={key}" if key else "?"}
            for key, label in filters
        ],
        "story_chosen": chosen,
    }
    if chosen == LETTERS:
        return {**told, "letters": [_letter(record, each) for each in letters_of(record)]}
    return {**told, **_events(cursor, record, chosen, before)}


def _has_letters(record: Record) -> bool:
    return record.page.name in _WRITTEN_TO


def letters_of(record: Record, id_: int | None = None) -> list[LetterRow]:
    """The letters about a subscription or to a contact, the newest first."""
    if not _has_letters(record):
        return []
    visit = record.visit
    one = {record.page.name: record.id}
    return letters(visit.psycopg(), visit.ctx, id_=id_, limit=_LETTERS, **one)  # type: ignore[arg-type]


def _letter(record: Record, row: LetterRow) -> dict[str, Any]:
    visit = record.visit
    return {
        "subject": row.subject,
        "recipient": row.recipient,
        "status": row.status,
        "when": formatting.instant(row.sent_at or row.created_at, visit.ctx.time_zone),
        "link": reverse(f"{record.page.slug}-letter", args=[visit.ctx.id, record.id, row.id]),
    }


def _events(cursor: Cursor, record: Record, chosen: str, before: str) -> dict[str, Any]:
    visit, kinds = record.visit, KINDS[chosen]
    parents = _subscriptions(cursor, record)
    ids = [record.id, *_payments(cursor, record)]
    cursor.execute(
        load("kalends.staff", "record_events"),
        {
            "account_id": visit.ctx.id,
            "ids": ids,
            "types": [record.page.name, "payment"],
            "parents": list(parents),
            "before": int(before) if before.isascii() and before.isdigit() and len(before) < 19 else _LAST,
            "kinds": kinds.pattern,
            "people": kinds.people,
            "limit": SHOWN + 1,
        },
    )
    read = json.JSONDecoder(parse_float=Decimal).decode
    found = [(EventRow._make((*row[:4], read(row[4]), *row[5:10])), row[10]) for row in cursor.fetchall()]
    last = found[SHOWN - 1][0].id if len(found) > SHOWN else 0
    seen = _seen(visit, found[:SHOWN])
    about = {each.id: parents.get(parent, "") for each, parent in seen if parent and parent != record.id}
    months = timeline(
        [event for event, _parent in seen],
        visit.ctx.time_zone,
        people=record.wardrobe.names.owners,
        about=about,
    )
    return {"months": months, "older": f"?events={chosen}&before={last}" if last else ""}


def _seen(visit: Visit, found: list[tuple[EventRow, int | None]]) -> list[tuple[EventRow, int | None]]:
    """Without what happened to money that the visitor may not see."""
    bills = visit.among("view", "invoice", {each.invoice_id for each, _parent in found if each.invoice_id})
    payments = visit.may("view", "payment")
    return [
        (each, parent)
        for each, parent in found
        if (each.invoice_id is None or each.invoice_id in bills)
        and (payments or not each.kind.startswith("payment."))
    ]


def _subscriptions(cursor: Cursor, record: Record) -> dict[int, str]:
    """The subscriptions whose story is part of this one's, with their names."""
    if record.page.name == "subscription":
        return {record.id: record.name}
    visit = record.visit
    if record.page.name not in ("contact", "company", "deal") or not visit.may("view", "subscription"):
        return {}
    found = newest_linked(
        visit.psycopg(),
        visit.ctx,
        record.page.name,
        record.id,
        "subscription",
        visit.asking,
        limit=_SUBSCRIPTIONS_MAX,
    )
    if not found:
        return {}
    obj = PAGES["subscription"].object
    rows = fetch(cursor, compile_lookup(obj, [NAME], [each.id for each in found], visit.asking))
    return {row["id"]: str(row[NAME]) for row in rows}


def _payments(cursor: Cursor, record: Record) -> list[int]:
    """The payments on an invoice."""
    if record.page.name != "invoice":
        return []
    cursor.execute(
        "SELECT id FROM payment WHERE account_id = %s AND invoice_id = %s", [record.visit.ctx.id, record.id]
    )
    return sorted(record.visit.among("view", "payment", [row[0] for row in cursor.fetchall()]))


@require_safe
@account_page
def part(request: HttpRequest, visit: Visit, slug: str, id: int) -> HttpResponse:  # noqa: A002
    """The timeline alone, for htmx."""
    with visit.cursor() as cursor:
        record = read_record(cursor, visit, slug, id)
        told = story(cursor, record, request.GET.get("events", ""), request.GET.get("before", ""))
    here = record_address(visit.ctx.id, record.page.name, id)
    return render(request, "staff/record/story.html", {**told, "here": here, "account": visit.ctx})
