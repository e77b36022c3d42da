"""How people read amounts, dates and numbers, in the language of the page."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import format_decimal, get_decimal_symbol
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalends.core.money import from_minor, minor_digits

_LOCALES = {"en": "en_GB", "nb": "nb_NO", "fi": "fi_FI"}
MINUS = "\u2212"


class Money(NamedTuple):
    """An amount in parts, so that its decimals can step back: ``39,332`` and ``.50`` and ``NOK``."""

    whole: str
    decimals: str
    currency: str

    def __str__(self) -> str:
        return f"{self.whole}{self.decimals} {self.currency}"


_REMEMBERED = 10_000
"""How many dates and amounts are kept as they were written: a list has the same ones again and again."""


def locale() -> Locale:
    """Babel's locale for the language that is active."""
    return _locale(translation.get_language() or "en")


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(_LOCALES.get(language, "en_GB"))


def money(amount: Decimal, currency: str) -> Money:
    """An amount in major units, with all decimals of its currency and a true minus sign.

    >>> with translation.override("en"):
    ...     print(money(Decimal("39332.5"), "NOK"))
    39,332.50 NOK
    >>> with translation.override("nb"):
    ...     print(str(money(Decimal("39332.5"), "NOK")).replace("\\xa0", " "))
    39 332,50 NOK
    """
    return _money(amount, currency, locale())


@lru_cache(_REMEMBERED)
def _money(amount: Decimal, currency: str, where: Locale) -> Money:
    digits = minor_digits(currency)
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    written = format_decimal(abs(amount), format=pattern, locale=where)
    symbol = get_decimal_symbol(where)
    whole, separator, decimals = written.rpartition(symbol) if digits else (written, "", "")
    return Money((MINUS if amount < 0 else "") + whole, separator + decimals, currency)


def minor(amount_minor: int, currency: str) -> Money:
    """An amount in minor units."""
    return money(from_minor(amount_minor, currency), currency)


def number(value: Decimal) -> str:
    """A number that is not money, without zeros at the end of its decimals."""
    return _number(value, locale())


@lru_cache(_REMEMBERED)
def _number(value: Decimal, where: Locale) -> str:
    return format_decimal(value, format="#,##0.######", locale=where)


def price(value: Decimal, currency: str) -> str:
    """A unit price: at least the currency's decimals, at most six.

    >>> with translation.override("en"):
    ...     price(Decimal("690.000000"), "NOK"), price(Decimal("0.001250"), "NOK")
    ('690.00', '0.00125')
    """
    digits = minor_digits(currency)
    pattern = "#,##0." + "0" * digits + "#" * (6 - digits)
    return format_decimal(value, format=pattern, locale=locale())


def day(value: date) -> str:
    """A date: 15 Dec 2026, 15. des. 2026, 15.12.2026."""
    return _day(value, locale())


@lru_cache(_REMEMBERED)
def _day(value: date, where: Locale) -> str:
    return format_date(value, "d MMM y" if where.language == "en" else "medium", locale=where)


def short_day(value: date) -> str:
    """A date without its year."""
    return _short_day(value, locale())


@lru_cache(_REMEMBERED)
def _short_day(value: date, where: Locale) -> str:
    return format_skeleton("MMMd", value, locale=where)


def month(value: date) -> str:
    """A month with its year, as a heading."""
    return format_skeleton("yMMMM", value, locale=locale())


def short_month(value: date) -> str:
    """A month in a few letters."""
    return format_skeleton("MMM", value, locale=locale())


def instant(value: datetime, time_zone: str) -> str:
    """Date and time of an instant, in the account's zone."""
    local = value.astimezone(ZoneInfo(time_zone))
    return f"{day(local.date())} {format_datetime(local, 'HH:mm', locale=locale())}"


def time_of_day(value: datetime, time_zone: str) -> str:
    """Day, month and time of an instant, in the account's zone."""
    local = value.astimezone(ZoneInfo(time_zone))
    return f"{short_day(local.date())}, {format_datetime(local, 'HH:mm', locale=locale())}"


def until(value: date, today: date) -> str:
    """How far a day lies ahead.

    >>> with translation.override("en"):
    ...     until(date(2026, 12, 15), date(2026, 12, 1)), until(date(2026, 12, 2), date(2026, 12, 1))
    ('in 14 days', 'tomorrow')
    """
    days = (value - today).days
    if days == 0:
        return _("today")
    if days == 1:
        return _("tomorrow")
    if days < 0:
        return late(-days)
    return ngettext("in %(count)s day", "in %(count)s days", days) % {"count": days}


def late(days: int) -> str:
    """How late something is."""
    return ngettext("%(count)s day late", "%(count)s days late", days) % {"count": days}
