"""Money, dates and numbers as the reader of a letter writes them."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval
from babel.numbers import format_currency, format_decimal

from kalends.core.money import from_minor, minor_digits

LANGUAGES = ("en", "nb", "fi")
"""The languages that letters are written in."""

_NORWEGIAN = frozenset({"no", "nb", "nn"})
_WITHOUT_COUNTRY = {"en": "en_GB", "nb": "nb_NO", "fi": "fi_FI"}
_SPACE = "\N{NO-BREAK SPACE}"
_AMOUNT = f"#,##0.00{_SPACE}¤¤"


def language_of(tag: str) -> str:
    """The language to write in: a Norwegian of any kind reads bokmål, and whom we cannot write to reads English.

    >>> language_of("nn-NO"), language_of("fi"), language_of("en_US"), language_of("sv")
    ('nb', 'fi', 'en', 'en')
    """
    language = tag.lower().replace("_", "-").partition("-")[0]
    if language in _NORWEGIAN:
        return "nb"
    return language if language in LANGUAGES else "en"


@lru_cache(maxsize=512)
def locale_of(language: str, country: str) -> Locale:
    """The locale of a language in a country, which is given by its code or its name in one of our languages.

    Where nobody has written down how that language is written there, its home country decides.

    >>> str(locale_of("en", "US")), str(locale_of("fi", "Norge")), str(locale_of("nb", "")), str(locale_of("en", "Oz"))
    ('en_US', 'fi_FI', 'nb_NO', 'en_GB')
    """
    territory = country_code(country)
    if territory is not None:
        with suppress(UnknownLocaleError):
            return Locale.parse(f"{language}_{territory}")
    return Locale.parse(_WITHOUT_COUNTRY[language])


def country_code(country: str) -> str | None:
    """The code of a country that is given by its code or by its name in one of our languages; None for another.

    >>> country_code("Suomi"), country_code(" us "), country_code("Oz")
    ('FI', 'US', None)
    """
    return _territories().get(country.strip().lower())


@lru_cache(maxsize=1)
def _territories() -> dict[str, str]:
    """Country codes by code and by name, in lower case."""
    found: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if len(code) == 2 and code.isalpha():
                found[code.lower()] = code
                found.setdefault(str(name).lower(), code)
    return found


@dataclass(frozen=True, slots=True)
class Formats:
    """How one reader's locale writes things."""

    locale: Locale

    def money(self, minor: int, currency: str) -> str:
        """An amount with its currency's code after it, so that nobody has to guess whose dollars or kroner.

        >>> Formats(Locale("en", "GB")).money(3747750, "NOK")
        '37,477.50\\xa0NOK'
        """
        return _true_minus(format_currency(from_minor(minor, currency), currency, _AMOUNT, self.locale))

    def figure(self, minor: int, currency: str) -> str:
        """An amount without its currency, for tables that name it elsewhere.

        >>> Formats(Locale("fi", "FI")).figure(3747750, "JPY")
        '3\\xa0747\\xa0750'
        """
        return _true_minus(
            format_decimal(from_minor(minor, currency), _pattern(minor_digits(currency)), self.locale)
        )

    def price(self, price: Decimal, currency: str) -> str:
        """A unit price with the decimals of its currency, and more only where it has more.

        >>> Formats(Locale("en", "GB")).price(Decimal("0.012500"), "EUR")
        '0.0125'
        """
        digits = minor_digits(currency)
        return format_decimal(
            price, _pattern(digits) + ("" if digits else ".") + "#" * (6 - digits), self.locale
        )

    def number(self, number: Decimal) -> str:
        """A quantity, without zeros at its end."""
        return format_decimal(number, "#,##0.######", self.locale)

    def whole(self, number: int) -> str:
        """A count, with its thousands set apart."""
        return self.number(Decimal(number))

    def percent(self, number: Decimal) -> str:
        """A percentage, with the sign set apart from the figure."""
        return f"{self.number(number)}{_SPACE}%"

    def day(self, day: date) -> str:
        """A day with its month as a word: "15 November 2026"."""
        return format_date(day, "long", self.locale)

    def short_day(self, day: date) -> str:
        """A day for tables, where there is little room: "15 Nov 2026"."""
        return format_date(day, "medium", self.locale)

    def country(self, country: str) -> str:
        """A country, given by code or by name, as it is called in this language; what nobody knows stays as it is."""
        code = country_code(country)
        return country if code is None else str(self.locale.territories.get(code, country))

    def period(self, first: date, last: date) -> str:
        """From one day to another, both included: "15 Nov - 14 Dec 2026", with a long dash."""
        return format_interval(first, last, "yMMMd", locale=self.locale)

    def short_period(self, first: date, last: date) -> str:
        r"""The same for tables, where there is little room: in figures where :meth:`short_day` is.

        >>> Formats(Locale("fi", "FI")).short_period(date(2026, 11, 15), date(2026, 12, 14)).replace("\N{EN DASH}", "-")
        '15.11.-14.12.2026'
        """
        in_figures = not any(letter.isalpha() for letter in self.short_day(first))
        return format_interval(first, last, "yMd" if in_figures else "yMMMd", locale=self.locale)


def _pattern(digits: int) -> str:
    return "#,##0" + ("." + "0" * digits if digits else "")


def _true_minus(text: str) -> str:
    """A hyphen before an amount is easily overlooked, and some locales would write one."""
    return text.replace("-", "\N{MINUS SIGN}")
