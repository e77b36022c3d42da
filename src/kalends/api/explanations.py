"""Why an invoice comes to its amount, and when and why the next payment of a subscription is due."""

from __future__ import annotations

from kalends.api.call import Answer, Call
from kalends.api.errors import not_found
from kalends.api.lifecycle import subscription_of
from kalends.api.routes import named, route
from kalends.proof.explain import UnknownInvoice, UnknownSubscription, explain_invoice, explain_next


@route("kalends", "/invoices/{id}/explanation", "GET", named("crm.objects.invoices.read"))
def explain(call: Call) -> Answer:
    """The steps that lead to an invoice's amount, by its id or its number."""
    wanted = call.path["id"]
    missing = not_found("resource not found", context={"objectType": ["0-53"], "id": [wanted[:200]]})
    if "\x00" in wanted or len(wanted) > 200:
        raise missing
    try:
        return Answer(200, explain_invoice(call.db, call.ctx, wanted).as_json())
    except UnknownInvoice as unknown:
        raise missing from unknown


@route("kalends", "/subscriptions/{id}/explanation", "GET", named("crm.objects.subscriptions.read"))
def explain_coming(call: Call) -> Answer:
    """The steps that lead to a subscription's next payment."""
    id_ = subscription_of(call)
    try:
        return Answer(200, explain_next(call.db, call.ctx, id_).as_json())
    except UnknownSubscription as unknown:
        raise not_found("resource not found") from unknown
