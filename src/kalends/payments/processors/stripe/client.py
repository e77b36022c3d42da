"""The way to Stripe: the official SDK, one version of the API, and every trouble on the way told in our terms."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import stripe
from django.conf import settings

from kalends.catalog.values import is_storable
from kalends.payments.processors.interface import ProcessorUnavailable
from kalends.payments.processors.stripe.declines import ABOUT_US

API_VERSION = "2026-10-28.endive"
"""The version of Stripe's API that all of this is written for, whatever the merchant's own default is."""

CONNECT_SECONDS = 5

# Nothing of what is asked here is told to Stripe besides the requests themselves.
stripe.enable_telemetry = False


class NotLetIn(ProcessorUnavailable):
    """Stripe does not accept the key (any more), or the key may not do what was asked."""


class Refused(Exception):
    """Stripe read the request and did nothing. ``error`` is its own account of why."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error.get("message") or error.get("code") or "Stripe refused the request.")
        self.error = error

    @property
    def code(self) -> str:
        """Stripe's code of the error, ``request_refused`` where there is none."""
        return self.error.get("code") or "request_refused"


class Declined(Refused):
    """A bank (or Stripe for it) declined a payment; the error may name the payment intent that stands there now."""


class KeyReused(Refused):
    """The idempotency key was used before with other parameters."""


_UNLIKE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What becomes of an answer of another shape than Stripe's: something in between gave it, or Stripe has changed."""


@contextmanager
def legible() -> Iterator[None]:
    """What Stripe answers inside has the shape that its documents say; else nobody knows what was done.

    Raises ``ProcessorUnavailable``: whatever was asked for may have been done, and is asked about again.
    """
    try:
        yield
    except _UNLIKE as problem:
        raise ProcessorUnavailable(f"Stripe's answer cannot be read: {problem!r}"[:500]) from problem


def id_of(thing: Mapping[str, Any]) -> str:
    """Stripe's name for a thing. Raises ``ValueError`` or ``LookupError`` for what has none."""
    name = thing["id"]
    if not isinstance(name, str) or not is_storable(name):
        raise ValueError(f"{name!r} is no name of Stripe's")
    return name


def open_client(key: str) -> stripe.StripeClient:
    """A client for one merchant's key. ``STRIPE_API`` (tests only) names another server than Stripe's."""
    http = stripe.RequestsClient(timeout=(CONNECT_SECONDS, settings.STRIPE_ANSWER_SECONDS))
    base = {"api": settings.STRIPE_API} if settings.STRIPE_API else None
    return stripe.StripeClient(
        key,
        stripe_version=API_VERSION,
        base_addresses=base,  # type: ignore[arg-type]
        max_network_retries=settings.STRIPE_RETRIES,
        http_client=http,
    )


def ask(call: Callable[[], Any]) -> dict[str, Any]:
    """What a call of the SDK answers, as plain data.

    Raises :class:`Declined`, :class:`KeyReused` or :class:`Refused` when Stripe did nothing, :class:`NotLetIn` when
    the key opens nothing, and ``ProcessorUnavailable`` whenever it is not certain what was done.
    """
    try:
        with legible():
            return call().to_dict()
    except stripe.CardError as problem:
        raise Declined(_told(problem)) from problem
    except stripe.IdempotencyError as problem:
        told = _told(problem)
        if told.get("code") in ABOUT_US:
            raise ProcessorUnavailable(f"Stripe is still at work on this: {problem}") from problem
        raise KeyReused(told) from problem
    except stripe.InvalidRequestError as problem:
        told = _told(problem)
        if told.get("code") in ABOUT_US:
            raise ProcessorUnavailable(f"Stripe did not take the request: {problem}") from problem
        raise Refused(told) from problem
    except (stripe.AuthenticationError, stripe.PermissionError) as problem:
        raise NotLetIn(f"Stripe does not let this key in: {problem.user_message or problem}") from problem
    except stripe.StripeError as problem:
        raise ProcessorUnavailable(f"Stripe gave no answer: {problem.user_message or problem}") from problem


def ask_when(call: Callable[[], Any]) -> tuple[dict[str, Any], datetime | None]:
    """As :func:`ask`, with the instant of the answer by Stripe's own clock; None where the answer has no date."""
    dates: list[str] = []

    def dated() -> Any:
        answer = call()
        headers = answer.last_response.headers if answer.last_response is not None else {}
        dates.extend(value for name, value in headers.items() if name.lower() == "date")
        return answer

    told = ask(dated)
    with legible():
        return told, parsedate_to_datetime(dates[0]) if dates else None


def every(call: Callable[[Any], Any], params: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The entries of one of Stripe's lists, page after page, newest first. ``call`` lists with these parameters."""
    wanted = {"limit": 100, **params}
    while True:
        page = ask(partial(call, wanted))
        with legible():
            entries: list[dict[str, Any]] = page["data"]
            is_last = not page["has_more"] or not entries
            wanted = {**wanted, "starting_after": entries[-1]["id"] if entries else ""}
        yield from entries
        if is_last:
            return


def moment(seconds: int) -> datetime:
    """An instant of Stripe's, in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def _told(problem: stripe.StripeError) -> dict[str, Any]:
    body: Any = problem.json_body
    with legible():
        if body is None and isinstance(problem.http_body, str):
            body = json.loads(problem.http_body)
        error = dict((body or {}).get("error") or {})
    return {"message": str(problem.user_message or problem), **error}
