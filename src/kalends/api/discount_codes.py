"""Discount codes for programs. HubSpot has no such path: this one is of our own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from kalends.api import fields
from kalends.api.call import Answer, Call
from kalends.api.errors import ApiError, invalid, not_found
from kalends.api.routes import named, route
from kalends.api.shapes import moment
from kalends.api.wire import record_id
from kalends.core.money import TooPrecise, UnknownCurrency, from_minor, to_minor
from kalends.sales.codes import Code, NewCode, code_of, create_code, deactivate_code, list_codes
from kalends.sales.trouble import Refused

READ, WRITE = named("crm.objects.discounts.read"), named("crm.objects.discounts.write")


@route("kalends", "/discount-codes", "GET", READ)
def read_list(call: Call) -> Answer:
    """Every discount code, the newest first."""
    return Answer(body={"results": [_shape(each) for each in list_codes(call.db, call.ctx)]})


@route("kalends", "/discount-codes", "POST", WRITE)
def create(call: Call) -> Answer:
    """Make a discount code."""
    body = call.json()
    fields.require(body, ("code", "kind"))
    currency = fields.text(body, "currency")
    wanted = NewCode(
        code=fields.text(body, "code") or "",
        kind=fields.text(body, "kind") or "",
        percent=_number(body, "percent"),
        amount_minor=_amount(body, currency),
        currency=currency,
        label=fields.text(body, "label"),
        uses_max=fields.whole(body, "usesMax"),
        expires_on=_day(body),
    )
    try:
        id_ = create_code(call.db, call.ctx, wanted, actor=call.who.actor)
    except Refused as refusal:
        raise invalid(
            " ".join(each.text for each in refusal.troubles),
            errors=[
                {"message": each.text, "in": each.place, "code": each.code.upper()}
                for each in refusal.troubles
            ],
        ) from refusal
    return Answer(201, _found(call, id_))


@route("kalends", "/discount-codes/{id}", "GET", READ)
def read_one(call: Call) -> Answer:
    """One discount code."""
    return Answer(body=_found(call, _id(call)))


@route("kalends", "/discount-codes/{id}", "PATCH", WRITE)
def switch(call: Call) -> Answer:
    """Take a discount code out of use, or back into it."""
    id_, body = _id(call), call.json()
    _found(call, id_)
    active = fields.switch(body, "active")
    if active is not None:
        deactivate_code(call.db, call.ctx, id_, active=active, actor=call.who.actor)
    return Answer(body=_found(call, id_))


def _id(call: Call) -> int:
    number = record_id(call.path["id"])
    if number is None:
        raise _not_there(call)
    return number


def _not_there(call: Call) -> ApiError:
    return not_found(f"There is no discount code {call.path['id'][:100]}.")


def _found(call: Call, id_: int) -> dict[str, Any]:
    code = code_of(call.db, call.ctx, id_)
    if code is None:
        raise _not_there(call)
    return _shape(code)


def _shape(code: Code) -> dict[str, Any]:
    amount = None
    if code.amount_minor is not None and code.currency is not None:
        amount = f"{from_minor(code.amount_minor, code.currency):f}"
    return {
        "id": str(code.id),
        "code": code.code,
        "label": code.label,
        "kind": code.kind,
        "percent": None if code.percent is None else f"{code.percent.normalize():f}",
        "amount": amount,
        "currency": code.currency,
        "active": code.is_active,
        "uses": code.uses,
        "usesMax": code.uses_max,
        "expiresOn": None if code.expires_on is None else code.expires_on.isoformat(),
        "createdAt": moment(code.created_at),
    }


def _number(body: dict[str, Any], name: str) -> Decimal | None:
    """A number, exact: as a number of JSON or as text. Raises ``ApiError``."""
    given = body.get(name)
    if given is None:
        return None
    try:
        number = Decimal(str(given)[:40])
    except ArithmeticError as problem:
        raise fields.wrong(name, f"{name} is to be a number") from problem
    if isinstance(given, bool) or not number.is_finite() or abs(number.adjusted()) > 15:
        raise fields.wrong(name, f"{name} is to be a number")
    return number


def _amount(body: dict[str, Any], currency: str | None) -> int | None:
    amount = _number(body, "amount")
    if amount is None:
        return None
    try:
        return to_minor(amount, currency or "")
    except UnknownCurrency as problem:
        raise fields.wrong("currency", "currency is to be the code of a currency such as EUR") from problem
    except TooPrecise as problem:
        raise fields.wrong("amount", str(problem)) from problem


def _day(body: dict[str, Any]) -> date | None:
    text = fields.text(body, "expiresOn")
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as problem:
        raise fields.wrong("expiresOn", "expiresOn is to be a day such as 2026-12-31") from problem
