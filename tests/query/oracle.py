"""A second, slow and obvious reading of the filter language, over plain values in memory.

It shares no rule with :mod:`kalends.query`: a record is a dictionary of property values, a condition is answered
by looking at one value, and nothing is ever translated to SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kalends.query import Associated, Condition, Filter, Operator


@dataclass
class Record:
    """One record: its values by property, the records tied to it by object, and the values it had, and when."""

    id: int
    values: Mapping[str, Any]
    tied: Mapping[str, list[Record]] = field(default_factory=dict)
    past: dict[str, list[tuple[datetime, Any]]] = field(default_factory=dict)


@dataclass
class World:
    """Who asks, and on which day."""

    today: date
    time_zone: str
    me: str | None


def passes(record: Record, wanted: Filter, world: World) -> bool:
    """Whether a record passes."""
    if not wanted.groups:
        return True
    return any(all(term_holds(record, term, world) for term in group) for group in wanted.groups)


def term_holds(record: Record, term: Condition | Associated, world: World) -> bool:
    if isinstance(term, Condition):
        return condition_holds(record, term, world)
    tied = record.tied.get(term.object, [])
    some = any(all(condition_holds(each, inner, world) for inner in term.conditions) for each in tied)
    return some if term.quantifier == "any" else not some


def condition_holds(record: Record, condition: Condition, world: World) -> bool:
    value = record.values[condition.property]
    name = condition.operator.value
    if "ever_" in name or "updated_" in name:
        return history_holds(record, condition, world)
    if value in (None, "", []):
        return name == "unknown" or (condition.include_empty and name != "known")
    if name in ("known", "unknown"):
        return name == "known"
    if name in ("before_property", "after_property"):
        return against_property(value, record.values[str(condition.values[0])], name, world)
    wanted: list[Any] = list(condition.values)
    if isinstance(value, bool):
        return value if name == "is_true" else not value
    if isinstance(value, list):
        return set_holds(set(value), name, {str(each) for each in wanted})
    if isinstance(value, date):
        return time_holds(value, name, wanted, world)
    if isinstance(value, str):
        owner = condition.property == "hubspot_owner_id"
        choice = owner or condition.property in ("hs_status", "lifecyclestage")
        wanted = [world.me if owner and each == "me" and world.me else each for each in wanted]
        return text_holds(value, name, [str(each) for each in wanted], exact=choice)
    return number_holds(value, name, wanted)


def history_holds(record: Record, condition: Condition, world: World) -> bool:
    present = record.values[condition.property]
    past = record.past.get(condition.property, [])
    values = [each for each in (present, *(value for _, value in past)) if each not in (None, "", [])]
    if not values:
        return condition.include_empty
    name = condition.operator.value
    if "updated_" in name:
        times = [at for at, _ in past]
        if present not in (None, "", []):
            times.append(record.values.get("hs_createdate") or record.values["createdate"])
        latest = max((day_of(at, world) for at in times), default=None)
        first_day = world.today - timedelta(days=int(condition.values[0]) - 1)
        return (latest is not None and latest >= first_day) == (name == "updated_in_last_days")
    alike = Operator.CONTAINS_ANY_OF if "contained" in name else Operator.IS_ANY_OF
    now = Condition(condition.property, alike, condition.values)
    ever = any(condition_holds(Record(0, {condition.property: each}), now, world) for each in values)
    return ever == ("has_ever_" in name)


def number_holds(value: Any, name: str, wanted: list[Any]) -> bool:
    answers = {
        "is_any_of": value in wanted,
        "is_none_of": value not in wanted,
        "greater": value > wanted[0],
        "greater_or_equal": value >= wanted[0],
        "less": value < wanted[0],
        "less_or_equal": value <= wanted[0],
        "between": len(wanted) == 2 and wanted[0] <= value <= wanted[1],
        "not_between": len(wanted) == 2 and not wanted[0] <= value <= wanted[1],
    }
    return answers[name]


def set_holds(value: set[str], name: str, wanted: set[str]) -> bool:
    answers = {
        "is_any_of": bool(value & wanted),
        "is_none_of": not value & wanted,
        "contains_all_of": wanted <= value,
        "contains_not_all_of": not wanted <= value,
        "is_exactly": value == wanted,
        "is_not_exactly": value != wanted,
    }
    return answers[name]


def text_holds(value: str, name: str, wanted: list[str], *, exact: bool) -> bool:
    if not exact:
        value, wanted = value.lower(), [each.lower() for each in wanted]
    positive = {
        "is_none_of": "is_any_of",
        "contains_none_of": "contains_any_of",
        "lacks_word": "has_word",
    }.get(name, name)
    answers = {
        "is_any_of": any(value == each for each in wanted),
        "contains_any_of": any(each in value for each in wanted),
        "starts_with_any_of": any(value.startswith(each) for each in wanted),
        "ends_with_any_of": any(value.endswith(each) for each in wanted),
        "has_word": any(has_word(value, each) for each in wanted),
    }
    return answers[positive] == (positive == name)


def has_word(text: str, word: str) -> bool:
    """Whether the word stands in the text with no letter, digit or underscore right before or after it."""
    pattern = " ".join(word.split())

    def part_of_word(position: int) -> bool:
        return 0 <= position < len(text) and (text[position].isalnum() or text[position] == "_")

    def ends(position: int, rest: str) -> set[int]:
        if not rest:
            return {position}
        if rest[0] == "*":
            found = ends(position, rest[1:])
            if position < len(text) and not text[position].isspace():
                found |= ends(position + 1, rest)
            return found
        if position >= len(text):
            return set()
        if rest[0] == " ":
            if not text[position].isspace():
                return set()
            return ends(position + 1, rest[1:]) | ends(position + 1, rest)
        return ends(position + 1, rest[1:]) if text[position] == rest[0] else set()

    starts = [at for at in range(len(text) + 1) if not part_of_word(at - 1)]
    return any(not part_of_word(end) for at in starts for end in ends(at, pattern))


def day_of(value: date, world: World) -> date:
    return value.astimezone(ZoneInfo(world.time_zone)).date() if isinstance(value, datetime) else value


def against_property(value: date, other: date | None, name: str, world: World) -> bool:
    if other is None:
        return False
    if isinstance(value, datetime) != isinstance(other, datetime):
        value, other = day_of(value, world), day_of(other, world)
    return value < other if name == "before_property" else value > other


def time_holds(value: date, name: str, wanted: list[Any], world: World) -> bool:
    day = day_of(value, world)

    def compare(other: date) -> int:
        mine: date = value if isinstance(other, datetime) else day
        return (mine > other) - (mine < other)

    match name:
        case "is_any_of" | "is_none_of":
            return any(compare(each) == 0 for each in wanted) == (name == "is_any_of")
        case "before":
            return compare(wanted[0]) < 0
        case "on_or_before":
            return compare(wanted[0]) <= 0
        case "after":
            return compare(wanted[0]) > 0
        case "on_or_after":
            return compare(wanted[0]) >= 0
        case "between" | "not_between":
            return (compare(wanted[0]) >= 0 and compare(wanted[1]) <= 0) == (name == "between")
        case "in_period" | "not_in_period":
            return any(in_period(day, str(each), world.today) for each in wanted) == (name == "in_period")
    distance, count = (day - world.today).days, int(wanted[0])
    answers = {
        "less_than_days_ago": -count < distance <= 0,
        "more_than_days_ago": distance < -count,
        "less_than_days_ahead": 0 <= distance < count,
        "more_than_days_ahead": distance > count,
    }
    return answers[name]


def in_period(day: date, period: str, today: date) -> bool:
    """By counting weeks, months, quarters or years since the calendar began, and comparing the counts."""
    single = {"today": 0, "yesterday": -1, "tomorrow": 1}
    if period in single:
        return day == today + timedelta(days=single[period])
    which, unit = period.split("_")

    def number(of: date) -> int:
        match unit:
            case "week":
                return (of.toordinal() - 1) // 7
            case "month":
                return of.year * 12 + of.month
            case "quarter":
                return of.year * 4 + (of.month - 1) // 3
            case _:
                return of.year

    return number(day) == number(today) + {"this": 0, "last": -1, "next": 1}[which]
