"""The filter language: groups joined by OR, conditions by AND, conditions on associated records.

A :class:`Filter` holds values already read and checked; :mod:`kalends.query.parse` makes one from JSON, and
:mod:`kalends.query.compile` turns it into SQL. Views, searches, the command line, segments and workflow triggers all
use this one language.

A record without a value for a property fails every condition on it but *is unknown*, whether the operator is
positive or negative, unless the condition says ``include_empty``: then it passes (but never *is known*).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from kalends.catalog.model import Property
from kalends.catalog.values import Value

Kind = Literal["text", "number", "choice", "choices", "time", "bool"]
Operand = Literal["none", "values", "one", "two", "days", "periods", "property"]
Quantifier = Literal["any", "none"]


class Operator(StrEnum):
    """What a condition asks of a property; the values' names are those of the JSON form.

    On text all operators compare without regard to case. Days are those of the account's time zone, also for
    instants. *Less than N days ago* are the last N days, today included; *less than N days ahead* the next N days,
    today included; *more than* is everything beyond the day that lies exactly N days away.

    The last six, :data:`OF_HISTORY`, look at all values that a record had, by the journal of events. The first value
    counts as an update on the day on which the record was made. To them a record is without a value if it never had
    one.
    """

    KNOWN = "known"
    UNKNOWN = "unknown"
    IS_ANY_OF = "is_any_of"
    IS_NONE_OF = "is_none_of"
    CONTAINS_ANY_OF = "contains_any_of"
    CONTAINS_NONE_OF = "contains_none_of"
    STARTS_WITH_ANY_OF = "starts_with_any_of"
    ENDS_WITH_ANY_OF = "ends_with_any_of"
    HAS_WORD = "has_word"
    LACKS_WORD = "lacks_word"
    GREATER = "greater"
    GREATER_OR_EQUAL = "greater_or_equal"
    LESS = "less"
    LESS_OR_EQUAL = "less_or_equal"
    BETWEEN = "between"
    NOT_BETWEEN = "not_between"
    BEFORE = "before"
    ON_OR_BEFORE = "on_or_before"
    AFTER = "after"
    ON_OR_AFTER = "on_or_after"
    IN_PERIOD = "in_period"
    NOT_IN_PERIOD = "not_in_period"
    LESS_THAN_DAYS_AGO = "less_than_days_ago"
    MORE_THAN_DAYS_AGO = "more_than_days_ago"
    LESS_THAN_DAYS_AHEAD = "less_than_days_ahead"
    MORE_THAN_DAYS_AHEAD = "more_than_days_ahead"
    BEFORE_PROPERTY = "before_property"
    AFTER_PROPERTY = "after_property"
    CONTAINS_ALL_OF = "contains_all_of"
    CONTAINS_NOT_ALL_OF = "contains_not_all_of"
    IS_EXACTLY = "is_exactly"
    IS_NOT_EXACTLY = "is_not_exactly"
    IS_TRUE = "is_true"
    IS_FALSE = "is_false"
    HAS_EVER_BEEN = "has_ever_been"
    HAS_NEVER_BEEN = "has_never_been"
    HAS_EVER_CONTAINED = "has_ever_contained"
    HAS_NEVER_CONTAINED = "has_never_contained"
    UPDATED_IN_LAST_DAYS = "updated_in_last_days"
    NOT_UPDATED_IN_LAST_DAYS = "not_updated_in_last_days"


OF_HISTORY = frozenset(
    {
        Operator.HAS_EVER_BEEN,
        Operator.HAS_NEVER_BEEN,
        Operator.HAS_EVER_CONTAINED,
        Operator.HAS_NEVER_CONTAINED,
        Operator.UPDATED_IN_LAST_DAYS,
        Operator.NOT_UPDATED_IN_LAST_DAYS,
    }
)
"""Operators that ask for the values a record had, besides the present one."""


class Period(StrEnum):
    """A stretch of days named from today. Weeks begin on Monday, quarters in January, April, July and October."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    TOMORROW = "tomorrow"
    THIS_WEEK = "this_week"
    LAST_WEEK = "last_week"
    NEXT_WEEK = "next_week"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    NEXT_MONTH = "next_month"
    THIS_QUARTER = "this_quarter"
    LAST_QUARTER = "last_quarter"
    NEXT_QUARTER = "next_quarter"
    THIS_YEAR = "this_year"
    LAST_YEAR = "last_year"
    NEXT_YEAR = "next_year"


@dataclass(frozen=True, slots=True)
class Condition:
    """A property, an operator and its values.

    Values are what :func:`kalends.catalog.read_value` gives; for operators that count days an ``int`` as Decimal,
    for periods a :class:`Period`, for comparisons of two properties the other property's name.
    """

    property: str
    operator: Operator
    values: tuple[Value, ...] = ()
    include_empty: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """Whether the record is a member of a segment (or, with the quantifier none, is not).

    A term about a segment that was deleted is met by nobody, whichever way it asks, so that no filter finds more than
    before because of it; one of another object has no such members.
    """

    segment: int
    quantifier: Quantifier = "any"


@dataclass(frozen=True, slots=True)
class Associated:
    """Whether some associated record of an object (or none) meets all the conditions.

    Without conditions: whether there is such a record at all.
    """

    object: str
    conditions: tuple[Condition | Member, ...] = ()
    quantifier: Quantifier = "any"


Term = Condition | Member | Associated
Group = tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """Records that meet all terms of at least one group; a filter without groups lets every record through."""

    groups: tuple[Group, ...] = ()

    @property
    def count(self) -> int:
        """How many conditions there are; one on associated records counts at least once."""
        return sum(
            max(1, len(term.conditions)) if isinstance(term, Associated) else 1
            for group in self.groups
            for term in group
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a filter may be."""

    groups: int = 10
    conditions: int = 60
    conditions_per_group: int | None = None
    values: int = 1000


def kind_of(prop: Property) -> Kind:
    """Which family of operators a property has."""
    if prop.is_text:
        return "text"
    if prop.is_number:
        return "number"
    if prop.is_time:
        return "time"
    if prop.type == "bool":
        return "bool"
    return "choices" if prop.multiple else "choice"
