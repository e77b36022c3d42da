"""A custom report as an address asks for it: its parts as words, what was wrong in them, and its query."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.http import QueryDict
from django.utils.translation import gettext as _

from kalends.catalog import ObjectType
from kalends.catalog.registry import OBJECTS
from kalends.insight.custom import CustomReport, What, WrongReport, read_report
from kalends.insight.custom.definition import JOINS_MAX, MEASURES_MAX
from kalends.insight.every import Every
from kalends.staff.cells import Names
from kalends.staff.index.filter_rows import Groups, changed, groups_of, read_rows, rows_of
from kalends.staff.visit import Visit

FIRST_OBJECT = "subscription"
_PLACE = re.compile(r"of(\d)")
_PARTS = ("filter", "measures", "columns", "rows", "joined", "shape", "object")


@dataclass(frozen=True, slots=True)
class Made:
    """A report under construction. ``groups`` are the rows of its filter as the builder shows them, ``picking`` the
    group for which a property is chosen; ``saved`` is the number of the saved report that is being looked at.
    """

    visit: Visit
    report: CustomReport
    groups: Groups
    names: Names
    picking: int | None = None
    saved: str = ""
    wrong: tuple[str, ...] = ()

    @property
    def object(self) -> ObjectType:
        """The primary object, for the filter builder."""
        return self.report.primary

    def query(self, **changes: str) -> str:
        """The query of an address that says this."""
        words = [(word, value) for word, value in words_of(self.report) if word not in changes]
        words += [("saved", self.saved)] if "saved" not in changes else []
        words += list(changes.items())
        return "?" + "&".join(f"{word}={quote(value, safe=',:.')}" for word, value in words if value)


def words_of(report: CustomReport) -> list[tuple[str, str]]:
    """A report in the words of an address."""
    told = report.stored()
    return [
        ("object", report.object),
        *(("join", each) for each in report.joined),
        ("rows", told["rows"]),
        ("columns", told["columns"]),
        *(("measure", each) for each in told["measures"]),
        ("money", "account" if report.convert else ""),
        ("shape", report.shape if report.shape != "table" else ""),
        (
            "f",
            json.dumps(told["filter"], ensure_ascii=False, separators=(",", ":")) if told["filter"] else "",
        ),
    ]


def read_made(visit: Visit, given: QueryDict) -> Made:
    """The report of an address or a form. What is wrong in it is told, and left out."""
    wrong: list[str] = []
    told: dict[str, Any] = dict(_told(given, wrong))
    db = visit.psycopg()
    sent = [] if "draft" not in given or given.get("filtered") != told["object"] else read_rows(given)
    groups, picking = changed(sent, given.get("do", "")) if "draft" in given else (None, None)
    for _attempt in range(len(_PARTS) * 8):
        try:
            report = read_report(db, visit.ctx, told)
            break
        except WrongReport as problem:
            wrong.append(wrong_words(problem))
            _leave_out(told, problem)
    else:
        told = {"object": FIRST_OBJECT}
        report = read_report(db, visit.ctx, told)
    if groups is None:
        groups = rows_of(report.stored()["filter"])
    else:
        asked, _wrong = groups_of(report.primary, groups)
        report = read_report(db, visit.ctx, {**told, "filter": list(asked)})
    saved = given.get("saved", "")
    saved = saved if saved.isascii() and saved.isdigit() and len(saved) < 19 else ""
    return Made(visit, report, groups, Names.of_account(visit.ctx.id), picking, saved, tuple(wrong))


def _told(given: QueryDict, wrong: list[str]) -> Iterator[tuple[str, Any]]:
    """The JSON form that the words of an address, or the fields of the form, come to.

    What is about an object that is no longer among the report's is left out: it was another report.
    """
    name = given.get("object", FIRST_OBJECT).replace("\x00", "")
    yield "object", name
    ties = {each.to for each in OBJECTS[name].associations} if name in OBJECTS else set()
    joined = [each for each in dict.fromkeys(given.getlist("join")) if each in ties][:JOINS_MAX]
    objects = {name, *joined}
    yield "joined", joined
    for part in ("rows", "columns"):
        word = given.get(part, "").replace("\x00", "")
        every = given.get(f"{part}_every", "")
        if word and ":" not in word and every in list(Every):
            word = f"{word}:{every}"
        yield part, word if word.partition(".")[0] in objects else ""
    measures = [each.replace("\x00", "") for each in _measures(given)]
    yield "measures", [each for each in measures if each.partition(":")[2].partition(".")[0] in objects]
    yield "convert", given.get("money") == "account"
    yield "shape", given.get("shape", "")
    if "draft" not in given and given.get("f"):
        try:
            yield "filter", json.loads(given.get("f", ""), parse_float=Decimal)
        except (ValueError, ArithmeticError, RecursionError):
            wrong.append(_("The filter of the address cannot be read, and was left out."))


def _measures(given: QueryDict) -> list[str]:
    """Measures in words: of an address as they stand, of the form from what and of what."""
    places = sorted(int(found[1]) for field in given if (found := _PLACE.fullmatch(field)))
    if not places:
        return given.getlist("measure")[: 2 * MEASURES_MAX]
    return [
        word
        for place in places
        if (word := _measure(given.get(f"what{place}", ""), given.get(f"of{place}", "")))
    ]


def _measure(what: str, path: str) -> str:
    """A measure that makes sense: records can only be counted, and of what is no number the distinct values."""
    name, _, prop = path.partition(".")
    if not prop:
        return f"{What.COUNT}:{name}" if name else ""
    known = OBJECTS[name].by_name.get(prop) if name in OBJECTS else None
    if known is not None and not known.is_number:
        return f"{What.DISTINCT}:{path}"
    return f"{what if what in list(What) and what != What.COUNT else What.SUM}:{path}"


def _leave_out(told: dict[str, Any], problem: WrongReport) -> None:
    kept = told.get(problem.field)
    if problem.field == "object":
        told["object"] = FIRST_OBJECT
    elif isinstance(kept, list) and problem.value in kept:
        told[problem.field] = [each for each in kept if each != problem.value]
    else:
        told.pop(problem.field, None)


def wrong_words(problem: WrongReport) -> str:
    """What is wrong with a part of a report, and what would be right."""
    shown = problem.value if len(problem.value) <= 60 else f"{problem.value[:57]}..."
    said: Mapping[str, str] = {
        "object": _("There are no records called %(value)s. Choose some of the list."),
        "joined": _("%(value)s cannot be joined, or is one too many. Choose others."),
        "rows": _("The rows %(value)s are no property of the report. Choose one of the list."),
        "columns": _("The columns %(value)s are no property of the report. Choose one of the list."),
        "measures": _("The measure %(value)s does not exist, or is one too many. Choose one of the list."),
        "shape": _("There is no chart %(value)s. Choose one of the list."),
        "filter": _("The filter of the address cannot be read, and was left out."),
    }
    text = said[problem.field]
    return text % {"value": shown} if "%(value)s" in text else text
