"""A billing run without the run, over HTTP."""

from __future__ import annotations

from typing import Any

from kalends.accounts import connections
from kalends.api.call import Answer, Call
from kalends.api.errors import conflict
from kalends.api.routes import named, route
from kalends.api.shapes import moment
from kalends.billing.no_longer_billed import NoLongerBilled
from kalends.billing.rehearse import AMOUNTS, COUNTS, Rehearsal, rehearse

_LOCK = 71
_KEPT = ("first_invoices", "first_parked", "first_differences", "first_no_longer_billed")


@route(
    "kalends",
    "/billing/rehearsal",
    "GET",
    named("crm.objects.subscriptions.read", "crm.objects.invoices.read"),
)
def rehearse_run(call: Call) -> Answer:
    """What a billing run would do now; nothing is written. One at a time for each account."""
    catch_up = call.query.flag("catchUp")
    free = call.db.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, call.ctx.id]).fetchone()
    if not free or not free[0]:
        raise conflict("A run of this account is being rehearsed right now. Ask again when that is done.")
    with connections.apart(call.ctx.id) as db:
        result = rehearse(db, call.ctx, catch_up=catch_up)
    return Answer(
        200, {"asOf": moment(call.ctx.now), "billingDay": call.ctx.billing_day.isoformat(), **_told(result)}
    )


def _told(result: Rehearsal) -> dict[str, Any]:
    return {
        **{_camel(name): getattr(result, name) for name in COUNTS},
        **{_camel(name): dict(getattr(result, name)) for name in AMOUNTS},
        **{_camel(name): [_row(each, result) for each in getattr(result, name)] for name in _KEPT},
    }


def _row(kept: Any, result: Rehearsal) -> dict[str, Any]:
    told: dict[str, Any] = {
        _camel(name): value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in kept._asdict().items()
        if name != "lines"
    }
    if isinstance(kept, NoLongerBilled):
        told["why"] = kept.why
    name = result.names.get(kept.subscription_id, "")
    return {**told, "subscriptionId": str(kept.subscription_id), "subscriptionName": name}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
