"""What wants somebody's attention, read from the journal: nothing is written down twice but how far each user has read.

A user is told of what they may see, of the kinds that they have switched on, and not of what they did themselves.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.urls import reverse

from kalends.events.models import NOTICED
from kalends.query import NAME, compile_select, fetch, parse
from kalends.query.context import Cursor
from kalends.staff import formatting
from kalends.staff.objects import PAGES, record_address
from kalends.staff.queries.record import EventRow
from kalends.staff.timeline import KINDS
from kalends.staff.visit import Visit

SHOWN, COUNTED = 50, 99
SWITCHES: dict[str, tuple[str, ...]] = {
    "payments_failed": ("payment.failed", "payment.refund_failed", "subscription.unpaid"),
    "disputes": ("payment.dispute_opened", "payment.dispute_won", "payment.dispute_lost"),
    "pauses": ("subscription.paused", "subscription.canceled"),
    "webhooks": ("webhook.given_up",),
}
"""The kinds of events behind each switch of a user; what is parked is told to whoever runs billing, in any case."""

PARKED = "subscription.parked"
WEBHOOK = "webhook"


class Notice(NamedTuple):
    """One thing to know: what happened, to which record, and when."""

    id: int
    icon: str
    tone: str
    text: str
    note: str
    name: str
    link: str
    when: str
    is_new: bool


class Wants(NamedTuple):
    """How far a user has read, and which of :data:`SWITCHES` are on."""

    notices_read_to: int
    switched_on: list[str]


class Told(NamedTuple):
    """An event as the journal has it."""

    id: int
    at: Any
    kind: str
    object_type: str
    object_id: int
    data: Any


def unread(cursor: Cursor, visit: Visit) -> str:
    """How many notices are new: a number, ``99+``, or nothing."""
    place = place_in(cursor, visit)
    found = len(events_for(cursor, visit, kinds_for(visit, place), place.notices_read_to, COUNTED + 1))
    return f"{COUNTED}+" if found > COUNTED else str(found or "")


def place_in(cursor: Cursor, visit: Visit) -> Wants:
    """What the user wants to be told of."""
    switches = ", ".join(f"told_of_{name}" for name in SWITCHES)
    cursor.execute(
        f"SELECT notices_read_to, {switches} FROM membership WHERE account_id = %s AND user_id = %s",
        [visit.ctx.id, visit.user.id],
    )
    read_to, *chosen = cursor.fetchall()[0]
    return Wants(read_to, [name for name, on in zip(SWITCHES, chosen, strict=True) if on])


def kinds_for(visit: Visit, place: Wants) -> list[str]:
    """The kinds of events that the user wants to know of, and may."""
    wanted = [kind for name in place.switched_on for kind in SWITCHES[name]]
    return [*wanted, PARKED] if visit.may("run_billing") else wanted


def events_for(cursor: Cursor, visit: Visit, kinds: Sequence[str], after: int, limit: int) -> list[Told]:
    """Events of these kinds about what the user may see, newest first."""
    every = ", ".join(f"'{kind}'" for kind in NOTICED)  # the index's own condition, word for word
    cursor.execute(
        "SELECT id, at, kind, object_type, object_id, data::text FROM event "
        f"WHERE account_id = %s AND id > %s AND kind IN ({every}) AND kind = ANY(%s) AND actor <> %s "
        "ORDER BY id DESC LIMIT %s",
        [visit.ctx.id, after, list(kinds), visit.who.actor, limit],
    )
    told = [Told(*row) for row in cursor.fetchall()]
    seen = {
        name: visit.among("view", name, {each.object_id for each in told if each.object_type == name})
        for name in ("subscription", "payment")
    }
    if visit.may("tokens"):
        seen[WEBHOOK] = {each.object_id for each in told if each.object_type == WEBHOOK}
    return [each for each in told if each.object_id in seen.get(each.object_type, ())]


def in_words(cursor: Cursor, visit: Visit, events: Sequence[Told], read_to: int) -> list[Notice]:
    """The events in words; those after ``read_to`` are new."""
    names = _names(cursor, visit, events)
    notices: list[Notice] = []
    for each in events:
        icon, tone, words = KINDS[each.kind]
        text, note = words(_as_row(each))
        notices.append(
            Notice(
                each.id,
                icon,
                tone,
                text,
                note,
                names.get((each.object_type, each.object_id), ""),
                _address(visit, each),
                formatting.instant(each.at, visit.ctx.time_zone),
                each.id > read_to,
            )
        )
    return notices


def _address(visit: Visit, each: Told) -> str:
    if each.object_type == WEBHOOK:
        return reverse("settings-apps", args=[visit.ctx.id])
    return record_address(visit.ctx.id, each.object_type, each.object_id)


def _names(cursor: Cursor, visit: Visit, events: Sequence[Told]) -> dict[tuple[str, int], str]:
    webhooks = [each for each in events if each.object_type == WEBHOOK]
    found = {(WEBHOOK, each.object_id): json.loads(each.data)["name"] for each in webhooks}
    for name in {each.object_type for each in events} - {WEBHOOK}:
        obj = PAGES[name].object
        ids = sorted({each.object_id for each in events if each.object_type == name})
        these = {"property": "hs_object_id", "operator": "is_any_of", "values": ids}
        asked = parse(obj, {"groups": [[these]]})
        for row in fetch(cursor, compile_select(obj, (NAME,), asked, None, visit.asking, limit=len(ids))):
            found[name, row["id"]] = row[NAME] or str(row["id"])
    return found


def _as_row(each: Told) -> EventRow:
    return EventRow(each.id, each.at, each.kind, "", json.loads(each.data), None, None, None, None, None)
