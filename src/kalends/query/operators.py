"""Which operators a property has, what each expects, and what people read for it."""

from __future__ import annotations

from typing import NamedTuple

from kalends.catalog.model import Property, Text
from kalends.query.language import OF_HISTORY, Kind, Operand, Operator, kind_of

_EVERY: tuple[Kind, ...] = ("text", "number", "choice", "choices", "time", "bool")
_TEXT: tuple[Kind, ...] = ("text",)
_NUMBER: tuple[Kind, ...] = ("number",)
_TIME: tuple[Kind, ...] = ("time",)
_CHOICES: tuple[Kind, ...] = ("choices",)
_REMEMBERED: tuple[Kind, ...] = ("text", "number", "choice")


class Rule(NamedTuple):
    """What an operator applies to, what values it takes, and its name for people."""

    kinds: tuple[Kind, ...]
    operand: Operand
    label: Text


_O = Operator

# fmt: off
RULES: dict[Operator, Rule] = {
    _O.IS_ANY_OF: Rule(("text", "number", "choice", "choices", "time"), "values",
                       Text("is any of", "er en av", "on jokin seuraavista")),
    _O.IS_NONE_OF: Rule(("text", "number", "choice", "choices", "time"), "values",
                        Text("is none of", "er ingen av", "ei ole mikään seuraavista")),
    _O.CONTAINS_ANY_OF: Rule(_TEXT, "values", Text("contains any of", "inneholder en av", "sisältää jonkin")),
    _O.CONTAINS_NONE_OF: Rule(_TEXT, "values", Text("contains none of", "inneholder ingen av", "ei sisällä mitään")),
    _O.STARTS_WITH_ANY_OF: Rule(_TEXT, "values", Text("starts with any of", "begynner med en av", "alkaa jollakin")),
    _O.ENDS_WITH_ANY_OF: Rule(_TEXT, "values", Text("ends with any of", "slutter med en av", "päättyy johonkin")),
    _O.HAS_WORD: Rule(_TEXT, "values", Text("has the word", "har ordet", "sisältää sanan")),
    _O.LACKS_WORD: Rule(_TEXT, "values", Text("lacks the word", "mangler ordet", "ei sisällä sanaa")),
    _O.GREATER: Rule(_NUMBER, "one", Text("is greater than", "er større enn", "on suurempi kuin")),
    _O.GREATER_OR_EQUAL: Rule(_NUMBER, "one", Text("is at least", "er minst", "on vähintään")),
    _O.LESS: Rule(_NUMBER, "one", Text("is less than", "er mindre enn", "on pienempi kuin")),
    _O.LESS_OR_EQUAL: Rule(_NUMBER, "one", Text("is at most", "er høyst", "on enintään")),
    _O.BETWEEN: Rule(("number", "time"), "two", Text("is between", "er mellom", "on välillä")),
    _O.NOT_BETWEEN: Rule(("number", "time"), "two", Text("is not between", "er ikke mellom", "ei ole välillä")),
    _O.BEFORE: Rule(_TIME, "one", Text("is before", "er før", "on ennen")),
    _O.ON_OR_BEFORE: Rule(_TIME, "one", Text("is on or before", "er på eller før", "on viimeistään")),
    _O.AFTER: Rule(_TIME, "one", Text("is after", "er etter", "on jälkeen")),
    _O.ON_OR_AFTER: Rule(_TIME, "one", Text("is on or after", "er på eller etter", "on aikaisintaan")),
    _O.IN_PERIOD: Rule(_TIME, "periods", Text("is in", "er i", "on ajanjaksolla")),
    _O.NOT_IN_PERIOD: Rule(_TIME, "periods", Text("is not in", "er ikke i", "ei ole ajanjaksolla")),
    _O.LESS_THAN_DAYS_AGO: Rule(_TIME, "days", Text("is less than … days ago", "er mindre enn … dager siden",
                                                    "on alle … päivää sitten")),
    _O.MORE_THAN_DAYS_AGO: Rule(_TIME, "days", Text("is more than … days ago", "er mer enn … dager siden",
                                                    "on yli … päivää sitten")),
    _O.LESS_THAN_DAYS_AHEAD: Rule(_TIME, "days", Text("is less than … days from now", "er om mindre enn … dager",
                                                      "on alle … päivän kuluttua")),
    _O.MORE_THAN_DAYS_AHEAD: Rule(_TIME, "days", Text("is more than … days from now", "er om mer enn … dager",
                                                      "on yli … päivän kuluttua")),
    _O.BEFORE_PROPERTY: Rule(_TIME, "property", Text("is before the property", "er før egenskapen",
                                                     "on ennen ominaisuutta")),
    _O.AFTER_PROPERTY: Rule(_TIME, "property", Text("is after the property", "er etter egenskapen",
                                                    "on ominaisuuden jälkeen")),
    _O.CONTAINS_ALL_OF: Rule(_CHOICES, "values", Text("contains all of", "inneholder alle", "sisältää kaikki")),
    _O.CONTAINS_NOT_ALL_OF: Rule(_CHOICES, "values", Text("doesn't contain all of", "inneholder ikke alle",
                                                          "ei sisällä kaikkia")),
    _O.IS_EXACTLY: Rule(_CHOICES, "values", Text("is exactly", "er nøyaktig", "on täsmälleen")),
    _O.IS_NOT_EXACTLY: Rule(_CHOICES, "values", Text("is not exactly", "er ikke nøyaktig", "ei ole täsmälleen")),
    _O.IS_TRUE: Rule(("bool",), "none", Text("is true", "er sann", "on tosi")),
    _O.IS_FALSE: Rule(("bool",), "none", Text("is false", "er usann", "on epätosi")),
    _O.HAS_EVER_BEEN: Rule(_REMEMBERED, "values", Text("has ever been any of", "har noen gang vært en av",
                                                       "on joskus ollut jokin seuraavista")),
    _O.HAS_NEVER_BEEN: Rule(_REMEMBERED, "values", Text("has never been any of", "har aldri vært noen av",
                                                        "ei ole koskaan ollut mikään seuraavista")),
    _O.HAS_EVER_CONTAINED: Rule(_TEXT, "values", Text("has ever contained any of", "har noen gang inneholdt en av",
                                                      "on joskus sisältänyt jonkin")),
    _O.HAS_NEVER_CONTAINED: Rule(_TEXT, "values", Text("has never contained any of", "har aldri inneholdt noen av",
                                                       "ei ole koskaan sisältänyt mitään")),
    _O.UPDATED_IN_LAST_DAYS: Rule(_EVERY, "days", Text("was updated in the last … days",
                                                       "ble oppdatert de siste … dagene",
                                                       "päivitettiin viimeisten … päivän aikana")),
    _O.NOT_UPDATED_IN_LAST_DAYS: Rule(_EVERY, "days", Text("was not updated in the last … days",
                                                           "ble ikke oppdatert de siste … dagene",
                                                           "ei päivitetty viimeisten … päivän aikana")),
    _O.KNOWN: Rule(_EVERY, "none", Text("is known", "er kjent", "on tiedossa")),
    _O.UNKNOWN: Rule(_EVERY, "none", Text("is unknown", "er ukjent", "ei ole tiedossa")),
}
# fmt: on
"""In the order in which a page offers them."""

_EXPECTED: dict[Operand, str] = {
    "none": "takes no value",
    "values": "takes one value or more",
    "one": "takes one value",
    "two": "takes two values, the lower one first",
    "days": "takes one whole number of days from 0 to 36500",
    "periods": "takes one or more of today, this_week, last_month, next_quarter and the like",
    "property": "takes the name of another date property",
}


def operators_of(prop: Property) -> tuple[Operator, ...]:
    """The operators that a property has, in the order of a page.

    What is worked out and kept nowhere has no history to ask for.

    >>> from kalends.catalog import get_object, get_property
    >>> [str(each) for each in operators_of(get_property(get_object("subscription"), "hs_payment_enabled"))]
    ['is_true', 'is_false', 'updated_in_last_days', 'not_updated_in_last_days', 'known', 'unknown']
    """
    kind = kind_of(prop)
    return tuple(
        operator
        for operator, rule in RULES.items()
        if kind in rule.kinds and (prop.journal_name or operator not in OF_HISTORY)
    )


def expectation(operator: Operator) -> str:
    """What values an operator takes, as the end of a sentence."""
    return f"{operator.value} {_EXPECTED[RULES[operator].operand]}."
