"""What a record is tied to: a card for each object, with the newest records first."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from kalends.catalog import OBJECTS
from kalends.catalog.associations import tie
from kalends.crm.association_reads import newest_linked
from kalends.query import NAME, compile_lookup, fetch
from kalends.query.context import Cursor
from kalends.staff.actions.registry import offers
from kalends.staff.cells import Wardrobe
from kalends.staff.objects import (
    CREATED_WITH_A_FORM,
    MADE_OF_A_DEAL,
    MADE_ON_A_PAGE,
    PAGES,
    ObjectPage,
    record_address,
)
from kalends.staff.objects.deal import is_lost
from kalends.staff.record.kinds import kind_label
from kalends.staff.record.reading import Record
from kalends.staff.visit import Visit

SHOWN = 5
COUNTED = 200
"""How far a card counts; the list behind it has all records."""
CREATED_FOR = ("contact", "company", "deal")
"""Objects for which a subscription or a payment link is made from their own page."""
TIED_BY_HAND = frozenset({"contact", "company", "deal", "subscription", "payment_link", "quote"})
_SAID = {
    "subscription": ("hs_recurring_billing_start_date", "hs_next_payment_due_date"),
    "invoice": ("hs_due_date",),
    "payment": ("hs_initiated_date",),
    "deal": ("dealstage", "closedate"),
    "company": ("city",),
}
"""What a row says below its name, besides its status and its address."""


def cards(cursor: Cursor, record: Record) -> list[dict[str, Any]]:
    """The cards of a record, in the order that its object declares."""
    return [
        _card(cursor, record, PAGES[to])
        for to in record.page.ties
        if to in PAGES and record.visit.may("view", to)
    ]


def may_tie(visit: Visit, one: str, other: str) -> bool:
    """Whether people tie records of these two objects themselves, and this user may."""
    return {one, other} <= TIED_BY_HAND and visit.may("edit", one)


def _card(cursor: Cursor, record: Record, to: ObjectPage) -> dict[str, Any]:
    visit, target = record.visit, OBJECTS[to.name]
    found = newest_linked(
        visit.psycopg(), visit.ctx, record.page.name, record.id, to.name, visit.asking, limit=COUNTED + 1
    )
    kinds = {each.id: [kind_label(kind) for kind in each.kinds if kind.label] for each in found[:SHOWN]}
    said = _SAID.get(to.name, ())
    wanted = [NAME, *filter(None, (to.status, to.amount, to.under)), *said, *to.needs]
    read = fetch(cursor, compile_lookup(target, wanted, list(kinds), visit.asking)) if kinds else []
    rows = {row["id"]: row for row in read}
    shown = [rows[id_] for id_ in kinds]
    converts = _converted(visit, to, [row["id"] for row in shown])
    dresses = to.dresses(visit, to.beside(cursor, visit.ctx.id, [row["id"] for row in shown]))
    wardrobe = Wardrobe(target, visit.language, visit.ctx.time_zone, record.wardrobe.names, dresses)
    return {
        "object": to.name,
        "label": target.plural_label.in_language(visit.language),
        "icon": to.icon,
        "count": len(found) if len(found) <= COUNTED else f"{COUNTED}+",
        "rows": [
            {
                **_row(visit, to, wardrobe, row, kinds[row["id"]], said),
                "converts": converts.get(row["id"], ""),
            }
            for row in shown
        ],
        "all": _all(visit, record, to) if len(found) > SHOWN else "",
        "create": _create(record, to),
        "creates_in_dialog": to.name not in MADE_ON_A_PAGE,
        "tie": record.may_edit and may_tie(visit, record.page.name, to.name),
    }


def _row(
    visit: Visit,
    to: ObjectPage,
    wardrobe: Wardrobe,
    row: dict[str, Any],
    kinds: list[str],
    said: tuple[str, ...],
) -> dict[str, Any]:
    target = wardrobe.object
    under = str(row.get(to.under) or "") if to.under else ""
    cells = [
        (target.by_name[name].label.in_language(visit.language), wardrobe.plain(target.by_name[name], row))
        for name in said
    ]
    return {
        "id": row["id"],
        "name": row[NAME] or str(row["id"]),
        "link": record_address(visit.ctx.id, to.name, row["id"]),
        "panel": reverse(f"{to.slug}-panel", args=[visit.ctx.id, row["id"]]),
        "status": wardrobe.cell(target.by_name[to.status], row) if to.status else None,
        "amount": wardrobe.plain(target.by_name[to.amount], row).money if to.amount else None,
        "under": "" if under == row[NAME] else under,
        "said": [(label, cell) for label, cell in cells if cell.kind != "empty"],
        "kinds": kinds,
    }


def _converted(visit: Visit, to: ObjectPage, ids: list[int]) -> dict[int, str]:
    """Where each of these quotes is converted to a subscription, if it can be."""
    if to.name != "quote":
        return {}
    return {
        id_: each.address
        for id_, found in offers(visit, "quote", ids).items()
        for each in found
        if each.key == "convert" and not each.why_not
    }


def _all(visit: Visit, record: Record, to: ObjectPage) -> str:
    """The list of all records of the object that are tied to this one."""
    this = {"property": "hs_object_id", "operator": "is_any_of", "values": [str(record.id)]}
    groups = [[{"associated": record.page.name, "conditions": [this]}]]
    return (
        reverse(to.index, args=[visit.ctx.id])
        + "?"
        + urlencode({"f": json.dumps(groups, separators=(",", ":"))})
    )


def _create(record: Record, to: ObjectPage) -> str:
    """Where a record of this object is made that belongs to the one on the page; empty where it is not."""
    visit, name = record.visit, record.page.name
    if not visit.may("edit", to.name):
        return ""
    if to.name in MADE_OF_A_DEAL and name != "deal":
        return ""
    if to.name == "subscription":
        return wizard_address(record)
    if to.name in MADE_ON_A_PAGE:
        where = reverse(MADE_ON_A_PAGE[to.name], args=[visit.ctx.id])
        return f"{where}?{name}={record.id}" if name in CREATED_FOR else ""
    if to.name not in CREATED_WITH_A_FORM or not may_tie(visit, name, to.name) or not tie(name, to.name):
        return ""
    return reverse(f"{to.slug}-create", args=[visit.ctx.id]) + f"?of={name}-{record.id}"


def wizard_address(record: Record) -> str:
    """Where a subscription is made for this customer, or out of this deal: a deal that was lost becomes none."""
    visit, name = record.visit, record.page.name
    if name not in CREATED_FOR or not visit.may("edit", "subscription"):
        return ""
    if name == "deal" and is_lost(record.row):
        return ""
    return f"{reverse('create-subscription', args=[visit.ctx.id])}?{name}={record.id}"
