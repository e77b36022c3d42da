"""Conditions in SQL.

Every fragment is true for the rows that meet the condition, and false or null for the others; values are
parameters throughout. Negative operators are written as *known and not*, never as a bare NOT, so that a null
cannot slip through a negation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import cast

from kalends.catalog.model import ObjectType, Property
from kalends.catalog.registry import get_property
from kalends.catalog.values import Value
from kalends.core.calendar import start_of_day
from kalends.query.context import Binder
from kalends.query.history import Past, ever_had_sql, had_sql, updated_sql
from kalends.query.language import OF_HISTORY, Condition, Kind, Member, Operator, Period, kind_of
from kalends.query.periods import days_of

_O = Operator

_NEGATIVE = {
    _O.IS_NONE_OF: _O.IS_ANY_OF,
    _O.CONTAINS_NONE_OF: _O.CONTAINS_ANY_OF,
    _O.LACKS_WORD: _O.HAS_WORD,
    _O.NOT_BETWEEN: _O.BETWEEN,
    _O.NOT_IN_PERIOD: _O.IN_PERIOD,
    _O.CONTAINS_NOT_ALL_OF: _O.CONTAINS_ALL_OF,
    _O.IS_NOT_EXACTLY: _O.IS_EXACTLY,
    _O.HAS_NEVER_BEEN: _O.HAS_EVER_BEEN,
    _O.HAS_NEVER_CONTAINED: _O.HAS_EVER_CONTAINED,
    _O.NOT_UPDATED_IN_LAST_DAYS: _O.UPDATED_IN_LAST_DAYS,
}
_AT_ANY_TIME = {_O.HAS_EVER_BEEN: _O.IS_ANY_OF, _O.HAS_EVER_CONTAINED: _O.CONTAINS_ANY_OF}
_FIRST_DAY, _LAST_DAY = date(2, 1, 1), date(9998, 12, 31)
"""Days whose first moment can be told in every time zone."""
_COMPARISONS = {_O.GREATER: ">", _O.GREATER_OR_EQUAL: ">=", _O.LESS: "<", _O.LESS_OR_EQUAL: "<="}


def condition_sql(binder: Binder, obj: ObjectType, condition: Condition, alias: str) -> str:
    """One condition on the row ``alias`` of an object."""
    prop = get_property(obj, condition.property)
    read = binder.read(prop, alias)
    known = known_sql(prop, read)
    operator = condition.operator
    if operator is _O.KNOWN:
        return known
    if operator is _O.UNKNOWN:
        return f"({known}) IS NOT TRUE"
    positive = _NEGATIVE.get(operator, operator)
    if positive in OF_HISTORY:
        past = Past(binder, obj, prop, alias)
        known = ever_had_sql(past, known)
        test = _of_history(past, read, positive, condition.values)
    elif positive in (_O.BEFORE_PROPERTY, _O.AFTER_PROPERTY):
        test = _against_property(binder, obj, prop, condition, alias)
    else:
        test = _TESTS[kind_of(prop)](binder, prop, read, positive, condition.values)
    if operator in _NEGATIVE:
        test = f"({known} AND NOT ({test}))"
    if condition.include_empty:
        return f"({test} OR ({known}) IS NOT TRUE)"
    return f"({test})"


def member_sql(binder: Binder, term: Member, alias: str) -> str:
    """Whether the row ``alias`` is a member of a living segment (or is none of it)."""
    segment = binder.bind(term.segment, "bigint")
    living = living_sql(binder, term)
    members = f"FROM segment_member m WHERE m.account_id = %(account_id)s AND m.segment_id = {segment}"
    found = (
        f"EXISTS (SELECT {members} AND m.record_id = {alias}.id OFFSET 0)"
        if binder.few
        else f"{alias}.id IN (SELECT m.record_id {members})"
    )
    return f"({living} AND {found if term.quantifier == 'any' else f'NOT {found}'})"


def living_sql(binder: Binder, term: Member) -> str:
    """Whether the segment of a term is there: of one that was deleted nobody knows any more who is not in it."""
    segment = binder.bind(term.segment, "bigint")
    return (
        "EXISTS (SELECT FROM segment WHERE account_id = %(account_id)s "
        f"AND id = {segment} AND archived_at IS NULL)"
    )


def known_sql(prop: Property, read: str) -> str:
    """Whether a property has a value; an empty text is none."""
    return f"{read} <> ''" if _is_textual(prop) else f"{read} IS NOT NULL"


def _is_textual(prop: Property) -> bool:
    return prop.is_text or (prop.type == "enumeration" and not prop.multiple)


def escaped_pattern(text: str) -> str:
    """A text inside a LIKE pattern, every character standing for itself."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def word_pattern(text: str) -> str:
    """A regular expression (PostgreSQL's) for whole words; ``*`` stands for any characters but spaces.

    >>> word_pattern("*@example.com")
    '(^|[^[:alnum:]_])[^[:space:]]*\\\\@example\\\\.com($|[^[:alnum:]_])'
    """
    parts: list[str] = []
    for char in " ".join(text.split()):
        if char == "*":
            parts.append("[^[:space:]]*")
        elif char == " ":
            parts.append("[[:space:]]+")
        else:
            parts.append(char if char.isalnum() or char == "_" or ord(char) > 127 else f"\\{char}")
    return f"(^|[^[:alnum:]_]){''.join(parts)}($|[^[:alnum:]_])"


def _of_history(past: Past, read: str, operator: Operator, values: tuple[Value, ...]) -> str:
    """Whether the present value or one in the past meets a condition, or a change came within the last days."""
    binder, prop = past.binder, past.prop
    if operator is _O.UPDATED_IN_LAST_DAYS:
        days = timedelta(days=int(cast("Decimal", values[0])) - 1)
        since = _bound(binder, get_property(past.obj, past.obj.created), binder.context.today - days)
        return updated_sql(past, known_sql(prop, read), since)
    present = _AT_ANY_TIME[operator]
    test = _TESTS[kind_of(prop)]
    then = test(binder, prop, past.read, present, values)
    return f"coalesce({test(binder, prop, read, present, values)}, FALSE) OR {had_sql(past, then)}"


def _text(binder: Binder, prop: Property, read: str, operator: Operator, values: tuple[Value, ...]) -> str:
    del prop
    texts = [str(value) for value in values]
    if operator is _O.IS_ANY_OF:
        return f"lower({read}) = ANY({_lowered(binder, texts)})"
    if operator is _O.HAS_WORD:
        return (
            f"{read} <> '' AND {read} ~* ANY({binder.bind([word_pattern(each) for each in texts], 'text[]')})"
        )
    before = "" if operator is _O.STARTS_WITH_ANY_OF else "%"
    after = "" if operator is _O.ENDS_WITH_ANY_OF else "%"
    patterns = [f"{before}{escaped_pattern(each)}{after}" for each in texts]
    return f"lower({read}) LIKE ANY({_lowered(binder, patterns)})"


def _lowered(binder: Binder, texts: list[str]) -> str:
    """An array of texts in lower case, lowered by the server: it alone knows what it will compare them with."""
    return f"lower({binder.bind(texts, 'text[]')}::text)::text[]"


def _number(binder: Binder, prop: Property, read: str, operator: Operator, values: tuple[Value, ...]) -> str:
    del prop
    numbers = [_exact(cast("Decimal", value)) for value in values]
    if operator is _O.IS_ANY_OF:
        whole = all(isinstance(each, int) for each in numbers)
        return f"{read} = ANY({binder.bind(numbers if whole else [Decimal(each) for each in numbers])})"
    if operator is _O.BETWEEN:
        return f"{read} BETWEEN {binder.bind(numbers[0])} AND {binder.bind(numbers[1])}"
    return f"{read} {_COMPARISONS[operator]} {binder.bind(numbers[0])}"


def _exact(number: Decimal) -> int | Decimal:
    """A whole number as ``int``, so that an index on a whole-number column can serve."""
    return int(number) if number == number.to_integral_value() else number


def _choice(binder: Binder, prop: Property, read: str, operator: Operator, values: tuple[Value, ...]) -> str:
    assert operator is _O.IS_ANY_OF
    wanted = _with_me(binder, prop, values)
    if len(wanted) == 1:  # an index gives the records of one value in its order, those of an array in none
        return f"{read} = {binder.bind(wanted[0], 'text')}"
    return f"{read} = ANY({binder.bind(wanted, 'text[]')})"


def _with_me(binder: Binder, prop: Property, values: tuple[Value, ...]) -> list[str]:
    """The values of a choice; *me* among owners is the user who asks, and nobody when no user does."""
    texts = [str(value) for value in values]
    if prop.options_from != "owners":
        return texts
    user = binder.context.user_id
    return [str(user) if text == "me" and user is not None else text for text in texts]


def _choices(binder: Binder, prop: Property, read: str, operator: Operator, values: tuple[Value, ...]) -> str:
    place = binder.bind(_with_me(binder, prop, values), "text[]")
    if operator is _O.IS_ANY_OF:
        return f"{read} && {place}"
    if operator is _O.CONTAINS_ALL_OF:
        return f"{read} @> {place}"
    return f"({read} @> {place} AND {read} <@ {place})"


def _bool(binder: Binder, prop: Property, read: str, operator: Operator, values: tuple[Value, ...]) -> str:
    del binder, prop, values
    return f"{read} IS TRUE" if operator is _O.IS_TRUE else f"{read} IS FALSE"


def _time(binder: Binder, prop: Property, read: str, operator: Operator, values: tuple[Value, ...]) -> str:
    today = binder.context.today
    match operator:
        case _O.IS_ANY_OF:
            return " OR ".join(f"({_within(binder, prop, read, each, each)})" for each in values)
        case _O.BETWEEN:
            return _within(binder, prop, read, values[0], values[1])
        case _O.IN_PERIOD:
            spans = [days_of(Period(str(value)), today) for value in values]
            return " OR ".join(f"({_within(binder, prop, read, first, last)})" for first, last in spans)
        case _O.BEFORE:
            return _from(binder, prop, read, values[0], "<")
        case _O.ON_OR_AFTER:
            return _from(binder, prop, read, values[0], ">=")
        case _O.ON_OR_BEFORE:
            return _until(binder, prop, read, values[0])
        case _O.AFTER:
            return f"{read} IS NOT NULL AND NOT ({_until(binder, prop, read, values[0])})"
        case _:
            return _days(binder, prop, read, operator, int(cast("Decimal", values[0])))


def _days(binder: Binder, prop: Property, read: str, operator: Operator, count: int) -> str:
    today, span = binder.context.today, timedelta(days=count)
    one = timedelta(days=1)
    match operator:
        case _O.LESS_THAN_DAYS_AGO:
            return _within(binder, prop, read, today - span + one, today)
        case _O.MORE_THAN_DAYS_AGO:
            return _from(binder, prop, read, today - span, "<")
        case _O.LESS_THAN_DAYS_AHEAD:
            return _within(binder, prop, read, today, today + span - one)
        case _:
            return _from(binder, prop, read, today + span + one, ">=")


def _within(binder: Binder, prop: Property, read: str, first: Value, last: Value) -> str:
    return f"{_from(binder, prop, read, first, '>=')} AND {_until(binder, prop, read, last)}"


def _from(binder: Binder, prop: Property, read: str, value: Value, comparison: str) -> str:
    """Compared with the first moment of a day, or with an instant."""
    return f"{read} {comparison} {_bound(binder, prop, value)}"


def _until(binder: Binder, prop: Property, read: str, value: Value) -> str:
    """Up to the end of a day, or up to and with an instant."""
    if prop.type == "datetime" and not isinstance(value, datetime):
        day = min(cast("date", value), _LAST_DAY)
        return f"{read} < {_bound(binder, prop, day + timedelta(days=1))}"
    return f"{read} <= {_bound(binder, prop, value)}"


def _bound(binder: Binder, prop: Property, value: Value) -> str:
    if prop.type == "date":
        return binder.bind(value, "date")
    if not isinstance(value, datetime):
        day = min(max(cast("date", value), _FIRST_DAY), _LAST_DAY)
        value = start_of_day(day, binder.context.time_zone)
    return binder.bind(value, "timestamptz")


def _against_property(
    binder: Binder, obj: ObjectType, prop: Property, condition: Condition, alias: str
) -> str:
    """Two times of one record; an instant and a date are compared by the day."""
    other = get_property(obj, str(condition.values[0]))
    left, right = binder.read(prop, alias), binder.read(other, alias)
    if prop.type != other.type:
        left, right = (_day_of(each, read) for each, read in ((prop, left), (other, right)))
    return f"{left} {'<' if condition.operator is _O.BEFORE_PROPERTY else '>'} {right}"


def _day_of(prop: Property, read: str) -> str:
    return f"({read} AT TIME ZONE %(time_zone)s::text)::date" if prop.type == "datetime" else read


_Test = Callable[[Binder, Property, str, Operator, tuple[Value, ...]], str]

_TESTS: dict[Kind, _Test] = {
    "text": _text,
    "number": _number,
    "choice": _choice,
    "choices": _choices,
    "time": _time,
    "bool": _bool,
}
