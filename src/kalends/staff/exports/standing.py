"""How far an export has come, in words and figures; shared by its page, the dialog and the log."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from kalends.catalog.registry import get_object
from kalends.exports import exports
from kalends.exports.exports import ACCOUNT, Export
from kalends.platform.clock import system_now
from kalends.staff import formatting
from kalends.staff.status.waiting import nobody_works
from kalends.staff.visit import Visit, account_page

STATUS_WORDS = {
    "queued": gettext_lazy("Waiting"),
    "running": gettext_lazy("Being made"),
    "done": gettext_lazy("Ready"),
    "failed": gettext_lazy("Failed"),
    "canceled": gettext_lazy("Canceled"),
    "expired": gettext_lazy("Expired"),
}
TONES = {"done": "ok", "failed": "bad"}
_KILO = 1000


def seen(visit: Visit, id_: int) -> Export:
    """An export that the user asked for, or any where the user is an administrator. Raises ``Http404``."""
    visit.require("export")
    export = exports.find(visit.psycopg(), visit.ctx, id_)
    own = export is not None and export.user_id == visit.user.id and export.object != ACCOUNT
    if export is None or not (visit.place.is_administrator or own):
        raise Http404(f"no export {id_}")
    return export


@require_safe
@account_page
def standing(request: HttpRequest, visit: Visit, export_id: int) -> HttpResponse:
    """How far it has come, and then the way to the file."""
    context = standing_context(visit, seen(visit, export_id))
    return render(request, "staff/exports/standing.html", {"account": visit.ctx, **context})


def standing_context(visit: Visit, export: Export) -> dict[str, Any]:
    """What the standing shows."""
    args = [visit.ctx.id, export.id]
    return {
        "export": export,
        "export_words": STATUS_WORDS[export.status],
        "export_records": what_of(visit, export),
        "export_rows": rows_text(export),
        "export_there": export.can_be_fetched(system_now()),
        "export_size": size_text(export.file_size),
        "export_until": formatting.instant(export.expires_at, visit.ctx.time_zone)
        if export.expires_at
        else "",
        "nobody_works": nobody_works(visit, export.asked_at if export.is_open else None),
        "export_asked": formatting.instant(export.asked_at, visit.ctx.time_zone),
        "export_link": reverse("export", args=args),
        "file_link": reverse("export-file", args=args),
        "standing_link": reverse("export-standing", args=args),
        "cancel_link": reverse("export-cancel", args=args),
    }


def what_of(visit: Visit, export: Export) -> str:
    """What is exported, in words."""
    if export.object == ACCOUNT:
        return _("The whole account")
    return get_object(export.object).plural_label.in_language(visit.language)


def rows_text(export: Export) -> str:
    """How many records are in it, or how many of how many so far."""
    done = formatting.number(Decimal(export.rows_done))
    if export.is_open and export.rows_total:
        return _("%(done)s of %(total)s") % {
            "done": done,
            "total": formatting.number(Decimal(export.rows_total)),
        }
    return ngettext("%(count)s record", "%(count)s records", export.rows_done) % {"count": done}


def size_text(size: int) -> str:
    """A size as people read it: the first unit of which there are fewer than a thousand.

    >>> size_text(2_345_678)
    '2.3 MB'
    """
    amount, unit = Decimal(size), 0
    units = ("bytes", "kB", "MB", "GB", "TB")
    while amount >= _KILO and unit < len(units) - 1:
        amount, unit = amount / _KILO, unit + 1
    step = Decimal("0.1") if unit > 1 else Decimal(1)
    return f"{formatting.number(amount.quantize(step, ROUND_HALF_UP))} {units[unit]}"
