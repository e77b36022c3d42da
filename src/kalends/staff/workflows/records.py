"""Records in a workflow: the log of what was done, who is and was in it, and those that are chosen by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kalends.core.calendar import wall_instant
from kalends.query import NAME, Filter, compile_lookup, compile_select, fetch
from kalends.staff import formatting
from kalends.staff.objects import PAGES, record_address
from kalends.staff.settings.tables import Act, Cell, Row, Table, Tag
from kalends.staff.visit import Visit, account_page
from kalends.staff.workflows.desk import Desk
from kalends.staff.workflows.drawing import Drawing, draw
from kalends.staff.workflows.kinds import KINDS, OUTCOME_TONES, OUTCOMES, STATUS_TONES, STATUSES
from kalends.staff.workflows.notes import note_words, reason_words
from kalends.staff.workflows.pages import around
from kalends.workflows.history import Enrolled, Entry, enrollments
from kalends.workflows.history import log as read_log

SHOWN, FOUND = 50, 10


def names_of(desk: Desk, ids: Iterable[int]) -> dict[int, str]:
    """What the records are called that the user may see; one that is gone has none."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return {}
    with desk.visit.cursor() as cursor:
        rows = fetch(cursor, compile_lookup(desk.object, (NAME,), wanted, desk.visit.asking))
        return {row["id"]: row[NAME] or str(row["id"]) for row in rows}


def _hidden(desk: Desk, names: dict[int, str], ids: Iterable[int]) -> set[int]:
    """Those without a name that are there all the same: the workflow acts for the account, and its user sees less."""
    nameless = [id_ for id_ in dict.fromkeys(ids) if id_ not in names]
    if not nameless or desk.visit.asking.sight is None:
        return set()
    everything = replace(desk.visit.asking, sight=None)
    with desk.visit.cursor() as cursor:
        return {row["id"] for row in fetch(cursor, compile_lookup(desk.object, (), nameless, everything))}


def _record_cell(desk: Desk, names: dict[int, str], hidden: set[int], id_: int) -> Cell:
    if id_ in hidden:
        return Cell(str(id_), under=_("not among the records that you may see"))
    if id_ not in names:
        return Cell(str(id_), under=_("archived or deleted"))
    has_page = desk.stored.object in PAGES
    return Cell(
        names[id_], link=record_address(desk.visit.ctx.id, desk.stored.object, id_) if has_page else ""
    )


def looked_for(desk: Desk, words: str) -> list[tuple[int, str]]:
    """Records whom words fit, for choosing one; the newest where nothing is typed."""
    sql = compile_select(
        desk.object,
        (NAME,),
        Filter(),
        None,
        desk.visit.asking,
        limit=FOUND,
        search=words.strip()[:200] or None,
    )
    with desk.visit.cursor() as cursor:
        return [(row["id"], row[NAME] or str(row["id"])) for row in fetch(cursor, sql)]


def number_of(word: str) -> int | None:
    """A number of a record or a page, if it is one."""
    return int(word) if word.isascii() and word.isdigit() and len(word) < 19 else None


def _moment(desk: Desk, word: str, later: int = 0) -> datetime | None:
    try:
        day = date.fromisoformat(word) + timedelta(days=later)
        return wall_instant(day, time(0), desk.visit.ctx.time_zone)
    except (ValueError, OverflowError):
        return None


@require_safe
@account_page
def log(request: HttpRequest, visit: Visit, workflow_id: int) -> HttpResponse:
    """What was done in the last 90 days, newest first, by outcome, step, record and day."""
    desk = Desk.of(visit, workflow_id)
    fields = {
        word: request.GET.get(word, "").replace("\0", "")
        for word in ("record", "outcome", "action", "from", "to")
    }
    start = min(number_of(request.GET.get("start", "")) or 0, 1_000_000)
    entries = read_log(
        visit.psycopg(),
        visit.ctx,
        workflow_id=workflow_id,
        record_id=number_of(fields["record"]),
        outcome=fields["outcome"] if fields["outcome"] in OUTCOMES else None,
        action=fields["action"] or None,
        since=_moment(desk, fields["from"]),
        until=_moment(desk, fields["to"], 1),
        limit=SHOWN + 1,
        offset=start,
    )
    drawing = draw(desk, desk.published)
    columns = [desk.object.singular_label.in_language(visit.language), _("Step"), _("Outcome"), _("When")]
    context = {
        **around(request, desk, "log"),
        "table": Table(
            "log",
            _("Action log"),
            columns,
            _log_rows(desk, drawing, entries[:SHOWN]),
            note=_("Of the last 90 days, newest first."),
            empty=_("Nothing was done yet, or nothing that fits the filter."),
        ),
        "fields": fields,
        "outcomes": list(OUTCOMES.items()),
        "actions": [(id_, piece.name) for id_, piece in drawing.steps.items()],
        "older": f"?{urlencode({**fields, 'start': start + SHOWN})}" if len(entries) > SHOWN else "",
        "is_filtered": any(fields.values()),
    }
    return render(request, "staff/workflows/log.html", context)


def _log_rows(desk: Desk, drawing: Drawing, entries: Sequence[Entry]) -> list[Row]:
    names, rows = names_of(desk, (each.record_id for each in entries)), list[Row]()
    hidden = _hidden(desk, names, (each.record_id for each in entries))
    for each in entries:
        kind, piece = KINDS.get(each.kind), drawing.steps.get(each.action)
        outcome = Tag(str(OUTCOMES.get(each.outcome, each.outcome)), OUTCOME_TONES.get(each.outcome, ""))
        cells = [
            _record_cell(desk, names, hidden, each.record_id),
            Cell(str(kind.label) if kind else each.kind, under=piece.title if piece else ""),
            Cell("", tags=[outcome], under="" if each.record_id in hidden else note_words(desk, each.note)),
            Cell(formatting.instant(each.at, desk.visit.ctx.time_zone)),
        ]
        rows.append(Row(names.get(each.record_id, str(each.record_id)), cells))
    return rows


@require_safe
@account_page
def enrollment(request: HttpRequest, visit: Visit, workflow_id: int) -> HttpResponse:
    """Who is and was in it, newest first; and enrolling others by hand, or taking one out."""
    desk = Desk.of(visit, workflow_id)
    status = request.GET.get("status", "")
    found = enrollments(
        visit.psycopg(),
        visit.ctx,
        workflow_id=workflow_id,
        statuses=[status] if status in STATUSES else [],
        record_id=number_of(request.GET.get("record", "")),
        before=number_of(request.GET.get("before", "")),
        limit=SHOWN + 1,
    )
    shown = found[:SHOWN]
    record = desk.object.singular_label.in_language(visit.language)
    enroll = reverse("workflow-enroll", args=[visit.ctx.id, workflow_id])
    context = {
        **around(request, desk, "enrollment"),
        "table": Table(
            "enrollment",
            _("Enrollment"),
            [record, _("Status"), _("Step"), _("Came in"), _("Left it"), _("Version")],
            _enrolled_rows(desk, shown),
            add=Act(_("Enroll records"), enroll, dialog=False),
            empty=_("Nobody has come in yet, or nobody who fits the filter."),
        ),
        "status": status,
        "statuses": list(STATUSES.items()),
        "older": f"?{urlencode({'status': status, 'before': shown[-1].id})}" if len(found) > SHOWN else "",
    }
    return render(request, "staff/workflows/enrollment.html", context)


def _enrolled_rows(desk: Desk, shown: Sequence[Enrolled]) -> list[Row]:
    ctx, rows = desk.visit.ctx, list[Row]()
    names, steps = names_of(desk, (each.record_id for each in shown)), draw(desk, desk.published).steps
    hidden = _hidden(desk, names, (each.record_id for each in shown))
    for each in shown:
        is_in = each.status == "active"
        due = formatting.instant(each.due_at, ctx.time_zone) if each.due_at else ""
        state = Tag(str(STATUSES.get(each.status, each.status)), STATUS_TONES.get(each.status, ""))
        cells = [
            _record_cell(desk, names, hidden, each.record_id),
            Cell("", tags=[state], under=reason_words(each.reason)),
            Cell(
                steps[each.action].name if is_in and each.action in steps else "",
                under=_("goes on %(moment)s") % {"moment": due} if due else "",
            ),
            Cell(formatting.instant(each.enrolled_at, ctx.time_zone)),
            Cell(formatting.instant(each.ended_at, ctx.time_zone) if each.ended_at else ""),
            Cell(str(each.version)),
        ]
        out = reverse("workflow-unenroll", args=[ctx.id, desk.stored.id, each.record_id])
        acts = [Act(_("Take out"), out)] if is_in and each.record_id in names else []
        rows.append(Row(names.get(each.record_id, str(each.record_id)), cells, acts))
    return rows


def choices(desk: Desk, request: HttpRequest) -> dict[str, Any]:
    """What the page shows on which a record is looked for."""
    words = request.GET.get("q", "").replace("\0", "")
    return {"query": words, "found": looked_for(desk, words)}
