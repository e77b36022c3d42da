"""Whether an account can take payments now, and by which processor."""

from __future__ import annotations

from typing import Any, get_args

from kalends.api.call import Answer, Call
from kalends.api.routes import named, route
from kalends.api.shapes import moment
from kalends.payments.processors.interface import MethodKind
from kalends.payments.processors.registry import SANDBOX, STRIPE, chosen_processor

_CREATED = "SELECT created_at FROM account WHERE id = %s"
_LAST = """
    SELECT settled_at FROM payment
    WHERE account_id = %s AND processor <> 'none' AND settled_at IS NOT NULL
    ORDER BY id DESC
    LIMIT 1
"""
_CONNECTED = """
    SELECT methods, can_charge, can_pay_out, connected_at, checked_at FROM stripe_connection WHERE account_id = %s
"""
_NAMES = {SANDBOX: "HS_PAYMENTS", STRIPE: "BYO_STRIPE"}
_NONE = "NOT_ENROLLED"
"""HubSpot's names for processors: the platform's own, one's own Stripe, and none."""


@route("commerce/payment-accounts", "/status", "GET", named("crm.objects.commercepayments.read"))
def read_status(call: Call) -> Answer:
    """What can be charged: through Stripe where it is connected; else everything in a sandbox, and nothing live.

    ``processor``, ``test`` and ``methods`` are said beyond HubSpot's fields.
    """
    chosen = chosen_processor(call.db, call.ctx)
    created = call.db.execute(_CREATED, [call.ctx.id]).fetchone()
    last = call.db.execute(_LAST, [call.ctx.id]).fetchone()
    methods, can_charge, can_pay_out = list(get_args(MethodKind)), chosen is not None, False
    since = changed = created[0] if created else None
    if chosen == STRIPE:
        found = call.db.execute(_CONNECTED, [call.ctx.id]).fetchone()
        assert found is not None
        methods, can_charge, can_pay_out, since, changed = found
    enrolled = _NAMES[chosen] if chosen else _NONE
    body: dict[str, Any] = {
        "id": str(call.ctx.id),
        "processorType": enrolled,
        "eligibleProcessorTypes": [_NAMES[SANDBOX], _NAMES[STRIPE]]
        if call.ctx.is_sandbox
        else [_NAMES[STRIPE]],
        "enrollmentState": "ACTIVE" if chosen else "NOT_STARTED",
        "canTransact": can_charge,
        "canPayout": can_pay_out,
        "hasTransacted": last is not None,
        "processor": chosen,
        "test": call.ctx.is_sandbox,
        "methods": methods if chosen else [],
    }
    if since is not None and changed is not None:
        body |= {"createdAt": moment(since), "updatedAt": moment(changed)}
    if last is not None:
        body["lastTransactedAt"] = moment(last[0])
    return Answer(body=body)
