"""What a processor answered, read with care: nobody is believed who speaks of something else, or in words nobody knows.

An answer about a charge that was not asked about is left out; of two about the same charge the first counts; one
whose status is none of ours, and one that never came, are ``unknown``: the processor is asked again before anything
else happens.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import get_args

from kalends.payments.processors.interface import (
    ChargeOutcome,
    ChargeRequest,
    ChargeStatus,
    RefundOutcome,
    RefundRequest,
    RefundStatus,
)

_CHARGES, _REFUNDS = frozenset(get_args(ChargeStatus)), frozenset(get_args(RefundStatus))


def charge_answers(
    requests: Sequence[ChargeRequest], outcomes: Iterable[ChargeOutcome]
) -> list[ChargeOutcome]:
    """One answer for each request, in their order.

    >>> from datetime import datetime, UTC
    >>> asked = ChargeRequest("kalends-1-2-1", "tok", "card", 100, "EUR", {}, datetime(2026, 3, 1, tzinfo=UTC))
    >>> [each.status for each in charge_answers([asked], [ChargeOutcome("order-7", "succeeded")])]
    ['unknown']
    """
    said = {outcome.idempotency_key: outcome for outcome in reversed(list(outcomes))}
    return [
        _charge(said.get(request.idempotency_key) or ChargeOutcome(request.idempotency_key, "unknown"))
        for request in requests
    ]


def refund_answers(
    requests: Sequence[RefundRequest], outcomes: Iterable[RefundOutcome]
) -> list[RefundOutcome]:
    """One answer for each request, in their order."""
    said = {outcome.idempotency_key: outcome for outcome in reversed(list(outcomes))}
    return [
        _refund(said.get(request.idempotency_key) or RefundOutcome(request.idempotency_key, "unknown"))
        for request in requests
    ]


def charges_known(keys: Collection[str], found: Mapping[str, ChargeOutcome]) -> dict[str, ChargeOutcome]:
    """What was found of these charges; a key that is absent was never seen by the processor."""
    return {
        key: _charge(outcome._replace(idempotency_key=key)) for key, outcome in found.items() if key in keys
    }


def refunds_known(keys: Collection[str], found: Mapping[str, RefundOutcome]) -> dict[str, RefundOutcome]:
    """As :func:`charges_known`, of refunds."""
    return {
        key: _refund(outcome._replace(idempotency_key=key)) for key, outcome in found.items() if key in keys
    }


def _charge(outcome: ChargeOutcome) -> ChargeOutcome:
    return outcome if outcome.status in _CHARGES else ChargeOutcome(outcome.idempotency_key, "unknown")


def _refund(outcome: RefundOutcome) -> RefundOutcome:
    return outcome if outcome.status in _REFUNDS else RefundOutcome(outcome.idempotency_key, "unknown")
