"""Refunds at Stripe: of a payment intent, under our key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import stripe

from kalends.payments.processors.interface import RefundOutcome, RefundRequest
from kalends.payments.processors.stripe.amounts import to_stripe
from kalends.payments.processors.stripe.book import StripeCall
from kalends.payments.processors.stripe.charges import KEY, written
from kalends.payments.processors.stripe.client import ask, every

CHARGE_KEY = "kalends_charge"
"""Under which name a refund's metadata names the key of the charge."""

_MESSAGES = {
    "charge_already_refunded": "All of this payment was given back before.",
    "charge_disputed": "The customer's bank has taken this money back already.",
    "charge_not_refundable": "Stripe cannot give this payment back any more.",
    "insufficient_funds": "There is not enough money in your account at Stripe.",
    "lost_or_stolen_card": "The card was lost or stolen, and the bank has no other one.",
    "expired_or_canceled_card": "The card has expired or was canceled, and the bank has no other one.",
    "refund_failed": "The customer's bank sent the refund back.",
}
_SAME_CODE = {
    "lost_or_stolen_card": "refund_failed",
    "expired_or_canceled_card": "refund_failed",
    "unknown": "refund_failed",
}


def make_refund(client: stripe.StripeClient, request: RefundRequest, intent: str) -> dict[str, Any]:
    """The refund that came of it. Raises as :func:`~.client.ask` does, and ``NotChargeable``."""
    params: Any = {
        "payment_intent": intent,
        "amount": to_stripe(request.amount_minor, request.currency),
        "metadata": {
            **written(request.metadata),
            KEY: request.idempotency_key,
            CHARGE_KEY: request.charge_key,
        },
    }
    options: Any = {"idempotency_key": request.idempotency_key}
    return ask(lambda: client.v1.refunds.create(params, options))


def read_refund(client: stripe.StripeClient, reference: str) -> dict[str, Any]:
    """A refund as it stands, with the payment intent that it gives back."""
    return ask(lambda: client.v1.refunds.retrieve(reference, {"expand": ["payment_intent"]}))


def find_refund(client: stripe.StripeClient, call: StripeCall) -> dict[str, Any] | None:
    """What a call made, by its reference or by its key among the refunds of the payment intent; None: nothing."""
    if call.reference is not None:
        return read_refund(client, call.reference)
    lists = client.v1.refunds.list
    for refund in every(lists, {"payment_intent": call.of}):
        if refund["metadata"].get(KEY) == call.idempotency_key:
            return refund
    return None


def same_refund(refund: Mapping[str, Any], request: RefundRequest) -> bool:
    """Whether a refund is what a request asks for."""
    return refund["amount"] == to_stripe(request.amount_minor, request.currency) and (
        refund["metadata"].get(CHARGE_KEY) == request.charge_key
    )


def refund_outcome(key: str, refund: Mapping[str, Any]) -> RefundOutcome:
    """What became of the refund that was made under a key. Stripe names no day on which the customer has the money."""
    status = refund["status"]
    if status == "succeeded":
        return RefundOutcome(key, "succeeded", refund["id"])
    if status in ("failed", "canceled"):
        return refused(key, refund.get("failure_reason") or "refund_failed", reference=refund["id"])
    return RefundOutcome(key, "processing", refund["id"])


def refused(key: str, code: str, message: str = "", reference: str | None = None) -> RefundOutcome:
    """A refund that gave nothing back: the code in our words where we have the same, and why."""
    return RefundOutcome(
        key,
        "failed",
        reference,
        failure_code=_SAME_CODE.get(code, code),
        failure_message=_MESSAGES.get(code) or message or _MESSAGES["refund_failed"],
    )
