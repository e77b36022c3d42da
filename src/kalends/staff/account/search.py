"""Search over everything that one may see, and jumps to pages: one page, and the palette that shows the same list."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kalends.query import NAME, Filter, compile_search, compile_select, fetch
from kalends.query.context import Cursor
from kalends.staff import formatting
from kalends.staff.index.counts import NEWEST, is_large, rows_of
from kalends.staff.navigation import ACCOUNT, TOOLS, WORK, Page
from kalends.staff.objects import PAGES, ObjectPage, index_address, record_address
from kalends.staff.reply import is_htmx
from kalends.staff.settings.places import GROUPS
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page

ORDER = (
    "company",
    "contact",
    "deal",
    "quote",
    "subscription",
    "invoice",
    "payment",
    "payment_link",
    "product",
)
"""What is listed first: whoever types a customer's name looks for the customer."""

SHOWN = 5
SHORTEST, LONGEST = 2, 200


class Hit(NamedTuple):
    """Something to go to; ``under`` is what stands below its name."""

    name: str
    link: str
    icon: str
    under: str = ""


class Hits(NamedTuple):
    """What was found of one kind; ``more`` is the list that has all of it, if there may be more.

    ``partly`` says that there are too many records of the kind to look for words in all of them.
    """

    label: str
    hits: list[Hit]
    more: str = ""
    partly: bool = False


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What fits the words: for the palette the list alone, else a page with its own field."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    with visit.cursor() as cursor:
        every = list(_found(cursor, visit, words))
        context = {
            "words": words,
            "found": [group for group in every if group.hits],
            "short": 0 < len(words) < SHORTEST,
            "newest": formatting.number(Decimal(NEWEST)) if any(group.partly for group in every) else "",
        }
        if is_htmx(request):
            answer = render(request, "staff/account/hits.html", {**context, "visit": visit})
        else:
            surrounded = {**shell(cursor, visit, request, "search"), "title": _("Search"), **context}
            answer = render(request, "staff/account/search.html", surrounded)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _found(cursor: Cursor, visit: Visit, words: str) -> Iterator[Hits]:
    yield Hits(_("Go to"), _jumps(visit, words))
    if len(words) >= SHORTEST:
        for each in sorted(PAGES.values(), key=lambda about: ORDER.index(about.name)):
            if visit.may("view", each.name):
                yield _records(cursor, visit, each, words)


def _records(cursor: Cursor, visit: Visit, about: ObjectPage, words: str) -> Hits:
    columns = list(dict.fromkeys(filter(None, (NAME, about.under, about.status))))
    partly, asking = is_large(rows_of(cursor, about.object)), visit.asking
    if partly:
        sql = compile_search(about.object, columns, words, asking, limit=SHOWN + 1, newest=NEWEST)
    else:
        sql = compile_select(about.object, columns, Filter(), None, asking, limit=SHOWN + 1, search=words)
    rows = fetch(cursor, sql)
    hits = [
        Hit(
            row[NAME] or str(row["id"]),
            record_address(visit.ctx.id, about.name, row["id"]),
            about.icon,
            _under(visit, about, row),
        )
        for row in rows[:SHOWN]
    ]
    more = f"{index_address(visit.ctx.id, about)}?{urlencode({'q': words})}" if len(rows) > SHOWN else ""
    return Hits(about.object.plural_label.in_language(visit.language), hits, more, partly)


def _under(visit: Visit, about: ObjectPage, row: dict[str, object]) -> str:
    said = str(row.get(about.under) or "") if about.under else ""
    prop = about.object.by_name.get(about.status)
    status = (
        prop.option_label(str(row[about.status]), visit.language) if prop and row.get(about.status) else ""
    )
    return ", ".join(each for each in (said, status) if each and each != row[NAME])


def _jumps(visit: Visit, words: str) -> list[Hit]:
    """Pages whose name holds every word; without words those that people open most."""
    wanted = words.casefold().split()
    every = _pages(visit)
    if not wanted:
        return [each for each in every if not each.under]
    return [each for each in every if all(word in f"{each.name} {each.under}".casefold() for word in wanted)][
        : 2 * SHOWN
    ]


def _pages(visit: Visit) -> Iterator[Hit]:
    account = visit.ctx.id
    for page_ in (*WORK, *TOOLS, *ACCOUNT):
        if _permitted(visit, page_):
            yield Hit(page_.label(), reverse(page_.address, args=[account]), page_.icon)
    for each in PAGES.values():
        if visit.may("view", each.name):
            yield Hit(
                each.object.plural_label.in_language(visit.language), index_address(account, each), each.icon
            )
    if visit.may("edit", "subscription"):
        yield Hit(_("Create subscription"), reverse("create-subscription", args=[account]), "plus")
    if visit.ctx.is_sandbox and visit.may("settings"):
        yield Hit(_("Move the clock"), reverse("clock", args=[account]), "clock")
    yield Hit(_("Notifications"), reverse("notifications", args=[account]), "bell")
    yield Hit(_("Your profile"), reverse("you", args=[account]), "user-round")
    yield Hit(_("Signing in"), reverse("you-safety", args=[account]), "key-round")
    for group in GROUPS:
        for place in group.places:
            if visit.may(place.needs):
                yield Hit(place.label(), reverse(place.address, args=[account]), place.icon, _("Settings"))


def _permitted(visit: Visit, page_: Page) -> bool:
    if page_.any_of:
        return any(visit.may(each) for each in page_.any_of)
    return not page_.needs or visit.may(page_.needs)
