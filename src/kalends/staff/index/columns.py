"""The chooser of columns: which, in which order, how wide, and how many stay in sight."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kalends.query.tied_names import tied_object, tied_word
from kalends.staff.index.answers import list_part, list_with_panel
from kalends.staff.index.pages import Listing
from kalends.staff.index.reading import Ignored, read_columns
from kalends.staff.index.tied import tied_label
from kalends.staff.index.toolbar import hidden_fields
from kalends.staff.reply import is_htmx
from kalends.staff.visit import Visit, account_page
from kalends.views.content import FROZEN_MAX, ColumnChoice

TEMPLATE = "staff/index/columns.html"


@require_safe
@account_page
def chooser(request: HttpRequest, visit: Visit, slug: str) -> HttpResponse:
    """The form: the columns that are shown, in their order, and then all others by name, tied records as well."""
    listing = Listing(request, visit, slug)
    context = _context(listing)
    if is_htmx(request):
        return render(request, TEMPLATE, {"panel": context})
    return list_with_panel(request, listing, TEMPLATE, context, _("Columns"))


@require_safe
@account_page
def apply(request: HttpRequest, visit: Visit, slug: str) -> HttpResponse:
    """The list with the columns of the form that was sent; without any it gets those that the product has."""
    listing = Listing(request, visit, slug)
    words = request.GET.getlist("col")
    text = ",".join(_with_width(word, request.GET.get(f"width-{word}", "")) for word in words)
    chosen = read_columns(listing.page, listing.object, text, Ignored())
    own = tuple(ColumnChoice(name) for name in listing.page.columns)
    frozen = request.GET.get("freeze", "")
    known = {str(number): number for number in range(FROZEN_MAX + 1)}
    listing.state = listing.state.having(
        columns=() if chosen == own else chosen,
        frozen=known.get(frozen, listing.state.content.frozen),
    )
    if is_htmx(request):
        return list_part(request, listing)
    return HttpResponseRedirect(listing.here)


def _with_width(word: str, width: str) -> str:
    return f"{word}:{width}" if width else word


def _context(listing: Listing) -> dict[str, Any]:
    obj, language = listing.object, listing.visit.language
    shown = listing.state.columns
    taken = {each.name for each in shown} | {listing.page.title}
    labels = {
        each.name: each.label.in_language(language) for each in obj.properties if not each.reporting_only
    }
    labels |= {
        tied_word(to): tied_label(to, language)
        for to in listing.page.tied_columns
        if listing.visit.may("view", to)
    }
    others = sorted(
        (
            {"name": name, "label": label, "width": "", "shown": False}
            for name, label in labels.items()
            if name not in taken
        ),
        key=lambda each: str(each["label"]).casefold(),
    )
    return {
        "base": listing.base,
        "here": listing.here,
        "hidden": hidden_fields(listing.state, "cols", "frozen"),
        "choices": [
            *(
                {
                    "name": each.name,
                    "label": tied_label(to, language)
                    if (to := tied_object(each.name))
                    else obj.by_name[each.name].label.in_language(language),
                    "width": each.width or "",
                    "shown": True,
                }
                for each in shown
            ),
            *others,
        ],
        "frozen": [
            {"value": number, "chosen": number == listing.state.content.frozen}
            for number in range(FROZEN_MAX + 1)
        ],
    }
