"""Where Stripe tells an account what happened: the signature is checked, the event stored, and Stripe thanked.

Nothing is done about it here: the worker looks up at Stripe what stands behind it. So an answer takes milliseconds,
and an event that comes twice, late or in another order than it happened does no harm.
"""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from kalends.accounts import connections
from kalends.catalog.values import is_storable
from kalends.core.digits import whole_number
from kalends.platform import security_log
from kalends.platform.clock import system_now

log = logging.getLogger(__name__)

MAY_DIFFER = timedelta(minutes=5)
"""How old a signature may be, as Stripe recommends: what was overheard once cannot be sent again for long."""
BYTES_MOST = 1_000_000
_NO_EVENT = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, OSError, RecursionError)
"""What becomes of a body that is signed and yet no event: no JSON, other fields, a moment beyond the calendar."""
_REFUSED = "This is no event that this account is to be told."


def answer(request: HttpRequest, account_id: int) -> HttpResponse:
    """Take an event in. Whatever is wrong with it is answered alike, so that nobody learns which accounts there are."""
    if request.method != "POST":
        return _told(405, "Events are sent by POST.")
    length = whole_number(request.headers.get("Content-Length") or "0")
    if length is None or length > BYTES_MOST:
        return _told(413, "No event is as long as this.")
    # The SDK is slow to load, and most processes that come by here never hear from Stripe.
    from kalends.payments.processors.stripe.book import store_events
    from kalends.payments.processors.stripe.connection import read_signing_secret
    from kalends.payments.processors.stripe.events import arrived

    db = connections.inside(account_id)
    found = read_signing_secret(db, account_id)
    if found is None:
        return _told(400, _REFUSED)
    secret, is_test = found
    body, header = request.body, request.headers.get("Stripe-Signature", "")
    if not _is_signed(body, header, secret):
        security_log.tell("signature_wrong", of="event of Stripe's", account_id=account_id)
        return _told(400, _REFUSED)
    try:
        event: dict[str, Any] = json.loads(body)
        if event.get("livemode") is is_test:
            return _told(400, _REFUSED)
        kept = arrived(event)
        if kept is not None and not all(map(is_storable, kept[:4])):
            raise ValueError(kept)
    except _NO_EVENT as problem:
        log.warning("an event of Stripe's for account %s cannot be read: %r", account_id, problem)
        return _told(400, _REFUSED)
    if kept is not None:
        store_events(db, account_id, [kept], system_now())
    return JsonResponse({"received": True})


def _is_signed(body: bytes, header: str, secret: str) -> bool:
    import stripe

    if not header.isascii():  # Stripe's library compares ASCII texts only
        return False
    try:
        stripe.WebhookSignature.verify_header(body.decode(), header, secret)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
    times = [part.removeprefix("t=") for part in header.split(",") if part.startswith("t=")]
    signed_at = (whole_number(times[0]) or 0) if len(times) == 1 else 0
    return abs(system_now().timestamp() - signed_at) <= MAY_DIFFER.total_seconds()


def _told(status: int, words: str) -> HttpResponse:
    return JsonResponse({"message": words}, status=status)
