"""Whether an account can take payments now, and by which processor."""

from __future__ import annotations

from typing import Any, get_args

from kalends.api.call import Answer, Call
from kalends.api.routes import named, route
from kalends.api.shapes import moment
from kalends.payments.processors.interface import MethodKind
from kalends.payments.processors.sandbox.processor import SandboxProcessor

_CREATED = "SELECT created_at FROM account WHERE id = %s"
_LAST = """
    SELECT settled_at FROM payment
    WHERE account_id = %s AND processor <> 'none' AND settled_at IS NOT NULL
    ORDER BY id DESC
    LIMIT 1
"""
_OWN, _NONE = "HS_PAYMENTS", "NOT_ENROLLED"
"""Of HubSpot's names for processors: the platform's own, and none."""


@route("commerce/payment-accounts", "/status", "GET", named("crm.objects.commercepayments.read"))
def read_status(call: Call) -> Answer:
    """What can be charged: everything in a sandbox, by the sandbox processor, and nothing in a live account.

    ``processor``, ``test`` and ``methods`` are said beyond HubSpot's fields. Nothing is ever paid out.
    """
    enrolled = call.ctx.is_sandbox
    created = call.db.execute(_CREATED, [call.ctx.id]).fetchone()
    last = call.db.execute(_LAST, [call.ctx.id]).fetchone()
    body: dict[str, Any] = {
        "id": str(call.ctx.id),
        "processorType": _OWN if enrolled else _NONE,
        "eligibleProcessorTypes": [_OWN] if enrolled else [],
        "enrollmentState": "ACTIVE" if enrolled else "NOT_STARTED",
        "canTransact": enrolled,
        "canPayout": False,
        "hasTransacted": last is not None,
        "processor": SandboxProcessor.name if enrolled else None,
        "test": enrolled,
        "methods": list(get_args(MethodKind)) if enrolled else [],
    }
    if created is not None:
        body |= {"createdAt": moment(created[0]), "updatedAt": moment(created[0])}
    if last is not None:
        body["lastTransactedAt"] = moment(last[0])
    return Answer(body=body)
