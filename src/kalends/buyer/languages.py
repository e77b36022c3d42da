"""In which language a buyer reads: as they ask, as the link says, as they are known, as their browser says."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

CHOSEN_COOKIE = f"{settings.COOKIE_PREFIX}kalends_buyer_language"
PARAMETER = "lang"
NATIVE_NAMES = {"en": "English", "nb": "Norsk bokmål", "fi": "Suomi"}


class Choice(NamedTuple):
    """A language of the page in its own words, and the address of this page in it."""

    code: str
    name: str
    address: str


def known(tag: str | None) -> str | None:
    """One of our languages, for a tag of it or of a relative; None for another.

    >>> known("nn-NO"), known("fi"), known("sv"), known(None)
    ('nb', 'fi', None, None)
    """
    language = (tag or "").lower().replace("_", "-").partition("-")[0]
    language = "nb" if language in ("no", "nn") else language
    return language if language in NATIVE_NAMES else None


def chosen(request: HttpRequest) -> str | None:
    """The language that the buyer asked for, here or on a page before."""
    return known(request.GET.get(PARAMETER)) or known(request.COOKIES.get(CHOSEN_COOKIE))


def first_of(request: HttpRequest, *preferred: str | None, fallback: str = "en") -> str:
    """The language to go on in."""
    for tag in (chosen(request), *preferred):
        if (language := known(tag)) is not None:
            return language
    return _browser(request) or known(fallback) or "en"


def _browser(request: HttpRequest) -> str | None:
    """What the browser prefers, where that is one of ours."""
    for part in request.headers.get("Accept-Language", "").split(","):
        tag, _, weight = part.partition(";")
        if (language := known(tag.strip())) is not None and weight.strip() not in ("q=0", "q=0.0"):
            return language
    return None


def choices(request: HttpRequest) -> list[Choice]:
    """The languages there are, each with the address of this page in it."""
    kept = {name: value for name, value in request.GET.items() if name != PARAMETER}
    return [
        Choice(code, NATIVE_NAMES[code], f"{request.path}?{urlencode({**kept, PARAMETER: code})}")
        for code, _name in settings.LANGUAGES
    ]


def current() -> str:
    """The language that is active."""
    return translation.get_language() or "en"
