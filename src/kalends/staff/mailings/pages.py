"""The emails to segments, and the page of one: its words, what each reader gets, and how far it is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from kalends.documents.logo import read_logos
from kalends.messages.letters.layout import for_browsers
from kalends.messages.mailing_letters import KIND
from kalends.segments.mailings import (
    PUT_BACK,
    SEGMENT_GONE,
    SENDER_GONE,
    Mailing,
    MailingRefused,
    Read,
    find_mailing,
    mailings,
    progress,
    read_by,
)
from kalends.segments.members import members_of
from kalends.segments.segment import SegmentRefused, find_segment
from kalends.staff import formatting
from kalends.staff.mailings.letter import as_letter
from kalends.staff.refusals import worded
from kalends.staff.settings.tables import Act, Cell, Row, Table, Tag
from kalends.staff.shell import shell
from kalends.staff.status.waiting import nobody_works
from kalends.staff.visit import Visit, account_page

READERS_SHOWN = 100
LETTERS_SHOWN = 100
STATUSES = {
    "draft": gettext_lazy("Draft"),
    "sending": gettext_lazy("Being sent"),
    "sent": gettext_lazy("Sent"),
    "stopped": gettext_lazy("Stopped"),
}
LETTER_STATUSES = {
    "queued": gettext_lazy("Waiting"),
    "kept": gettext_lazy("Kept, not sent"),
    "sending": gettext_lazy("Being sent"),
    "sent": gettext_lazy("Sent"),
    "failed": gettext_lazy("Failed"),
}
WHY_NOT = {
    "no_address": gettext_lazy("No email address"),
    "opted_out": gettext_lazy("Wants no such emails"),
}
PROBLEMS = {
    SENDER_GONE: gettext_lazy("Whoever sent it has no place in this account any more."),
    PUT_BACK: gettext_lazy(
        "The database was put back to an earlier state: it is not known who has had their letter."
    ),
    SEGMENT_GONE: gettext_lazy("Its segment was deleted before everybody had their letter."),
}
_REASONS = {
    "gone": lambda: _("This email is no longer there."),
    "name_missing": lambda: _("Give the email a name."),
    "not_draft": lambda: _("It is being sent, or was sent, and is not changed any more."),
    "not_sending": lambda: _("It is not being sent."),
    "segment": lambda: _("Choose a segment of contacts."),
    "nobody": lambda: _("Nobody in the segment can be written to."),
}
worded(MailingRefused, lambda problem: _REASONS[problem.reason](), "name")


def found(visit: Visit, mailing_id: int) -> Mailing:
    """The mailing. Raises ``Http404``."""
    try:
        return find_mailing(visit.psycopg(), visit.ctx, mailing_id)
    except MailingRefused as gone:
        raise Http404(str(gone)) from gone


@require_safe
@account_page
def index(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All emails to segments."""
    visit.require("mailings")
    rows = [_row(visit, each) for each in mailings(visit.psycopg(), visit.ctx)]
    table = Table(
        "mailings",
        _("Emails to segments"),
        [_("Name"), _("Segment"), _("Status"), _("Letters"), _("Last change")],
        rows,
        note=_("Each reader gets one, with a link to get no more. Who refused once gets none again."),
        empty=_("No emails yet. Make a segment of contacts first, then write to it."),
    )
    context = {
        "title": _("Emails to segments"),
        "tables": [table],
        "create_link": reverse("mailing-new", args=[visit.ctx.id]),
    }
    return shown(request, visit, "index", context)


def _row(visit: Visit, mailing: Mailing) -> Row:
    at = [visit.ctx.id, mailing.id]
    acts = [Act(_("Delete"), reverse("mailing-delete", args=at))] if mailing.status == "draft" else []
    cells = [
        Cell(mailing.name, link=reverse("mailing", args=at)),
        Cell(segment_name(visit, mailing)),
        Cell("", tags=[Tag(str(STATUSES[mailing.status]), "ok" if mailing.status == "sent" else "")]),
        Cell(formatting.number(Decimal(mailing.queued))),
        Cell(formatting.instant(mailing.updated_at, visit.ctx.time_zone)),
    ]
    return Row(mailing.name, cells, acts)


def segment_name(visit: Visit, mailing: Mailing) -> str:
    """The segment it goes to, also one that was deleted since."""
    try:
        return find_segment(visit.psycopg(), visit.ctx, mailing.segment_id).name
    except SegmentRefused:
        return _("A deleted segment")


@require_safe
@account_page
def one(request: HttpRequest, visit: Visit, mailing_id: int) -> HttpResponse:
    """A mailing: before it is sent what each reader would get, and then what became of the letters."""
    visit.require("mailings")
    mailing = found(visit, mailing_id)
    at = [visit.ctx.id, mailing.id]
    is_draft = mailing.status == "draft"
    reader = next(iter(_readers(visit, mailing, _chosen(request))), None)
    context: dict[str, Any] = {
        "title": mailing.name,
        "mailing": mailing,
        "status": STATUSES[mailing.status],
        "segment": segment_name(visit, mailing),
        "problem": PROBLEMS.get(mailing.problem, mailing.problem),
        "numbers": [
            (LETTER_STATUSES[status], formatting.number(Decimal(number)))
            for status, number in progress(visit.psycopg(), visit.ctx, mailing.id).items()
        ],
        "skipped": formatting.number(Decimal(mailing.skipped)) if not is_draft else "",
        "table": readers_table(visit, mailing) if is_draft else letters_table(visit, mailing),
        "reader": reader,
        "why_not": WHY_NOT.get(reader.why_not, "") if reader else "",
        "preview_link": f"{reverse('mailing-preview', args=at)}?contact={reader.contact_id}"
        if reader
        else "",
        "edit_link": reverse("mailing-edit", args=at) if is_draft else "",
        "acts": [
            *([Act(_("Send to yourself"), reverse("mailing-try", args=at))] if is_draft else []),
            *([Act(_("Send"), reverse("mailing-send", args=at))] if is_draft else []),
            *([Act(_("Stop"), reverse("mailing-stop", args=at))] if mailing.status == "sending" else []),
        ],
        "is_moving": mailing.status == "sending",
        "nobody_works": nobody_works(visit, mailing.started_at if mailing.status == "sending" else None),
    }
    return shown(request, visit, "mailing", context)


def _chosen(request: HttpRequest) -> int | None:
    given = request.GET.get("contact", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None


def _readers(visit: Visit, mailing: Mailing, only: int | None = None) -> list[Read]:
    """The first members of the segment whom the user may see, or one of them, as readers."""
    db = visit.psycopg()
    members = [id_ for id_, _since in members_of(db, visit.ctx, mailing.segment_id, limit=READERS_SHOWN)]
    if only is not None:
        members = [only]
    return read_by(db, visit.ctx, mailing, members, visit.asking)


def readers_table(visit: Visit, mailing: Mailing) -> Table:
    """Who is in the segment, whether they get it, and a look at theirs."""
    here = reverse("mailing", args=[visit.ctx.id, mailing.id])
    rows = [
        Row(
            each.address or str(each.contact_id),
            [
                Cell(each.address or "--", link=f"{here}?contact={each.contact_id}"),
                Cell(each.words.subject),
                Cell(str(WHY_NOT.get(each.why_not, _("Gets it")))),
            ],
        )
        for each in _readers(visit, mailing)
    ]
    return Table(
        "readers",
        _("Readers"),
        [_("Email"), _("Subject"), _("Gets it")],
        rows,
        note=_("The first %(count)s of the segment. Choose one to see what they read.")
        % {"count": READERS_SHOWN},
        empty=_("Nobody is in it."),
    )


def letters_table(visit: Visit, mailing: Mailing) -> Table:
    """The letters that were decided on, the newest first."""
    found_letters = visit.psycopg().execute(
        "SELECT recipient, status, coalesce(sent_at, created_at), error FROM message "
        "WHERE account_id = %s AND kind = %s AND object_id = %s ORDER BY id DESC LIMIT %s",
        [visit.ctx.id, KIND, mailing.id, LETTERS_SHOWN],
    )
    rows = [
        Row(
            recipient,
            [
                Cell(recipient),
                Cell(str(LETTER_STATUSES[status]), error or ""),
                Cell(formatting.instant(at, visit.ctx.time_zone)),
            ],
        )
        for recipient, status, at, error in found_letters.fetchall()
    ]
    return Table(
        "letters",
        _("Letters"),
        [_("Email"), _("Status"), _("When")],
        rows,
        empty=_("No letter yet."),
    )


@xframe_options_sameorigin
@require_safe
@account_page
def preview(request: HttpRequest, visit: Visit, mailing_id: int) -> HttpResponse:
    """The email as one reader gets it, alone on a page: the page of the mailing shows it in a frame."""
    visit.require("mailings")
    mailing = found(visit, mailing_id)
    only = _chosen(request)
    reader = next(iter(_readers(visit, mailing, only)), None) if only is not None else None
    if reader is None:
        raise Http404("no such reader")
    letter = as_letter(visit.ctx, reader.words, reader.language)
    logos = read_logos(visit.psycopg(), visit.ctx.id, letter.logos)
    answer = HttpResponse(for_browsers(letter, logos))
    answer["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
    )
    return answer


def shown(
    request: HttpRequest, visit: Visit, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page of the mailings."""
    with visit.cursor() as cursor:
        around = shell(cursor, visit, request, "mailings")
    return render(request, f"staff/mailings/{template}.html", {**around, **context}, status=status)
