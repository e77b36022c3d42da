"""The account's list of tax rates, for programs that give them to line items."""

from __future__ import annotations

from typing import Any

from kalends.accounts.scopes import TAX_RATES
from kalends.api.call import Answer, Call
from kalends.api.errors import not_found
from kalends.api.routes import named, route
from kalends.api.shapes import moment
from kalends.api.wire import record_id
from kalends.billing.tax_rates import TaxRate, list_tax_rates, read_tax_rates


@route("tax-rates", "/tax-rates", "GET", named(TAX_RATES))
def read_list(call: Call) -> Answer:
    """Every rate, the active ones first."""
    return Answer(body={"results": [_shape(rate) for rate in list_tax_rates(call.db, call.ctx)]})


@route("tax-rates", "/tax-rates/{id}", "GET", named(TAX_RATES))
def read_one(call: Call) -> Answer:
    """One rate, active or not."""
    number = record_id(call.path["id"])
    rate = None if number is None else read_tax_rates(call.db, call.ctx, [number]).get(number)
    if rate is None:
        raise not_found(f"There is no tax rate {call.path['id'][:100]}.")
    return Answer(body=_shape(rate))


def _shape(rate: TaxRate) -> dict[str, Any]:
    """A rate as HubSpot shows it; the percentage is a JSON number there."""
    return {
        "id": str(rate.id),
        "name": rate.name,
        "label": rate.label,
        "percentageRate": rate.percentage,
        "active": rate.is_active,
        "createdAt": moment(rate.created_at),
        "updatedAt": moment(rate.updated_at),
    }
