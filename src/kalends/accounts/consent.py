"""What an app asks for when it sends somebody to consent, and whether it may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kalends.accounts.integration_apps import App, without_oauth
from kalends.accounts.oauth import is_challenge
from kalends.accounts.scopes import UnknownScope, lacking, read_scopes


class CannotAsk(ValueError):
    """A request for consent that cannot be granted: ``error`` is RFC 6749's word, told to the app."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error, self.message = error, message


class Asked(NamedTuple):
    """What somebody is asked to consent to. Each of ``optional`` may be left out. ``challenge`` is PKCE's, or empty."""

    scopes: tuple[str, ...]
    optional: tuple[str, ...]
    challenge: str

    def granted(self, chosen: set[str]) -> tuple[str, ...]:
        """The scopes of a consent in which these optional ones were chosen; what was not asked for is not granted."""
        return (*self.scopes, *(each for each in self.optional if each in chosen))


def asked(app: App, query: Mapping[str, str]) -> Asked:
    """What an address of the consent page asks for. Raises :class:`CannotAsk`.

    Without ``scope`` an app asks for all that it was made with. It may ask for less, and never for more.
    """
    if query.get("response_type") not in (None, "", "code"):
        raise CannotAsk("unsupported_response_type", "The response_type can only be code.")
    given = without_oauth(query.get("scope", "").split(" "))
    needed = _allowed(app, given) if given else app.scopes
    optional = _allowed(app, without_oauth(query.get("optional_scope", "").split(" ")))
    return Asked(needed, lacking(needed, optional), _challenge(query))


def _allowed(app: App, given: tuple[str, ...]) -> tuple[str, ...]:
    try:
        scopes = read_scopes(given) if given else ()
    except UnknownScope as problem:
        raise CannotAsk("invalid_scope", str(problem)) from problem
    over = lacking((*app.scopes, *app.optional_scopes), scopes)
    if over:
        raise CannotAsk("invalid_scope", f"The app was not made with the scope {over[0]}.")
    return scopes


def _challenge(query: Mapping[str, str]) -> str:
    challenge = query.get("code_challenge", "")
    if challenge and (query.get("code_challenge_method") != "S256" or not is_challenge(challenge)):
        raise CannotAsk("invalid_request", "The code_challenge is to be one of the method S256.")
    return challenge
