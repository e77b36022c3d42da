"""The segments of an account, and the page of one with its members."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kalends.catalog import get_object
from kalends.crm.schema import account_object
from kalends.query import NAME, Filter, Member, compile_count, compile_lookup, fetch
from kalends.segments.members import members_of
from kalends.segments.segment import Segment, SegmentRefused, find_segment, read_segments
from kalends.staff import formatting
from kalends.staff.cells import Names
from kalends.staff.forbidden import Forbidden
from kalends.staff.objects import PAGES, record_address
from kalends.staff.segments.words import SHORT, conditions
from kalends.staff.settings.tables import Act, Cell, Row, Table, Tag
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page

MEMBERS_SHOWN = 50


def found(visit: Visit, segment_id: int, *, deleted: bool = False) -> Segment:
    """The segment, if there is such a one whose records the user may see. Raises ``Http404``, ``Forbidden``."""
    try:
        segment = find_segment(visit.psycopg(), visit.ctx, segment_id, deleted=deleted)
    except SegmentRefused as gone:
        raise Http404(str(gone)) from gone
    if not visit.may("view", segment.object):
        raise Forbidden("view", segment.object)
    return segment


@require_safe
@account_page
def index(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All segments whose records the user may see, and those that were deleted."""
    visit.require("segments")
    db = visit.psycopg()
    living = [each for each in read_segments(db, visit.ctx) if visit.may("view", each.object)]
    gone = [each for each in read_segments(db, visit.ctx, deleted=True) if visit.may("view", each.object)]
    tables = [
        Table(
            "segments",
            _("Segments"),
            [_("Name"), _("Records"), _("Kind"), _("Members"), _("Last change")],
            [_row(visit, each) for each in living],
            note=_("A segment is used as a filter, as recipients of an email and in workflows."),
            empty=_("No segments yet. Make one from a filter, or from records that you select in a list."),
        )
    ]
    if gone:
        rows = [_row(visit, each, deleted=True) for each in gone]
        tables.append(
            Table(
                "deleted",
                _("Deleted segments"),
                [_("Name"), _("Records"), _("Kind"), _("Members"), _("Last change")],
                rows,
            )
        )
    context = {
        "tables": tables,
        "title": _("Segments"),
        "create_link": reverse("segment-create", args=[visit.ctx.id]),
    }
    return _shown(request, visit, "index", context)


def _row(visit: Visit, segment: Segment, *, deleted: bool = False) -> Row:
    at = [visit.ctx.id, segment.id]
    label = get_object(segment.object).plural_label.in_language(visit.language)
    acts = (
        [Act(_("Restore"), reverse("segment-restore", args=at))]
        if deleted
        else [
            Act(_("Rename"), reverse("segment-rename", args=at)),
            Act(_("Clone"), reverse("segment-clone", args=at)),
            Act(_("Delete"), reverse("segment-delete", args=at)),
        ]
    )
    waiting = [Tag(_("Being worked out"), "warn")] if segment.is_waiting and not deleted else []
    cells = [
        Cell(segment.name, link="" if deleted else reverse("segment", args=at), tags=waiting),
        Cell(label),
        Cell(str(SHORT[segment.kind])),
        Cell(size_text(visit, segment)),
        Cell(formatting.instant(segment.updated_at, visit.ctx.time_zone)),
    ]
    return Row(segment.name, cells, acts)


def size_text(visit: Visit, segment: Segment) -> str:
    """How many members the user may see."""
    number = segment.size
    if visit.asking.sight is not None:
        sql = compile_count(get_object(segment.object), _inside(segment), visit.asking)
        with visit.cursor() as cursor:
            number = fetch(cursor, sql)[0]["count"]
    return formatting.number(Decimal(number))


def _inside(segment: Segment) -> Filter:
    return Filter(((Member(segment.id),),))


@require_safe
@account_page
def one(request: HttpRequest, visit: Visit, segment_id: int) -> HttpResponse:
    """A segment: what it asks for, what can be done with it, and its members with the days on which they joined."""
    visit.require("segments")
    segment = found(visit, segment_id)
    db, at = visit.psycopg(), [visit.ctx.id, segment.id]
    obj = account_object(db, visit.ctx, segment.object)
    others = {each.id: each.name for each in read_segments(db, visit.ctx)}
    after = request.GET.get("after", "")
    members = members_of(
        db,
        visit.ctx,
        segment_id,
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0,
        limit=MEMBERS_SHOWN + 1,
    )
    rows = _members(visit, segment, members[:MEMBERS_SHOWN])
    acts = [
        Act(_("Rename"), reverse("segment-rename", args=at)),
        Act(_("Clone"), reverse("segment-clone", args=at)),
        *([Act(_("Convert to static"), reverse("segment-static", args=at))] if segment.is_active else []),
        Act(_("Delete"), reverse("segment-delete", args=at)),
    ]
    joined = Table(
        "members",
        _("Members"),
        [obj.singular_label.in_language(visit.language), _("Member since")],
        rows,
        empty=_("Nobody is in it."),
    )
    context = {
        "title": segment.name,
        "segment": segment,
        "kind": SHORT[segment.kind],
        "plural": obj.plural_label.in_language(visit.language),
        "size": size_text(visit, segment),
        "evaluated": formatting.instant(segment.evaluated_at, visit.ctx.time_zone)
        if segment.evaluated_at
        else "",
        "conditions": conditions(segment, obj, Names.of_account(visit.ctx.id), others, visit.language),
        "acts": acts,
        "table": joined,
        "next": f"?after={members[MEMBERS_SHOWN - 1][0]}" if len(members) > MEMBERS_SHOWN else "",
        "list_link": list_link(visit, segment.object, [[{"segment": str(segment.id), "quantifier": "any"}]]),
        "edit_link": edit_link(visit, segment) if segment.is_active else "",
    }
    return _shown(request, visit, "segment", context)


def list_link(visit: Visit, name: str, groups: Any, **words: str) -> str:
    """The list of an object narrowed by a filter; empty for an object that has no list."""
    if name not in PAGES:
        return ""
    told = {"f": json.dumps(groups, ensure_ascii=False, separators=(",", ":")), **words}
    query = "&".join(f"{word}={quote(value, safe=',:')}" for word, value in told.items())
    return f"{reverse(PAGES[name].index, args=[visit.ctx.id])}?{query}"


def edit_link(visit: Visit, segment: Segment) -> str:
    """The list with the segment's filter in the builder, to be changed and saved."""
    groups = (segment.filter or {}).get("groups", [])
    return f"{list_link(visit, segment.object, groups, segment=str(segment.id))}#advanced"


def _members(visit: Visit, segment: Segment, members: list[tuple[int, Any]]) -> list[Row]:
    obj = get_object(segment.object)
    sql = compile_lookup(obj, (NAME,), [id_ for id_, _since in members], visit.asking)
    with visit.cursor() as cursor:
        names = {row["id"]: row[NAME] or str(row["id"]) for row in fetch(cursor, sql)}
    return [
        Row(
            names[id_],
            [
                Cell(names[id_], link=record_address(visit.ctx.id, segment.object, id_)),
                Cell(formatting.instant(since, visit.ctx.time_zone)),
            ],
        )
        for id_, since in members
        if id_ in names
    ]


def _shown(request: HttpRequest, visit: Visit, template: str, context: dict[str, Any]) -> HttpResponse:
    with visit.cursor() as cursor:
        around = shell(cursor, visit, request, "segments")
    return render(request, f"staff/segments/{template}.html", {**around, **context})
