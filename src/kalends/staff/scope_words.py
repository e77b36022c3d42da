"""Scopes in plain words, for people who are asked to grant them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from kalends.accounts.scopes import (
    ALL,
    AUTOMATION,
    EXPORT,
    IMPORT,
    LISTS_READ,
    LISTS_WRITE,
    OWNERS,
    TAX_RATES,
    scope_of,
)
from kalends.catalog.registry import OBJECTS


class ScopeWords(NamedTuple):
    """A scope by its name, what it is about, and what may be done with that."""

    scope: str
    about: str
    may: str


class Gathered(NamedTuple):
    """All that may be done with something."""

    about: str
    may: list[str]


def gathered(scopes: Sequence[str], language: str) -> list[Gathered]:
    """Scopes in words, those about the same together."""
    found: dict[str, list[str]] = {}
    for words in (in_words(scope, language) for scope in scopes):
        found.setdefault(words.about, []).append(words.may)
    return [Gathered(about, may) for about, may in found.items()]


def in_words(scope: str, language: str) -> ScopeWords:
    """What a scope means, in the language of the page (``language`` is the catalogue's, the same)."""
    if scope == ALL:
        return ScopeWords(
            scope, _("Everything"), _("read and change all records and settings that programs reach")
        )
    if scope == OWNERS:
        return ScopeWords(scope, _("Users"), _("read names and email addresses"))
    if scope == TAX_RATES:
        return ScopeWords(scope, _("Tax rates"), _("read them"))
    if scope == EXPORT:
        return ScopeWords(scope, _("Exports"), _("make files of the records that it may read"))
    if scope == IMPORT:
        return ScopeWords(scope, _("Imports"), _("bring files of the records that it may write"))
    if scope in (LISTS_READ, LISTS_WRITE):
        may = _("read them") if scope == LISTS_READ else _("create, change and delete them")
        return ScopeWords(scope, _("Segments"), may)
    if scope == AUTOMATION:
        return ScopeWords(scope, _("Workflows"), _("read, create, change, switch on and delete them"))
    kinds = {
        ("objects", "read"): _("read them"),
        ("objects", "write"): _("create, change and delete them"),
        ("schemas", "read"): _("read which properties they have"),
        ("schemas", "write"): _("create, change and delete their properties"),
    }
    for obj in OBJECTS.values():
        for (kind, verb), words in kinds.items():
            if scope == scope_of(obj, verb, kind):
                return ScopeWords(scope, obj.plural_label.in_language(language), words)
    return ScopeWords(scope, scope, "")  # one that was granted before and is no more
