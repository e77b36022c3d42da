"""A letter as it was sent: its subject and its words."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from kalends.accounts import connections
from kalends.messages.log import show_letter
from kalends.staff.objects import record_address
from kalends.staff.record.reading import read_record
from kalends.staff.record.story import letters_of
from kalends.staff.reply import dialog
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page


@require_safe
@account_page
def letter(request: HttpRequest, visit: Visit, slug: str, id: int, letter: int) -> HttpResponse:  # noqa: A002
    """One letter about a record that the user may see."""
    with visit.cursor() as cursor:
        record = read_record(cursor, visit, slug, id)
        if not letters_of(record, letter):
            raise Http404(f"no letter {letter}")
        context = shell(cursor, visit, request, record.object.plural)
    with connections.apart(visit.ctx.id) as db:
        shown = show_letter(db, visit.ctx, letter)
    context |= {
        "title": shown.letter.subject,
        "letter": shown.letter,
        "row": shown.row,
        "written": shown.written,
        "back": record_address(visit.ctx.id, record.page.name, id),
    }
    return dialog(request, "staff/record/letter.html", context)
