"""The page on which administrators see how the account and the installation are doing."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from kalends.operations.installation import Installation, installation
from kalends.operations.processes import Process
from kalends.operations.standing import Standing, standing
from kalends.operations.troubles import Trouble, troubles_of, troubles_of_all
from kalends.platform.clock import system_now
from kalends.staff import formatting
from kalends.staff.exports.standing import size_text
from kalends.staff.forbidden import Forbidden
from kalends.staff.objects import record_address
from kalends.staff.shell import shell
from kalends.staff.status.words import in_words, waiting_words
from kalends.staff.visit import Visit, account_page

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
FOUND_SHOWN = 10


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Everything on one page, which asks for itself anew every ten seconds."""
    _may_look(visit)
    with visit.cursor() as cursor:
        around = shell(cursor, visit, request, "status")
    return render(request, "staff/status/page.html", {**around, "title": _("Status"), **_context(visit)})


@require_safe
@account_page
def now(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The part that changes."""
    _may_look(visit)
    return render(request, "staff/status/now.html", {"account": visit.ctx, **_context(visit)})


def _may_look(visit: Visit) -> None:
    """Raises ``Forbidden``."""
    if not visit.may("settings"):
        raise Forbidden("settings")


def _context(visit: Visit) -> dict[str, Any]:
    db, at = visit.psycopg(), system_now()
    whole, account = installation(db), standing(db, visit.ctx, at)
    found = sorted(
        [*troubles_of(account, whole, at), *troubles_of_all(whole, at)], key=lambda each: each.tone != "bad"
    )
    return {
        "troubles": [_told(each, visit.ctx.id) for each in found],
        "tiles": _tiles(account),
        "unanswered": _unanswered(account),
        "waiting": [
            (waiting_words(each.kind), each.count, ago(each.seconds) if each.seconds else "")
            for each in account.backlogs
        ],
        "processes": [_process(each, at) for each in whole.processes if each.only in (None, visit.ctx.id)],
        "facts": [*_last(account, visit.ctx.time_zone), *_about(whole)],
        **_found(account),
        "looked": formatting.time_of_day(at, visit.ctx.time_zone),
    }


def _told(trouble: Trouble, account_id: int) -> dict[str, str]:
    words = in_words(trouble)
    told = {"tone": trouble.tone, "what": words.what, "remedy": words.remedy}
    if trouble.code in _MENDED_ON:
        address, label = _MENDED_ON[trouble.code]
        told |= {"link": reverse(address, args=[account_id]), "label": str(label)}
    return told


_MENDED_ON = {
    **dict.fromkeys(("late", "parked", "held", "run_killed"), ("billing", gettext_lazy("Billing"))),
    "webhooks_given_up": ("settings-apps", gettext_lazy("Apps and webhooks")),
    "books_differ": ("settings-processor", gettext_lazy("Payment processor")),
}
"""The page on which a person mends a trouble, where it is not mended by a command."""


def _unanswered(account: Standing) -> list[dict[str, Any]]:
    """The charges without an answer by name, with what somebody needs to look them up at the processor."""
    words = _("%(invoice)s at %(processor)s, since %(when)s")
    return [
        {
            "link": record_address(account.ctx.id, "payment", each.payment_id),
            "payment": each.payment_id,
            "amount": formatting.minor(each.amount_minor, each.currency),
            "about": words
            % {
                "invoice": each.invoice,
                "processor": each.processor or "",
                "when": formatting.instant(each.since, account.ctx.time_zone),
            },
        }
        for each in account.unanswered
    ]


def _found(account: Standing) -> dict[str, Any]:
    """What the last proof found by name, and how many differences are not named here."""
    proof = account.proof
    named = proof.found[:FOUND_SHOWN] if proof else ()
    return {"found": named, "found_besides": proof.differences - len(named) if proof else 0}


def _tiles(account: Standing) -> list[dict[str, Any]]:
    tiles = (
        (_("Due"), account.due_count, "", _("billed by the next run")),
        (_("Late"), account.late, "bad", _("due before today, not billed yet")),
        (_("Put aside"), account.parked, "warn", _("each waits for a person")),
        (_("No answer yet"), account.unknown, "bad", _("charges that were sent")),
        (_("To be sent"), account.to_be_sent, "", _("charges that were decided")),
    )
    return [
        {"label": label, "count": count, "tone": tone if count else "", "note": note}
        for label, count, tone, note in tiles
    ]


def _process(process: Process, at: datetime) -> dict[str, Any]:
    kinds = {"worker": _("Worker"), "once": _("Worker that comes now and then"), "web": _("Server of pages")}
    return {
        "kind": kinds[process.kind],
        "host": process.host,
        "pid": process.pid,
        "version": process.version,
        "seen": ago(int((at - process.seen_at).total_seconds())),
        "alive": process.is_alive(at),
    }


def _last(account: Standing, zone: str) -> list[tuple[str, str]]:
    run, proof, compared = account.run, account.proof, account.reconciled
    told = [(_("Last billing run"), _("none yet"))]
    if run:
        state = (
            formatting.instant(run.ended_at, zone)
            if run.ended_at
            else _("running")
            if run.is_running
            else _("stopped on its way; the next run goes on from there")
        )
        told = [(_("Last billing run"), state)]
    if proof:
        found = _agreed(proof.differences)
        invoices = formatting.number(Decimal(proof.invoices))
        words = _("%(when)s, invoices: %(invoices)s, %(found)s")
        when = formatting.instant(proof.made_at, zone)
        told.append((_("Last proof"), words % {"when": when, "invoices": invoices, "found": found}))
    else:
        told.append((_("Last proof"), _("never")))
    if compared:
        words = _("%(when)s with %(name)s, %(found)s")
        values = {
            "when": formatting.instant(compared.made_at, zone),
            "name": compared.processor,
            "found": _agreed(compared.differences),
        }
        told.append((_("Books compared"), words % values))
    return told


def _agreed(differences: int) -> str:
    if not differences:
        return _("everything agreed")
    return ngettext("%(number)s difference", "%(number)s differences", differences) % {"number": differences}


def _about(whole: Installation) -> list[tuple[str, str]]:
    most = {"number": whole.connections, "most": whole.connections_most}
    return [
        (_("Kalends"), whole.version),
        (_("Database"), f"PostgreSQL {whole.postgresql}, {size_text(whole.database_bytes)}"),
        (_("Connections"), _("%(number)s of %(most)s") % most),
    ]


def ago(seconds: int) -> str:
    """How long ago something was, in the largest unit of which there is at least one.

    >>> ago(90)
    '1 min'
    """
    if seconds < _MINUTE:
        return _("%(number)s s") % {"number": max(seconds, 0)}
    if seconds < _HOUR:
        return _("%(number)s min") % {"number": seconds // _MINUTE}
    if seconds < _DAY:
        return _("%(number)s h") % {"number": seconds // _HOUR}
    return ngettext("%(number)s day", "%(number)s days", seconds // _DAY) % {"number": seconds // _DAY}
