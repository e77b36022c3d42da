"""A setting: a field of a dataclass that knows what it means, what it may be, and how people write it."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from types import MappingProxyType
from typing import Any

from kalends.catalog.values import is_storable

_KEY = "setting"
_YES, _NO = ("on", "yes", "true", "1"), ("off", "no", "false", "0")


class InvalidSetting(ValueError):
    """A value that a setting cannot have; the message names the setting, the value and what is allowed."""


class UnknownSetting(LookupError):
    """There is no setting of this name; the message names those that there are."""


def _fits_all(value: Any) -> bool:  # noqa: ARG001
    return True


@dataclass(frozen=True, slots=True)
class Rule:
    """What a setting means, in a line, and what it may be. ``allowed`` says the latter in words.

    ``fits`` is asked of a value that has the type of the default. ``by_hand`` is False for what is not typed in.
    ``least``, ``most`` and ``choices`` are for forms, which say them in the reader's language.
    """

    meaning: str
    allowed: str
    default: Any
    fits: Callable[[Any], bool] = _fits_all
    by_hand: bool = True
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()

    def read(self, name: str, text: str) -> Any:
        """The value that people write so. Raises ``InvalidSetting``.

        >>> Rule("When.", "a whole number", 7).read("billing_hour", " 8 ")
        8
        >>> Rule("When.", "whole numbers", (1,)).read("retry_days", "1, 3 5")
        (1, 3, 5)
        """
        try:
            value = _read(text.strip(), self.default)
        except ValueError:
            raise self._wrong(name, text) from None
        self.check(name, value)
        return value

    def check(self, name: str, value: Any) -> None:
        """Raises ``InvalidSetting`` unless the setting may have this value."""
        if type(value) is not type(self.default) or not _is_text_of(value) or not self.fits(value):
            raise self._wrong(name, value)

    def _wrong(self, name: str, value: Any) -> InvalidSetting:
        return InvalidSetting(f"The setting {name} cannot be {written(value)!r}; it may be {self.allowed}.")


def setting(
    default: Any,
    meaning: str,
    *,
    allowed: str = "",
    least: int | None = None,
    most: int | None = None,
    choices: tuple[str, ...] = (),
    fits: Callable[[Any], bool] = _fits_all,
    by_hand: bool = True,
) -> Any:
    """A dataclass field that is a setting. Numbers have a least and a most, words may be a choice; ``fits`` (with
    ``allowed``, which says it in words) is for what is neither."""

    def fits_everything(value: Any) -> bool:
        in_range = (least is None or value >= least) and (most is None or value <= most)
        return in_range and _chosen(value, choices) and fits(value)

    words = allowed or _allowed(default, least, most, choices)
    rule = Rule(meaning, words, default, fits_everything, by_hand, least, most, choices)
    return field(default=default, metadata={_KEY: rule})


def _is_text_of(value: Any) -> bool:
    """Whether everything in it that is text can be stored."""
    parts: tuple[Any, ...] = value if isinstance(value, tuple) else (value,)
    return all(is_storable(part) for part in parts if isinstance(part, str))


def _chosen(value: Any, choices: tuple[str, ...]) -> bool:
    """Whether it is one of the choices; of several values, whether each is, at least one, and none twice."""
    if not choices or not isinstance(value, tuple):
        return not choices or value in choices
    return bool(value) and set(value) <= set(choices) and len(set(value)) == len(value)


def rules_of(kind: type) -> Mapping[str, Rule]:
    """The settings of a dataclass by name. One that says nothing of itself is still read and checked by its type."""
    return MappingProxyType({item.name: _rule(item) for item in fields(kind)})


def written(value: Any) -> str:
    """A value as people write it.

    >>> written((1, 3, 5)), written(True), written("INV-"), written(7)
    ('1, 3, 5', 'on', 'INV-', '7')
    """
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def rises(days: tuple[int, ...]) -> bool:
    """Whether each is larger than the one before.

    >>> rises((1, 3, 5)), rises((1, 1)), rises(())
    (True, False, True)
    """
    return all(before < after for before, after in itertools.pairwise(days))


def _rule(item: Field[Any]) -> Rule:
    known = item.metadata.get(_KEY)
    if known is not None:
        return known
    default = item.default_factory() if item.default_factory is not MISSING else item.default
    return Rule(item.name.replace("_", " ").capitalize() + ".", _allowed(default, None, None, ()), default)


def _allowed(default: Any, least: int | None, most: int | None, choices: tuple[str, ...]) -> str:
    if choices:
        several = isinstance(default, tuple)
        return f"one or more of {', '.join(choices)}" if several else " or ".join(choices)
    if isinstance(default, bool):
        return "on or off"
    if isinstance(default, int):
        bounds = {
            (False, False): "a whole number",
            (True, False): f"a whole number from {least} on",
            (False, True): f"a whole number up to {most}",
            (True, True): f"a whole number from {least} to {most}",
        }
        return bounds[least is not None, most is not None]
    return "whole numbers, with commas between" if isinstance(default, tuple) else "words"


def _read(text: str, default: Any) -> Any:
    """Text as a value of the default's type. Raises ``ValueError``."""
    if isinstance(default, bool):
        if text.lower() not in (*_YES, *_NO):
            raise ValueError(text)
        return text.lower() in _YES
    if isinstance(default, int):
        return _whole(text)
    if isinstance(default, tuple):
        parts = text.replace(",", " ").split()
        words = bool(default) and isinstance(default[0], str)
        return tuple(parts) if words else tuple(map(_whole, parts))
    return text


def _whole(text: str) -> int:
    if not text.isascii():
        raise ValueError(text)
    return int(text)
