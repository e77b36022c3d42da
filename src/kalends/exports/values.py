"""Values as SQL writes them into a file: words of options, dates of the account's days, and nothing a spreadsheet runs.

Spreadsheets take a cell of a CSV file that begins with one of a few signs for a formula, and a formula can send what
stands in other cells to somebody. Such text gets an apostrophe in front, which makes it text to them. So does what
follows a semicolon: where decimals are written with a comma, spreadsheets end a cell there. Telephone numbers
(``+47 22 33 44 55``) and the like hold nothing that could be called, and stay as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from kalends.catalog.model import Property
from kalends.query.context import Binder

_FORMULA_SIGNS = "=+@\t\r\n＝＋－＠-"  # noqa: RUF001 - the wide ones are taken for formulas as well
_BEGINS = ", ".join(str(ord(sign)) for sign in _FORMULA_SIGNS)
_HARMLESS = "[+-][0-9 ()./-]*"
_FORMULA = f"(^|;)(?=[{_FORMULA_SIGNS}])(?!{_HARMLESS}(;|$))"
_LIVE = re.compile(_FORMULA.replace("$", r"\Z"))
_DEFUSED = re.compile(_LIVE.pattern.replace("(^|;)", "(^|;)'", 1))
_CURRENCY_DECIMALS_MAX = 3
RECORD_ID = "hs_object_id"

Words = Mapping[str, str]


def defused(read: str) -> str:
    """SQL of a text that no spreadsheet takes for a formula."""
    return (
        f"CASE WHEN ascii({read}) IN ({_BEGINS}) OR strpos({read}, ';') > 0 "
        rf"THEN regexp_replace({read}, '{_FORMULA}', '\1''', 'g') ELSE {read} END"
    )


def defused_text(text: str) -> str:
    """The same for what Kalends writes itself, such as headers that an account chose.

    >>> [defused_text(text) for text in ("=HYPERLINK(A1)", "+47 22 33 44 55", "-12", "Oslo;@SUM(A1)", "Name")]
    ["'=HYPERLINK(A1)", '+47 22 33 44 55', '-12', "Oslo;'@SUM(A1)", 'Name']
    """
    return _LIVE.sub(r"\1'", text)


def restored_text(text: str) -> str:
    """The text as it was before it was defused; what begins with an apostrophe of its own keeps it.

    >>> [restored_text(text) for text in ("'=1+1", "Oslo;'@SUM(A1)", "'quoted'", "=1+1")]
    ['=1+1', 'Oslo;@SUM(A1)', "'quoted'", '=1+1']
    """
    return _DEFUSED.sub(r"\1", text)


def words_of(prop: Property, people: Mapping[str, Words]) -> Words:
    """What people read for the values of a choice: English words, in every language of headers.

    Values are never translated; people and teams are told by their names.
    """
    if prop.options:
        return {each.value: each.label.en for each in prop.options}
    return people.get(prop.options_from or "", {})


def text_sql(
    binder: Binder, prop: Property, read: str, people: Mapping[str, Words], *, internal: bool, typed: bool
) -> str:
    """SQL of a text or a choice as a cell holds it; unless ``typed``, nothing in it is a formula."""
    words = {} if internal or prop.type != "enumeration" else words_of(prop, people)
    if prop.multiple:
        joined = f"array_to_string({read}, ';')"
        if words:
            word = _word(binder, "o.value", words, typed=typed)
            return (
                f"(SELECT string_agg({word}, ';' ORDER BY o.place) "
                f"FROM unnest({read}) WITH ORDINALITY AS o (value, place))"
            )
        return joined if typed else defused(joined)
    if words:
        return _word(binder, read, words, typed=typed)
    return read if typed or prop.name == RECORD_ID else defused(read)


def _word(binder: Binder, read: str, words: Words, *, typed: bool) -> str:
    """The word of a value, or the value itself where it has none. Words are defused before they are handed over."""
    said = words if typed else {value: defused_text(word) for value, word in words.items()}
    known = binder.bind(json.dumps(said, ensure_ascii=False), "jsonb")
    return f"coalesce({known} ->> {read}, {read if typed else defused(read)})"


def number_sql(prop: Property, read: str) -> str:
    """SQL of a number: amounts keep the decimals of their currency, others lose zeros that say nothing."""
    if prop.type != "money":
        return f"trim_scale(({read})::numeric)"
    if prop.minor:
        return read
    return f"CASE WHEN scale({read}) <= {_CURRENCY_DECIMALS_MAX} THEN {read} ELSE trim_scale({read}) END"


def instant_sql(read: str) -> str:
    """SQL of an instant as a date and a time of the account's zone, to the second."""
    return f"date_trunc('second', {read} AT TIME ZONE %(time_zone)s::text)"


def flag_sql(read: str) -> str:
    """SQL of yes or no as text."""
    return f"CASE {read} WHEN TRUE THEN 'true' WHEN FALSE THEN 'false' END"
