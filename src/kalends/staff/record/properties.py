"""Properties on a record's page: shown, edited in place, and with their history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from psycopg import Connection

from kalends.accounts import connections
from kalends.billing.subscription_rules import BILLING, CHANGED_WHILE_BILLED
from kalends.catalog import Property
from kalends.catalog.render import to_api
from kalends.crm import records
from kalends.crm.product_prices import is_price
from kalends.crm.record_history import SOURCE, read_history
from kalends.crm.records import Wish
from kalends.query import NAME, compile_select, fetch
from kalends.staff import formatting, moments
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.cells import Names
from kalends.staff.forbidden import Forbidden
from kalends.staff.forms import Form
from kalends.staff.index.bulk import CODES, RULE
from kalends.staff.index.selection import these
from kalends.staff.objects import BY_SLUG, record_address
from kalends.staff.record.reading import Record, read_record
from kalends.staff.record.values import as_records_are_written, field_of
from kalends.staff.refusals import Refused, worded
from kalends.staff.reply import dialog, is_htmx, moved, swapped
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page


class Changed(ValueError):
    """Somebody changed the value after the field was opened."""


class Wrong(ValueError):
    """Values that a record does not take; ``codes`` says why."""

    def __init__(self, codes: list[str]) -> None:
        super().__init__(", ".join(codes))
        self.codes = codes


worded(
    Changed,
    lambda _e: _(
        "Somebody else has changed this meanwhile. What stands there now is shown; save again to replace it."
    ),
)
worded(
    Wrong, lambda wrong: " ".join(str(CODES.get(code, CODES[RULE])) for code in dict.fromkeys(wrong.codes))
)


def properties(record: Record) -> dict[str, Any]:
    """Those that are asked for most, and all others in the catalogue's groups."""
    key = [name for name in record.page.key_properties if name in record.object.by_name]
    if record.page.name == "product":
        key[1:1] = [name for name in record.object.by_name if is_price(name)]
    groups = record.groups()
    for group in groups:
        group["properties"] = [
            _with_reason(record, each) for each in group["properties"] if each["name"] not in key
        ]
    return {
        "key_properties": [_with_reason(record, record.told(name)) for name in key],
        "groups": [group for group in groups if group["properties"]],
        "property_count": len(record.object.properties),
    }


def _with_reason(record: Record, told: dict[str, Any]) -> dict[str, Any]:
    reason = why_fixed(record, record.object.by_name[told["name"]])
    return {**told, "editable": not reason, "why_fixed": reason}


def why_fixed(record: Record, prop: Property) -> str:
    """Why a value cannot be edited here; empty where it can."""
    if not record.may_edit:
        return _("You may not change this record.")
    if not record.is_editable(prop):
        return _("Kalends alone writes this property.") if prop.computed else _("It is not changed here.")
    if not prop.custom and _stands_fast(record, prop):
        return _("It cannot be changed while it is billed or sent.")
    return ""


def _stands_fast(record: Record, prop: Property) -> bool:
    """Whether the record's state forbids it; the services that write ask again, and more closely."""
    name, row = record.page.name, record.row
    if prop.name == "hubspot_owner_id":
        return False
    if name == "subscription" and row[BILLING] == "on":
        kept = prop.name in CHANGED_WHILE_BILLED or prop.name.startswith("hs_recipient_billing_")
        return not kept
    if name == "invoice":
        return row["hs_invoice_status"] not in ("draft", "open")
    if name == "payment":
        return prop.column not in ("reference_number", "internal_comment")
    return False


@require_safe
@account_page
def one(request: HttpRequest, visit: Visit, slug: str, id: int, name: str) -> HttpResponse:  # noqa: A002
    """One property as the page shows it."""
    with visit.cursor() as cursor:
        record = read_record(cursor, visit, slug, id)
    return _line(request, record, _property(record, name))


def _line(request: HttpRequest, record: Record, prop: Property) -> HttpResponse:
    context = {
        "each": _with_reason(record, record.told(prop.name)),
        "here": record_address(record.visit.ctx.id, record.page.name, record.id),
    }
    return render(request, "staff/record/property.html", context)


def _property(record: Record, name: str) -> Property:
    prop = record.object.by_name.get(name)
    if prop is None:
        raise Http404(name)
    return prop


@account_page
def _ask(request: HttpRequest, visit: Visit, slug: str, id: int, name: str) -> HttpResponse:  # noqa: A002
    """The field to edit a property."""
    with visit.cursor() as cursor:
        record = read_record(cursor, visit, slug, id)
    prop = _property(record, name)
    visit.require("edit", record.page.name, id)
    return _field(request, record, prop, Form(), _typed(record, prop))


def _save(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
    return account_action("edit", BY_SLUG[slug].name)(_write)(request, slug=slug, **kwargs)


_save.__dict__["is_account_page"] = True
edit = by_method(get=_ask, post=_save)


def _write(request: HttpRequest, visit: ActionVisit, slug: str, id: int, name: str) -> HttpResponse:  # noqa: A002
    with visit.cursor() as cursor:
        record = read_record(cursor, visit, slug, id)
    prop = _property(record, name)
    if why_fixed(record, prop):
        raise Forbidden("edit", record.page.name)
    given = request.POST.getlist("value")
    form = Form(request.POST)
    form.is_valid()
    try:
        value = _as_written(record, prop, given)
        before = request.POST.get("before", "")
        visit.do("edit_property", lambda db: _change(db, visit, record, prop, value, before))
    except Refused as refusal:
        form.refuse(refusal)
        with visit.cursor() as cursor:
            record = read_record(cursor, visit, slug, id)
        return _field(request, record, prop, form, given, status=422)
    here = record_address(visit.ctx.id, record.page.name, id)
    if not is_htmx(request) or _is_in_the_heading(record, prop):
        return moved(request, here, _("Saved"))
    with visit.cursor() as cursor:
        record = read_record(cursor, visit, slug, id)
    return swapped(_line(request, record, prop), toast=_("Saved"))


def _is_in_the_heading(record: Record, prop: Property) -> bool:
    page = record.page
    return prop.name in (page.title, page.status, page.under, "firstname", "lastname", record.object.stage)


def _change(
    db: Connection[Any], visit: ActionVisit, record: Record, prop: Property, value: str, before: str
) -> None:
    """Write the value, if the one that was seen stands there still. Raises :class:`Changed`, :class:`Wrong`."""
    obj = record.object
    records.lock(db, visit.ctx, obj, [record.id])
    with db.cursor() as cursor:
        sql = compile_select(obj, [prop.name], these(obj, [record.id]), None, visit.asking, limit=1)
        rows = fetch(cursor, sql)
    if not rows or (to_api(prop, rows[0][prop.name]) or "") != before:
        raise Changed(prop.name)
    prepared = records.prepare_changes(db, visit.ctx, obj, [Wish(record.id, {prop.name: value})])
    codes = [problem.code for change in prepared.changes for problem in change.problems()]
    if codes:
        raise Wrong(codes)
    records.write_changes(db, visit.ctx, obj, prepared.changes, visit.who)


def _as_written(record: Record, prop: Property, given: list[str]) -> str:
    """What was typed, as records are written. Raises :class:`Refused`."""
    value = (
        ";".join(each.strip() for each in given if each.strip())
        if prop.multiple
        else (given or [""])[0].strip()
    )
    if value == "me" and prop.options_from == "owners":
        return str(record.visit.user.id)
    return as_records_are_written(prop, value, record.visit.ctx.time_zone, record.row[prop.name])


def _typed(record: Record, prop: Property) -> list[str]:
    """The present value as the field has it."""
    value = record.row[prop.name]
    if prop.multiple:
        return [str(each) for each in value or ()]
    if prop.is_number and value is not None:
        return [formatting.number(value) if prop.type == "number" else f"{value:f}"]
    if prop.type == "datetime" and value is not None:
        return [moments.typed(value, record.visit.ctx.time_zone)]
    return [record.value(prop)[:10] if prop.type == "date" else record.value(prop)]


def _field(
    request: HttpRequest, record: Record, prop: Property, form: Form, given: list[str], *, status: int = 200
) -> HttpResponse:
    visit = record.visit
    told = {"prop": prop, "form": form, "given": given, **field_of(visit, prop)}
    context = {
        **told,
        "label": prop.label.in_language(visit.language),
        "before": record.value(prop),
        "here": record_address(visit.ctx.id, record.page.name, record.id),
        "now": record.cell(prop) if form.errors else None,
    }
    if is_htmx(request):
        return render(request, "staff/record/property_edit.html", context, status=status)
    with visit.cursor() as cursor:
        context |= {**shell(cursor, visit, request, record.object.plural), "title": context["label"]}
    return render(request, "staff/record/property_page.html", context, status=status)


@require_safe
@account_page
def history(request: HttpRequest, visit: Visit, slug: str, id: int, name: str) -> HttpResponse:  # noqa: A002
    """Each value that a property had: who set it, when, and what stood there before."""
    with visit.cursor() as cursor:
        record = read_record(cursor, visit, slug, id)
        prop = _property(record, name)
        context = shell(cursor, visit, request, record.object.plural)
    names = Names.of_account(visit.ctx.id)
    with connections.apart(visit.ctx.id) as db:
        row = {**record.row, SOURCE: record.row.get(SOURCE)}
        past = read_history(db, visit.ctx, record.object, [name], {id: row})[id][name]
    values = [_shown(record, prop, each.value, names) for each in past]
    context |= {
        "title": record.name,
        "label": prop.label.in_language(visit.language),
        "record_name": record.row[NAME],
        "back": record_address(visit.ctx.id, record.page.name, id),
        "values": [
            {
                "value": shown,
                "before": before,
                "when": formatting.instant(
                    each.at.astimezone(ZoneInfo(visit.ctx.time_zone)), visit.ctx.time_zone
                ),
                "who": names.owners.get(each.source_id or "", ""),
                "source": _source(each.source),
            }
            for each, shown, before in zip(past, values, [*values, ""][1:], strict=True)
        ],
    }
    return dialog(request, "staff/record/history.html", context)


def _source(source: str) -> str:
    return {
        "INTEGRATION": _("A program"),
        "CRM_UI": _("Staff"),
        "IMPORT": _("An import"),
        "CALCULATED": _("Worked out"),
    }.get(source, _("Kalends"))


def _shown(record: Record, prop: Property, value: str | None, names: Names) -> str:
    if value is None:
        return ""
    if prop.type == "enumeration":
        each = [prop.option_label(part, record.visit.language) for part in value.split(";")]
        return ", ".join(names.of(prop, part) for part in each)
    if prop.type == "bool":
        return _("Yes") if value == "true" else _("No")
    if prop.type == "datetime":
        return formatting.instant(datetime.fromisoformat(value), record.visit.ctx.time_zone)
    if prop.is_time:
        return formatting.day(date.fromisoformat(value[:10]))
    return value
