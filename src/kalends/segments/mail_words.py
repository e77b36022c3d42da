"""The words of an email to a segment: texts of an account's own, in which places stand for properties of the reader.

A place is written ``{{ firstname }}``, or ``{{ firstname | there }}`` with what is said where there is no value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal

from kalends.catalog.model import ObjectType, Property
from kalends.catalog.registry import suggestion
from kalends.core.money import to_minor
from kalends.exports.values import Words
from kalends.messages.letters.formats import LANGUAGES, Formats, language_of, locale_of
from kalends.query import currency_column

SUBJECT_MAX, BODY_MAX = 150, 10_000
NOBODY: Mapping[str, Words] = MappingProxyType({})
_PLACE = re.compile(r"\{\{([^{}]*)\}\}")


class MailWords(NamedTuple):
    """What an email says in one language."""

    subject: str
    body: str


class WordsRefused(ValueError):
    """Words that cannot be sent; ``part`` is subject or body, ``language`` the code of theirs."""

    def __init__(self, language: str, part: str, message: str) -> None:
        super().__init__(message)
        self.language, self.part = language, part


def properties_to_choose(obj: ObjectType) -> list[Property]:
    """The properties that can stand in an email."""
    return [
        each
        for each in obj.properties
        if not each.reporting_only and not each.multiple and each.type != "bool"
    ]


def checked(obj: ObjectType, words: Mapping[str, MailWords]) -> dict[str, MailWords]:
    """Words by language, without those that are left empty. Raises :class:`WordsRefused` for the first mistake."""
    kept: dict[str, MailWords] = {}
    for language in LANGUAGES:
        given = words.get(language)
        if given is None or not (given.subject.strip() or given.body.strip()):
            continue
        for part, text, most in (("subject", given.subject, SUBJECT_MAX), ("body", given.body, BODY_MAX)):
            _check(obj, language, part, text, most)
        kept[language] = MailWords(" ".join(given.subject.split()), given.body.replace("\r\n", "\n").strip())
    if not kept:
        raise WordsRefused(LANGUAGES[0], "subject", "Write it in at least one language.")
    return kept


def _check(obj: ObjectType, language: str, part: str, text: str, most: int) -> None:
    if not text.strip():
        raise WordsRefused(language, part, f"The {part} is missing in this language.")
    if len(text) > most:
        raise WordsRefused(
            language, part, f"The {part} has {len(text):,} characters; at most {most:,} are sent."
        )
    if "\x00" in text:
        raise WordsRefused(language, part, f"The {part} has a character that cannot be sent.")
    known = {each.name for each in properties_to_choose(obj)}
    for name, _otherwise in _places(text):
        if name not in known:
            raise WordsRefused(
                language, part, f"There is no property {name!r} to put in. {suggestion(name, known)}"
            )
    if "{{" in _PLACE.sub("", text) or "}}" in _PLACE.sub("", text):
        raise WordsRefused(language, part, "A place begins with {{ and ends with }}.")


def _places(text: str) -> Iterator[tuple[str, str]]:
    for place in _PLACE.finditer(text):
        name, _, otherwise = place[1].partition("|")
        yield name.strip(), otherwise.strip()


def names_in(words: Mapping[str, MailWords]) -> list[str]:
    """The properties that words ask for, each once."""
    texts = [text for each in words.values() for text in each]
    return list(dict.fromkeys(name for text in texts for name, _otherwise in _places(text)))


def in_language(words: Mapping[str, MailWords], reader: str, account: str) -> tuple[str, MailWords]:
    """The words for somebody who reads a language: theirs, else the account's, else the first there is.

    >>> words = {"en": MailWords("Hello", "Hi"), "fi": MailWords("Hei", "Hei")}
    >>> in_language(words, "fi-FI", "en")[0], in_language(words, "nb", "en")[0], in_language(words, "nb", "nb")[0]
    ('fi', 'en', 'en')
    """
    for language in (language_of(reader), language_of(account)):
        if language in words:
            return language, words[language]
    return next(iter(words.items()))


def filled(
    obj: ObjectType,
    words: MailWords,
    row: Mapping[str, Any],
    *,
    language: str,
    country: str,
    time_zone: str,
    people: Mapping[str, Words] = NOBODY,
) -> MailWords:
    """Words with the reader's own values in their places; ``row`` is what a compiled select gave.

    ``people`` are the names of owners and teams (:func:`kalends.exports.make.people_of`).
    """
    formats = Formats(locale_of(language, country))

    def value(place: re.Match[str]) -> str:
        name, _, otherwise = place[1].partition("|")
        prop = obj.by_name.get(name.strip())
        told = "" if prop is None else _told(prop, row, formats, language, time_zone)
        named = people.get(prop.options_from or "", {}) if prop else {}
        return named.get(told, told) or otherwise.strip()

    return MailWords(" ".join(_PLACE.sub(value, words.subject).split()), _PLACE.sub(value, words.body))


def _told(prop: Property, row: Mapping[str, Any], formats: Formats, language: str, time_zone: str) -> str:
    value = row.get(prop.name)
    match value:
        case None | "":
            return ""
        case datetime():
            return formats.day(value.astimezone(ZoneInfo(time_zone)).date())
        case date():
            return formats.day(value)
        case Decimal() if prop.type == "money":
            currency = row[currency_column(prop.name)]
            return formats.money(to_minor(value, currency), currency)
        case Decimal() | int():
            return str(format_decimal(value, locale=formats.locale))
        case _:
            return prop.option_label(str(value), language)
