"""What Stripe tells of stored methods: a card that its bank replaced, and methods that can be charged no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import stripe

from kalends.payments.processors.interface import MethodNews, Report, ReportKind
from kalends.payments.processors.stripe.book import StoredEvent
from kalends.payments.processors.stripe.charges import Token
from kalends.payments.processors.stripe.client import Refused, ask
from kalends.payments.processors.stripe.setups import brand_of, last_day


def reports_of_method(
    client: stripe.StripeClient, event: StoredEvent, until: datetime, tokens_of: Callable[[str], list[str]]
) -> list[Report]:
    """What an event about a payment method or a mandate tells by now, for each token under which it is stored here.

    A method has ended once it belongs to no customer, or its mandate is inactive; Stripe brings neither back. A token
    that names another mandate than the one that ended is not meant.
    """
    if event.object_type == "mandate":
        mandate = ask(lambda: client.v1.mandates.retrieve(event.object_id))
        method = mandate["payment_method"]
        name = method if isinstance(method, str) else method["id"]
        if mandate["status"] != "inactive" or mandate.get("type") == "single_use":
            return []
        tokens = [each for each in tokens_of(name) if Token.read(each).mandate in (None, event.object_id)]
        return [_report(event, until, token, None) for token in tokens]
    tokens = tokens_of(event.object_id)
    if not tokens:
        return []
    try:
        found = ask(lambda: client.v1.payment_methods.retrieve(event.object_id))
    except Refused as problem:
        if problem.code != "resource_missing":
            raise
        found = {"customer": None}
    news = _news(found) if found.get("customer") else None
    if news is None and found.get("customer"):
        return []
    return [_report(event, until, token, news) for token in tokens]


def _news(method: dict[str, Any]) -> MethodNews | None:
    """By what a card is known now; a bank account never changes."""
    card = method.get("card")
    if not card:
        return None
    return MethodNews(card["last4"], brand_of(card), last_day(card.get("exp_year"), card.get("exp_month")))


def _report(event: StoredEvent, until: datetime, token: str, news: MethodNews | None) -> Report:
    kind: ReportKind = "method.ended" if news is None else "method.updated"
    return Report(
        event_id=f"{event.event_id}/{kind}/{token}",
        kind=kind,
        idempotency_key="",
        refund_key=None,
        metadata={},
        reference=token,
        currency="",
        amount_minor=0,
        fee_minor=0,
        failure_code=None,
        failure_message=None,
        decline=None,
        occurred_at=min(event.happened_at, until),
        due_at=min(event.received_at, until),
        method=news,
    )
