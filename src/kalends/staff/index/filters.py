"""The builder of advanced filters: a form in the side panel, or on a page of its own without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.catalog import ObjectType, Property
from kalends.catalog.groups import GROUPS
from kalends.catalog.registry import OBJECTS, tied_object
from kalends.query import RULES, Operator, Period, operators_of
from kalends.query.language import kind_of
from kalends.segments.segment import read_segments
from kalends.staff.cells import Names
from kalends.staff.index.answers import list_part, list_with_panel
from kalends.staff.index.filter_rows import (
    SEGMENT,
    Groups,
    Row,
    about,
    changed,
    groups_of,
    normal,
    property_of,
    read_rows,
    rows_of,
)
from kalends.staff.index.pages import Listing
from kalends.staff.index.reading import LIMITS
from kalends.staff.index.toolbar import MANY_OPTIONS, hidden_fields, option_labels
from kalends.staff.reply import is_htmx
from kalends.staff.visit import Visit, account_page

PERIODS = {
    Period.TODAY: gettext_lazy("Today"),
    Period.YESTERDAY: gettext_lazy("Yesterday"),
    Period.TOMORROW: gettext_lazy("Tomorrow"),
    Period.THIS_WEEK: gettext_lazy("This week"),
    Period.LAST_WEEK: gettext_lazy("Last week"),
    Period.NEXT_WEEK: gettext_lazy("Next week"),
    Period.THIS_MONTH: gettext_lazy("This month"),
    Period.LAST_MONTH: gettext_lazy("Last month"),
    Period.NEXT_MONTH: gettext_lazy("Next month"),
    Period.THIS_QUARTER: gettext_lazy("This quarter"),
    Period.LAST_QUARTER: gettext_lazy("Last quarter"),
    Period.NEXT_QUARTER: gettext_lazy("Next quarter"),
    Period.THIS_YEAR: gettext_lazy("This year"),
    Period.LAST_YEAR: gettext_lazy("Last year"),
    Period.NEXT_YEAR: gettext_lazy("Next year"),
}
MEMBERSHIP = {"any": gettext_lazy("is a member of"), "none": gettext_lazy("is not a member of")}
TEMPLATE = "staff/index/filters.html"


@require_safe
@account_page
def builder(request: HttpRequest, visit: Visit, slug: str) -> HttpResponse:
    """The form, as the state has it or as it was sent with a button pressed."""
    listing = Listing(request, visit, slug)
    sent = "draft" in request.GET
    rows = read_rows(request.GET) if sent else rows_of(listing.state.content.groups)
    rows, picking = changed(rows, request.GET.get("do", "")) if sent else (rows, None)
    context = form_context(listing, rows, picking)
    context["apply_now"] = sent and picking is None
    if is_htmx(request):
        return render(request, TEMPLATE, {"panel": context})
    return list_with_panel(request, listing, TEMPLATE, context, _("Advanced filters"))


@require_safe
@account_page
def apply(request: HttpRequest, visit: Visit, slug: str) -> HttpResponse:
    """The list with the filters of the form that was sent."""
    listing = Listing(request, visit, slug)
    groups, _wrong = groups_of(listing.object, read_rows(request.GET))
    listing.state = listing.state.having(groups=groups)
    if is_htmx(request):
        return list_part(request, listing, replace_address=True)
    return HttpResponseRedirect(listing.here)


class Asker(NamedTuple):
    """Who builds a filter, of which object, and what the people are called whom it may name."""

    visit: Visit
    object: ObjectType
    names: Names


def form_context(listing: Listing, rows: Groups, picking: int | None) -> dict[str, Any]:
    """What the form shows."""
    shown = groups_context(Asker(listing.visit, listing.object, listing.names), rows, picking)
    return {
        **shown,
        "base": listing.base,
        "here": listing.here,
        "hidden": hidden_fields(listing.state, "f"),
        "segment_link": f"{listing.base}/segment"
        if shown["groups"] and listing.visit.may("segments")
        else "",
        "segment": listing.state.segment,
    }


def groups_context(asker: Asker, rows: Groups, picking: int | None) -> dict[str, Any]:
    """The groups and rows of the builder, which stand in a form of any page."""
    obj, language = asker.object, asker.visit.language
    known = [[row for each in group if (row := normal(obj, each))] for group in rows]
    known = [group for group in known if group]
    _groups, wrong = groups_of(obj, known)
    numbers = iter(range(1000))
    groups = [
        {
            "number": number,
            "rows": [
                _RowView(asker, next(numbers), number, at, group, wrong.get((number, at), "")).context()
                for at in range(len(group))
            ],
            "picking": picking == number,
        }
        for number, group in enumerate(known)
    ]
    if picking is not None and picking >= len(known):
        picking = len(known)
    count = sum(map(len, known))
    return {
        "groups": groups,
        "new_group": len(known),
        "picking_new": picking is not None and picking == len(known),
        "picker": list(picker(obj, language)) if picking is not None else [],
        "full": count >= LIMITS.conditions,
        "groups_full": len(known) >= LIMITS.groups,
        "limits": LIMITS,
    }


class _RowView:
    """One row of the form."""

    def __init__(self, asker: Asker, number: int, group: int, at: int, rows: list[Row], wrong: str) -> None:
        self.asker, self.number, self.group, self.at, self.rows = asker, number, group, at, rows
        self.row, self.wrong = rows[at], wrong
        self.language = asker.visit.language

    def context(self) -> dict[str, Any]:
        row, obj = self.row, self.asker.object
        prop = property_of(obj, row)
        before = self.rows[self.at - 1] if self.at else None
        return {
            "number": self.number,
            "group": self.group,
            "at": self.at,
            "row": row,
            "label": property_label(obj, row, self.language),
            "target": OBJECTS[row.object].singular_label.in_language(self.language) if row.object else "",
            "joinable": bool(
                row.object and row.name and before and before.object == row.object and before.name
            ),
            "operators": self._operators(prop),
            "wrong": self.wrong,
            **(
                self._values(prop)
                if prop
                else self._segments()
                if row.asks_for_segment
                else {"operand": "none"}
            ),
        }

    def _operators(self, prop: Property | None) -> list[dict[str, Any]]:
        if self.row.asks_for_segment:
            return [{"value": value, "label": label} for value, label in MEMBERSHIP.items()]
        allowed = operators_of(prop) if prop else ()
        return [
            {"value": each.value, "label": RULES[each].label.in_language(self.language)} for each in allowed
        ]

    def _segments(self) -> dict[str, Any]:
        """The segments of the object that the row is about, one of which can be chosen."""
        visit, obj = self.asker.visit, about(self.asker.object, self.row)
        options = [
            {"value": str(each.id), "label": each.name, "chosen": str(each.id) in self.row.values}
            for each in read_segments(visit.psycopg(), visit.ctx, object=obj.name)
        ]
        return {"operand": "property", "options": options}

    def _values(self, prop: Property) -> dict[str, Any]:
        operand = RULES[Operator(self.row.operator)].operand
        values = self.row.values
        kind = kind_of(prop)
        options = self._options(prop, operand, kind)
        return {
            "operand": operand,
            "kind": kind,
            "options": options,
            "many": len(options) > MANY_OPTIONS,
            "lines": "\n".join(values),
            "first": values[0] if values else "",
            "second": values[1] if len(values) > 1 else "",
            "dates": [*values, ""] if operand == "values" and kind == "time" else [],
            "may_include_empty": operand != "none",
        }

    def _options(self, prop: Property, operand: str, kind: str) -> list[dict[str, Any]]:
        known: list[tuple[str, Any]] = []
        if operand == "periods":
            known = [(period.value, label) for period, label in PERIODS.items()]
        elif operand == "property":
            known = [
                (each.name, each.label.in_language(self.language))
                for each in about(self.asker.object, self.row).properties
                if each.is_time and each.name != prop.name
            ]
        elif operand == "values" and kind in ("choice", "choices"):
            known = option_labels(prop, self.asker.names, self.language)
        return [
            {"value": value, "label": label, "chosen": value in self.row.values} for value, label in known
        ]


def property_label(obj: ObjectType, row: Row, language: str) -> str:
    """What people read for the property of a row: ``Company: Country/Region``."""
    of = tied_object(obj, row.object) if row.object else obj
    own = (
        _("Segment")
        if row.asks_for_segment
        else of.by_name[row.name].label.in_language(language)
        if row.name
        else ""
    )
    if not row.object:
        return own
    whose = of.singular_label.in_language(language)
    return f"{whose}: {own}" if own else whose


def picker(obj: ObjectType, language: str) -> Iterator[dict[str, Any]]:
    """All properties that a condition can be about: the object's own by group, and those of associated objects."""

    def items(of: ObjectType, wanted: Callable[[Property], bool], prefix: str = "") -> list[dict[str, str]]:
        found = [
            {"value": f"{prefix}{each.name}", "label": each.label.in_language(language)}
            for each in of.properties
            if wanted(each)
        ]
        return sorted(found, key=lambda each: each["label"].casefold())

    yield {"label": _("Segments"), "items": [{"value": SEGMENT, "label": _("Segment")}]}
    groups = {group.name: group for group in (*GROUPS, *(each.group for each in obj.properties))}
    for group in groups.values():
        own = items(obj, lambda each, group=group: each.group.name == group.name)
        if own:
            yield {"label": group.label.in_language(language), "items": own}
    for tie in obj.associations:
        target = tied_object(obj, tie.to)
        label = target.singular_label.in_language(language)
        there = {"value": f"{tie.to}.", "label": _("Whether there is one")}
        member = {"value": f"{tie.to}.{SEGMENT}", "label": _("Segment")}
        every = [there, member, *items(target, lambda each: not each.reporting_only, f"{tie.to}.")]
        yield {"label": label, "items": [{**each, "whose": label} for each in every]}
