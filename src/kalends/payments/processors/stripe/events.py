"""What Stripe tells by itself, as reports: an event says where to look, and what stands there now is what counts.

So it does not matter in which order events come, how often or how late: each is answered by the present state of what
it is about. An event that tells nothing new for us is dealt with at once; one that tells something that is not whole
yet (a fee that Stripe has not worked out) waits. No report lies in the future of an account whose clock stands behind
real time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import stripe

from kalends.payments.processors.interface import Report, ReportKind
from kalends.payments.processors.stripe.amounts import fee_minor, from_stripe
from kalends.payments.processors.stripe.book import Arrived, StoredEvent
from kalends.payments.processors.stripe.charges import (
    KEY,
    amount_of,
    outcome_of,
    read_back,
    read_intent,
    unless_too_old,
)
from kalends.payments.processors.stripe.client import ask, moment
from kalends.payments.processors.stripe.method_news import reports_of_method
from kalends.payments.processors.stripe.refunds import CHARGE_KEY, read_refund, refund_outcome

KINDS = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "charge.updated",
    "charge.refund.updated",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
    "mandate.updated",
    "payment_method.detached",
    "payment_method.updated",
    "payment_method.automatically_updated",
)
"""The events that we want to be told of; whatever else an endpoint is sent is thanked for and forgotten."""


class NotYet(Exception):
    """Something has happened, and part of what must be written about it is not known at Stripe yet."""


def arrived(event: Mapping[str, Any]) -> Arrived | None:
    """What we keep of an event, None when it is no matter of ours."""
    if event["type"] not in KINDS:
        return None
    about = event["data"]["object"]
    names = {
        "payment_intent": "intent",
        "charge": "intent",
        "refund": "refund",
        "dispute": "dispute",
        "payment_method": "method",
        "mandate": "mandate",
    }
    object_type = names.get(about["object"])
    reference = about.get("payment_intent") if about["object"] == "charge" else about["id"]
    if object_type is None or not isinstance(reference, str):
        return None
    return Arrived(event["id"], event["type"], object_type, reference, moment(event["created"]))


def reports_of(
    client: stripe.StripeClient,
    account_id: int,
    event: StoredEvent,
    until: datetime,
    tokens_of: Callable[[str], list[str]],
) -> list[Report]:
    """What an event tells by now; nothing when it is not about a charge or a stored method of this account.

    ``tokens_of`` are the tokens under which a payment method of Stripe's is stored here. Raises :class:`NotYet`, and as
    :func:`~.client.ask` does.
    """
    if event.object_type in ("method", "mandate"):
        return reports_of_method(client, event, until, tokens_of)
    tell = {"intent": _of_intent, "refund": _of_refund, "dispute": _of_dispute}[event.object_type]
    return tell(client, f"kalends-{account_id}-", event, until)


def _of_intent(client: stripe.StripeClient, ours: str, event: StoredEvent, until: datetime) -> list[Report]:
    intent = read_intent(client, event.object_id)
    key = intent["metadata"].get(KEY, "")
    if not key.startswith(ours):
        return []
    intent = unless_too_old(client, intent)
    outcome = outcome_of(key, intent)
    if outcome.status == "processing":
        if intent["status"] == "succeeded":
            raise NotYet(f"The fee of {intent['id']} is not known yet.")
        return []
    kind: ReportKind = "charge.succeeded" if outcome.status == "succeeded" else "charge.failed"
    return [
        Report(
            event_id=_named(event, kind),
            kind=kind,
            idempotency_key=key,
            refund_key=None,
            metadata=read_back(intent["metadata"]),
            reference=intent["id"],
            currency=intent["currency"].upper(),
            amount_minor=amount_of(intent),
            fee_minor=outcome.fee_minor,
            failure_code=outcome.failure_code,
            failure_message=outcome.failure_message,
            decline=outcome.decline,
            occurred_at=min(event.happened_at, until),
            due_at=min(event.received_at, until),
        )
    ]


def _of_refund(client: stripe.StripeClient, ours: str, event: StoredEvent, until: datetime) -> list[Report]:
    refund = read_refund(client, event.object_id)
    metadata = refund["metadata"]
    if not metadata.get(CHARGE_KEY, "").startswith(ours) or KEY not in metadata:
        return []
    outcome = refund_outcome(metadata[KEY], refund)
    if outcome.status not in ("succeeded", "failed"):
        return []
    kind: ReportKind = "refund.succeeded" if outcome.status == "succeeded" else "refund.failed"
    intent = refund.get("payment_intent")
    around = intent["metadata"] if isinstance(intent, Mapping) else {}
    return [
        Report(
            event_id=_named(event, kind),
            kind=kind,
            idempotency_key=metadata[CHARGE_KEY],
            refund_key=metadata[KEY],
            metadata={**read_back(around), **read_back(metadata)},
            reference=refund["id"],
            currency=refund["currency"].upper(),
            amount_minor=from_stripe(refund["amount"], refund["currency"]),
            fee_minor=0,
            failure_code=outcome.failure_code,
            failure_message=outcome.failure_message,
            decline=None,
            occurred_at=min(event.happened_at, until),
            due_at=min(event.received_at, until),
        )
    ]


def _of_dispute(client: stripe.StripeClient, ours: str, event: StoredEvent, until: datetime) -> list[Report]:
    """A dispute took money once it has a movement of it: a mere question of the bank's has none."""
    dispute = ask(lambda: client.v1.disputes.retrieve(event.object_id, {"expand": ["payment_intent"]}))
    intent = dispute.get("payment_intent")
    key = intent["metadata"].get(KEY, "") if isinstance(intent, Mapping) else ""
    movements = dispute.get("balance_transactions") or []
    taken = [each for each in movements if each["amount"] < 0]
    if not key.startswith(ours) or not taken:
        return []
    kinds: list[ReportKind] = ["charge.disputed"]
    if dispute["status"] == "lost":
        kinds.append("dispute.lost")
    elif dispute["status"] == "won" and len(movements) > len(taken):
        kinds.append("dispute.won")
    fees = {
        "charge.disputed": _fees(dispute, taken),
        "dispute.won": min(0, _fees(dispute, [each for each in movements if each not in taken])),
    }
    return [
        Report(
            event_id=_named(event, kind),
            kind=kind,
            idempotency_key=key,
            refund_key=None,
            metadata=read_back(intent["metadata"]) if isinstance(intent, Mapping) else {},
            reference=dispute["id"],
            currency=dispute["currency"].upper(),
            amount_minor=from_stripe(dispute["amount"], dispute["currency"]),
            fee_minor=fees.get(kind, 0),
            failure_code=None,
            failure_message=None,
            decline=None,
            occurred_at=min(
                moment(dispute["created"]) if kind == "charge.disputed" else event.happened_at, until
            ),
            due_at=min(event.received_at, until),
        )
        for kind in kinds
    ]


def _fees(dispute: Mapping[str, Any], movements: list[dict[str, Any]]) -> int:
    return sum(fee_minor(each, dispute["amount"], dispute["currency"]) for each in movements)


def _named(event: StoredEvent, kind: str) -> str:
    """One event may tell two facts, each of which is a report of its own."""
    return f"{event.event_id}/{kind}"


def event_of(report: Report) -> str:
    """Stripe's name for the event that a report is from."""
    return report.event_id.partition("/")[0]
