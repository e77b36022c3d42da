"""The audit log: what users did, by category, user and day, with the values before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kalends.accounts.audit import CATEGORIES, Entry, Mark, Wanted, read_audit
from kalends.accounts.people import members
from kalends.core.digits import whole_number
from kalends.staff import formatting
from kalends.staff.settings.audit_words import (
    changed_grants,
    changed_name,
    happened,
    named,
    value_words,
    what_words,
)
from kalends.staff.settings.places import PLACES, link, shown
from kalends.staff.visit import Visit, account_page

ROWS = 50
CATEGORY_WORDS: dict[str, Callable[[], str]] = {
    "subscription": lambda: _("Subscriptions"),
    "invoice": lambda: _("Invoices"),
    "payment": lambda: _("Payments"),
    "customer": lambda: _("Customers"),
    "sale": lambda: _("Sales"),
    "settings": lambda: _("Settings"),
    "permissions": lambda: _("Users and roles"),
    "token": lambda: _("API tokens"),
    "view": lambda: _("Views"),
    "export": lambda: _("Exports"),
    "import": lambda: _("Imports"),
    "workflow": lambda: _("Workflows"),
    "sign_in": lambda: _("Signing in"),
}


class Line(NamedTuple):
    """An entry as it stands on the page."""

    when: str
    who: str
    what: str
    about: str
    note: str
    changes: list[tuple[str, str, str]]


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A page of the log; older pages follow by the place where this one ended."""
    visit.require(PLACES["audit"].needs)
    asked = {name: request.GET.get(name, "") for name in ("category", "user", "since", "until")}
    people = {each.user_id: each.name for each in members(visit.psycopg(), visit.ctx.id)}
    with visit.cursor() as cursor:
        found = read_audit(
            cursor,
            visit.ctx.id,
            _wanted(visit, asked),
            limit=ROWS + 1,
            before=_mark(request.GET.get("before", "")),
        )
    chosen = {name: value for name, value in asked.items() if value}
    older = ""
    if len(found) > ROWS:
        older = f"{link(visit, 'audit')}?{urlencode({**chosen, 'before': _written(found[ROWS - 1].mark)})}"
    context = {
        "lines": list(_lines(visit, found[:ROWS], people)),
        "asked": asked,
        "narrowed": bool(chosen),
        "categories": [(key, CATEGORY_WORDS[key]()) for key in CATEGORIES],
        "people": [(str(id_), name) for id_, name in people.items()],
        "older": older,
        "newest": link(visit, "audit") + (f"?{urlencode(chosen)}" if chosen else "")
        if request.GET.get("before")
        else "",
        "clear": link(visit, "audit"),
        "nothing_heading": _("Nothing here"),
        "nothing_text": _("No user did anything of this kind in this time."),
    }
    return shown(request, visit, "audit", "audit", context)


def _wanted(visit: Visit, asked: dict[str, str]) -> Wanted:
    """What is asked for; what cannot be read is not asked for."""
    user = whole_number(asked["user"])
    since, until = _day(asked["since"]), _day(asked["until"])
    return Wanted(
        category=asked["category"],
        user_id=user,
        since=_midnight(visit, since) if since else None,
        until=_midnight(visit, until + timedelta(days=1)) if until and until < date.max else None,
    )


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _midnight(visit: Visit, day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(visit.ctx.time_zone))


def _written(mark: Mark) -> str:
    return f"{mark.at.isoformat()},{mark.source},{mark.id}"


def _mark(text: str) -> Mark | None:
    try:
        at, source, id_ = text.split(",")
        moment = parse_datetime(at)
        if moment is None or moment.tzinfo is None or not 0 <= int(id_) < 2**63 or not 0 <= int(source) < 100:
            return None
        return Mark(moment, int(source), int(id_))
    except (ValueError, OverflowError):
        return None


def _lines(visit: Visit, entries: list[Entry], people: dict[int, str]) -> Iterator[Line]:
    zone = visit.ctx.time_zone
    for each in entries:
        yield Line(
            formatting.instant(each.at, zone),
            people.get(each.user_id) or _("User %(number)s, no longer here") % {"number": each.user_id},
            happened(each.kind),
            what_words(each, people, visit.language),
            " · ".join(filter(None, (each.address, each.agent))),
            [
                (name, value_words(before), value_words(after))
                for name, before, after in _changes(each, people, visit.language)
            ],
        )


def _changes(each: Entry, people: dict[int, str], language: str) -> Iterator[tuple[str, Any, Any]]:
    for name, pair in each.changes.items():
        if not isinstance(pair, list) or len(pair) != 2:
            continue
        if name == "grants":
            yield from changed_grants(pair[0], pair[1], language)
        else:
            yield changed_name(each.object_type, name, language), *named(name, pair, people)
