"""The life of a subscription: pause, unpause, cancel, by the services that pages and commands call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kalends.api.call import Answer, Call, object_named
from kalends.api.days import day_of
from kalends.api.errors import ApiError, invalid, not_found
from kalends.api.routes import named, route
from kalends.api.versions import etag, require_known
from kalends.api.wire import field_of, record_id
from kalends.billing import changes

WRITE = named("crm.objects.subscriptions.write")
_LONGEST_REASON = 1_000
_AREA, _PLACE = "payments-subscriptions", "/subscriptions/crm/{id}"
_STANDING = "SELECT status, next_due_date FROM subscription WHERE account_id = %s AND id = %s"


@route(_AREA, f"{_PLACE}/pause", "POST", WRITE)
def pause(call: Call) -> Answer:
    """Pause an active subscription; ``pauseReason`` goes into its history."""
    reason = str(field_of(call.json(), "pauseReason", str, "a text", "")).strip()
    if len(reason) > _LONGEST_REASON or "\x00" in reason or not reason.isprintable():
        raise invalid(f"pauseReason is to be one line of at most {_LONGEST_REASON:,} characters.")
    id_ = subscription_of(call)
    with refusals_told(call):
        changes.pause(call.db, call.ctx, id_, reason=reason, actor=call.who.actor)
    return _standing(call, id_)


@route(_AREA, f"{_PLACE}/unpause", "POST", WRITE)
def unpause(call: Call) -> Answer:
    """Resume a paused subscription, on a day of one's own where ``proposedNextBillingDate`` is given."""
    day = day_of(call.json().get("proposedNextBillingDate"), "proposedNextBillingDate", call.ctx.time_zone)
    id_ = subscription_of(call)
    with refusals_told(call):
        changes.resume(call.db, call.ctx, id_, next_due=day, actor=call.who.actor)
    return _standing(call, id_)


@route(_AREA, f"{_PLACE}/cancel", "POST", WRITE)
def cancel(call: Call) -> Answer:
    """Cancel a subscription at once: nothing more is billed, charged or tried again, and nothing is given back."""
    id_ = subscription_of(call)
    with refusals_told(call):
        changes.cancel_subscriptions(call.db, call.ctx, [id_], actor=call.who.actor)
    return _standing(call, id_)


def subscription_of(call: Call) -> int:
    """The subscription that the path names: a living one. Raises ``ApiError``."""
    id_ = record_id(call.path["id"])
    obj = object_named(call, "subscription")
    if id_ is None or not _lives(call, id_):
        raise unknown(call)
    require_known(call, obj, id_)
    return id_


def unknown(call: Call) -> ApiError:
    """There is no such subscription for this account."""
    return not_found("resource not found", context={"objectType": ["0-69"], "id": [call.path["id"][:200]]})


@contextmanager
def refusals_told(call: Call) -> Iterator[None]:
    """Tell what a service refuses: 404 for what is not there, 400 for what cannot be done in its state."""
    try:
        yield
    except changes.UnknownSubscription as missing:
        raise unknown(call) from missing
    except ValueError as refusal:
        raise invalid(str(refusal)) from refusal


def _lives(call: Call, id_: int) -> bool:
    query = "SELECT FROM subscription WHERE account_id = %s AND id = %s AND archived_at IS NULL"
    return call.db.execute(query, [call.ctx.id, id_]).fetchone() is not None


def _standing(call: Call, id_: int) -> Answer:
    row = call.db.execute(_STANDING, [call.ctx.id, id_]).fetchone()
    assert row is not None
    due = None if row[1] is None else row[1].isoformat()
    return Answer(200, {"id": str(id_), "status": row[0], "nextPaymentDueDate": due}, etag(call, id_))
