"""The list of an object's records: the whole page, or for htmx its inside."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from kalends.crm.schema import account_object
from kalends.query import Filter, Words
from kalends.query.context import Cursor
from kalends.segments.segment import Segment, SegmentRefused, find_segment
from kalends.staff import formatting
from kalends.staff.cells import Names
from kalends.staff.index.counts import EXACT_MAX, NEWEST, Count, count, is_large, rows_of, sums
from kalends.staff.index.state import SIZES, ListState, read_state
from kalends.staff.index.table import Astray, Table, dressed, read_page
from kalends.staff.index.tabs import Tabs, tabs_of
from kalends.staff.index.toolbar import toolbar
from kalends.staff.objects import (
    BY_SLUG,
    CREATED_WITH_A_FORM,
    MADE_OF_A_DEAL,
    MADE_ON_A_PAGE,
    PAGES,
    ObjectPage,
)
from kalends.staff.reply import is_htmx
from kalends.staff.shell import shell
from kalends.staff.strip import strip
from kalends.staff.visit import Visit, account_page


class Listing:
    """A list as somebody looks at it: its state, its tabs, and what surrounds it."""

    def __init__(self, request: HttpRequest, visit: Visit, slug: str) -> None:
        self.visit = visit
        self.page: ObjectPage = BY_SLUG[slug]
        visit.require("view", self.page.name)
        self.object = account_object(visit.psycopg(), visit.ctx, self.page.name)
        self.tabs: Tabs = tabs_of(visit, self.page, self.object)
        words = request.GET if request.method in ("GET", "HEAD") else request.POST
        self.state: ListState = read_state(self.page, self.object, self.tabs.every, self.tabs.first, words)
        self.names = Names.of_account(visit.ctx.id)
        self._counted: dict[tuple[Filter, Words | None], Count] = {}

    @cached_property
    def rows(self) -> int:
        """How many rows the table has, of all accounts."""
        with self.visit.cursor() as cursor:
            return rows_of(cursor, self.object)

    @property
    def is_large(self) -> bool:
        """Whether the list opens without what is costly to count."""
        return is_large(self.rows)

    def count(self, cursor: Cursor, asked: Filter, words: Words | None = None) -> Count:
        """How many records pass; what a tab and the list have in common is counted once."""
        key = (asked, words)
        if key not in self._counted:
            self._counted[key] = count(cursor, self.object, asked, self.visit.asking, words, rows=self.rows)
        return self._counted[key]

    @property
    def words(self) -> Words | None:
        """What is looked for in the records, if anything; in a large list not in all of them."""
        text = self.state.search
        return Words(text, NEWEST if self.is_large else None) if text else None

    @property
    def base(self) -> str:
        """The address of the list without its state."""
        return reverse(self.page.index, args=[self.visit.ctx.id])

    @property
    def here(self) -> str:
        """The address of the list in its state."""
        return (self.base + self.state.address()).removesuffix("?")

    def at(self, name: str) -> str:
        """The address of something that belongs to the list, such as its filters, in the same state."""
        return f"{self.base}/{name}{self.state.address()}"


@require_safe
@account_page
def index(request: HttpRequest, visit: Visit, slug: str) -> HttpResponse:
    """The list in the state that the address says."""
    listing = Listing(request, visit, slug)
    with visit.cursor() as cursor:
        try:
            context = list_context(cursor, listing)
        except Astray:
            return HttpResponseRedirect(listing.here)
        if is_htmx(request) and request.headers.get("HX-Target") in ("index", "results"):
            response = render(request, "staff/index/body.html", {**context, "visit": visit})
            if request.headers["HX-Target"] == "results":
                response["HX-Replace-Url"] = listing.here
            elif not request.GET.keys() & {"after", "before"}:
                response["HX-Push-Url"] = listing.here
            patch_vary_headers(response, ["HX-Request", "HX-Target"])
            return response
        context |= page_context(cursor, request, listing)
    response = render(request, "staff/index/page.html", context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def page_context(cursor: Cursor, request: HttpRequest, listing: Listing) -> dict[str, Any]:
    """What stands around the list: the shell, the title, and the strip of the month where there is one."""
    visit, state = listing.visit, listing.state
    title = listing.object.plural_label.in_language(visit.language)
    shown = bool(listing.page.day_filter) and not listing.is_large
    return {
        **shell(cursor, visit, request, listing.object.plural),
        "title": title,
        "strip": strip(cursor, visit, state) if shown else None,
        "strip_link": "" if shown or not listing.page.day_filter else listing.at("strip"),
        "create_link": _create_link(visit, listing.page.name),
        "create_label": listing.object.singular_label.in_language(visit.language).lower(),
        "creates_in_dialog": listing.page.name not in MADE_ON_A_PAGE
        or (listing.page.name == "subscription" and visit.may("edit", "payment_link")),
    }


def _create_link(visit: Visit, name: str) -> str:
    """Where a record is made; empty where there is no such page, or the user may not."""
    if not visit.may("edit", name) or name in MADE_OF_A_DEAL:
        return ""
    if name == "subscription" and visit.may("edit", "payment_link"):
        return reverse("create-choose", args=[visit.ctx.id])
    if name in MADE_ON_A_PAGE:
        return reverse(MADE_ON_A_PAGE[name], args=[visit.ctx.id])
    return reverse(f"{PAGES[name].slug}-create", args=[visit.ctx.id]) if name in CREATED_WITH_A_FORM else ""


def list_context(cursor: Cursor, listing: Listing) -> dict[str, Any]:
    """The list itself. Raises :class:`Astray`."""
    visit, state = listing.visit, listing.state
    asked = state.filter()
    page = read_page(cursor, visit, state, asked, listing.words)
    table = dressed(cursor, visit, state, page, listing.names)
    later = listing.is_large
    return {
        "base": listing.base,
        "here": listing.here,
        "page": listing.page,
        "state": state,
        "plural": listing.object.plural_label.in_language(visit.language),
        "table": table,
        "counts_link": listing.at("counts") if later else "",
        "newest": formatting.number(Decimal(NEWEST)) if later and state.search else "",
        **({} if later else count_context(cursor, listing, asked)),
        **tab_context(cursor, listing, counted=not later),
        **toolbar(listing.base, state, listing.names, visit.language),
        **_pager(state, table),
        "export_link": listing.at("export") if visit.may("export") else "",
        "may_edit": visit.may("edit", listing.page.name),
        "may_delete": visit.may("delete", listing.page.name) and visit.may("bulk_delete"),
        "may_segment": visit.may("segments"),
        "may_enroll": visit.may("workflows"),
        "from_segment": visit.may("segments") and static_segment_of(listing) is not None,
    }


def static_segment_of(listing: Listing) -> Segment | None:
    """The segment made by hand whose members the list shows, if that is what it shows."""
    groups = listing.state.content.groups
    term = groups[0][0] if len(groups) == 1 and len(groups[0]) == 1 else {}
    if "segment" not in term or term.get("quantifier", "any") != "any":
        return None
    try:
        segment = find_segment(listing.visit.psycopg(), listing.visit.ctx, int(term["segment"]))
    except SegmentRefused:
        return None
    return None if segment.is_active or segment.object != listing.page.name else segment


def count_context(cursor: Cursor, listing: Listing, asked: Filter) -> dict[str, Any]:
    """How many records the list has, and what they come to."""
    visit, words = listing.visit, listing.words
    found = listing.count(cursor, asked, words)
    total = found if found.number else listing.count(cursor, Filter())
    summed = listing.page.sum_label and found.is_exact and 0 < found.number <= EXACT_MAX
    return {
        "found": found,
        "found_text": found_text(listing.page, found),
        "total": total,
        "sums": sums(cursor, listing.object, listing.page.amount, asked, visit.asking, words)
        if summed
        else [],
    }


def found_text(page: ObjectPage, found: Count) -> str:
    """``1,204 invoices``."""
    return page.found(found.number) % {"count": found.text}


_NOTHING = QueryDict()
TABS_COUNTED = 8
"""How many tabs show how many records they have."""


def tab_context(cursor: Cursor, listing: Listing, *, counted: bool) -> dict[str, Any]:
    """The tabs, and the views that could be added to them."""
    visit, state, tabs = listing.visit, listing.state, listing.tabs
    shown: list[dict[str, Any]] = []
    for number, tab in enumerate(tabs.shown(state.tab.key)):
        is_current = tab.key == state.tab.key
        view = replace(state, tab=state.tab if is_current else tab, content=tab.content, search="", day=None)
        entry = {"tab": tab, "link": view.address(), "current": is_current, "count": ""}
        if counted and number < TABS_COUNTED:
            whole = read_state(listing.page, listing.object, {tab.key: tab}, tab.key, _NOTHING)
            entry["count"] = listing.count(cursor, whole.filter()).text
        shown.append(entry)
    return {
        "tabs": shown,
        "other_views": tabs.others(state.tab.key),
        "may_share": visit.may("share_views"),
    }


def _pager(state: ListState, table: Table) -> dict[str, Any]:
    last = state.start + len(table.rows) - 1
    page = table.page
    back = str(max(state.start - state.size, 1))
    return {
        "first": state.start,
        "last": last,
        "previous_page": state.address(before=page.previous, after="", start=back)
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


@require_safe
@account_page
def counts(request: HttpRequest, visit: Visit, slug: str) -> HttpResponse:
    """What a large list says of itself once it is there: counts, estimates, sums."""
    listing = Listing(request, visit, slug)
    with visit.cursor() as cursor:
        context = {
            "base": listing.base,
            "state": listing.state,
            **count_context(cursor, listing, listing.state.filter()),
            **tab_context(cursor, listing, counted=True),
        }
    return render(request, "staff/index/counts.html", context)


@require_safe
@account_page
def strip_part(request: HttpRequest, visit: Visit, slug: str) -> HttpResponse:
    """The month above a large list."""
    listing = Listing(request, visit, slug)
    with visit.cursor() as cursor:
        context = {"strip": strip(cursor, visit, listing.state)}
    return render(request, "staff/parts/strip.html", context)
