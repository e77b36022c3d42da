"""How the value of a property is typed, and how what was typed is written."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from kalends.billing.tax_rates import list_tax_rates
from kalends.catalog import Property
from kalends.catalog.render import to_api
from kalends.query.language import kind_of
from kalends.staff import formatting, moments
from kalends.staff.cells import Names
from kalends.staff.create.customers import currencies
from kalends.staff.forms import read_number
from kalends.staff.index.toolbar import option_labels
from kalends.staff.refusals import Refused
from kalends.staff.visit import Visit


def field_of(visit: Visit, prop: Property) -> dict[str, Any]:
    """How a value is typed or chosen."""
    kind: str = kind_of(prop)
    options: list[tuple[str, str]] = []
    if kind == "bool":
        kind, options = "choice", [("true", _("Yes")), ("false", _("No"))]
    elif kind in ("choice", "choices"):
        options = _options(visit, prop)
        kind = kind if options else "text"
    elif prop.type == "datetime":
        kind = "moment"
    return {"field": kind, "options": options, "long": prop.field_type == "textarea"}


def _options(visit: Visit, prop: Property) -> list[tuple[str, str]]:
    if prop.options_from == "currencies":
        with visit.cursor() as cursor:
            return [(code, code) for code in currencies(cursor, visit.ctx)]
    if prop.options_from == "tax_rates":
        return tax_rate_options(visit)
    found = option_labels(prop, Names.of_account(visit.ctx.id), visit.language)
    return [each for each in found if each[0] != "me"]


def tax_rate_options(visit: Visit, *, active_only: bool = False) -> list[tuple[str, str]]:
    """The account's tax rates to choose from, those that lines may still be given first."""
    rates = list_tax_rates(visit.psycopg(), visit.ctx, active_only=active_only)
    return [
        (str(rate.id), f"{rate.name}, {formatting.number(rate.percentage)}\N{NO-BREAK SPACE}%")
        for rate in rates
    ]


def as_records_are_written(prop: Property, value: str, time_zone: str, before: datetime | None = None) -> str:
    """One value that was typed, as records are written; ``before`` is the moment that stood in the field.

    Raises :class:`Refused`.
    """
    if value and kind_of(prop) == "number":
        number = read_number(value)
        if number is None:
            raise Refused(_("Give a number."))
        return f"{number:f}"
    if value and prop.type == "datetime":
        return to_api(prop, moments.read(value, time_zone, before)) or ""
    if value and prop.type == "date":
        try:
            date.fromisoformat(value)
        except ValueError:
            raise Refused(_("Give a date.")) from None
    return value
