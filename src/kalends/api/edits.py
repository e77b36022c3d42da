"""Edits of a subscription: looked at, with the next invoices as they are and as they would be, and made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

from kalends.api.call import Answer, Call, object_named
from kalends.api.days import day_of
from kalends.api.errors import ApiError, conflict, invalid
from kalends.api.inputs import properties_of
from kalends.api.lifecycle import refusals_told, subscription_of
from kalends.api.problems import refusal_of
from kalends.api.routes import named, route
from kalends.api.shapes import Shape
from kalends.api.versions import etag
from kalends.api.wire import field_of, record_id
from kalends.billing import changes
from kalends.billing.create import NewLine
from kalends.billing.edit import (
    Edit,
    EditPreview,
    LineEdit,
    OfferChanged,
    Prorated,
    ProratedAmount,
    Upcoming,
    apply_edit,
    preview_edit,
)
from kalends.catalog.render import to_api
from kalends.core.money import format_minor
from kalends.core.pricing import LineTerms
from kalends.crm.record_reads import read
from kalends.crm.records import New, prepare_new

_MOST_LINES = 100
_FIELDS = ("lines", "nextDueDate", "contactId", "paymentMethodId", "name", "prorate")
_TERMS = ("name", "price", "quantity", "discount", "hs_discount_percentage")
_TAX = "hs_tax_rate_group_id"
_CARRIED = (*_TERMS, _TAX, "description", "hs_sku", "hs_product_id", "hs_cost_of_goods_sold")
_DISCOUNTS = {"discount", "hs_discount_percentage"}
_LINE = """
    SELECT tax_rate, tax_inclusive FROM line_item
    WHERE account_id = %s AND id = %s AND parent_type = 'subscription' AND parent_id = %s AND archived_at IS NULL
"""


@route("kalends", "/subscriptions/{id}/preview", "POST", named("crm.objects.subscriptions.read"))
def preview(call: Call) -> Answer:
    """The next invoices before and after an edit, and what it comes to today if it is prorated; nothing is changed."""
    id_, edit, prorate, _ = _asked(call, _FIELDS)
    shown = Edit() if _is_method_alone(edit) and not prorate else edit
    with refusals_told(call):
        made = preview_edit(call.db, call.ctx, id_, shown, prorate=prorate)
        if shown != edit:
            with call.db.transaction(force_rollback=True):
                _change_method(call, id_, edit)
    return Answer(200, {"id": str(id_), **_told(made)})


@route("kalends", "/subscriptions/{id}/edit", "POST", named("crm.objects.subscriptions.write"))
def make(call: Call) -> Answer:
    """Make an edit; a prorated one for the amounts of the ``offer`` that its preview made.

    What is charged is decided on here, and sent by the next billing run, as every charge.
    """
    id_, edit, prorate, offer = _asked(call, (*_FIELDS, "offer"))
    if edit == Edit(lines=[]) and not prorate:
        raise invalid(f"Nothing is to be changed; give one of {', '.join(_FIELDS[:-1])}.")
    try:
        with refusals_told(call):
            if _is_method_alone(edit) and not prorate:
                made = preview_edit(call.db, call.ctx, id_, Edit())
                _change_method(call, id_, edit)
            else:
                actor = call.who.actor
                made = apply_edit(call.db, call.ctx, id_, edit, prorate=prorate, offer=offer, actor=actor)
    except ApiError as refused:
        if isinstance(refused.__cause__, OfferChanged):
            raise conflict(str(refused.__cause__)) from refused
        raise
    return Answer(200, {"id": str(id_), **_told(made)}, etag(call, id_))


def _asked(call: Call, fields: Sequence[str]) -> tuple[int, Edit, bool, str | None]:
    """The subscription, the edit, whether it is prorated, and the offer that it is made for. Raises ``ApiError``."""
    body = call.json()
    unknown = sorted(set(body) - set(fields))
    if unknown:
        raise _wrong(unknown[0][:80], f"there is no such field; there are {', '.join(fields)}")
    id_ = subscription_of(call)
    prorate = bool(field_of(body, "prorate", bool, "true or false", default=False))
    return id_, _edit(call, id_, body), prorate, field_of(body, "offer", str, "a text")


def _is_method_alone(edit: Edit) -> bool:
    """Whether nothing changes but the payment method; a customer in arrears may do that, at any time."""
    return edit.payment_method_id is not None and replace(edit, payment_method_id=None) == Edit(lines=[])


def _change_method(call: Call, id_: int, edit: Edit) -> None:
    assert edit.payment_method_id is not None
    changes.change_payment_method(call.db, call.ctx, id_, edit.payment_method_id, actor=call.who.actor)


def _edit(call: Call, id_: int, body: Mapping[str, Any]) -> Edit:
    given = cast("list[Any]", field_of(body, "lines", list, "a list", []))
    if len(given) > _MOST_LINES:
        raise _wrong("lines", f"at most {_MOST_LINES} lines can be changed at once")
    name = field_of(body, "name", str, "a text")
    if name is not None and (not name.strip() or "\x00" in name or len(name) > 500):
        raise _wrong("name", "give a name of 1 to 500 characters")
    return Edit(
        lines=[_line(call, id_, place, each) for place, each in enumerate(given)],
        next_due=day_of(body.get("nextDueDate"), "nextDueDate", call.ctx.time_zone),
        contact_id=_number(body, "contactId"),
        payment_method_id=_number(body, "paymentMethodId"),
        name=name,
    )


def _line(call: Call, id_: int, place: int, given: object) -> LineEdit:
    where = f"lines[{place}]"
    if not isinstance(given, dict):
        raise _wrong(where, "is to be an object with id, properties or remove")
    item = cast("dict[str, Any]", given)
    line_id = _number(item, "id", where)
    if field_of(item, "remove", bool, "true or false", default=False):
        if line_id is None or "properties" in item:
            raise _wrong(where, "a line that goes has an id, and no properties")
        return LineEdit(line_id)
    sent = properties_of(item)
    obj = object_named(call, "line_item")
    for name in sent:
        if name in obj.by_name and name not in _CARRIED:
            raise _wrong(
                f"{where}.properties.{name}"[:200], f"an edit of a line carries {', '.join(_CARRIED)}"
            )
    known = {} if line_id is None else _properties(call, id_, line_id, where)
    if not _DISCOUNTS.isdisjoint(sent):
        known = {name: value for name, value in known.items() if name not in _DISCOUNTS}
    (draft,) = prepare_new(call.db, call.ctx, obj, [New({**known, **sent})])
    if draft.written.problems:
        raise refusal_of(call.ctx, obj, draft.written.problems)
    columns = draft.columns
    tax = (columns.get("tax_rate"), columns.get("tax_inclusive"))
    if line_id is not None and columns.get("tax_rate") is None:
        tax = call.db.execute(_LINE, [call.ctx.id, line_id, id_]).fetchone() or tax
    terms = LineTerms(
        columns["unit_price"],
        columns["quantity"],
        columns.get("discount_per_unit") or Decimal(0),
        columns.get("discount_percent") or Decimal(0),
        tax[0] or Decimal(0),
        bool(tax[1]),
    )
    new = NewLine(
        columns["name"],
        terms,
        description=columns.get("description"),
        sku=columns.get("sku"),
        unit_cost=columns.get("unit_cost"),
        product_id=columns.get("product_id"),
        tax_label=(columns.get("tax_label") or "") if _TAX in sent else None,
        tax_rate_group_id=(columns.get("tax_rate_group_id") or "") if _TAX in sent else None,
    )
    return LineEdit(line_id, new)


def _properties(call: Call, id_: int, line_id: int, where: str) -> dict[str, object]:
    """What a line of the subscription says now."""
    if call.db.execute(_LINE, [call.ctx.id, line_id, id_]).fetchone() is None:
        raise _wrong(f"{where}.id", f"the subscription has no line item {line_id}")
    obj = object_named(call, "line_item")
    row = read(call.db, call.ctx, obj, [line_id], _TERMS)[line_id]
    values = {name: to_api(obj.by_name[name], row[name]) for name in _TERMS}
    return {name: value for name, value in values.items() if value is not None}


def _number(body: Mapping[str, Any], name: str, where: str = "") -> int | None:
    value = body.get(name)
    if value is None:
        return None
    number = record_id(value)
    if number is None:
        raise _wrong(f"{where}.{name}" if where else name, "is to be the number of a record")
    return number


def _told(made: EditPreview) -> Shape:
    return {
        "currency": made.currency,
        "before": [_invoice(each, made.currency) for each in made.before],
        "after": [_invoice(each, made.currency) for each in made.after],
        "prorated": None if made.prorated is None else _prorated(made.prorated, made.currency),
    }


def _invoice(coming: Upcoming, currency: str) -> Shape:
    return {
        "payment": coming.cycle + 1,
        "dueDate": coming.due_date.isoformat(),
        "total": _money(coming.total_minor, currency),
        "totalMinor": coming.total_minor,
        "creditMinor": coming.credit_minor,
    }


def _prorated(prorated: Prorated, currency: str) -> Shape:
    return {
        "on": prorated.on.isoformat(),
        "offer": prorated.offer,
        "invoiceId": None if prorated.invoice_id is None else str(prorated.invoice_id),
        "creditMinor": prorated.credit_minor,
        "settledMinor": prorated.settled_minor,
        "invoiceMinor": prorated.invoice_minor,
        "usedMinor": prorated.used_minor,
        "owedMinor": prorated.owed_minor,
        "balanceMinor": prorated.balance_minor,
        "amounts": [_amount(each, currency) for each in prorated.amounts],
    }


def _amount(amount: ProratedAmount, currency: str) -> Shape:
    return {
        "name": amount.name,
        "lineItemId": None if amount.line_id is None else str(amount.line_id),
        "amountMinor": amount.amount_minor,
        "wholeMinor": amount.whole_minor,
        "days": amount.days,
        "daysLeft": amount.days_left,
        "credited": amount.credited,
        "invoice": amount.invoice,
        "how": amount.how(currency),
    }


def _money(minor: int, currency: str) -> str:
    return format_minor(minor, currency)


def _wrong(where: str, why: str) -> ApiError:
    return invalid(f"{where}: {why}.", errors=[{"message": why, "in": where}])
