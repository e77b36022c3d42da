"""Webhooks of an app: where it is told of changes, and of which. It comes in with its developer key (``hapikey``)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kalends.api import ways
from kalends.api.call import Answer, Call
from kalends.api.envelopes import batch_answer
from kalends.api.errors import conflict, invalid, not_found
from kalends.api.fields import Body, objects, require, switch, text, whole, wrong
from kalends.api.problems import element
from kalends.api.routes import Handler, named, route
from kalends.api.shapes import Shape, moment
from kalends.api.wire import field_of, record_id
from kalends.events.webhooks.kinds import BadEventType, read_event_type
from kalends.events.webhooks.settings import BadSettings, Target, delete_target, find_target, set_target
from kalends.events.webhooks.subscriptions import (
    CannotSubscribe,
    SubscribedAlready,
    Wanted,
    find_wanted,
    list_wanted,
    subscribe,
    unsubscribe,
)
from kalends.events.webhooks.subscriptions import (
    switch as switch_wanted,
)

_BATCH_MOST = 100


def _route(pattern: str, method: str) -> Any:
    """A route of an app's webhooks; the key is to be of the app in the path."""

    def registered(handler: Handler) -> Handler:
        def of_this_app(call: Call) -> Answer:
            if record_id(call.path["app_id"]) != call.bearer.app_id:
                raise not_found(f"There is no app {call.path['app_id'][:40]} with this key.")
            return handler(call)

        of_this_app.__doc__, of_this_app.__name__ = handler.__doc__, handler.__name__
        of_this_app.__module__ = handler.__module__
        route("webhooks", f"/{{app_id}}{pattern}", method, named(), way=ways.DEVELOPER_KEY)(of_this_app)
        return handler

    return registered


def _app(call: Call) -> int:
    app_id = call.bearer.app_id
    assert app_id is not None, "a developer key is an app's"
    return app_id


@_route("/settings", "GET")
def read_settings(call: Call) -> Answer:
    """Where the app is told of changes."""
    target = find_target(call.db, call.ctx, _app(call))
    if target is None:
        raise not_found("The app has no webhook settings yet.")
    return Answer(body=_settings(target))


@_route("/settings", "PUT")
def write_settings(call: Call) -> Answer:
    """Set where the app is told of changes, and how many requests at once it takes."""
    body = call.json()
    require(body, ["targetUrl"])
    throttling: Body = field_of(body, "throttling", dict, "an object", {})
    with _in_words():
        target = set_target(
            call.db,
            call.ctx,
            _app(call),
            url=text(body, "targetUrl") or "",
            calls_at_once=whole(throttling, "maxConcurrentRequests"),
            signature_version=text(body, "signatureVersion"),
            now=call.now,
        )
    return Answer(body=_settings(target))


@_route("/settings", "DELETE")
def clear_settings(call: Call) -> Answer:
    """Tell the app of nothing from here on."""
    delete_target(call.db, call.ctx, _app(call))
    return Answer(204)


@_route("/subscriptions", "GET")
def list_subscriptions(call: Call) -> Answer:
    """What the app is told of."""
    found = list_wanted(call.db, call.ctx, _app(call))
    return Answer(body={"results": [_shape(each) for each in found]})


@_route("/subscriptions", "POST")
def make_subscription(call: Call) -> Answer:
    """Let the app be told of a change. Until it is active, nothing is sent."""
    body = call.json()
    require(body, ["eventType"])
    with _in_words():
        made = subscribe(
            call.db,
            call.ctx,
            _app(call),
            read_event_type(text(body, "eventType") or "", text(body, "objectTypeId")),
            property_name=text(body, "propertyName"),
            active=bool(switch(body, "active")),
            now=call.now,
        )
    return Answer(201, _shape(made))


@_route("/subscriptions/batch/update", "POST")
def change_subscriptions(call: Call) -> Answer:
    """Switch several subscriptions on or off."""
    inputs = objects(call.json(), "inputs")
    if not inputs or len(inputs) > _BATCH_MOST:
        raise invalid(
            f"Give 1 to {_BATCH_MOST} inputs.", errors=[{"message": "inputs is wrong", "in": "inputs"}]
        )
    states: dict[int, bool] = {}
    for each in inputs:
        require(each, ["id", "active"])
        id_ = record_id(each["id"])
        if id_ is None:
            raise wrong("id", "id is to be the number of a subscription")
        states[id_] = bool(switch(each, "active"))
    found = switch_wanted(call.db, call.ctx, _app(call), states, call.now)
    missing = [id_ for id_ in states if id_ not in {each.id for each in found}]
    errors = [
        element(
            not_found("The app has no subscription of some of these numbers."),
            ids=[str(id_) for id_ in missing],
        )
    ]
    return batch_answer(call, 200, [_shape(each) for each in found], errors if missing else [])


@_route("/subscriptions/{subscription_id}", "GET")
def read_subscription(call: Call) -> Answer:
    """One subscription of the app."""
    return Answer(body=_shape(_wanted(call)))


@_route("/subscriptions/{subscription_id}", "PATCH")
def change_subscription(call: Call) -> Answer:
    """Switch a subscription on or off."""
    found, active = _wanted(call), switch(call.json(), "active")
    if active is not None:
        (found,) = switch_wanted(call.db, call.ctx, _app(call), {found.id: active}, call.now)
    return Answer(body=_shape(found))


@_route("/subscriptions/{subscription_id}", "DELETE")
def delete_subscription(call: Call) -> Answer:
    """Delete a subscription; again is no error."""
    id_ = record_id(call.path["subscription_id"])
    if id_ is not None:
        unsubscribe(call.db, call.ctx, _app(call), id_)
    return Answer(204)


def _wanted(call: Call) -> Wanted:
    id_ = record_id(call.path["subscription_id"])
    found = None if id_ is None else find_wanted(call.db, call.ctx, _app(call), id_)
    if found is None:
        raise not_found("The app has no subscription of this number.")
    return found


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except BadEventType as bad:
        raise invalid(str(bad), errors=[{"message": str(bad), "in": "eventType"}]) from bad
    except SubscribedAlready as already:
        raise conflict(str(already)) from already
    except (BadSettings, CannotSubscribe) as bad:
        raise invalid(str(bad), errors=[{"message": str(bad), "in": bad.field}]) from bad


def _settings(target: Target) -> Shape:
    return {
        "targetUrl": target.url,
        "throttling": {"maxConcurrentRequests": target.calls_at_once},
        "signatureVersion": target.signature_version,
        "createdAt": moment(target.created_at),
        "updatedAt": moment(target.updated_at),
    }


def _shape(wanted: Wanted) -> Shape:
    told: Shape = {
        "id": str(wanted.id),
        "eventType": wanted.event_type,
        "objectTypeId": wanted.object_type_id,
        "active": wanted.active,
        "createdAt": moment(wanted.created_at),
        "updatedAt": moment(wanted.updated_at),
    }
    return {**told, "propertyName": wanted.property_name} if wanted.property_name else told
