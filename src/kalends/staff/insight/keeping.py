"""Saved reports: keeping what is seen, the list of them, opening, renaming, sharing, saving over, deleting."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.insight import REPORTS
from kalends.insight.custom import WrongReport, read_report
from kalends.insight.saved import (
    NAME_LENGTH_MAX,
    ReportRefused,
    SavedReport,
    change_report,
    delete_report,
    find_report,
    overwrite_report,
    reports_of,
    save_report,
)
from kalends.staff import formatting
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forms import Form
from kalends.staff.index.keeping import SHARING
from kalends.staff.index.tabs import viewer_of
from kalends.staff.insight.custom import made_by
from kalends.staff.insight.made import Made, words_of
from kalends.staff.insight.pages import known
from kalends.staff.insight.state import read_asking
from kalends.staff.refusals import Refused, worded
from kalends.staff.reply import dialog, moved
from kalends.staff.settings.tables import Act, Cell, Row, Table
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page

_REASONS: dict[str, Callable[[], str]] = {
    "name_missing": lambda: _("Give it a name."),
    "name_long": lambda: _("A name has at most %(count)s characters.") % {"count": NAME_LENGTH_MAX},
    "name_taken": lambda: _("You have one of this name already: choose another name."),
    "too_many": lambda: _("There are as many as can be: remove one first."),
    "not_yours": lambda: _("It belongs to somebody else. They and administrators can change it."),
    "gone": lambda: _("It is no longer there."),
    "sharing": lambda: _("Your role does not let you share it."),
    "recipients": lambda: _("Choose at least one user, and only such as may see reports."),
}
worded(ReportRefused, lambda problem: _REASONS[problem.reason](), "name")


class KeptForm(Form):
    """What a report or a dashboard is called, and who sees it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_LENGTH_MAX, strip=True)
    sharing = forms.ChoiceField(
        label=gettext_lazy("Who sees it"),
        choices=SHARING,
        widget=forms.RadioSelect,
        initial="private",
    )

    def __init__(self, visit: Visit, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        if not viewer_of(visit).may_share:
            del self.fields["sharing"]


def found(visit: Visit, report_id: int) -> SavedReport:
    """A report that the user may see. Raises ``Http404``."""
    try:
        return find_report(visit.psycopg(), visit.ctx, viewer_of(visit), report_id)
    except ReportRefused as gone:
        raise Http404(str(gone)) from gone


def address_of(visit: Visit, report: SavedReport) -> str:
    """Where a saved report is shown: the page of what it is of, in its state."""
    if report.ready:
        words = {word: str(value) for word, value in report.content.items() if value}
        query = QueryDict(mutable=True)
        query.update(words)
        return reverse("report", args=[visit.ctx.id, report.ready]) + (
            f"?{query.urlencode()}" if words else ""
        )
    query = QueryDict(mutable=True)
    try:
        for word, value in words_of(read_report(visit.psycopg(), visit.ctx, report.content)):
            if value:
                query.appendlist(word, value)
    except WrongReport:
        for word in ("object", "rows", "columns", "shape"):
            query[word] = str(report.content.get(word, ""))
        query.setlist("measure", list(map(str, report.content.get("measures", []))))
    query["saved"] = str(report.id)
    return f"{reverse('custom-report', args=[visit.ctx.id])}?{query.urlencode()}"


@require_safe
@account_page
def index(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All reports that the user may see."""
    visit.require("reports")
    reports = reports_of(visit.psycopg(), visit.ctx, viewer_of(visit))
    table = Table(
        "reports",
        _("Saved reports"),
        [_("Name"), _("What"), _("Made by"), _("Who sees it"), _("Last change")],
        [_row(visit, each) for each in reports],
        note=_("Everybody sees their own records in a shared report."),
        empty=_(
            "No saved reports yet. Make a custom report, or save one of the ready-made reports with its filters."
        ),
    )
    with visit.cursor() as cursor:
        context = shell(cursor, visit, request, "analytics")
    context |= {
        "title": _("Saved reports"),
        "table": table,
        "create_link": reverse("custom-report", args=[visit.ctx.id]),
        "back": reverse("analytics", args=[visit.ctx.id]),
    }
    return render(request, "staff/insight/saved.html", context)


def _row(visit: Visit, report: SavedReport) -> Row:
    at = [visit.ctx.id, report.id]
    ready = REPORTS.get(report.ready)
    acts = [
        Act(_("Rename and share"), reverse("saved-report-change", args=at)),
        Act(_("Delete"), reverse("saved-report-delete", args=at)),
    ]
    cells = [
        Cell(report.name, link=reverse("saved-report", args=at)),
        Cell(ready.label.in_language(visit.language) if ready else _("Custom report")),
        Cell(report.owner),
        Cell(str(dict(SHARING)[report.sharing])),
        Cell(formatting.instant(report.updated_at, visit.ctx.time_zone)),
    ]
    return Row(report.name, cells, acts if report.may_change else [])


@require_safe
@account_page
def one(_request: HttpRequest, visit: Visit, report_id: int) -> HttpResponse:
    """Leads to the report in its state."""
    visit.require("reports")
    return HttpResponseRedirect(address_of(visit, found(visit, report_id)))


def shown(
    request: HttpRequest,
    visit: Visit,
    template: str,
    form: Form,
    back: str,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """A dialog of analytics."""
    with visit.cursor() as cursor:
        around = shell(cursor, visit, request, "analytics")
    context = {**around, "title": _("Analytics"), "form": form, "back": back, **more}
    return dialog(request, f"staff/insight/{template}.html", context, status=status)


def _keep(visit: ActionVisit, form: Form, content: Mapping[str, Any], ready: str = "") -> int:
    return visit.do(
        "save report",
        lambda db: save_report(
            db,
            visit.ctx,
            viewer_of(visit),
            name=form.cleaned_data["name"],
            content=content,
            ready=ready,
            sharing=form.cleaned_data.get("sharing") or "private",
            actor=visit.who.actor,
        ),
    )


@account_page
def _ask_custom(request: HttpRequest, visit: Visit) -> HttpResponse:
    made = made_by(request, visit)
    return shown(request, visit, "save", KeptForm(visit), _page(visit, made), state=_state(made))


def _page(visit: Visit, made: Made) -> str:
    return reverse("custom-report", args=[visit.ctx.id]) + made.query()


def _state(made: Made) -> str:
    return json.dumps(made.report.stored())


@account_action("reports")
def _keep_custom(request: HttpRequest, visit: ActionVisit) -> HttpResponse:
    form = KeptForm(visit, request.POST)
    state = request.POST.get("state", "")
    back = reverse("custom-report", args=[visit.ctx.id])
    if form.is_valid():
        try:
            id_ = _keep(visit, form, _read_state(visit, state))
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return moved(request, reverse("saved-report", args=[visit.ctx.id, id_]), _("The report is saved"))
    return shown(request, visit, "save", form, back, status=422, state=state)


def _read_state(visit: Visit, state: str) -> dict[str, Any]:
    """The report of a sent form, held to the catalogue once more. Raises ``Refused``."""
    try:
        told = json.loads(state)
        return read_report(visit.psycopg(), visit.ctx, told if isinstance(told, dict) else {}).stored()
    except (ValueError, RecursionError) as problem:
        raise Refused(_("The report could not be read: open it again, and save it anew.")) from problem


@account_page
def _ask_ready(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    visit.require("reports")
    known(name)
    asking = read_asking(visit, request.GET)
    form = KeptForm(visit, initial={"name": known(name).label.in_language(visit.language)})
    back = reverse("report", args=[visit.ctx.id, name]) + asking.query()
    return shown(request, visit, "save", form, back, state=json.dumps(dict(asking.words)))


@account_action("reports")
def _keep_ready(request: HttpRequest, visit: ActionVisit, name: str) -> HttpResponse:
    known(name)
    form = KeptForm(visit, request.POST)
    state = request.POST.get("state", "")
    if form.is_valid():
        try:
            id_ = _keep(visit, form, _read_words(visit, state), name)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return moved(request, reverse("saved-report", args=[visit.ctx.id, id_]), _("The report is saved"))
    back = reverse("report", args=[visit.ctx.id, name])
    return shown(request, visit, "save", form, back, status=422, state=state)


def _read_words(visit: Visit, state: str) -> dict[str, Any]:
    try:
        told = json.loads(state or "{}")
        given = QueryDict(mutable=True)
        given.update({str(word): str(value) for word, value in told.items()})
    except (ValueError, AttributeError, RecursionError) as problem:
        raise Refused(_("The report could not be read: open it again, and save it anew.")) from problem
    return dict(read_asking(visit, given).words)


@account_page
def _ask_overwrite(request: HttpRequest, visit: Visit, report_id: int) -> HttpResponse:
    made = made_by(request, visit)
    report = found(visit, report_id)
    return shown(request, visit, "overwrite", Form(), _page(visit, made), state=_state(made), report=report)


@account_action("reports")
def _overwrite(request: HttpRequest, visit: ActionVisit, report_id: int) -> HttpResponse:
    form, state, report = Form(request.POST), request.POST.get("state", ""), found(visit, report_id)

    def work(db: Any) -> None:
        content = _read_state(visit, state)
        overwrite_report(db, visit.ctx, viewer_of(visit), report_id, content, actor=visit.who.actor)

    if visit.carry_out("overwrite report", form, work):
        page = reverse("saved-report", args=[visit.ctx.id, report_id])
        return moved(request, page, _("The report is saved"))
    back = reverse("custom-report", args=[visit.ctx.id])
    return shown(request, visit, "overwrite", form, back, status=422, state=state, report=report)


@account_page
def _ask_change(request: HttpRequest, visit: Visit, report_id: int) -> HttpResponse:
    visit.require("reports")
    report = found(visit, report_id)
    form = KeptForm(visit, initial={"name": report.name, "sharing": report.sharing})
    return shown(request, visit, "change", form, _list(visit), report=report)


@account_action("reports")
def _change(request: HttpRequest, visit: ActionVisit, report_id: int) -> HttpResponse:
    report, form = found(visit, report_id), KeptForm(visit, request.POST)

    def work(db: Any) -> None:
        change_report(
            db,
            visit.ctx,
            viewer_of(visit),
            report_id,
            name=form.cleaned_data["name"],
            sharing=form.cleaned_data.get("sharing") or report.sharing,
            actor=visit.who.actor,
        )

    if visit.carry_out("change report", form, work):
        return moved(request, _list(visit), _("The report is saved"))
    return shown(request, visit, "change", form, _list(visit), status=422, report=report)


def _list(visit: Visit) -> str:
    return reverse("saved-reports", args=[visit.ctx.id])


@account_page
def _ask_delete(request: HttpRequest, visit: Visit, report_id: int) -> HttpResponse:
    visit.require("reports")
    return shown(request, visit, "delete", Form(), _list(visit), report=found(visit, report_id))


@account_action("reports")
def _delete(request: HttpRequest, visit: ActionVisit, report_id: int) -> HttpResponse:
    form, report = Form(request.POST), found(visit, report_id)

    def work(db: Any) -> None:
        delete_report(db, visit.ctx, viewer_of(visit), report_id, actor=visit.who.actor)

    if visit.carry_out("delete report", form, work):
        return moved(request, _list(visit), _("The report is deleted"))
    return shown(request, visit, "delete", form, _list(visit), status=422, report=report)


keep_custom = by_method(get=_ask_custom, post=_keep_custom)
keep_ready = by_method(get=_ask_ready, post=_keep_ready)
overwrite = by_method(get=_ask_overwrite, post=_overwrite)
change = by_method(get=_ask_change, post=_change)
delete = by_method(get=_ask_delete, post=_delete)
