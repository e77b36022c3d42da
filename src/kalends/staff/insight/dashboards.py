"""Dashboards on pages: the list of them, one with its reports, and what is done with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.insight import REPORTS
from kalends.insight.custom import WrongReport, read_report
from kalends.insight.dashboards import (
    WIDTHS,
    Dashboard,
    Tile,
    add_tile,
    change_dashboard,
    create_dashboard,
    dashboards_of,
    delete_dashboard,
    find_dashboard,
    move_tile,
    remove_tile,
    resize_tile,
)
from kalends.insight.saved import ReportRefused, SavedReport, reports_of
from kalends.staff import formatting
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.cells import Names
from kalends.staff.forms import Form
from kalends.staff.index.keeping import SHARING
from kalends.staff.index.tabs import viewer_of
from kalends.staff.insight.drawing import Card, card
from kalends.staff.insight.keeping import KeptForm, address_of, shown
from kalends.staff.insight.made import Made
from kalends.staff.insight.outcome import Unanswered, card_of, outcome_of
from kalends.staff.insight.pages import asked
from kalends.staff.insight.state import read_asking
from kalends.staff.refusals import Refused
from kalends.staff.reply import moved
from kalends.staff.settings.tables import Act, Cell, Row, Table
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page

_PIXELS = {4: 420, 6: 560, 8: 760, 12: 1000}


class Shown(NamedTuple):
    """A tile with what it shows: a card, or why there is none."""

    number: int
    width: int
    heading: str
    card: Card | None
    why: str
    is_first: bool
    is_last: bool
    is_widest: bool
    is_narrowest: bool


class AddForm(Form):
    """Which report is put on a dashboard."""

    report = forms.ChoiceField(label=gettext_lazy("Report"))

    def __init__(self, visit: Visit, data: Any = None) -> None:
        super().__init__(data)
        saved = reports_of(visit.psycopg(), visit.ctx, viewer_of(visit))
        ready = [(f"ready:{each.name}", each.label.in_language(visit.language)) for each in REPORTS.values()]
        own = [(f"saved:{each.id}", each.name) for each in saved]
        field: Any = self.fields["report"]
        field.choices = [(_("Saved reports"), own), (_("Ready-made reports"), ready)] if own else ready


def found(visit: Visit, dashboard_id: int) -> Dashboard:
    """A dashboard that the user may see. Raises ``Http404``."""
    try:
        return find_dashboard(visit.psycopg(), visit.ctx, viewer_of(visit), dashboard_id)
    except ReportRefused as gone:
        raise Http404(str(gone)) from gone


@require_safe
@account_page
def index(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All dashboards that the user may see."""
    visit.require("reports")
    boards = dashboards_of(visit.psycopg(), visit.ctx, viewer_of(visit))
    table = Table(
        "dashboards",
        _("Dashboards"),
        [_("Name"), _("Reports"), _("Made by"), _("Who sees it"), _("Last change")],
        [_row(visit, each) for each in boards],
        note=_("Everybody sees their own records in a shared dashboard."),
        empty=_("No dashboards yet. Create one, and put reports on it."),
    )
    create_link = reverse("dashboard-create", args=[visit.ctx.id])
    context = {"title": _("Dashboards"), "table": table, "create_link": create_link}
    return _page(request, visit, "dashboards", context)


def _page(request: HttpRequest, visit: Visit, template: str, context: dict[str, Any]) -> HttpResponse:
    with visit.cursor() as cursor:
        around = shell(cursor, visit, request, "analytics")
    back = reverse("analytics", args=[visit.ctx.id])
    return render(request, f"staff/insight/{template}.html", {**around, "back": back, **context})


def _row(visit: Visit, board: Dashboard) -> Row:
    at = [visit.ctx.id, board.id]
    cells = [
        Cell(board.name, link=reverse("dashboard", args=at)),
        Cell(str(len(board.tiles))),
        Cell(board.owner),
        Cell(str(dict(SHARING)[board.sharing])),
        Cell(formatting.instant(board.updated_at, visit.ctx.time_zone)),
    ]
    return Row(board.name, cells, _acts(visit, board))


def _acts(visit: Visit, board: Dashboard) -> list[Act]:
    at = [visit.ctx.id, board.id]
    if not board.may_change:
        return []
    return [
        Act(_("Rename and share"), reverse("dashboard-change", args=at)),
        Act(_("Delete"), reverse("dashboard-delete", args=at)),
    ]


@require_safe
@account_page
def one(request: HttpRequest, visit: Visit, dashboard_id: int) -> HttpResponse:
    """A dashboard with its reports, each about what the user may see."""
    visit.require("reports")
    board = found(visit, dashboard_id)
    at = [visit.ctx.id, board.id]
    context = {
        "title": board.name,
        "tiles": list(_tiles(visit, board)),
        "may_change": board.may_change,
        "acts": _acts(visit, board),
        "add_link": reverse("dashboard-add", args=at),
        "arrange_link": reverse("dashboard-arrange", args=at),
        "list_link": reverse("dashboards", args=[visit.ctx.id]),
        "mails_link": reverse("dashboard-mails", args=at),
        "mail_link": reverse("dashboard-mail-create", args=at),
    }
    return _page(request, visit, "dashboard", context)


def _tiles(visit: Visit, board: Dashboard) -> Iterator[Shown]:
    saved = {each.id: each for each in reports_of(visit.psycopg(), visit.ctx, viewer_of(visit))}
    names = Names.of_account(visit.ctx.id)
    for number, tile in enumerate(board.tiles):
        heading, card_, why = _content(visit, tile, saved, names, f"tile-{number}")
        yield Shown(
            number,
            tile.width,
            heading,
            card_,
            why,
            is_first=number == 0,
            is_last=number == len(board.tiles) - 1,
            is_widest=tile.width == WIDTHS[-1],
            is_narrowest=tile.width == WIDTHS[0],
        )


def _content(
    visit: Visit, tile: Tile, saved: dict[int, SavedReport], names: Names, id_: str
) -> tuple[str, Card | None, str]:
    """The heading and the card of a tile, or why there is none."""
    report = saved.get(tile.saved)
    width = _PIXELS[tile.width]
    if tile.saved and report is None:
        return _("Report"), None, _("This report is not shared with you, or is no longer there.")
    ready = report.ready if report is not None else tile.ready
    if ready or report is None:
        if ready not in REPORTS:
            return ready, None, _("This report is no longer there.")
        given = QueryDict(mutable=True)
        given.update({word: str(value) for word, value in report.content.items()} if report else {})
        asking = read_asking(visit, given)
        made = card(visit, asked(visit, ready, asking), asking, id_, width=width)
        return report.name if report else made.heading, made, ""
    try:
        definition = read_report(visit.psycopg(), visit.ctx, report.content)
        outcome = outcome_of(visit, definition, names, report.name)
    except Unanswered as problem:
        return report.name, None, str(problem)
    except WrongReport:
        return report.name, None, _("A property of this report is gone: open it, and choose another one.")
    query = Made(visit, definition, [], names, saved=str(report.id)).query()
    link = address_of(visit, report)
    return report.name, card_of(outcome, id_, query, link=link, width=width), ""


@account_page
def _ask_create(request: HttpRequest, visit: Visit) -> HttpResponse:
    visit.require("reports")
    return shown(request, visit, "board_new", KeptForm(visit), _list(visit))


def _list(visit: Visit) -> str:
    return reverse("dashboards", args=[visit.ctx.id])


@account_action("reports")
def _create(request: HttpRequest, visit: ActionVisit) -> HttpResponse:
    form = KeptForm(visit, request.POST)
    if form.is_valid():
        asked_for = form.cleaned_data
        try:
            id_ = visit.do(
                "create dashboard",
                lambda db: create_dashboard(
                    db,
                    visit.ctx,
                    viewer_of(visit),
                    name=asked_for["name"],
                    sharing=asked_for.get("sharing") or "private",
                    actor=visit.who.actor,
                ),
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            to = reverse("dashboard", args=[visit.ctx.id, id_])
            return moved(request, to, _("The dashboard is there"))
    return shown(request, visit, "board_new", form, _list(visit), status=422)


@account_page
def _ask_add(request: HttpRequest, visit: Visit, dashboard_id: int) -> HttpResponse:
    visit.require("reports")
    board = found(visit, dashboard_id)
    return shown(request, visit, "board_add", AddForm(visit), _board(visit, dashboard_id), report=board)


def _board(visit: Visit, dashboard_id: int) -> str:
    return reverse("dashboard", args=[visit.ctx.id, dashboard_id])


@account_action("reports")
def _add(request: HttpRequest, visit: ActionVisit, dashboard_id: int) -> HttpResponse:
    board, form = found(visit, dashboard_id), AddForm(visit, request.POST)
    back = _board(visit, dashboard_id)

    def work(db: Any) -> int:
        report = form.cleaned_data["report"]
        return add_tile(db, visit.ctx, viewer_of(visit), dashboard_id, report, actor=visit.who.actor)

    if visit.carry_out("add to dashboard", form, work):
        return moved(request, back)
    return shown(request, visit, "board_add", form, back, status=422, report=board)


_DOES = {
    "earlier": (move_tile, -1),
    "later": (move_tile, 1),
    "wider": (resize_tile, 1),
    "narrower": (resize_tile, -1),
}


@account_action("reports")
def _arrange(request: HttpRequest, visit: ActionVisit, dashboard_id: int) -> HttpResponse:
    found(visit, dashboard_id)
    verb, _sep, which = request.POST.get("do", "").partition(":")
    place = int(which) if which.isascii() and which.isdigit() and len(which) < 3 else -1

    def work(db: Any) -> int:
        about = (db, visit.ctx, viewer_of(visit), dashboard_id, place)
        if verb in _DOES:
            do, by = _DOES[verb]
            return do(*about, by, actor=visit.who.actor)
        return remove_tile(*about, actor=visit.who.actor) if verb == "remove" else place

    back = _board(visit, dashboard_id)
    try:
        stands = visit.do("arrange dashboard", work)
    except Refused as refusal:
        return moved(request, back, refusal.message)
    return moved(request, f"{back}#tile-{stands}-heading")


@account_page
def _look(_request: HttpRequest, visit: Visit, dashboard_id: int) -> HttpResponse:
    found(visit, dashboard_id)
    return HttpResponseNotAllowed(["POST"])


@account_page
def _ask_change(request: HttpRequest, visit: Visit, dashboard_id: int) -> HttpResponse:
    visit.require("reports")
    board = found(visit, dashboard_id)
    form = KeptForm(visit, initial={"name": board.name, "sharing": board.sharing})
    return shown(request, visit, "change", form, _board(visit, dashboard_id), report=board)


@account_action("reports")
def _change(request: HttpRequest, visit: ActionVisit, dashboard_id: int) -> HttpResponse:
    board, form = found(visit, dashboard_id), KeptForm(visit, request.POST)
    back = _board(visit, dashboard_id)

    def work(db: Any) -> None:
        change_dashboard(
            db,
            visit.ctx,
            viewer_of(visit),
            dashboard_id,
            name=form.cleaned_data["name"],
            sharing=form.cleaned_data.get("sharing") or board.sharing,
            actor=visit.who.actor,
        )

    if visit.carry_out("change dashboard", form, work):
        return moved(request, back, _("The dashboard is saved"))
    return shown(request, visit, "change", form, back, status=422, report=board)


@account_page
def _ask_delete(request: HttpRequest, visit: Visit, dashboard_id: int) -> HttpResponse:
    visit.require("reports")
    board = found(visit, dashboard_id)
    return shown(request, visit, "board_delete", Form(), _board(visit, dashboard_id), report=board)


@account_action("reports")
def _delete(request: HttpRequest, visit: ActionVisit, dashboard_id: int) -> HttpResponse:
    form, board = Form(request.POST), found(visit, dashboard_id)

    def work(db: Any) -> None:
        delete_dashboard(db, visit.ctx, viewer_of(visit), dashboard_id, actor=visit.who.actor)

    if visit.carry_out("delete dashboard", form, work):
        return moved(request, _list(visit), _("The dashboard is deleted"))
    back = _board(visit, dashboard_id)
    return shown(request, visit, "board_delete", form, back, status=422, report=board)


create = by_method(get=_ask_create, post=_create)
add = by_method(get=_ask_add, post=_add)
arrange = by_method(get=_look, post=_arrange)
change = by_method(get=_ask_change, post=_change)
delete = by_method(get=_ask_delete, post=_delete)
