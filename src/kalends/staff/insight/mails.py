"""Emails of a dashboard on pages: scheduling one, the list of them, and what is done with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, cast

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.core.timetable import Rhythm
from kalends.insight.dashboards import Dashboard
from kalends.insight.mail.schedule import (
    Format,
    Mail,
    ask_for_mail,
    delete_mail,
    find_mail,
    mails_of,
    readers_of,
    schedule_mail,
    switch_mail,
)
from kalends.insight.saved import ReportRefused
from kalends.staff import formatting
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forms import Form
from kalends.staff.index.tabs import viewer_of
from kalends.staff.insight.dashboards import found
from kalends.staff.insight.keeping import shown
from kalends.staff.refusals import Refused
from kalends.staff.reply import moved
from kalends.staff.settings.tables import Act, Cell, Row, Table, Tag
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page
from kalends.staff.workflows.words import day_names

_FORMAT_WORDS = {"pdf": gettext_lazy("PDF"), "png": gettext_lazy("Picture (PNG)")}
_WHY: Mapping[str, Callable[[], str]] = {
    "account": lambda: _("has no place in the account any more"),
    "reports": lambda: _("may not see reports"),
    "dashboard": lambda: _("does not see this dashboard"),
}


class MailForm(Form):
    """Who gets a dashboard, how often, at what time, and as what."""

    recipients = forms.MultipleChoiceField(
        label=gettext_lazy("To"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Everybody gets what they may see themselves when it is sent."),
    )
    when = forms.ChoiceField(label=gettext_lazy("How often"))
    at = forms.TimeField(
        label=gettext_lazy("Time of day"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        initial="08:00",
        input_formats=["%H:%M", "%H:%M:%S"],
    )
    format = forms.ChoiceField(
        label=gettext_lazy("As"), choices=list(_FORMAT_WORDS.items()), widget=forms.RadioSelect, initial="pdf"
    )

    def __init__(self, visit: Visit, data: Any = None) -> None:
        super().__init__(data, initial={"recipients": [str(visit.user.id)], "when": "week:1"})
        people, when = cast("Any", self.fields["recipients"]), cast("Any", self.fields["when"])
        readers = readers_of(visit.psycopg(), visit.ctx)
        people.choices = [(str(each.user_id), each.name or each.email) for each in readers]
        when.choices = [
            ("day:1", _("Every day")),
            (_("Every week"), [(f"week:{number}", name) for number, name in day_names()]),
            (_("Every month"), [(f"month:{day}", _("Day %(day)s") % {"day": day}) for day in range(1, 32)]),
        ]
        self.fields["at"].help_text = format_lazy("{} ({})", _("The account's time"), visit.ctx.time_zone)

    def rhythm(self) -> Rhythm:
        """The rhythm that was chosen."""
        every, _sep, on = self.cleaned_data["when"].partition(":")
        return Rhythm(every, self.cleaned_data["at"], int(on))


class Deed(NamedTuple):
    """Something that is done with an email: what its dialog says, its button, what is said afterwards, and doing it."""

    title: Callable[[], str]
    text: Callable[[], str]
    button: Callable[[], str]
    done: Callable[[], str]
    do: Callable[[Any, ActionVisit, int, int], Any]
    is_danger: bool = False


def _switch(db: Any, visit: ActionVisit, board: int, id_: int, *, on: bool) -> None:
    switch_mail(db, visit.ctx, viewer_of(visit), board, id_, on=on, actor=visit.who.actor)


Verb = Literal["send", "off", "on", "delete"]
_DEEDS: Mapping[str, Deed] = {
    "send": Deed(
        lambda: _("Send this email now"),
        lambda: _("It goes to everybody on it within a minute, beside its own times."),
        lambda: _("Send now"),
        lambda: _("The email is being made"),
        lambda db, visit, board, id_: ask_for_mail(
            db, visit.ctx, viewer_of(visit), board, id_, actor=visit.who.actor
        ),
    ),
    "off": Deed(
        lambda: _("Turn this email off"),
        lambda: _("Nobody gets it until it is turned on again."),
        lambda: _("Turn off"),
        lambda: _("The email is off"),
        lambda db, visit, board, id_: _switch(db, visit, board, id_, on=False),
    ),
    "on": Deed(
        lambda: _("Turn this email on"),
        lambda: _("It is sent from its next time on."),
        lambda: _("Turn on"),
        lambda: _("The email is on"),
        lambda db, visit, board, id_: _switch(db, visit, board, id_, on=True),
    ),
    "delete": Deed(
        lambda: _("Delete this email"),
        lambda: _("Nobody gets it any more. The dashboard stays."),
        lambda: _("Delete"),
        lambda: _("The email is deleted"),
        lambda db, visit, board, id_: delete_mail(
            db, visit.ctx, viewer_of(visit), board, id_, actor=visit.who.actor
        ),
        is_danger=True,
    ),
}


@require_safe
@account_page
def index(request: HttpRequest, visit: Visit, dashboard_id: int) -> HttpResponse:
    """The emails of a dashboard."""
    visit.require("reports")
    board = found(visit, dashboard_id)
    at = [visit.ctx.id, board.id]
    names = {each.user_id: each.name or each.email for each in readers_of(visit.psycopg(), visit.ctx)}
    mails = mails_of(visit.psycopg(), visit.ctx, viewer_of(visit), board.id)
    table = Table(
        "mails",
        _("Emails"),
        [_("How often"), _("To"), _("As"), _("Made by"), _("Next time"), _("Last time")],
        [_row(visit, each, names) for each in mails],
        note=_("Everybody gets what they may see themselves when it is sent."),
        empty=_("No emails yet. Email it to yourself and to others who may see reports."),
    )
    with visit.cursor() as cursor:
        around = shell(cursor, visit, request, "analytics")
    context = {
        **around,
        "title": _("Emails of %(name)s") % {"name": board.name},
        "table": table,
        "create_link": reverse("dashboard-mail-create", args=at),
        "back": reverse("dashboard", args=at),
    }
    return render(request, "staff/insight/mails.html", context)


def rhythm_words(rhythm: Rhythm) -> str:
    """``Every week on Monday, 08:00``."""
    at = f"{rhythm.at:%H:%M}"
    if rhythm.every == "week":
        return _("Every week on %(day)s, %(at)s") % {"day": dict(day_names())[rhythm.on], "at": at}
    if rhythm.every == "month":
        return _("Every month on day %(day)s, %(at)s") % {"day": rhythm.on, "at": at}
    return _("Every day, %(at)s") % {"at": at}


def _row(visit: Visit, mail: Mail, names: Mapping[int, str]) -> Row:
    said = rhythm_words(mail.rhythm)
    who = ", ".join(names.get(each, _("A former user")) for each in mail.recipients)
    left = "; ".join(
        _("%(name)s got none: %(why)s") % {"name": names.get(each, _("A former user")), "why": _WHY[why]()}
        for each, why in mail.left_out
    )
    zone = visit.ctx.time_zone
    next_ = formatting.instant(mail.next_at, zone) if mail.is_on else ""
    tags = [] if mail.is_on else [Tag(_("Off"), "warn")]
    cells = [
        Cell(said),
        Cell(who),
        Cell(str(_FORMAT_WORDS[mail.format])),
        Cell(mail.owner),
        Cell(next_, under=_("Being made now") if mail.waiting else "", tags=tags),
        Cell(formatting.instant(mail.last_at, zone) if mail.last_at else "", under=left),
    ]
    return Row(said, cells, _acts(visit, mail))


def _acts(visit: Visit, mail: Mail) -> list[Act]:
    if not mail.may_change:
        return []
    verbs: list[Verb] = ["send", "off" if mail.is_on else "on", "delete"]
    at = [visit.ctx.id, mail.dashboard_id, mail.id]
    return [Act(_DEEDS[each].button(), reverse("dashboard-mail", args=[*at, each])) for each in verbs]


def _index(visit: Visit, dashboard_id: int) -> str:
    return reverse("dashboard-mails", args=[visit.ctx.id, dashboard_id])


@account_page
def _ask_create(request: HttpRequest, visit: Visit, dashboard_id: int) -> HttpResponse:
    visit.require("reports")
    board = found(visit, dashboard_id)
    return shown(request, visit, "mail_new", MailForm(visit), _index(visit, dashboard_id), report=board)


@account_action("reports")
def _create(request: HttpRequest, visit: ActionVisit, dashboard_id: int) -> HttpResponse:
    board, form = found(visit, dashboard_id), MailForm(visit, request.POST)
    back = _index(visit, dashboard_id)
    if form.is_valid():
        asked = form.cleaned_data
        format_ = cast("Format", asked["format"])
        try:
            visit.do(
                "email dashboard",
                lambda db: schedule_mail(
                    db,
                    visit.ctx,
                    viewer_of(visit),
                    dashboard_id,
                    recipients=[int(each) for each in asked["recipients"]],
                    rhythm=form.rhythm(),
                    format_=format_,
                    actor=visit.who.actor,
                ),
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return moved(request, back, _("The email is scheduled"))
    return shown(request, visit, "mail_new", form, back, status=422, report=board)


def _mail(visit: Visit, dashboard_id: int, mail_id: int, verb: str) -> tuple[Dashboard, Deed]:
    """The dashboard of an email, and what is to be done. Raises ``Http404``."""
    board = found(visit, dashboard_id)
    try:
        find_mail(visit.psycopg(), visit.ctx, viewer_of(visit), dashboard_id, mail_id)
    except ReportRefused as gone:
        raise Http404(str(gone)) from gone
    if verb not in _DEEDS:
        raise Http404(f"nothing to do called {verb}")
    return board, _DEEDS[verb]


@account_page
def _ask_do(request: HttpRequest, visit: Visit, dashboard_id: int, mail_id: int, verb: str) -> HttpResponse:
    visit.require("reports")
    board, deed = _mail(visit, dashboard_id, mail_id, verb)
    return _dialog(request, visit, board, deed, Form())


def _dialog(
    request: HttpRequest, visit: Visit, board: Dashboard, deed: Deed, form: Form, status: int = 200
) -> HttpResponse:
    words = {"heading": deed.title(), "text": deed.text(), "button": deed.button(), "danger": deed.is_danger}
    return shown(request, visit, "mail_do", form, _index(visit, board.id), status=status, **words)


@account_action("reports")
def _do(request: HttpRequest, visit: ActionVisit, dashboard_id: int, mail_id: int, verb: str) -> HttpResponse:
    board, deed = _mail(visit, dashboard_id, mail_id, verb)
    form = Form(request.POST)
    form.is_valid()
    try:
        visit.do(f"dashboard email: {verb}", lambda db: deed.do(db, visit, dashboard_id, mail_id))
    except Refused as refusal:
        form.refuse(refusal)
        return _dialog(request, visit, board, deed, form, status=422)
    return moved(request, _index(visit, dashboard_id), deed.done())


create = by_method(get=_ask_create, post=_create)
act = by_method(get=_ask_do, post=_do)
