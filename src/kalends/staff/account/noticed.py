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
NOTIFIED = "workflow.notified"
"""What a workflow tells those whom it names, and nobody else."""

EXPORT, EXPORTS = "export", ("export.completed", "export.failed")


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
    """How far a user has read, from which size exports of others are told, and which of :data:`SWITCHES` are on."""

    notices_read_to: int
    exports_from: int | None
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
        f"SELECT notices_read_to, told_of_exports_from, {switches} FROM membership "
        "WHERE account_id = %s AND user_id = %s",
        [visit.ctx.id, visit.user.id],
    )
    read_to, exports_from, *chosen = cursor.fetchall()[0]
    return Wants(read_to, exports_from, [name for name, on in zip(SWITCHES, chosen, strict=True) if on])


def kinds_for(visit: Visit, place: Wants) -> list[str]:
    """The kinds of events that the user wants to know of, and may."""
    wanted = [kind for name in place.switched_on for kind in SWITCHES[name]]
    wanted += [PARKED] if visit.may("run_billing") else []
    wanted.append(NOTIFIED)
    return [*wanted, *EXPORTS] if visit.may("export") else wanted


def events_for(cursor: Cursor, visit: Visit, kinds: Sequence[str], after: int, limit: int) -> list[Told]:
    """Events of these kinds about what the user may see, newest first."""
    every = ", ".join(f"'{kind}'" for kind in NOTICED)  # the index's own condition, word for word
    cursor.execute(
        "SELECT id, at, kind, object_type, object_id, data::text FROM event "
        f"WHERE account_id = %s AND id > %s AND kind IN ({every}) AND kind = ANY(%s) AND actor <> %s "
        "AND (kind <> %s OR data -> 'users' @> %s::jsonb) ORDER BY id DESC LIMIT %s",
        [visit.ctx.id, after, list(kinds), visit.who.actor, NOTIFIED, str(visit.user.id), limit],
    )
    told = [Told(*row) for row in cursor.fetchall()]
    seen = {
        name: visit.among("view", name, {each.object_id for each in told if each.object_type == name})
        for name in {each.object_type for each in told} & set(PAGES)
    }
    if visit.may("tokens"):
        seen[WEBHOOK] = {each.object_id for each in told if each.object_type == WEBHOOK}
    exports = [each for each in told if each.object_type == EXPORT]
    seen[EXPORT] = _exports_for(cursor, visit, exports)
    return [each for each in told if each.object_id in seen.get(each.object_type, ())]


def _exports_for(cursor: Cursor, visit: Visit, told: Sequence[Told]) -> set[int]:
    """One's own exports; for administrators also those of others that are as large as they want to know of."""
    least = place_in(cursor, visit).exports_from if told and visit.place.is_administrator else None
    found: set[int] = set()
    for each in told:
        data = json.loads(each.data)
        is_large = least is not None and data.get("rows", 0) >= least
        if data["user_id"] == visit.user.id or is_large:
            found.add(each.object_id)
    return found


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
    if each.object_type == EXPORT:
        return reverse("export", args=[visit.ctx.id, each.object_id])
    if each.object_type == WEBHOOK:
        return reverse("settings-apps", args=[visit.ctx.id])
    return record_address(visit.ctx.id, each.object_type, each.object_id)


def _names(cursor: Cursor, visit: Visit, events: Sequence[Told]) -> dict[tuple[str, int], str]:
    named = [each for each in events if each.object_type in (WEBHOOK, EXPORT)]
    found = {(each.object_type, each.object_id): json.loads(each.data)["name"] for each in named}
    for name in {each.object_type for each in events} - {WEBHOOK, EXPORT}:
        obj = PAGES[name].object
        ids = sorted({each.object_id for each in events if each.object_type == name})
        these = {"property": "hs_object_id", "operator": "is_any_of", "values": ids}
        asked = parse(obj, {"groups": [[these]]})
        for row in fetch(cursor, compile_select(obj, (NAME,), asked, None, visit.asking, limit=len(ids))):
            found[name, row["id"]] = row[NAME] or str(row["id"])
    return found


def _as_row(each: Told) -> EventRow:
    return EventRow(each.id, each.at, each.kind, "", json.loads(each.data), None, None, None, None, None)
