"""Texts with placeholders: ``{{ hs_name }}`` stands for a property of the record, ``{{ contact.firstname }}`` for one
of its contact. The text is plain: no markup, no code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from babel.numbers import format_currency

from kalends.catalog.model import ObjectType, Property
from kalends.catalog.registry import UnknownName, get_property
from kalends.core.calendar import local_date
from kalends.messages.letters.formats import Formats

PLACE = re.compile(r"\{\{([^{}]*)\}\}")
NAME, LINK = "record.name", "record.link"
"""Placeholders for what the record is called, and for the address of its page."""


class Named(NamedTuple):
    """What a placeholder names: a property of an object, "" being the record itself."""

    object: str
    property: str


def named_in(text: str) -> list[Named]:
    """The properties that a text names, each once.

    >>> named_in("{{ hs_name }} of {{contact.firstname}}, {{ record.link }}")
    [Named(object='', property='hs_name'), Named(object='contact', property='firstname')]
    """
    words = dict.fromkeys(found.strip() for found in PLACE.findall(text))
    return [_named(each) for each in words if each not in (NAME, LINK)]


def _named(word: str) -> Named:
    of, dot, name = word.partition(".")
    return Named(of, name) if dot else Named("", of)


def problem_in(text: str, obj: ObjectType, objects: Callable[[str], ObjectType]) -> tuple[str, str] | None:
    """The first placeholder that names nothing, and what would be right; None when all is well."""
    if "{{" in PLACE.sub("", text):
        return text, "A placeholder is not closed: write it as {{ name }}."
    for of, name in named_in(text):
        shown = f"{of}.{name}" if of else name
        if of and obj.association(of) is None:
            known = [each.to for each in obj.associations]
            return shown, f"A {obj.name} can have: {', '.join(known)}."
        try:
            get_property(objects(of) if of else obj, name)
        except UnknownName as unknown:
            return shown, str(unknown)
    return None


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its placeholders replaced; what has no value leaves nothing.

    >>> filled("Dear {{ contact.firstname }}!", {"contact.firstname": "Kari"})
    'Dear Kari!'
    """
    return PLACE.sub(lambda found: values.get(found.group(1).strip(), ""), text)


def in_words(
    prop: Property,
    value: Any,
    currency: str | None,
    formats: Formats,
    zone: str,
    language: str,
    names: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """A value as a person reads it; ``names`` are those of the users or teams that the property names by number."""
    match value:
        case None:
            return ""
        case Decimal() if prop.type == "money" and currency:
            return format_currency(value, currency, "#,##0.00\N{NO-BREAK SPACE}¤¤", formats.locale)
        case Decimal():
            return formats.number(value)
        case datetime():
            return formats.day(local_date(value, zone))
        case date():
            return formats.day(value)
        case list() | tuple():
            parts: Sequence[Any] = value
            return ", ".join(prop.option_label(str(each), language) for each in parts)
        case _:
            return names.get(str(value)) or prop.option_label(str(value), language)
