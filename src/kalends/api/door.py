"""The way in: who asks, how often, for what; then a handler in a transaction; and every answer in JSON."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from django.http import HttpRequest, HttpResponse
from psycopg import Connection

from kalends.accounts import connections
from kalends.accounts.context import AccountContext, UnknownAccount, ask_for_context
from kalends.accounts.scopes import lacking
from kalends.accounts.tokens import Bearer, note_use
from kalends.api import limits, routes, uploads, ways, wire
from kalends.api.call import Answer, Call
from kalends.api.errors import MISSING_SCOPES, ApiError, conflict, expired, invalid, missing_scopes, not_found
from kalends.catalog.model import ObjectType
from kalends.catalog.registry import UnknownName
from kalends.crm.rules import Refused
from kalends.crm.schema import ask_for_object
from kalends.events.answers import Asked, Given, KeyRefused, given_before, remember
from kalends.platform import correlation, security_log
from kalends.platform.clock import system_now
from kalends.platform.errors import UserFacing
from kalends.platform.logs import ROUTE
from kalends.platform.patience import patiently
from kalends.platform.sealing import CannotUnseal

log = logging.getLogger(__name__)

_WITHOUT_BODY = (204, 304)
_WHO = "kalends.who"
"""In ``request.META``: the numbers of the account and of the token or app that came in, for the log."""

_Context = Callable[[datetime], AccountContext]
_Type = Callable[[], ObjectType] | None


class _Visit(NamedTuple):
    """Somebody who was let in: a connection inside the account, the account, who it is, and the moment.

    ``type`` gives the object that the path names, if it does.
    """

    db: Connection[Any]
    ctx: AccountContext
    bearer: Bearer
    now: datetime
    type: _Type


def answer(request: HttpRequest) -> HttpResponse:
    """Answer a request of the API, whatever comes."""
    request.META[ROUTE] = routes.NOWHERE
    correlation_id = correlation.current() or correlation.new_id()
    headers: dict[str, str] = {"X-HubSpot-Correlation-Id": correlation_id, "Cache-Control": "no-store"}
    try:
        status, body, more = _answer(request, headers)
        return _response(status, body, headers | more)
    except ApiError as error:
        told = error
        _tell_of_refusal(request, error)
    except CannotUnseal:
        log.exception("%s needs a secret, %s", request.META[ROUTE], correlation_id)
        told = ApiError(
            500, "INTERNAL_ERROR", "Kalends cannot open a secret that this needs. Its log says why."
        )
    except (psycopg.OperationalError, UserFacing):
        log.exception("the database does not answer, %s", correlation_id)
        told = ApiError(503, "SERVICE_UNAVAILABLE", "The database does not answer. Try again in a moment.")
    except Exception:
        log.exception("%s failed, %s", request.META[ROUTE], correlation_id)
        told = ApiError(
            500, "INTERNAL_ERROR", "Kalends failed here. Its log has the details under this correlation id."
        )
    return _response(told.status, wire.encode(told.body(correlation_id)), headers | told.headers)


def _tell_of_refusal(request: HttpRequest, error: ApiError) -> None:
    """Tell the log of what keeps a program out, and which one it is where that is known."""
    who = request.META.get(_WHO, {})
    if error.category == MISSING_SCOPES:
        scopes = error.errors[0]["context"]["requiredGranularScopes"]
        security_log.tell("scope_missing", missing=", ".join(scopes), **who)
    elif error.status == 429:
        security_log.tell("too_many", of=f"requests, {error.more.get('policyName', '')}", **who)
    elif error.status == 401:
        security_log.tell("secret_wrong", of=error.category, **who)
    elif isinstance(error, ways.OAuthError):
        security_log.tell("secret_wrong", of=error.refused.status, **who)


def _response(status: int, body: str | None, headers: dict[str, str]) -> HttpResponse:
    response = HttpResponse(body or "", status=status, content_type="application/json;charset=utf-8")
    for name, value in headers.items():
        response[name] = value
    if body is None:
        del response["Content-Type"]
    return response


def _answer(request: HttpRequest, headers: dict[str, str]) -> tuple[int, str | None, dict[str, str]]:
    """Status, JSON and further headers; ``headers`` gets what errors carry as well. Raises ``ApiError``."""
    place = routes.place_of(wire.path_of(request))
    method = "GET" if request.method in (None, "HEAD") else request.method
    found = [] if place is None else routes.find(place, method)
    request.META[ROUTE] = routes.name_of(place, found)
    way, path = _way(place, found)
    knock = ways.Knock(request, path)
    db, ctx, bearer, now, type_ = _let_in(way, knock, found)
    request.META[_WHO] = {"account_id": ctx.id, "token_id": bearer.id, "app_id": bearer.app_id}
    is_search = place is not None and place.area == "objects" and place.rest.endswith("/search")
    counted = limits.count_request(db, ctx, bearer, now, search=is_search)
    headers |= counted.headers
    if counted.refusal is not None:
        raise counted.refusal
    if way is ways.BEARER:
        note_use(db, ctx.id, bearer, now)
    if place is None or not isinstance(found, tuple):
        raise _nothing_here(request.method or "", found)
    route = found[0]
    short = lacking(bearer.scopes, route.scopes(path))
    if short:
        raise missing_scopes(short)
    query = knock.query
    call = Call(
        db,
        ctx,
        bearer,
        route.method,
        path,
        query,
        knock.body,
        now,
        place.version,
        if_match=request.META.get("HTTP_IF_MATCH"),
        if_none_match=request.META.get("HTTP_IF_NONE_MATCH"),
        type=None if type_ is None else type_(),
        content_type=str(request.META.get("CONTENT_TYPE") or ""),
    )
    if route.writes:
        given, more = _write(call, route, _asked(request, call) if way.replays else None)
    else:
        with connections.at_one_moment(db):
            done = route.handler(call)
        given, more = _given(done), done.headers
    return given.status, None if given.status in _WITHOUT_BODY else given.body, more


def _way(place: routes.Place | None, found: routes.Found) -> tuple[ways.Way, dict[str, str]]:
    """How whoever asks is known, and the places of the path."""
    if isinstance(found, tuple):
        return found[0].way, found[1]
    return (ways.BEARER, {}) if place is None else routes.way_into(place)


def _let_in(way: ways.Way, knock: ways.Knock, found: routes.Found) -> _Visit:
    """Enter the account, and ask there in the same trip who it is and for all else that is needed in any case.

    Raises ``ApiError``.
    """
    account_id = way.account_of(knock)
    if account_id is None:
        raise way.refusal()

    def ask(db: Connection[Any]) -> tuple[Callable[[], Bearer | None], _Context, _Type]:
        asked = way.ask(db, account_id, knock)
        return asked, ask_for_context(db, account_id), _ask_for_type(db, account_id, found)

    db, (bearer_of, context_at, type_) = connections.inside_asking(account_id, ask)
    bearer = bearer_of()
    if bearer is None:
        raise way.refusal()
    now = system_now()
    if bearer.expires_at is not None and bearer.expires_at <= now:
        raise expired()
    try:
        return _Visit(db, context_at(now), bearer, now, type_)
    except UnknownAccount as unknown:
        raise way.refusal() from unknown


def _ask_for_type(db: Connection[Any], account_id: int, found: routes.Found) -> _Type:
    """The kind of record that a path names."""
    if not isinstance(found, tuple) or "type" not in found[1]:
        return None
    try:
        return ask_for_object(db, account_id, found[1]["type"])
    except UnknownName:
        return None  # the handler says what is wrong with the name


def _nothing_here(method: str, found: routes.Found) -> ApiError:
    if not found:
        return not_found("There is nothing at this address.")
    allowed = ", ".join(each for each in found if isinstance(each, str))
    return ApiError(
        405, "METHOD_NOT_ALLOWED", f"{method[:20]} is not answered here.", headers={"Allow": allowed}
    )


def _given(done: Answer) -> Given:
    return Given(done.status, "" if done.body is None else wire.encode(done.body))


def _asked(request: HttpRequest, call: Call) -> Asked | None:
    """The key that the asker gave to the request, with the fingerprint of all that decides what is done."""
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return None
    said = [call.method, wire.path_of(request), str(request.META.get("QUERY_STRING", ""))]
    meant = uploads.without_boundary(call.raw, call.content_type)
    fingerprint = hashlib.sha256("\n".join(said).encode("utf-8", "replace") + b"\n" + meant).hexdigest()
    return Asked(call.bearer.app_id or call.bearer.id, str(key), fingerprint)


def _write(call: Call, route: routes.Route, asked: Asked | None) -> tuple[Given, dict[str, str]]:
    again = replace(call, type=None)  # what was asked on the way in is no longer news
    tries = iter((call,))
    try:
        return patiently(lambda: _once(next(tries, again), route, asked))
    except psycopg.errors.UniqueViolation:
        # Somebody else was quicker with the same value: seen from here on, it is told in words.
        return _in_words(again, route, asked)


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
