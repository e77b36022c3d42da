"""The log of exports, of everybody for administrators; canceling, fetching again, and the alert of large ones."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.accounts.people import set_export_alert
from kalends.exports import exports
from kalends.exports.exports import Export
from kalends.exports.request import WrongRequest
from kalends.platform.clock import system_now
from kalends.staff import formatting
from kalends.staff.account.noticed import place_in
from kalends.staff.exports.begin import WHY
from kalends.staff.exports.standing import STATUS_WORDS, TONES, rows_text, seen, size_text, what_of
from kalends.staff.forbidden import Forbidden
from kalends.staff.forms import Form
from kalends.staff.refusals import Refused
from kalends.staff.settings.deeds import Asked, Deed, of_what_is_there
from kalends.staff.settings.places import PLACES, shown
from kalends.staff.settings.tables import Act, Cell, Row, Table, Tag
from kalends.staff.visit import Visit, account_page

ALERT_MAX = 275_000
"""The largest number of records from which on an administrator can be told of exports, as in HubSpot."""


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The newest exports."""
    visit.require(PLACES["exports"].needs)
    everybody = visit.place.is_administrator
    found = exports.list_exports(visit.psycopg(), visit.ctx, user_id=None if everybody else visit.user.id)
    table = Table(
        "exports",
        _("Exports"),
        [_("Exported file"), _("Asked for by"), _("Records"), _("Status")],
        [_row(visit, each) for each in found],
        note=_("Files are kept for 30 days. Only whoever asked for one, and administrators, can fetch it."),
        add=_alert_act(visit) if everybody else None,
        empty=_("Nothing was exported yet. Lists have a button for it."),
    )
    tables = [table, _whole_account(visit)] if everybody else [table]
    return shown(request, visit, "exports", "tables", {"tables": tables})


def _whole_account(visit: Visit) -> Table:
    return Table(
        "account",
        _("The whole account"),
        [],
        [],
        add=Act(
            _("Export the account"), reverse("settings-exports-account", args=[visit.ctx.id]), icon="download"
        ),
        empty=_(
            "All records, the ledger, the journals and the settings in one archive: to keep, or to move."
        ),
    )


def _alert_of(visit: Visit) -> int | None:
    with visit.cursor() as cursor:
        return place_in(cursor, visit).exports_from


def _alert_act(visit: Visit) -> Act:
    least = _alert_of(visit)
    label = (
        _("Told of exports from %(count)s records") % {"count": formatting.number(Decimal(least))}
        if least
        else _("Tell me of large exports")
    )
    return Act(label, reverse("settings-exports-alert", args=[visit.ctx.id]), icon="bell")


def _row(visit: Visit, each: Export) -> Row:
    args = [visit.ctx.id, each.id]
    of = what_of(visit, each)
    asker = each.asker or (_("A program") if each.user_id is None else _("Somebody who is no longer here"))
    acts = [Act(_("Cancel"), reverse("export-cancel", args=args))] if each.is_open else []
    if each.can_be_fetched(system_now()):
        acts.append(Act(_("Download"), reverse("export-file", args=args), dialog=False))
    size = "" if each.object == exports.ACCOUNT else each.asked.format.upper()
    size = size_text(each.file_size) if each.file_size else size
    return Row(
        each.name,
        [
            Cell(each.name, f"{of}, {size}" if size else of, link=reverse("export", args=args)),
            Cell(asker, formatting.instant(each.asked_at, visit.ctx.time_zone)),
            Cell(rows_text(each) if each.status not in ("queued", "failed", "canceled") else "--"),
            Cell(
                "",
                each.problem,
                tags=[Tag(str(STATUS_WORDS[each.status]), TONES.get(each.status, ""))],
            ),
        ],
        acts,
    )


def _open(visit: Visit, export_id: int) -> Export:
    export = seen(visit, export_id)
    if not export.is_open:
        raise Http404(f"export {export_id} is {export.status}")
    return export


def _cancel(db: Any, visit: Any, asked: dict[str, Any], export_id: int) -> None:  # noqa: ARG001
    exports.cancel(db, visit.ctx, export_id, now=system_now(), actor=visit.who.actor)


cancel = Deed(
    name="cancel export",
    page="exports",
    form=of_what_is_there(_open),
    asked=lambda visit, form, export_id: Asked(
        _("Cancel the export %(name)s") % {"name": _open(visit, export_id).name},
        _("Cancel the export"),
        [_("No file is made, and nobody is told."), _("It can be asked for again at any time.")],
        takes_away=True,
    ),
    work=_cancel,
    told=lambda asked: _("The export is canceled"),
)


class AlertForm(Form):
    """From how many records on somebody is told of an export."""

    least = forms.IntegerField(
        label=gettext_lazy("Tell me of exports with at least so many records"),
        min_value=1,
        max_value=ALERT_MAX,
        required=False,
        help_text=gettext_lazy("Up to 275,000. Left empty, you are not told."),
    )


def _alert_form(visit: Visit, data: Any) -> AlertForm:
    if not visit.place.is_administrator:
        raise Forbidden("users")
    return AlertForm(data, initial={"least": _alert_of(visit)})


alert = Deed(
    name="export alert",
    page="exports",
    form=_alert_form,
    asked=lambda visit, form: Asked(
        _("Large exports"),
        _("Save"),
        [_("You are told among your notifications when somebody else has exported that many records.")],
    ),
    work=lambda db, visit, asked: set_export_alert(db, visit.ctx.id, visit.user.id, asked["least"]),
    told=lambda asked: _("Saved"),
)


def _account_form(visit: Visit, data: Any) -> Form:
    if not visit.place.is_administrator:
        raise Forbidden("users")
    return Form(data)


def _ask_account(db: Any, visit: Any, asked: dict[str, Any]) -> int:  # noqa: ARG001
    try:
        return exports.ask_account(
            db, visit.ctx, now=system_now(), user_id=visit.user.id, actor=visit.who.actor
        )
    except WrongRequest as problem:
        raise Refused(str(WHY.get(problem.reason, problem))) from problem


whole_account = Deed(
    name="export account",
    page="exports",
    form=_account_form,
    asked=lambda visit, form: Asked(
        _("Export the account"),
        _("Export"),
        [
            _("You get a letter when the archive is ready. Only administrators can fetch it."),
            _("Passwords, keys and tokens are not in it, but everything that is known of your customers is."),
            _(
                "Before the account goes on in another installation, hold billing here, or customers are billed twice."
            ),
        ],
    ),
    work=_ask_account,
    told=lambda asked: _("The export has begun"),
    leads=lambda visit, id_: reverse("export", args=[visit.ctx.id, id_]),
)
