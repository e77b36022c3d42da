"""What was made at Stripe, read from its own lists: for books that were put back and have forgotten it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import stripe

from kalends.payments.processors.interface import ChargeRequest, Made
from kalends.payments.processors.stripe.amounts import from_stripe
from kalends.payments.processors.stripe.charges import KEY, WAITS, amount_of, read_back, written
from kalends.payments.processors.stripe.client import Refused, ask, every, moment
from kalends.payments.processors.stripe.refunds import CHARGE_KEY

_TAKE_MONEY = ("succeeded", "processing", WAITS)
_GIVE_BACK = ("succeeded", "pending", "requires_action")


def read_made(client: stripe.StripeClient, account_id: int, since: datetime) -> Iterator[tuple[Made, str]]:
    """Charges and refunds under this account's keys since an instant, the oldest first, each with where to look for it:
    the customer of a charge, the payment intent of a refund.
    """
    ours = f"kalends-{account_id}-"
    params: Any = {"created": {"gte": int(since.timestamp())}}
    for intent in reversed(list(every(client.v1.payment_intents.list, params))):
        if intent["metadata"].get(KEY, "").startswith(ours) and intent["status"] in _TAKE_MONEY:
            customer = _name_of(intent.get("customer"))
            yield _made(intent, amount_of(intent), customer), customer
    for refund in reversed(list(every(client.v1.refunds.list, params))):
        metadata = refund.get("metadata") or {}
        told = metadata.get(CHARGE_KEY, "").startswith(ours) and KEY in metadata
        if told and refund["status"] in _GIVE_BACK:
            amount = -from_stripe(refund["amount"], refund["currency"])
            yield _made(refund, amount, ""), _name_of(refund.get("payment_intent"))


def rename(client: stripe.StripeClient, reference: str, request: ChargeRequest) -> None:
    """Give a payment intent the key and metadata of a request, and its charge as well, by which statements go."""
    params: Any = {"metadata": {**written(request.metadata), KEY: request.idempotency_key}}
    intent = ask(lambda: client.v1.payment_intents.update(reference, params))
    charge = _name_of(intent.get("latest_charge"))
    if charge:
        try:
            ask(lambda: client.v1.charges.update(charge, params))
        except Refused:
            return  # a key that may not: the nightly comparison names the charge under its former key


def _made(thing: Mapping[str, Any], amount_minor: int, customer: str) -> Made:
    return Made(
        idempotency_key=thing["metadata"][KEY],
        reference=thing["id"],
        made_at=moment(thing["created"]),
        amount_minor=amount_minor,
        currency=thing["currency"].upper(),
        customer=customer,
        metadata=read_back(thing["metadata"]),
    )


def _name_of(thing: Any) -> str:
    return thing["id"] if isinstance(thing, Mapping) else thing or ""
