"""A record in the side panel: its status, what is asked for most, and what it is tied to; all from the catalogue."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kalends.catalog import OBJECTS
from kalends.crm.schema import account_object
from kalends.query import NAME, compile_select, fetch, parse
from kalends.query.context import Cursor
from kalends.staff.cells import Names, Row, Wardrobe
from kalends.staff.forbidden import NoRecord
from kalends.staff.index.selection import these
from kalends.staff.objects import BY_SLUG, ObjectPage, record_address
from kalends.staff.visit import Visit, account_page

TIES_SHOWN = 4


@require_safe
@account_page
def panel(request: HttpRequest, visit: Visit, slug: str, id: int) -> HttpResponse:  # noqa: A002 - the address's word
    """The panel's inside."""
    page = BY_SLUG[slug]
    visit.require("view", page.name)
    obj = account_object(visit.psycopg(), visit.ctx, page.name)
    shown = [name for name in page.key_properties if name in obj.by_name]
    columns = [NAME, *filter(None, (page.status, page.under)), *shown, *page.needs]
    with visit.cursor() as cursor:
        sql = compile_select(obj, list(dict.fromkeys(columns)), these(obj, [id]), None, visit.asking, limit=1)
        rows = fetch(cursor, sql)
        if not rows:
            raise NoRecord(page.name, id)
        row = rows[0]
        dresses = page.dresses(visit, page.beside(cursor, visit.ctx.id, [id]))
        wardrobe = Wardrobe(obj, visit.language, visit.ctx.time_zone, Names.of_account(visit.ctx.id), dresses)
        context = {
            "id": id,
            "name": row[NAME] or str(id),
            "kind": obj.singular_label.in_language(visit.language),
            "under": _under(page, row, dresses),
            "status": wardrobe.cell(obj.by_name[page.status], row) if page.status else None,
            "link": record_address(visit.ctx.id, page.name, id),
            "properties": [
                {
                    "label": obj.by_name[name].label.in_language(visit.language),
                    "cell": wardrobe.cell(obj.by_name[name], row),
                }
                for name in shown
            ],
            "ties": [tie for to in page.ties if (tie := _tied(cursor, visit, page, to, id))["rows"]],
        }
    return render(request, "staff/index/panel.html", context)


def _under(page: ObjectPage, row: Row, dresses: Any) -> str:
    under = dresses["@under"](row).text if "@under" in dresses else str(row.get(page.under) or "")
    return "" if under == row[NAME] else under


def _tied(cursor: Cursor, visit: Visit, page: ObjectPage, to: str, id_: int) -> dict[str, Any]:
    """The first records of an object that are tied to this one, as far as the user may see them."""
    target = OBJECTS[to]
    this = {"property": "hs_object_id", "operator": "is_any_of", "values": [str(id_)]}
    asked = parse(target, {"groups": [[{"associated": page.name, "conditions": [this]}]]})
    sql = compile_select(target, (NAME,), asked, None, visit.asking, limit=TIES_SHOWN + 1)
    rows = fetch(cursor, sql)
    return {
        "label": target.plural_label.in_language(visit.language),
        "rows": [
            {"name": row[NAME] or str(row["id"]), "link": record_address(visit.ctx.id, to, row["id"])}
            for row in rows[:TIES_SHOWN]
        ],
        "more": len(rows) > TIES_SHOWN,
    }
