"""Making a record of an object that has no wizard of its own, from the catalogue's properties."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from psycopg import Connection

from kalends.catalog import OBJECTS, ObjectType, Property
from kalends.catalog.associations import tie
from kalends.catalog.expressions import ACCOUNT_CURRENCY
from kalends.core.digits import whole_number
from kalends.crm import records
from kalends.crm.product_prices import is_price
from kalends.crm.record_values import NOT_UNIQUE
from kalends.crm.records import New
from kalends.crm.rules import Tie
from kalends.crm.schema import account_object
from kalends.crm.unique import EXISTS
from kalends.query import compile_ids, parse
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forms import Form
from kalends.staff.index.bulk import CODES, RULE
from kalends.staff.objects import BY_SLUG, CREATED_WITH_A_FORM, ObjectPage, record_address
from kalends.staff.record.cards import may_tie
from kalends.staff.record.values import as_records_are_written, field_of, tax_rate_options
from kalends.staff.refusals import Refused
from kalends.staff.reply import dialog, moved
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page

_MORE = {
    "contact": ("phone", "jobtitle", "company"),
    "company": ("phone", "city", "country"),
    "deal": ("deal_currency_code",),
    "product": ("hs_sku", "recurringbillingfrequency", "hs_recurring_billing_period", "hs_tax_rate_group_id"),
}
"""What a form asks besides what the catalogue's entry names as defaults and as required."""


_TERM, _TERM_MONTHS = "hs_recurring_billing_period", (1, 3, 6, 12, 24, 36, 48, 60)


def _page(slug: str) -> ObjectPage:
    page = BY_SLUG[slug]
    if page.name not in CREATED_WITH_A_FORM:
        raise Http404(slug)
    return page


def _asked(obj: ObjectType) -> list[Property]:
    prices = [each.name for each in obj.properties if obj.name == "product" and is_price(each.name)]
    names = (
        *obj.required_at_creation,
        *obj.api_defaults,
        *prices,
        *_MORE.get(obj.name, ()),
        "hubspot_owner_id",
    )
    return [obj.by_name[name] for name in dict.fromkeys(names) if name in obj.by_name]


@account_page
def _ask(request: HttpRequest, visit: Visit, slug: str) -> HttpResponse:
    page = _page(slug)
    visit.require("edit", page.name)
    return _show(request, visit, page, Form(), {}, {})


def _do(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
    return account_action("edit", BY_SLUG[slug].name)(_make)(request, slug=slug, **kwargs)


_do.__dict__["is_account_page"] = True
create = by_method(get=_ask, post=_do)


def _make(request: HttpRequest, visit: ActionVisit, slug: str) -> HttpResponse:
    page = _page(slug)
    obj = account_object(visit.psycopg(), visit.ctx, page.name)
    form = Form(request.POST)
    form.is_valid()
    given = {prop.name: request.POST.get(prop.name, "").strip() for prop in _asked(obj)}
    try:
        properties = _written(obj, given, visit.ctx.time_zone)
        ties = _ties(visit, page, request.POST.get("of", ""))
        made = visit.do("create_record", lambda db: _write(db, visit, obj, New(properties, ties)))
    except _Refusals as refusals:
        return _show(request, visit, page, form, given, refusals.told, status=422)
    except Refused as refusal:
        form.refuse(refusal)
        return _show(request, visit, page, form, given, {}, status=422)
    return moved(request, record_address(visit.ctx.id, page.name, made), _("Saved"))


class _Refusals(Exception):
    def __init__(self, told: dict[str, dict[str, str]]) -> None:
        super().__init__("refused")
        self.told = told


def _written(obj: ObjectType, given: dict[str, str], time_zone: str) -> dict[str, str]:
    """What was typed, as records are written; what is empty is not said. Raises :class:`_Refusals`."""
    wrong: dict[str, dict[str, str]] = {}
    properties: dict[str, str] = {}
    for name, value in given.items():
        if not value:
            continue
        try:
            properties[name] = as_records_are_written(obj.by_name[name], value, time_zone)
        except Refused as refusal:
            wrong[name] = {"text": refusal.message}
    if wrong:
        raise _Refusals(wrong)
    return properties


def _write(db: Connection[Any], visit: ActionVisit, obj: ObjectType, wanted: New) -> int:
    drafts = records.prepare_new(db, visit.ctx, obj, [wanted])
    problems = [[each.property, each.code] for each in drafts[0].written.problems]
    if problems:
        given = {name: str(value) for name, value in wanted.properties.items()}
        raise _Refusals(_told(visit, obj, given, problems))
    return records.write_new(db, visit.ctx, obj, drafts, visit.who)[0]


def _told(
    visit: Visit, obj: ObjectType, given: dict[str, str], problems: list[list[str]]
) -> dict[str, dict[str, str]]:
    """What is wrong, at each field; a value that another record has leads to that record."""
    told: dict[str, dict[str, str]] = {}
    for name, code in problems:
        told[name] = {"text": str(CODES.get(code, CODES[RULE]))}
        if code in (NOT_UNIQUE, EXISTS):
            told[name]["link"] = _other(visit, obj, name, given.get(name, ""))
    return told


def _other(visit: Visit, obj: ObjectType, name: str, value: str) -> str:
    """The record that has a value already, if the user may see it."""
    same = {"property": name, "operator": "is_any_of", "values": [value.lower()]}
    sql = compile_ids(OBJECTS[obj.name], parse(obj, {"groups": [[same]]}), visit.asking, limit=1)
    with visit.cursor() as cursor:
        cursor.execute(sql.text, sql.params)
        rows = cursor.fetchall()
    return record_address(visit.ctx.id, obj.name, rows[0][0]) if rows else ""


def _ties(visit: Visit, page: ObjectPage, of: str) -> tuple[Tie, ...]:
    """The record that the new one belongs to, from ``company-4711``."""
    name, _dash, digits = of.partition("-")
    number = whole_number(digits)
    if number is None or name not in OBJECTS or not may_tie(visit, name, page.name):
        return ()
    visit.require("edit", name, number)
    return (Tie(name, number, "HUBSPOT_DEFINED", tie(page.name, name).type_id),)


def _label(visit: Visit, prop: Property) -> str:
    """The property's name; a price in the account's currency says which one that is."""
    label = prop.label.in_language(visit.language)
    return f"{label}, {visit.ctx.currency}" if prop.currency == ACCOUNT_CURRENCY else label


def _field(visit: Visit, prop: Property, given: str) -> dict[str, Any]:
    if prop.name == _TERM:
        return _term(given)
    field = field_of(visit, prop)
    if prop.options_from == "tax_rates" and field["options"]:
        field["options"] = tax_rate_options(visit, active_only=True)
    return field


def _term(given: str) -> dict[str, Any]:
    """How long a product runs, to choose from; other terms are written over the API or imported."""
    months = [(f"P{count}M", ngettext("%(count)s month", "%(count)s months", count) % {"count": count})
              for count in _TERM_MONTHS]  # fmt: skip
    if given and given not in dict(months):
        months.append((given, given))
    return {"field": "choice", "options": months, "nothing": _("Renew until canceled"), "long": False}


def _show(
    request: HttpRequest,
    visit: Visit,
    page: ObjectPage,
    form: Form,
    given: dict[str, str],
    wrong: dict[str, dict[str, str]],
    *,
    status: int = 200,
) -> HttpResponse:
    obj = account_object(visit.psycopg(), visit.ctx, page.name)
    kind = obj.singular_label.in_language(visit.language)
    asked = _asked(obj)
    names = {prop.name for prop in asked}
    context = {
        "title": _("Create %(kind)s") % {"kind": kind.lower()},
        "form": form,
        "of": (request.POST if request.method == "POST" else request.GET).get("of", ""),
        "back": reverse(page.index, args=[visit.ctx.id]),
        "fields": [
            {
                "name": prop.name,
                "label": _label(visit, prop),
                "required": prop.name in obj.required_at_creation,
                "value": given.get(prop.name, ""),
                "wrong": wrong.get(prop.name),
                **_field(visit, prop, given.get(prop.name, "")),
            }
            for prop in asked
        ],
        "others": [
            f"{obj.by_name[name].label.in_language(visit.language)}: {problem['text']}"
            for name, problem in wrong.items()
            if name not in names
        ],
    }
    with visit.cursor() as cursor:
        context |= {**shell(cursor, visit, request, obj.plural), "title": context["title"]}
    return dialog(request, "staff/record/create.html", context, status=status)
