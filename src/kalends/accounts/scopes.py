"""What a program may be allowed to do, by HubSpot's names for it."""

from __future__ import annotations

from collections.abc import Sequence

from kalends.catalog.model import ObjectType
from kalends.catalog.registry import OBJECTS, suggestion

ALL = "all"
"""The scope that holds every other."""

OWNERS = "crm.objects.owners.read"
TAX_RATES = "tax_rates.read"
EXPORT = "crm.export"
IMPORT = "crm.import"
AUTOMATION = "automation"
LISTS_READ, LISTS_WRITE = "crm.lists.read", "crm.lists.write"
_NAMES = {"commerce_payments": "commercepayments"}


class UnknownScope(ValueError):
    """There is no scope of this name; the message says which are meant most likely."""


def scope_of(obj: ObjectType, verb: str, kind: str = "objects") -> str:
    """The scope for reading or writing the records of an object (or, with ``schemas``, its properties).

    >>> from kalends.catalog import get_object
    >>> scope_of(get_object("payment"), "read"), scope_of(get_object("contact"), "read", "schemas")
    ('crm.objects.commercepayments.read', 'crm.schemas.contacts.read')
    """
    return f"crm.{kind}.{_NAMES.get(obj.plural, obj.plural)}.{verb}"


def known_scopes() -> list[str]:
    """Every scope there is, besides the one that holds all."""
    pairs = [(kind, verb) for kind in ("objects", "schemas") for verb in ("read", "write")]
    of_objects = {scope_of(obj, verb, kind) for obj in OBJECTS.values() for kind, verb in pairs}
    return sorted({OWNERS, TAX_RATES, EXPORT, IMPORT, AUTOMATION, LISTS_READ, LISTS_WRITE, *of_objects})


def read_scopes(names: Sequence[str]) -> tuple[str, ...]:
    """Scopes as they are stored, each once. Raises :class:`UnknownScope`."""
    given = dict.fromkeys(name.strip() for name in names if name.strip())
    known = known_scopes()
    for name in given:
        if name != ALL and name not in known:
            raise UnknownScope(f"There is no scope {name!r}. {suggestion(name, [ALL, *known])}")
    if not given:
        raise UnknownScope(f"Give at least one scope, or {ALL!r} for every one.")
    return (ALL,) if ALL in given else tuple(given)


def lacking(held: Sequence[str], needed: Sequence[str]) -> tuple[str, ...]:
    """Those of the needed scopes that are not held."""
    return () if ALL in held else tuple(each for each in needed if each not in held)
