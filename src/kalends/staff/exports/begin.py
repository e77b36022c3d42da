"""The dialog above a list: what kind of file, which columns; and beginning the export."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.catalog.registry import get_object
from kalends.exports import exports
from kalends.exports.columns import columns_of, several_of
from kalends.exports.request import LANGUAGES, Request, WrongRequest
from kalends.platform.clock import system_now
from kalends.query import Filter, to_json
from kalends.query.tied_names import tied_object
from kalends.staff import formatting
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.exports.standing import standing_context
from kalends.staff.forms import Form
from kalends.staff.index.dialogs import above, records_text
from kalends.staff.index.pages import Listing, found_text
from kalends.staff.index.selection import SELECTED_MAX, these
from kalends.staff.refusals import Refused
from kalends.staff.reply import dialog, is_htmx, moved
from kalends.staff.visit import Visit, account_page

ABILITY = "export"
FORMATS = (("csv", "CSV"), ("xlsx", "XLSX"), ("xls", "XLS"))
LANGUAGE_NAMES = {"en": "English", "nb": "Norsk", "fi": "Suomi"}

WHY = {
    "all_tied": gettext_lazy("All associated records fit into CSV files only: choose CSV, or up to 1,000."),
    "too_many": gettext_lazy("Too many exports of yours are waiting: wait for one of them, or cancel one."),
    "too_many_columns": gettext_lazy(
        "A file of this format cannot hold so many columns: choose another one."
    ),
}


@account_page
def _ask(request: HttpRequest, visit: Visit, slug: str) -> HttpResponse:
    visit.require(ABILITY)
    return _asked(request, Listing(request, visit, slug), Form())


@account_action(ABILITY)
def _begin(request: HttpRequest, visit: ActionVisit, slug: str) -> HttpResponse:
    listing = Listing(request, visit, slug)
    form = Form(request.POST)
    form.is_valid()
    asked = request_of(listing, request)

    def work(db: Any) -> int:
        try:
            return exports.ask(
                db,
                visit.ctx,
                listing.object,
                asked,
                now=system_now(),
                user_id=visit.user.id,
                name=_file_name(listing),
                actor=visit.who.actor,
            )
        except WrongRequest as problem:
            raise Refused(str(WHY.get(problem.reason, problem))) from problem

    try:
        id_ = visit.do("export", work)
    except Refused as refusal:
        form.refuse(refusal)
        return _asked(request, listing, form, status=422)
    if not is_htmx(request):
        return moved(request, reverse("export", args=[visit.ctx.id, id_]))
    export = exports.find(visit.db, visit.ctx, id_)
    assert export is not None
    context = {**above(request, listing), **standing_context(visit, export)}
    return dialog(request, "staff/exports/begun.html", context)


begin = by_method(get=_ask, post=_begin)


def _file_name(listing: Listing) -> str:
    """What the file is called: the records' name and the day, and the view's name where it is one of its own."""
    plural = listing.object.plural_label.in_language(listing.visit.language).lower()
    view = "" if listing.state.tab.key == listing.tabs.first else f" {listing.state.tab.label}"
    return f"{plural}{view} {listing.visit.ctx.today.isoformat()}"


def request_of(listing: Listing, request: HttpRequest) -> Request:
    """The export that the form asks for, of the list in its state or of what is ticked on it."""
    words, state = request.POST, listing.state
    ticked = _ticked(request)
    asked = these(listing.object, ticked) if ticked else state.filter()
    order = state.order
    return Request(
        object=listing.page.name,
        groups=_groups(listing, asked),
        search="" if ticked else state.search,
        newest=listing.words.newest if listing.words else None,
        sort=("-" if order.descending else "") + order.property,
        columns=view_columns(listing),
        format=words.get("format", "csv"),  # type: ignore[arg-type]
        language=words.get("language", "en"),  # type: ignore[arg-type]
        scope=words.get("scope", "view"),  # type: ignore[arg-type]
        ties=view_ties(listing),
        all_tied=words.get("tied") == "all",
        all_emails=words.get("all_emails") == "1",
        all_domains=words.get("all_domains") == "1",
        mark=words.get("mark") == "1",
    )


def _groups(listing: Listing, asked: Filter) -> tuple[Any, ...]:
    return tuple(to_json(listing.object, asked)["groups"])


def _ticked(request: HttpRequest) -> list[int]:
    """The records that were ticked; nothing where all of the list are meant."""
    words = request.GET if request.method == "GET" else request.POST
    if words.get("all") == "1":
        return []
    given = [
        int(each) for each in words.getlist("id") if each.isascii() and each.isdigit() and len(each) < 19
    ]
    return given[:SELECTED_MAX]


def view_columns(listing: Listing) -> tuple[str, ...]:
    """The columns that the list shows, in its order; a person's name is two of them."""
    title = listing.page.title
    names = ("firstname", "lastname") if title == "firstname" else (title,)
    return tuple(dict.fromkeys((*names, *(each.name for each in listing.state.columns))))


def view_ties(listing: Listing) -> tuple[str, ...]:
    """The associated objects whose names the list shows, in columns of their own or below the records' names."""
    chosen = (tied_object(each.name) for each in listing.state.columns)
    shown = (each for each in listing.page.shows_ties if listing.object.association(each))
    return tuple(dict.fromkeys((*filter(None, chosen), *shown)))


def _asked(request: HttpRequest, listing: Listing, form: Form, *, status: int = 200) -> HttpResponse:
    visit, ticked = listing.visit, _ticked(request)
    words = request.POST
    said = {
        "format": words.get("format", "csv"),
        "language": words.get("language", visit.language),
        "scope": words.get("scope", "view"),
        "tied": words.get("tied", "some"),
        "all_emails": words.get("all_emails") == "1",
        "all_domains": words.get("all_domains") == "1",
        "mark": words.get("mark") == "1" if request.method == "POST" else True,
    }
    shown = Request(object=listing.page.name, columns=view_columns(listing), ties=view_ties(listing))
    until = system_now() + exports.KEPT
    context = {
        **above(request, listing),
        "form": form,
        "count_text": _count_text(listing, ticked),
        "ticked": ticked,
        "formats": FORMATS,
        "languages": [(each, _language_name(visit, each)) for each in LANGUAGES],
        "said": said,
        "column_count": len(columns_of(shown, listing.object)),
        "extras": _extras(listing),
        "until": formatting.day(until.date()),
    }
    return dialog(request, "staff/exports/ask.html", context, status=status)


def _language_name(visit: Visit, code: str) -> str:
    name = LANGUAGE_NAMES[code]
    return _("%(language)s (your language)") % {"language": name} if code == visit.language else name


def _count_text(listing: Listing, ticked: list[int]) -> str:
    if ticked:
        return records_text(listing, len(ticked))
    with listing.visit.cursor() as cursor:
        found = listing.count(cursor, listing.state.filter(), listing.words)
    return found_text(listing.page, found)


def _extras(listing: Listing) -> list[tuple[str, str]]:
    """What records, or associated ones, may have several of."""
    reached = [listing.object, *(get_object(each.to) for each in listing.object.associations)]
    options = {each.option for obj in reached for each in several_of(obj)}
    labels = {"all_emails": _("Include all email addresses"), "all_domains": _("Include all domains")}
    return [(option, label) for option, label in labels.items() if option in options]
