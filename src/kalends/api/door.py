"""The way in: who asks, how often, for what; then a handler in a transaction; and every answer in JSON."""

from __future__ import annotations

import hashlib
import json
import logging
from uuid import uuid4

import psycopg
from django.http import HttpRequest, HttpResponse

from kalends.accounts.context import UnknownAccount, load_context
from kalends.accounts.scopes import lacking
from kalends.accounts.tokens import account_of, find_bearer, note_use
from kalends.api import connections, limits, routes, wire
from kalends.api.call import Answer, Call
from kalends.api.errors import ApiError, conflict, invalid, missing_scopes, not_found, unauthenticated
from kalends.crm.rules import Refused
from kalends.events.answers import Asked, Given, KeyRefused, given_before, remember
from kalends.platform.clock import system_now
from kalends.platform.errors import UserFacing
from kalends.platform.patience import patiently

log = logging.getLogger(__name__)

_encode = json.JSONEncoder(separators=(",", ":")).encode


def answer(request: HttpRequest) -> HttpResponse:
    """Answer a request of the API, whatever comes."""
    correlation_id = str(uuid4())
    headers: dict[str, str] = {"X-HubSpot-Correlation-Id": correlation_id, "Cache-Control": "no-store"}
    try:
        status, body, more = _answer(request, headers)
        return _response(status, body, headers | more)
    except ApiError as error:
        told = error
    except (psycopg.OperationalError, UserFacing):
        log.exception("the database does not answer, %s", correlation_id)
        told = ApiError(503, "SERVICE_UNAVAILABLE", "The database does not answer. Try again in a moment.")
    except Exception:
        log.exception("request %s %s failed, %s", request.method, request.path, correlation_id)
        told = ApiError(
            500, "INTERNAL_ERROR", "Kalends failed here. Its log has the details under this correlation id."
        )
    return _response(told.status, _encode(told.body(correlation_id)), headers | told.headers)


def _response(status: int, body: str | None, headers: dict[str, str]) -> HttpResponse:
    response = HttpResponse(body or "", status=status, content_type="application/json;charset=utf-8")
    for name, value in headers.items():
        response[name] = value
    if body is None:
        del response["Content-Type"]
    return response


def _answer(request: HttpRequest, headers: dict[str, str]) -> tuple[int, str | None, dict[str, str]]:
    """Status, JSON and further headers; ``headers`` gets what errors carry as well. Raises ``ApiError``."""
    token = _token(request)
    account_id = account_of(token)
    if account_id is None:
        raise unauthenticated()
    db = connections.inside(account_id)
    bearer = find_bearer(db, account_id, token)
    if bearer is None:
        raise unauthenticated()
    now = system_now()
    try:
        ctx = load_context(db, account_id, system_now=now)
    except UnknownAccount as unknown:
        raise unauthenticated() from unknown
    place = routes.place_of(wire.path_of(request))
    is_search = place is not None and place.area == "objects" and place.rest.endswith("/search")
    counted = limits.count_request(db, ctx, bearer, now, search=is_search)
    headers |= counted.headers
    if counted.refusal is not None:
        raise counted.refusal
    note_use(db, account_id, bearer, now)
    route, path = _route(place, request.method or "GET")
    short = lacking(bearer.scopes, route.scopes(path))
    if short:
        raise missing_scopes(short)
    query = wire.Query(str(request.META.get("QUERY_STRING", "")))
    assert place is not None
    call = Call(
        db,
        ctx,
        bearer,
        route.method,
        path,
        query,
        wire.read_body(request),
        now,
        place.version,
        if_match=request.META.get("HTTP_IF_MATCH"),
    )
    if route.writes:
        given, more = _write(call, route, _asked(request, call))
    else:
        connections.characterize(db, reads=True)
        with db.transaction():
            done = route.handler(call)
        given, more = _given(done), done.headers
    return given.status, None if given.status == 204 else given.body, more


def _token(request: HttpRequest) -> str:
    kind, _, token = str(request.META.get("HTTP_AUTHORIZATION", "")).strip().partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _route(place: routes.Place | None, method: str) -> tuple[routes.Route, dict[str, str]]:
    if place is None:
        raise not_found("There is nothing at this address.")
    found = routes.find(place, "GET" if method == "HEAD" else method)
    if isinstance(found, tuple):
        return found
    if found:
        raise ApiError(
            405,
            "METHOD_NOT_ALLOWED",
            f"{method[:20]} is not answered here.",
            headers={"Allow": ", ".join(found)},
        )
    raise not_found("There is nothing at this address.")


def _given(done: Answer) -> Given:
    return Given(done.status, "" if done.body is None else _encode(done.body))


def _asked(request: HttpRequest, call: Call) -> Asked | None:
    """The key that the asker gave to the request, with the fingerprint of all that decides what is done."""
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return None
    said = [call.method, wire.path_of(request), str(request.META.get("QUERY_STRING", ""))]
    fingerprint = hashlib.sha256("\n".join(said).encode("utf-8", "replace") + b"\n" + call.raw).hexdigest()
    return Asked(call.bearer.id, str(key), fingerprint)


def _write(call: Call, route: routes.Route, asked: Asked | None) -> tuple[Given, dict[str, str]]:
    connections.characterize(call.db, reads=False)
    try:
        return patiently(lambda: _once(call, route, asked))
    except psycopg.errors.UniqueViolation:
        # Somebody else was quicker with the same value: seen from here on, it is told in words.
        return _in_words(call, route, asked)


def _in_words(call: Call, route: routes.Route, asked: Asked | None) -> tuple[Given, dict[str, str]]:
    try:
        return _once(call, route, asked)
    except psycopg.errors.UniqueViolation as problem:
        log.warning("a value is taken: %s", problem.diag.constraint_name)
        raise conflict("A value that must be unique is taken by another record.") from problem


def _once(call: Call, route: routes.Route, asked: Asked | None) -> tuple[Given, dict[str, str]]:
    try:
        with call.db.transaction():
            if asked is not None:
                before = given_before(call.db, call.ctx.id, asked, call.now)
                if before is not None:
                    return before, {"Idempotent-Replayed": "true"}
            done = route.handler(call)
            given = _given(done)
            if asked is not None:
                remember(call.db, call.ctx.id, asked, given, call.now)
            return given, done.headers
    except KeyRefused as refusal:
        raise invalid(str(refusal), sub_category="IDEMPOTENCY_KEY") from refusal
    except Refused as refusal:
        raise invalid(str(refusal)) from refusal
    except (psycopg.DataError, psycopg.errors.CheckViolation, psycopg.errors.ForeignKeyViolation) as problem:
        log.warning("the database refused a value: %s", problem)
        raise invalid("A value does not fit into its property, or contradicts another one.") from problem
