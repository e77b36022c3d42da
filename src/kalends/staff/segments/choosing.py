"""Records that were selected in a list are put into a static segment, or taken out of the one that the list shows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalends.segments.members import add_members, remove_members
from kalends.segments.segment import Segment, read_segments
from kalends.segments.services import create_segment
from kalends.staff import formatting
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forms import Form
from kalends.staff.index.dialogs import about
from kalends.staff.index.pages import Listing, static_segment_of
from kalends.staff.index.selection import Selection, selected
from kalends.staff.refusals import Refused
from kalends.staff.reply import dialog, moved
from kalends.staff.segments.pages import found
from kalends.staff.visit import Visit, account_page


def _asked(request: HttpRequest, visit: Visit, slug: str, template: str) -> HttpResponse:
    visit.require("segments")
    listing = Listing(request, visit, slug)
    with visit.cursor() as cursor:
        chosen = selected(cursor, listing, request.GET, "view")
    return _shown(request, listing, template, chosen, Form())


def _shown(
    request: HttpRequest, listing: Listing, template: str, chosen: Selection, form: Form, *, status: int = 200
) -> HttpResponse:
    visit = listing.visit
    segments = read_segments(visit.psycopg(), visit.ctx, object=listing.page.name)
    context = {
        **about(request, listing, chosen),
        "form": form,
        "segments": [each for each in segments if not each.is_active],
        "from_segment": static_segment_of(listing),
        "given": request.POST.get("segment_id", ""),
        "given_name": request.POST.get("segment_name", ""),
    }
    return dialog(request, f"staff/segments/{template}.html", context, status=status)


@account_page
def ask_to_add(request: HttpRequest, visit: Visit, slug: str) -> HttpResponse:
    """Asks into which segment the records go."""
    return _asked(request, visit, slug, "add")


@account_action("segments")
def act_add(request: HttpRequest, visit: ActionVisit, slug: str) -> HttpResponse:
    """Puts them there."""
    listing = Listing(request, visit, slug)
    form = Form(request.POST)
    form.is_valid()
    with visit.cursor() as cursor:
        chosen = selected(cursor, listing, request.POST, "view")
    try:
        _check(chosen)
        number = visit.do("add to segment", lambda db: _add(db, visit, listing, request, chosen))
    except Refused as refusal:
        form.refuse(refusal)
        return _shown(request, listing, "add", chosen, form, status=422)
    told = ngettext("%(count)s record joined the segment", "%(count)s records joined the segment", number)
    return moved(request, listing.here, told % {"count": formatting.number(Decimal(number))})


def _add(db: Any, visit: Visit, listing: Listing, request: HttpRequest, chosen: Selection) -> int:
    which = request.POST.get("segment_id", "")
    if which:
        segment = _own(visit, listing, which)
        return add_members(db, visit.ctx, segment.id, chosen.ids, visit.who.actor).joined
    made = create_segment(
        db,
        visit.ctx,
        name=request.POST.get("segment_name", ""),
        object=listing.page.name,
        kind="static",
        made_by=visit.user.id,
        actor=visit.who.actor,
    )
    return add_members(db, visit.ctx, made, chosen.ids, visit.who.actor).joined


def _own(visit: Visit, listing: Listing, which: str) -> Segment:
    segment = found(visit, int(which)) if which.isascii() and which.isdigit() and len(which) < 19 else None
    if segment is None or segment.object != listing.page.name:
        raise Refused(_("Choose a segment of these records."))
    return segment


def _check(chosen: Selection) -> None:
    if not chosen.ids:
        raise Refused(_("No record is selected."))
    if chosen.too_many:
        raise Refused(_("That is too many at once: save the filter as a static segment instead."))


@account_page
def ask_to_remove(request: HttpRequest, visit: Visit, slug: str) -> HttpResponse:
    """Says what is taken out of which segment."""
    return _asked(request, visit, slug, "remove")


@account_action("segments")
def act_remove(request: HttpRequest, visit: ActionVisit, slug: str) -> HttpResponse:
    """Takes them out."""
    listing = Listing(request, visit, slug)
    segment = static_segment_of(listing)
    if segment is None:
        raise Http404("the list shows no static segment")
    form = Form(request.POST)
    form.is_valid()
    with visit.cursor() as cursor:
        chosen = selected(cursor, listing, request.POST, "view")
    try:
        _check(chosen)
        number = visit.do(
            "remove from segment",
            lambda db: remove_members(db, visit.ctx, segment.id, chosen.ids, visit.who.actor).left,
        )
    except Refused as refusal:
        form.refuse(refusal)
        return _shown(request, listing, "remove", chosen, form, status=422)
    told = ngettext("%(count)s record left the segment", "%(count)s records left the segment", number)
    return moved(request, listing.here, told % {"count": formatting.number(Decimal(number))})


add = by_method(get=ask_to_add, post=act_add)
remove = by_method(get=ask_to_remove, post=act_remove)
