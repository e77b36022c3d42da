"""Reading JSON strictly, noting every mistake with its place, value and remedy, and going on after it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, time
from typing import Any, NamedTuple, cast

from kalends.catalog.model import ObjectType, Property
from kalends.catalog.registry import UnknownName, get_property, suggestion
from kalends.core.timetable import EVERY_DAY, Window
from kalends.events.webhooks.networks import Network
from kalends.query import Filter, FilterError, Limits, Problem, parse, segments_in
from kalends.workflows.texts import problem_in

LIMITS = Limits(groups=20, conditions=250)
"""How large a workflow's filter may be."""


class DefinitionError(ValueError):
    """A definition that cannot be; ``problems`` lists every mistake in it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class Known(NamedTuple):
    """What an account has that a workflow may name; None leaves it unchecked, as in what was checked before.

    ``objects`` gives an object as the account has it. ``workflows`` and ``segments`` have the object of each by number,
    and of segments only those that are static; ``living`` gives the numbers of all, for filters that ask for one.
    """

    objects: Callable[[str], ObjectType]
    users: Collection[int] | None = None
    teams: Collection[int] | None = None
    workflows: Mapping[int, str] | None = None
    segments: Mapping[int, str] | None = None
    networks: Sequence[Network] | None = None
    living: Callable[[], Collection[int]] | None = None


class Sheet:
    """One JSON object at a place of a definition, read key by key."""

    def __init__(
        self, problems: list[Problem], known: Known, place: str, data: object, keys: Collection[str]
    ) -> None:
        self.problems, self.known, self.place = problems, known, place
        self.body: Mapping[str, Any] = {}
        if not isinstance(data, Mapping):
            self.wrong("", data, f"Give an object with the keys {', '.join(sorted(keys))}.")
            return
        self.body = cast("Mapping[str, Any]", data)
        for key in self.body:
            if key not in keys:
                self.wrong("", key, suggestion(str(key), keys))

    def wrong(self, key: str, value: object, remedy: str) -> None:
        """Note a mistake."""
        shown = str(value)
        place = f"{self.place}, {key}" if key else self.place
        self.problems.append(Problem(place, shown if len(shown) <= 80 else f"{shown[:77]}...", remedy))

    def inner(self, key: str, data: object, keys: Collection[str]) -> Sheet:
        """An object inside this one."""
        return Sheet(self.problems, self.known, f"{self.place}, {key}" if key else self.place, data, keys)

    def text(self, key: str, *, most: int = 200, needed: bool = True) -> str:
        """A text of one character or more."""
        given = self.body.get(key, "")
        if not isinstance(given, str) or "\x00" in given or len(given) > most:
            self.wrong(key, given, f"Give a text of at most {most:,} characters.")
            return ""
        if needed and not given.strip():
            self.wrong(key, "nothing", "Give a text.")
        return given.strip()

    def words(self, key: str, obj: ObjectType, *, most: int, needed: bool = True) -> str:
        """A text with placeholders."""
        found = self.text(key, most=most, needed=needed)
        problem = problem_in(found, obj, self.known.objects)
        if problem is not None:
            self.wrong(key, *problem)
        return found

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number within bounds."""
        given = self.body.get(key, default)
        if isinstance(given, bool) or not isinstance(given, int) or not low <= given <= high:
            self.wrong(
                key, "nothing" if given is None else given, f"Give a whole number from {low} to {high:,}."
            )
            return low
        return given

    def number(self, key: str) -> int:
        """The number of a record: a whole number, or its digits."""
        given = self.body.get(key)
        if isinstance(given, str) and given.isdecimal() and len(given) < 19:
            given = int(given)
        if isinstance(given, bool) or not isinstance(given, int) or given < 1:
            self.wrong(key, "nothing" if given is None else given, "Give its number.")
            return 0
        return given

    def choice(self, key: str, options: Sequence[str], default: str | None = None) -> str:
        """One of some words."""
        given = self.body.get(key, default)
        if given not in options:
            self.wrong(key, "nothing" if given is None else given, f"Give {' or '.join(options)}.")
            return options[0]
        return str(given)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """True or false."""
        given = self.body.get(key, default)
        if not isinstance(given, bool):
            self.wrong(key, given, "Give true or false.")
            return default
        return given

    def time(self, key: str, default: str | None = None) -> time:
        """A time of day, as 09:30."""
        given = self.body.get(key, default)
        try:
            if not isinstance(given, str) or len(given) != len("09:30"):
                raise ValueError(given)
            found = time.fromisoformat(given)
            if found.tzinfo is not None:
                raise ValueError(given)
            return found
        except ValueError:
            self.wrong(key, "nothing" if given is None else given, "Give a time of day such as 09:30.")
            return time(9)

    def day(self, key: str) -> date:
        """A day, as 2026-03-01."""
        given = self.body.get(key)
        try:
            return date.fromisoformat(str(given))
        except ValueError:
            self.wrong(key, given, "Give a day such as 2026-03-01.")
            return date(2000, 1, 1)

    def list(self, key: str, *, most: int, needed: bool = False) -> Sequence[Any]:
        """A list."""
        given = self.body.get(key, [])
        if not isinstance(given, list):
            self.wrong(key, given, "Give a list.")
            return ()
        found = cast("Sequence[Any]", given)
        if len(found) > most or (needed and not found):
            self.wrong(key, f"{len(found)} of them", f"Give {'1 to ' if needed else 'at most '}{most}.")
        return found[:most]

    def weekdays(self, key: str) -> frozenset[int]:
        """Days of the week, 1 (Monday) to 7; all when they are not given."""
        given = self.list(key, most=7) or sorted(EVERY_DAY)
        days = frozenset(each for each in given if isinstance(each, int) and each in EVERY_DAY)
        if len(days) != len(given):
            self.wrong(key, given, "Give days of the week from 1, Monday, to 7, Sunday, each once.")
        return days or EVERY_DAY

    def window(self, key: str) -> Window | None:
        """Hours of some days of the week; None when they are not given."""
        if self.body.get(key) is None:
            return None
        sheet = self.inner(key, self.body[key], {"days", "from", "to"})
        begins, ends = sheet.time("from", "08:00"), sheet.time("to", "16:00")
        if begins >= ends:
            sheet.wrong("to", f"{ends:%H:%M}", f"Give a time after {begins:%H:%M}, on the same day.")
        return Window(sheet.weekdays("days"), begins, ends)

    def filter(self, key: str, obj: ObjectType, *, needed: bool = False) -> Filter | None:
        """A filter; None when it is not given."""
        given = self.body.get(key)
        if given is None:
            if needed:
                self.wrong(key, "nothing", 'Give a filter such as {"groups": [[{"property": ...}]]}.')
            return None
        try:
            found = parse(obj, given, LIMITS)
        except FilterError as error:
            for problem in error.problems:
                self.wrong(f"{key}, {problem.place}", problem.value, problem.remedy)
            return None
        if needed and not found.groups:
            self.wrong(key, "no conditions", "Give at least one condition.")
        self._ask_for_living(key, found)
        return found

    def _ask_for_living(self, key: str, found: Filter) -> None:
        """A deleted segment has no members: who was kept out by it would come in, and all who are not in it."""
        asked = segments_in(found)
        if asked and self.known.living is not None:
            for gone in sorted(asked - frozenset(self.known.living())):
                self.wrong(key, f"segment {gone}", "It was deleted: restore it, or ask for another one.")

    def property(self, key: str, obj: ObjectType, given: object = None) -> Property | None:
        """A property of an object, by name."""
        name = self.body.get(key) if given is None else given
        try:
            return get_property(obj, str(name))
        except UnknownName as unknown:
            self.wrong(key, "nothing" if name is None else name, str(unknown))
            return None
