"""A pattern of ``re`` as an automaton, and the two shapes in it that take long.

The automaton is Glushkov's: a state for each sign of the pattern, and a step from each to whatever sign may come next.
Steps are kept as often as there are ways to take them, since Python tries each of these ways.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import permutations, product
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_SAMPLE = (
    "".join(map(chr, range(9, 14)))
    + "".join(map(chr, range(32, 127)))
    + "\x00\xa0\u202fæØ中٣\u00a1\uffff\ud800"
)
_ENDLESS = 1_000
"""A repetition of more than this is one without end: below it, the square of a length is nothing to wait for."""


@dataclass(slots=True)
class _Part:
    """A piece of a pattern: the states it may begin and end with, once for each way, and whether it may be empty."""

    first: list[int]
    last: list[int]
    empty: bool


@dataclass(slots=True)
class Automaton:
    """``reads`` has the signs that each state reads; ``steps`` how many ways lead from one to another."""

    reads: list[frozenset[str]] = field(default_factory=list[frozenset[str]])
    steps: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))

    def exponential(self) -> bool:
        """Whether some text can be read in two ways by the same loop."""
        return any(self._is_ambiguous(loop) for loop in self._loops())

    def _loops(self) -> list[set[int]]:
        """The states that lead back to themselves, by the loop they are in."""
        found: list[set[int]] = []
        for state in range(len(self.reads)):
            if not any(state in loop for loop in found):
                forward = _reached(self.steps, state)
                if state in forward:
                    found.append({each for each in forward if state in _reached(self.steps, each)})
        return found

    def _is_ambiguous(self, loop: set[int]) -> bool:
        """Whether two ways part somewhere in a loop, read the same, and meet where they parted."""
        steps = {one: [each for each in self.steps[one] if each in loop] for one in loop}
        ahead = {
            (one, other): [
                (a, b) for a, b in product(steps[one], steps[other]) if self.reads[a] & self.reads[b]
            ]
            for one, other in product(loop, loop)
        }
        if any(self.steps[one][each] > 1 for one in loop for each in steps[one]):
            return True
        for one in loop:
            parted = {pair for pair in _reached(ahead, (one, one)) if pair[0] != pair[1]}
            if any((one, one) in _reached(ahead, pair) for pair in parted):
                return True
        return False

    def quadratic(self) -> bool:
        """Whether there are two loops in a row of which both, and the way between them, can read the same text."""
        return any(
            self._hands_over(one, other)
            for first, second in permutations(self._loops(), 2)
            if next(iter(second)) in _reached(self.steps, next(iter(first)))
            for one, other in product(first, second)
        )

    def _hands_over(self, one: int, other: int) -> bool:
        seen, ahead = set[tuple[int, int, int]](), [(one, one, other)]
        while ahead:
            a, b, c = ahead.pop()
            for x, y, z in product(self.steps[a], self.steps[b], self.steps[c]):
                if (x, y, z) not in seen and self.reads[x] & self.reads[y] & self.reads[z]:
                    if (x, y, z) == (one, other, other):
                        return True
                    seen.add((x, y, z))
                    ahead.append((x, y, z))
        return False


def _reached(ahead: Any, start: Any) -> set[Any]:
    """Where one or more steps lead."""
    seen, todo = set[Any](), [start]
    while todo:
        for each in ahead[todo.pop()]:
            if each not in seen:
                seen.add(each)
                todo.append(each)
    return seen


def automaton_of(pattern: str, flags: int = 0, *, endless: int = 4) -> Automaton:
    """The automaton of a pattern; a repetition of more than ``endless`` is taken for one without end."""
    made = Automaton()
    _build(made, parser.parse(pattern, flags), flags, endless)
    return made


def quadratic_automaton_of(pattern: str, flags: int = 0) -> Automaton:
    """The same, where long repetitions that have an end are none: they cost their own length, however long the text."""
    return automaton_of(pattern, flags, endless=_ENDLESS)


def _build(made: Automaton, parsed: Any, flags: int, endless: int) -> _Part:
    whole = _Part([], [], empty=True)
    for code, argument in parsed:
        whole = _joined(made, whole, _piece(made, code, argument, flags, endless))
    return whole


def _joined(made: Automaton, one: _Part, other: _Part) -> _Part:
    for a, b in product(one.last, other.first):
        made.steps[a][b] += 1
    return _Part(
        one.first + (other.first if one.empty else []),
        other.last + (one.last if other.empty else []),
        one.empty and other.empty,
    )


def _piece(made: Automaton, code: Any, argument: Any, flags: int, endless: int) -> _Part:
    match code:
        case codes.SUBPATTERN:
            return _build(made, argument[-1], flags, endless)
        case codes.BRANCH:
            ways = [_build(made, each, flags, endless) for each in argument[1]]
            return _Part(
                [state for way in ways for state in way.first],
                [state for way in ways for state in way.last],
                any(way.empty for way in ways),
            )
        case codes.MAX_REPEAT | codes.MIN_REPEAT | codes.POSSESSIVE_REPEAT:
            return _repeated(made, *argument, flags, endless)
        case codes.AT | codes.ASSERT | codes.ASSERT_NOT:
            return _Part([], [], empty=True)
        case codes.ATOMIC_GROUP:
            return _build(made, argument, flags, endless)
        case codes.GROUPREF | codes.GROUPREF_EXISTS:
            raise ValueError("a pattern that looks back is no automaton: write it without")
        case _:
            made.reads.append(_signs(code, argument, flags))
            state = len(made.reads) - 1
            return _Part([state], [state], empty=False)


def _repeated(made: Automaton, least: int, most: int, inner: Any, flags: int, endless: int) -> _Part:
    whole = _Part([], [], empty=True)
    for _ in range(min(least, 2)):
        whole = _joined(made, whole, _build(made, inner, flags, endless))
    if most <= least:
        return whole
    if most > endless:
        again = _build(made, inner, flags, endless)
        for a, b in product(again.last, again.first):
            made.steps[a][b] += 1
        again.empty = True
        return _joined(made, whole, again)
    return _joined(made, whole, _up_to(made, min(most - least, 4), inner, flags, endless))


def _up_to(made: Automaton, most: int, inner: Any, flags: int, endless: int) -> _Part:
    """None to ``most`` of a part, the next only behind the one before, so that no text has two ways."""
    once = _build(made, inner, flags, endless)
    if most > 1:
        more = _up_to(made, most - 1, inner, flags, endless)
        once = _joined(made, once, more)
    once.empty = True
    return once


def _signs(code: Any, argument: Any, flags: int) -> frozenset[str]:
    """The signs of a sample that one sign of a pattern reads; the sample has those that the pattern names as well."""
    one = re.compile(_written(code, argument), flags & (re.IGNORECASE | re.ASCII | re.DOTALL))
    named = "".join(_named(code, argument))
    return frozenset(each for each in _SAMPLE + named if one.fullmatch(each))


def _named(code: Any, argument: Any) -> list[str]:
    match code:
        case codes.LITERAL | codes.NOT_LITERAL:
            return [chr(argument)]
        case codes.RANGE:
            return [chr(argument[0]), chr(argument[1])]
        case codes.IN:
            return [sign for each in argument for sign in _named(*each)]
        case _:
            return []


_CATEGORIES = {
    codes.CATEGORY_DIGIT: r"\d", codes.CATEGORY_NOT_DIGIT: r"\D", codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_NOT_SPACE: r"\S", codes.CATEGORY_WORD: r"\w", codes.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip


def _written(code: Any, argument: Any) -> str:
    match code:
        case codes.LITERAL:
            return re.escape(chr(argument))
        case codes.NOT_LITERAL:
            return f"[^{re.escape(chr(argument))}]"
        case codes.ANY:
            return "."
        case codes.RANGE:
            return f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}"
        case codes.CATEGORY:
            return _CATEGORIES[argument]
        case codes.IN:
            inner = "".join("^" if each == codes.NEGATE else _written(each, rest) for each, rest in argument)
            return f"[{inner}]"
    raise ValueError(f"{code} is not foreseen")
