"""Which handler answers which path: one table for both families of paths.

A path is ``/crm/v3/objects/…`` (an area after its version) or ``/crm/objects/2026-03/…`` (a version after its area);
what follows is the same, and so are the handlers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from kalends.accounts.scopes import scope_of
from kalends.api import ways
from kalends.api.call import Answer, Call
from kalends.catalog.registry import UnknownName, infer_object

Handler = Callable[[Call], Answer]
Verb = Literal["read", "write"]
Scopes = Callable[[dict[str, str]], Sequence[str]]

DATED = ("2026-03", "2025-09", "2026-09", "2026-09-beta", "2027-03-beta")
"""The versions of the newer paths; all have the same shapes."""

_PLACE = re.compile(r"\{(\w+)\}")
_ANYTHING = {"id", "from_id", "to_id"}
"""Places that may hold any characters, a slash included."""

_AFTER_VERSION = re.compile(r"/crm/(?P<version>v[34])/(?P<area>[a-z-]+)(?P<rest>/.*)?", re.DOTALL)
_BEFORE_VERSION = re.compile(
    rf"/crm/(?P<area>[a-z-]+)/(?P<version>{'|'.join(DATED)})(?P<rest>/.*)?", re.DOTALL
)
_OTHERS = re.compile(
    r"/(?P<area>account-info|automation|payments-subscriptions|commerce|oauth|webhooks|crm-object-schemas|tax-rates|kalends)"
    rf"/(?P<version>v[0-9]|{'|'.join(DATED)})(?P<rest>/.*)?",
    re.DOTALL,
)
_OF_COMMERCE = re.compile(
    rf"/(?P<area>commerce/[a-z-]+)/(?P<version>{'|'.join(DATED)})(?P<rest>/.*)?", re.DOTALL
)
_FAMILIES = (_BEFORE_VERSION, _AFTER_VERSION, _OTHERS, _OF_COMMERCE)


class Route(NamedTuple):
    """A pattern of an area, a method, what handles it, and the scopes that it needs.

    ``path`` is the pattern as it was given, such as ``/{type}/{id}``.
    ``writes`` says that it may change something: it then runs in a transaction that is begun anew when it lost to
    others, and may come with an idempotency key. ``way`` says how whoever asks is known.
    """

    area: str
    method: str
    pattern: re.Pattern[str]
    literals: int
    handler: Handler
    writes: bool
    scopes: Scopes
    path: str
    way: ways.Way = ways.BEARER


class Place(NamedTuple):
    """Where a path leads: its area, its version, and what follows without a trailing slash."""

    area: str
    version: str
    rest: str


Found = tuple[Route, dict[str, str]] | list[str]
"""A route and the places of its path, or the methods that are answered instead."""

_routes: dict[str, list[Route]] = {}

NOWHERE = "api: nothing"


def of_object(verb: Verb, kind: str = "objects", place: str = "type") -> Scopes:
    """The scope for records (or, with ``schemas``, properties) of the object that a place of the path names."""

    def needed(path: dict[str, str]) -> Sequence[str]:
        try:
            return (scope_of(infer_object(path[place]), verb, kind),)
        except UnknownName:
            return ()  # the handler says what is wrong with the name

    return needed


def named(*scopes: str) -> Scopes:
    """Scopes that do not depend on the path."""
    return lambda path: scopes


def route(
    area: str,
    pattern: str,
    method: str,
    scopes: Scopes,
    *,
    writes: bool | None = None,
    way: ways.Way = ways.BEARER,
) -> Callable[[Handler], Handler]:
    """Let a handler answer a pattern such as ``/{type}/{id}`` of an area.

    What a method may change is told by its name (GET nothing, the others something), or by ``writes``. Whoever asks is
    known by a token in the header, unless ``way`` says by what else.
    """

    def registered(handler: Handler) -> Handler:
        compiled = re.compile(
            _PLACE.sub(_group, re.escape(pattern).replace(r"\{", "{").replace(r"\}", "}")), re.DOTALL
        )
        literals = sum(1 for part in pattern.split("/") if part and not part.startswith("{"))
        changes = method != "GET" if writes is None else writes
        made = Route(area, method, compiled, literals, handler, changes, scopes, pattern, way)
        _routes.setdefault(area, []).append(made)
        _routes[area].sort(key=lambda each: -each.literals)
        return handler

    return registered


def every() -> list[Route]:
    """All routes, area by area in the order in which they registered."""
    return [each for area in _routes.values() for each in area]


def _group(place: re.Match[str]) -> str:
    name = place.group(1)
    return f"(?P<{name}>.+?)" if name in _ANYTHING else f"(?P<{name}>[^/]+)"


def place_of(path: str) -> Place | None:
    """Where a path leads, if it is one of the API's."""
    for family in _FAMILIES:
        found = family.fullmatch(path)
        if found:
            rest = found["rest"] or ""
            return Place(found["area"], found["version"], rest[:-1] if rest.endswith("/") else rest)
    return None


def find(place: Place, method: str) -> Found:
    """The route of a place and the places of its path; the methods that there are, if this is not one of them."""
    allowed: list[str] = []
    for each in _routes.get(place.area, ()):
        found = each.pattern.fullmatch(place.rest)
        if found is None:
            continue
        if each.method == method:
            return each, found.groupdict()
        allowed.append(each.method)
    return sorted(set(allowed))


def name_of(place: Place | None, found: Found) -> str:
    """A route as logs and counts name it, whichever version and records the path spoke of.

    >>> name_of(Place("objects", "v3", "/deals/1"), [])
    'api: nothing'
    """
    if place is None or not isinstance(found, tuple):
        return NOWHERE
    return f"api: {place.area}{found[0].path}"


def way_into(place: Place) -> tuple[ways.Way, dict[str, str]]:
    """How whoever asks for a place is known where the method that they chose is not answered."""
    for each in _routes.get(place.area, ()):
        found = each.pattern.fullmatch(place.rest)
        if found:
            return each.way, found.groupdict()
    return ways.BEARER, {}
