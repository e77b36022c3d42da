"""Payment links for programs: the pages on which customers buy, with the line items that they sell.

Line items are copied, as everywhere: what is named by ``lineItemObjectIds``, or cloned, stays where it was, and the
link has lines of its own with new ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, LiteralString, cast

from kalends.api import fields
from kalends.api.call import Answer, Call
from kalends.api.errors import ApiError, invalid, not_found
from kalends.api.problems import refusal_of
from kalends.api.routes import named, route
from kalends.api.shapes import moment
from kalends.api.wire import field_of, record_id
from kalends.catalog.options import ACCEPTED_METHODS
from kalends.catalog.registry import OBJECTS
from kalends.core.money import UnknownCurrency, minor_digits
from kalends.crm.record_columns import columns_of, place_values
from kalends.crm.record_values import Reader
from kalends.crm.rules import rules_of
from kalends.platform.settings import PUBLIC_URL
from kalends.sales.link_lines import CLONE, CUSTOM, FROM_PRODUCT, LinkLine
from kalends.sales.links import Link, NewLink, NoSuchLink, archive_links, create_link, edit_link, find_link
from kalends.sales.trouble import Refused

READ, WRITE = named("crm.objects.payment_links.read"), named("crm.objects.payment_links.write")
_PAGE, _LARGEST_PAGE = 10, 100
_PLAIN = {
    "paymentLinkName": "name",
    "successUrl": "redirect_url",
    "checkoutText": "text_below_total",
    "language": "language",
}
_SWITCHES = {
    "isOneTimeUseEnabled": "one_time_use",
    "discountCodeEnabled": "take_discount_codes",
    "collectFullBillingAddress": "collect_billing_address",
    "collectShippingAddress": "collect_shipping_address",
    "collectTaxId": "collect_tax_id",
}
_STATES = {"ACTIVE": "active", "INACTIVE": "inactive"}
_ROWS: LiteralString = """
    SELECT id, created_at, updated_at, archived_at FROM payment_link
    WHERE account_id = %s AND id > %s AND (archived_at IS NOT NULL) = %s ORDER BY id LIMIT %s
"""
_ROW: LiteralString = """
    SELECT id, created_at, updated_at, archived_at FROM payment_link
    WHERE account_id = %s AND id = %s AND (archived_at IS NOT NULL) = %s
"""
_LINES: LiteralString = """
    SELECT parent_id, id FROM line_item
    WHERE account_id = %s AND parent_type = 'payment_link' AND parent_id = ANY(%s::bigint[]) AND archived_at IS NULL
    ORDER BY position, id
"""


@route("commerce/payment-links", "/payment-links", "GET", READ)
def read_list(call: Call) -> Answer:
    """A page of payment links in the order of their numbers."""
    limit = call.query.limit(_PAGE, _LARGEST_PAGE)
    asked = [call.ctx.id, call.query.after(), call.query.flag("archived"), limit + 1]
    rows = call.db.execute(_ROWS, asked).fetchall()
    more = {"paging": {"next": {"after": str(rows[limit - 1][0])}}} if len(rows) > limit else {}
    return Answer(body={"results": _shapes(call, rows[:limit]), **more})


@route("commerce/payment-links", "/payment-links", "POST", WRITE)
def create(call: Call) -> Answer:
    """Make a payment link."""
    body = call.json()
    fields.require(body, ("paymentLinkName", "currencyCode"))
    columns = _columns(body)
    columns.pop("status", None)
    currency = fields.text(body, "currencyCode") or ""
    try:
        minor_digits(currency)
    except UnknownCurrency as problem:
        raise fields.wrong("currencyCode", "currencyCode is to be a currency such as EUR") from problem
    wanted = NewLink(currency=currency, lines=_lines(call, body) or [], **columns)
    try:
        id_ = create_link(call.db, call.ctx, wanted, actor=call.who.actor, source=call.who.source)
        if _state(body) == "inactive":
            edit_link(call.db, call.ctx, id_, {"status": "inactive"}, actor=call.who.actor)
    except Refused as refusal:
        raise _told(refusal) from refusal
    return Answer(201, _one(call, id_))


@route("commerce/payment-links", "/payment-links/{id}", "GET", READ)
def read_one(call: Call) -> Answer:
    """One payment link."""
    return Answer(body=_one(call, _number(call), archived=call.query.flag("archived")))


@route("commerce/payment-links", "/payment-links/{id}", "PATCH", WRITE)
def update(call: Call) -> Answer:
    """Change a payment link; line items that are given take the place of all that it had."""
    id_, body = _number(call), call.json()
    _one(call, id_)
    try:
        edit_link(call.db, call.ctx, id_, _columns(body), lines=_lines(call, body), actor=call.who.actor)
    except Refused as refusal:
        raise _told(refusal) from refusal
    return Answer(body=_one(call, id_))


@route("commerce/payment-links", "/payment-links/{id}", "DELETE", WRITE)
def archive(call: Call) -> Answer:
    """Archive a payment link: nobody buys there any more. Again is no error."""
    id_ = _number(call)
    try:
        find_link(call.db, call.ctx, id_)
    except NoSuchLink as problem:
        raise _not_there(call) from problem
    archive_links(call.db, call.ctx, [id_], actor=call.who.actor)
    return Answer(204)


def _number(call: Call) -> int:
    number = record_id(call.path["id"])
    if number is None:
        raise _not_there(call)
    return number


def _not_there(call: Call) -> ApiError:
    return not_found(f"There is no payment link {call.path['id'][:100]}.")


def _one(call: Call, id_: int, *, archived: bool = False) -> dict[str, Any]:
    rows = call.db.execute(_ROW, [call.ctx.id, id_, archived]).fetchall()
    if not rows:
        raise _not_there(call)
    return _shapes(call, rows)[0]


def _shapes(call: Call, rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    lines: dict[int, list[str]] = {row[0]: [] for row in rows}
    for parent, line in call.db.execute(_LINES, [call.ctx.id, list(lines)]).fetchall():
        lines[parent].append(str(line))
    return [_shape(call, find_link(call.db, call.ctx, row[0]), lines[row[0]], *row[1:]) for row in rows]


def _shape(
    call: Call,
    link: Link,
    lines: list[str],
    created_at: datetime,
    updated_at: datetime,
    archived_at: datetime | None,
) -> dict[str, Any]:
    methods = link.allowed_payment_methods
    every = [option.value for option in ACCEPTED_METHODS]
    deal = {"createDeal": link.create_deal, "pipelineId": link.deal_pipeline, "stageId": link.deal_stage}
    return {
        "id": str(link.id),
        "paymentLinkName": link.name,
        "paymentLinkUrl": f"{PUBLIC_URL}/buy/{call.ctx.id}/{link.public_key}",
        "state": (link.closed_because(call.ctx.today) or "active").upper(),
        "currencyCode": link.currency,
        "acceptedPaymentMethods": [each.upper() for each in (every if methods is None else methods)],
        "additionalFormFields": [_field_shape(each) for each in link.custom_fields],
        "collectFullBillingAddress": link.collect_billing_address,
        "collectShippingAddress": link.collect_shipping_address,
        "collectTaxId": link.collect_tax_id,
        "completedPurchaseCount": link.uses,
        "dealConfigurations": deal if any(value is not None for value in deal.values()) else None,
        "discountCodeEnabled": link.take_discount_codes,
        "expirationSettings": {"expirationDate": link.expires_on.isoformat()} if link.expires_on else None,
        "isOneTimeUseEnabled": link.one_time_use,
        "language": link.language,
        "lineItemObjectIds": lines,
        "checkoutText": link.text_below_total,
        "successUrl": link.redirect_url,
        "ownerId": None if link.owner_id is None else str(link.owner_id),
        "createdAt": moment(created_at),
        "updatedAt": moment(updated_at),
        "archived": link.archived,
        **({"archivedAt": moment(archived_at)} if archived_at else {}),
    }


def _field_shape(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": kept["name"],
        "label": kept["label"],
        "fieldType": kept["type"],
        "required": bool(kept.get("required")),
        "options": list(kept.get("options") or ()),
    }


def _columns(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says of the link itself. Null takes a text away; what is not named stays as it is."""
    columns: dict[str, Any] = {
        column: fields.text(body, name) for name, column in _PLAIN.items() if name in body
    }
    for name, column in _SWITCHES.items():
        if body.get(name) is not None:
            columns[column] = fields.switch(body, name)
    if "acceptedPaymentMethods" in body:
        given = field_of(body, "acceptedPaymentMethods", list, "a list of texts")
        columns["allowed_payment_methods"] = None if given is None else [str(each).lower() for each in given]
    if "additionalFormFields" in body:
        columns["custom_fields"] = [
            _field(each) for each in fields.objects(body, "additionalFormFields") or []
        ]
    if "expirationSettings" in body:
        columns["expires_on"] = _day(field_of(body, "expirationSettings", dict, "an object") or {})
    if "dealConfigurations" in body:
        deal = field_of(body, "dealConfigurations", dict, "an object") or {}
        columns |= {
            "create_deal": fields.switch(deal, "createDeal"),
            "deal_pipeline": fields.text(deal, "pipelineId"),
            "deal_stage": fields.text(deal, "stageId"),
        }
    if "ownerId" in body:
        columns["owner_id"] = _owner(body)
    state = _state(body)
    return {**columns, "status": state} if state else columns


def _owner(body: Mapping[str, Any]) -> int | None:
    if body["ownerId"] is None:
        return None
    owner = record_id(body["ownerId"])
    if owner is None:
        raise fields.wrong("ownerId", "ownerId is to be the number of an owner")
    return owner


def _state(body: Mapping[str, Any]) -> str | None:
    given = fields.text(body, "state")
    if given is None:
        return None
    if given.upper() not in _STATES:
        raise fields.wrong("state", f"state is to be {' or '.join(_STATES)}")
    return _STATES[given.upper()]


def _field(given: Mapping[str, Any]) -> dict[str, Any]:
    options = field_of(given, "options", list, "a list of texts") or []
    return {
        "name": fields.text(given, "name") or "",
        "label": fields.text(given, "label") or "",
        "type": fields.text(given, "fieldType") or "text",
        "required": bool(fields.switch(given, "required")),
        **({"options": [str(each)[:200] for each in options]} if options else {}),
    }


def _day(given: Mapping[str, Any]) -> date | None:
    text = fields.text(given, "expirationDate")
    try:
        return None if text is None else date.fromisoformat(text[:10])
    except ValueError as problem:
        where = "expirationSettings.expirationDate"
        raise fields.wrong(where, f"{where} is to be a day such as 2026-12-31") from problem


def _lines(call: Call, body: Mapping[str, Any]) -> list[LinkLine] | None:
    """The line items that a body names; None where it names none."""
    ids = field_of(body, "lineItemObjectIds", list, "a list of ids")
    written = fields.objects(body, "lineItems")
    if ids is None and written is None:
        return None
    copies = [LinkLine(CLONE, _id(each, f"lineItemObjectIds[{at}]")) for at, each in enumerate(ids or [])]
    return [*copies, *(_line(call, each, f"lineItems[{at}]") for at, each in enumerate(written or []))]


def _line(call: Call, given: Mapping[str, Any], where: str) -> LinkLine:
    mode = (fields.text(given, "mode") or CUSTOM).upper()
    properties = cast("dict[str, Any]", field_of(given, "properties", dict, "an object") or {})
    source = None
    if mode == FROM_PRODUCT:
        source = _id(given.get("productId"), f"{where}.productId")
    elif mode == CLONE:
        source = _id(given.get("lineItemId"), f"{where}.lineItemId")
    elif mode != CUSTOM:
        raise fields.wrong(f"{where}.mode", f"{where}.mode is to be {CUSTOM}, {FROM_PRODUCT} or {CLONE}")
    return LinkLine(mode, source, _values(call, properties))


def _values(call: Call, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of a line item from its properties, by the catalogue's names. Raises ``ApiError``."""
    obj, rules = OBJECTS["line_item"], rules_of("line_item")
    written = Reader(call.ctx, obj, handled=rules.handled, emails=rules.emails).read(properties)
    columns, _own = place_values(call.ctx, obj, columns_of(call.db, obj.table), written, None, rules.handled)
    if written.problems:
        raise refusal_of(call.ctx, obj, written.problems)
    return columns


def _id(given: Any, where: str) -> int:
    number = record_id(given)
    if number is None:
        raise fields.wrong(where, f"{where} is to be the number of a record")
    return number


def _told(refusal: Refused) -> ApiError:
    """Everything that the service refused, one by one."""
    return invalid(
        " ".join(f"{each.place}: {each.text}" for each in refusal.troubles),
        errors=[
            {"message": each.text, "in": each.place, "code": each.code.upper()} for each in refusal.troubles
        ],
    )
