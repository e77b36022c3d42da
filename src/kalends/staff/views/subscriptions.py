"""The index of subscriptions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from kalends.query import Filter, WrongKey, decode_key
from kalends.query.context import Cursor
from kalends.staff import formatting
from kalends.staff.cells import Cell, Column, Names, Wardrobe
from kalends.staff.lists import SIZES, ListState, read_state
from kalends.staff.paging import Page, Wanted, page_after, page_before
from kalends.staff.queries.subscriptions import companions, count, next_payments
from kalends.staff.shell import shell
from kalends.staff.statuses import SUBSCRIPTION as ICONS
from kalends.staff.strip import strip
from kalends.staff.subscription_list import INDEX, OBJECT, Dresses
from kalends.staff.visit import Visit, account_page


class Listing(NamedTuple):
    """The table of one page and what is said around it."""

    columns: list[Column]
    rows: list[list[Cell]]
    page: Page
    total: int
    found: int
    sums: list[formatting.Money]


@require_safe
@account_page
def index(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The list of subscriptions in the state that the address says."""
    state = read_state(INDEX, request.GET)
    with visit.cursor() as cursor:
        asked = state.filter()
        try:
            page = _page(cursor, visit, state, asked)
        except WrongKey:
            return HttpResponseRedirect(request.path + state.address())
        if state.before and not page.previous and state.start > 1:
            return HttpResponseRedirect(request.path + state.address())
        listing = _listing(cursor, visit, state, asked, page)
        context = {
            **shell(cursor, visit, request, "subscriptions"),
            "title": OBJECT.plural_label.in_language(visit.language),
            "table_label": OBJECT.plural_label.in_language(visit.language),
            "state": state,
            "listing": listing,
            "tabs": _tabs(cursor, visit, state),
            "strip": strip(cursor, visit, state),
            **_toolbar(visit, state),
            **_pager(state, listing),
            "found_text": ngettext("%(count)s subscription", "%(count)s subscriptions", listing.found)
            % {"count": formatting.number(Decimal(listing.found))},
        }
    return render(request, "staff/subscriptions.html", context)


def _page(cursor: Cursor, visit: Visit, state: ListState, asked: Filter) -> Page:
    wanted = Wanted(OBJECT, OBJECT.default_columns, asked, state.order, state.search or None)
    if state.before:
        return page_before(
            cursor, wanted, visit.asking, state.size, decode_key(OBJECT, state.order, state.before)
        )
    after = decode_key(OBJECT, state.order, state.after) if state.after else None
    return page_after(cursor, wanted, visit.asking, state.size, after)


def _listing(cursor: Cursor, visit: Visit, state: ListState, asked: Filter, page: Page) -> Listing:
    beside = companions(cursor, visit.ctx.id, [row["id"] for row in page.rows])
    dresses = Dresses(visit, beside)
    wardrobe = Wardrobe(
        OBJECT, visit.language, visit.ctx.time_zone, Names.of_account(visit.ctx.id), dresses.all()
    )
    search = state.search or None
    found = count(cursor, OBJECT, asked, visit.asking, search)
    sums = next_payments(cursor, OBJECT, asked, visit.asking, search)
    return Listing(
        columns=wardrobe.columns(
            OBJECT.default_columns, state.order, lambda name: state.address(sort=_address_of(name))
        ),
        rows=[wardrobe.cells(OBJECT.default_columns, row) for row in page.rows],
        page=page,
        total=found or count(cursor, OBJECT, Filter(), visit.asking),
        found=found,
        sums=[formatting.minor(amount, currency) for currency, amount in sums],
    )


def _address_of(sort: str) -> str:
    """The order that everybody begins with needs no word in the address."""
    return "" if sort == OBJECT.default_sort.property else sort


def _tabs(cursor: Cursor, visit: Visit, state: ListState) -> list[dict[str, Any]]:
    return [
        {
            "label": view.label,
            "link": state.address(view="" if view is INDEX.views[0] else view.key),
            "current": view is state.view,
            "count": count(cursor, OBJECT, ListState(INDEX, view).filter(), visit.asking),
        }
        for view in INDEX.views
    ]


def _toolbar(visit: Visit, state: ListState) -> dict[str, Any]:
    status = OBJECT.by_name["hs_status"]
    return {
        "hidden": _hidden_fields(state, "q"),
        "hidden_but_status": _hidden_fields(state, "status"),
        "choices": [
            {
                "value": option.value,
                "label": option.label.in_language(visit.language),
                "icon": ICONS[option.value],
                "chosen": option.value in state.choices,
            }
            for option in status.options
        ],
        "choice_label": status.label.in_language(visit.language),
        "chosen": ", ".join(status.option_label(value, visit.language) for value in state.choices),
        "without_choice": state.address(status=[]),
        "time_label": OBJECT.by_name["hs_next_payment_due_date"].label.in_language(visit.language),
        "presets": [
            {"label": each.label, "link": state.address(due=each.key), "chosen": each is state.preset}
            for each in INDEX.presets
        ],
        "without_preset": state.address(due=""),
        "day_label": formatting.day(state.day) if state.day else "",
        "without_day": state.address(day=""),
        "without_search": state.address(q=""),
        "without_all": state.address(q="", due="", day="", status=[]),
    }


def _hidden_fields(state: ListState, *leave_out: str) -> list[tuple[str, str]]:
    """The state as hidden fields of a form that changes one word of it."""
    said = QueryDict(state.address().removeprefix("?"))
    return [(word, value) for word, values in said.lists() for value in values if word not in leave_out]


def _pager(state: ListState, listing: Listing) -> dict[str, Any]:
    last = state.start + len(listing.rows) - 1
    page = listing.page
    return {
        "first": state.start,
        "last": last,
        "previous_page": state.address(
            before=page.previous, after="", start=str(max(state.start - state.size, 1))
        )
        if page.previous and state.start > state.size
        else (state.address() if state.start > 1 else ""),
        "next_page": state.address(after=page.next, before="", start=str(last + 1)) if page.next else "",
        "sizes": [
            {
                "size": size,
                "link": state.address(rows="" if size == SIZES[0] else str(size)),
                "chosen": size == state.size,
            }
            for size in SIZES
        ],
    }
