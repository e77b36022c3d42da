"""What every dialog above a list begins with: the list behind it, and how many of its records it is about."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from kalends.staff import formatting
from kalends.staff.index.pages import Listing
from kalends.staff.index.selection import Selection
from kalends.staff.index.toolbar import hidden_fields
from kalends.staff.shell import shell


def above(request: HttpRequest, listing: Listing) -> dict[str, Any]:
    """The list, the way back to it, and its state for the form that comes back."""
    with listing.visit.cursor() as cursor:
        around = shell(cursor, listing.visit, request, listing.object.plural)
    return {
        **around,
        "title": listing.object.plural_label.in_language(listing.visit.language),
        "back": listing.here,
        "stored_fields": hidden_fields(listing.state),
    }


def about(request: HttpRequest, listing: Listing, chosen: Selection) -> dict[str, Any]:
    """The same for records that were chosen from it."""
    return {**above(request, listing), "chosen": chosen, "count_text": records_text(listing, len(chosen.ids))}


def records_text(listing: Listing, count: int) -> str:
    """So many records of the list's object, in words."""
    return listing.page.found(count) % {"count": formatting.number(Decimal(count))}
