"""A charge at Stripe is a payment intent, made and confirmed in one request, under our key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

import stripe

from kalends.payments.processors.interface import ChargeOutcome, ChargeRequest, ProcessorUnavailable
from kalends.payments.processors.stripe.amounts import fee_minor, from_stripe, to_stripe
from kalends.payments.processors.stripe.book import StripeCall
from kalends.payments.processors.stripe.client import Refused, ask, ask_when, every, moment
from kalends.payments.processors.stripe.declines import Reason, reason_of

KEY = "kalends_key"
"""Under which name our key stands in the metadata of what we make at Stripe."""

TYPES = {
    "card": "card",
    "ach": "us_bank_account",
    "sepa": "sepa_debit",
    "bacs": "bacs_debit",
    "pads": "acss_debit",
}
"""What Stripe calls our kinds of methods."""

CONFIRM_WITHIN = timedelta(hours=24)
"""How long a customer may take to confirm a payment at the bank; then it is given up."""

WAITS = "requires_action"
"""How Stripe calls a payment that its customer is to confirm."""

_WITH_FEE = ["latest_charge.balance_transaction"]


class Token(NamedTuple):
    """A stored method of Stripe's: customer, payment method, and the mandate where a charge must name it."""

    customer: str
    method: str
    mandate: str | None = None

    @classmethod
    def read(cls, text: str) -> Token:
        """The parts of a token. Raises ``ValueError`` for one that is none of Stripe's.

        >>> Token.read("cus_1:pm_2"), str(Token("cus_1", "pm_2", "mandate_3"))
        (Token(customer='cus_1', method='pm_2', mandate=None), 'cus_1:pm_2:mandate_3')
        """
        parts = text.split(":")
        if len(parts) not in (2, 3) or not all(parts) or not parts[0].startswith("cus_"):
            raise ValueError(f"{text!r} is no token of Stripe's; those read cus_...:pm_...")
        return cls(*parts)

    def __str__(self) -> str:
        return ":".join(part for part in self if part)


def charge_params(request: ChargeRequest, token: Token) -> dict[str, Any]:
    """What Stripe is asked: the same request gives the same parameters each time, as its idempotency wants.

    ``capture_method`` says that the answer waits for the charge, so that it tells the fee.
    """
    params: dict[str, Any] = {
        "amount": to_stripe(request.amount_minor, request.currency),
        "currency": request.currency.lower(),
        "customer": token.customer,
        "payment_method": token.method,
        "payment_method_types": [TYPES[request.method_kind]],
        "capture_method": "automatic",
        "confirm": True,
        "metadata": {**written(request.metadata), KEY: request.idempotency_key},
        "expand": _WITH_FEE,
    }
    if token.mandate is not None:
        params["mandate"] = token.mandate
    if request.on_session and request.return_url:
        return {**params, "return_url": request.return_url}
    return {**params, "off_session": True}


def make_charge(client: stripe.StripeClient, request: ChargeRequest, token: Token) -> dict[str, Any]:
    """The payment intent that came of it. Raises as :func:`~.client.ask` does, and ``NotChargeable``."""
    params: Any = charge_params(request, token)
    options: Any = {"idempotency_key": request.idempotency_key}
    return ask(lambda: client.v1.payment_intents.create(params, options))


def read_intent(client: stripe.StripeClient, reference: str) -> dict[str, Any]:
    """A payment intent as it stands, with its fee."""
    return _whole(client, ask(lambda: client.v1.payment_intents.retrieve(reference, {"expand": _WITH_FEE})))


def _whole(client: stripe.StripeClient, intent: dict[str, Any]) -> dict[str, Any]:
    """With the movement by which a debit came back, of the few that did."""
    charge = intent.get("latest_charge")
    back = charge.get("failure_balance_transaction") if isinstance(charge, dict) else None
    if isinstance(charge, dict) and isinstance(back, str):
        charge["failure_balance_transaction"] = ask(lambda: client.v1.balance_transactions.retrieve(back))
    return intent


def find_intent(client: stripe.StripeClient, call: StripeCall) -> dict[str, Any] | None:
    """What a call made: by its reference, else by its key among the customer's payment intents.

    Stripe's lists tell at once what its search tells later. None: Stripe made nothing under this key.
    """
    if call.reference is not None:
        return read_intent(client, call.reference)
    params = {"customer": call.of, "expand": [f"data.{name}" for name in _WITH_FEE]}
    lists = client.v1.payment_intents.list
    for intent in every(lists, params):
        if intent["metadata"].get(KEY) == call.idempotency_key:
            return _whole(client, intent)
    return None


def same_charge(intent: Mapping[str, Any], request: ChargeRequest) -> bool:
    """Whether a payment intent is what a request asks for: amount, currency and method."""
    method = intent.get("payment_method") or (intent.get("last_payment_error") or {}).get("payment_method")
    named = method.get("id") if isinstance(method, Mapping) else method
    return (
        intent["amount"] == to_stripe(request.amount_minor, request.currency)
        and intent["currency"] == request.currency.lower()
        and named in (None, Token.read(request.token).method)
    )


def outcome_of(key: str, intent: Mapping[str, Any]) -> ChargeOutcome:
    """What became of the charge that was made under a key, by its payment intent.

    A charge that succeeded and whose fee Stripe does not know yet is still ``processing`` for us: it is told by an
    event once the fee is there, and the ledger is written once. Raises ``ProcessorUnavailable`` for a state that a
    payment intent of ours is never in.
    """
    status = intent["status"]
    if status == "succeeded":
        fee = _fee(intent)
        if fee is None:
            return ChargeOutcome(key, "processing", intent["id"])
        return ChargeOutcome(key, "succeeded", intent["id"], fee)
    if status == "processing":
        return ChargeOutcome(key, "processing", intent["id"])
    if status == WAITS:
        page = ((intent.get("next_action") or {}).get("redirect_to_url") or {}).get("url")
        return ChargeOutcome(key, "processing", intent["id"], action_url=page)
    if status in ("requires_payment_method", "canceled"):
        return failed(key, _why(intent), intent["id"])._replace(fee_minor=failure_fee(intent))
    raise ProcessorUnavailable(
        f"The payment intent {intent['id']} is {status!r}, which is none of our states."
    )


def failed(key: str, why: Reason, reference: str | None = None) -> ChargeOutcome:
    """A charge that took no money."""
    return ChargeOutcome(
        key,
        "failed",
        reference,
        failure_code=why.code,
        failure_message=why.message,
        decline=why.decline,
    )


def unless_too_old(client: stripe.StripeClient, intent: dict[str, Any]) -> dict[str, Any]:
    """A payment intent as it stands, given up if its customer had a day to confirm it and did not.

    The day is one of Stripe's: a sandbox's clock may be anywhere, and has no part in it.
    """
    if intent["status"] != WAITS:
        return intent
    params: Any = {"expand": _WITH_FEE}
    latest, at = ask_when(lambda: client.v1.payment_intents.retrieve(intent["id"], params))
    if at is None or at - moment(latest["created"]) <= CONFIRM_WITHIN:
        return latest
    return give_up(client, latest)


def give_up(client: stripe.StripeClient, intent: dict[str, Any]) -> dict[str, Any]:
    """Cancel a payment intent that waits for its customer, so that no money can move by it any more.

    Returns it as it stands then: one that the customer confirmed at this very moment is not canceled.
    """
    if intent["status"] != WAITS:
        return intent
    try:
        return ask(lambda: client.v1.payment_intents.cancel(intent["id"], {"expand": _WITH_FEE}))
    except Refused:
        return read_intent(client, intent["id"])


def amount_of(intent: Mapping[str, Any]) -> int:
    """The amount in minor units."""
    return from_stripe(intent["amount"], intent["currency"])


def written(metadata: Mapping[str, str | int]) -> dict[str, str]:
    """Metadata as Stripe keeps it: text."""
    return {name: str(value) for name, value in metadata.items()}


def read_back(metadata: Mapping[str, str]) -> dict[str, str | int]:
    """Metadata as it was given: what was written as a number is one again, and our key is left out.

    >>> read_back({"invoice_id": "7", "plan": "x", "kalends_key": "k"})
    {'invoice_id': 7, 'plan': 'x'}
    """
    return {
        name: int(text) if text.isdecimal() else text
        for name, text in metadata.items()
        if not name.startswith("kalends_")
    }


def _fee(intent: Mapping[str, Any]) -> int | None:
    charge = intent.get("latest_charge")
    movement = charge.get("balance_transaction") if isinstance(charge, Mapping) else None
    if not isinstance(movement, dict):
        return None
    return fee_minor(movement, intent["amount"], intent["currency"])


def failure_fee(intent: Mapping[str, Any]) -> int:
    """What Stripe keeps for a bank debit that came back: the fees of both its movements, there and back.

    A card that is declined never moved anything, and costs nothing.
    """
    charge = intent.get("latest_charge")
    if not isinstance(charge, Mapping) or not charge.get("failure_balance_transaction"):
        return 0
    return fee_of_failure(charge)


def fee_of_failure(charge: Mapping[str, Any]) -> int:
    """The fees of both movements of a charge that came back, with the movements in it."""
    there, back = charge.get("balance_transaction"), charge["failure_balance_transaction"]
    movements = [each for each in (there, back) if isinstance(each, dict)]
    return max(0, sum(fee_minor(each, charge["amount"], charge["currency"]) for each in movements))


def _why(intent: Mapping[str, Any]) -> Reason:
    error = intent.get("last_payment_error")
    if error:
        return reason_of(error)
    if intent["status"] == "canceled":
        return reason_of({"code": "authentication_required"})
    return reason_of({})
