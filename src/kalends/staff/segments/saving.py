"""From the list to a segment: what its filters find becomes a segment, or what an active one asks for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.platform.patience import patiently
from kalends.query import compile_count, fetch, to_json
from kalends.segments.evaluation import evaluate_if_small
from kalends.segments.segment import uses_of
from kalends.segments.services import NAME_LENGTH_MAX, change_filter, create_segment
from kalends.staff import formatting
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forms import Form
from kalends.staff.index.counts import Count
from kalends.staff.index.filter_rows import groups_of, read_rows
from kalends.staff.index.pages import Listing, found_text
from kalends.staff.index.toolbar import hidden_fields
from kalends.staff.refusals import Refused
from kalends.staff.reply import dialog, moved
from kalends.staff.segments.pages import found
from kalends.staff.segments.words import KINDS, use_words
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page


class NewForm(Form):
    """What a segment is called, and whether it follows the filter."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_LENGTH_MAX)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=list(KINDS.items()), widget=forms.RadioSelect, initial="active"
    )


def _listing(request: HttpRequest, visit: Visit, slug: str) -> Listing:
    listing = Listing(request, visit, slug)
    if "draft" in request.GET:
        groups, _wrong = groups_of(listing.object, read_rows(request.GET))
        listing.state = listing.state.having(groups=groups)
    return listing


@account_page
def ask(request: HttpRequest, visit: Visit, slug: str) -> HttpResponse:
    """Says how many records pass now, and asks for a name, or whether the segment is to ask for this."""
    visit.require("segments")
    listing = _listing(request, visit, slug)
    return _shown(request, listing, NewForm())


def _shown(request: HttpRequest, listing: Listing, form: Form, *, status: int = 200) -> HttpResponse:
    visit, state = listing.visit, listing.state
    edited = found(visit, int(state.segment)) if state.segment else None
    with visit.cursor() as cursor:
        count = fetch(cursor, compile_count(listing.object, state.filter(), visit.asking))[0]["count"]
        context: dict[str, Any] = {
            **shell(cursor, visit, request, "segments"),
            "title": _("Segments"),
            "form": form,
            "edited": edited,
            "back": listing.here,
            "stored_fields": hidden_fields(state),
            "found_text": found_text(listing.page, Count(count)),
            "before_text": formatting.number(Decimal(edited.size)) if edited else "",
            "uses": [use_words(each) for each in uses_of(visit.psycopg(), visit.ctx, edited.id)]
            if edited
            else [],
        }
    return dialog(request, "staff/segments/save.html", context, status=status)


@account_action("segments")
def act(request: HttpRequest, visit: ActionVisit, slug: str) -> HttpResponse:
    """Makes the segment, or lets the one that is edited ask for this, and fills it if it is small."""
    listing = Listing(request, visit, slug)
    form = Form(request.POST) if listing.state.segment else NewForm(request.POST)
    if form.is_valid():
        try:
            id_ = visit.do("save segment", lambda db: _save(db, visit, listing, form.cleaned_data))
        except Refused as refusal:
            form.refuse(refusal)
        else:
            done = patiently(lambda: evaluate_if_small(visit.db, visit.ctx, id_))
            told = (
                _("The segment is saved")
                if done
                else _("The segment is saved, and its members are being found")
            )
            return moved(request, reverse("segment", args=[visit.ctx.id, id_]), told)
    return _shown(request, listing, form, status=422)


def _save(db: Any, visit: Visit, listing: Listing, asked: dict[str, Any]) -> int:
    state = listing.state
    wanted = to_json(listing.object, state.filter())
    if state.segment:
        id_ = found(visit, int(state.segment)).id
        change_filter(db, visit.ctx, id_, wanted, visit.who.actor)
        return id_
    return create_segment(
        db,
        visit.ctx,
        name=asked["name"],
        object=listing.page.name,
        kind=asked["kind"],
        filter=wanted,
        made_by=visit.user.id,
        actor=visit.who.actor,
    )


segment = by_method(get=ask, post=act)
