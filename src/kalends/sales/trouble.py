"""What is wrong with something that was asked for: the place, the value, and what would be right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Trouble(NamedTuple):
    """One thing that is wrong. ``code`` is for pages, which have words of their own in each language.

    ``place`` is a name such as ``email``, ``billing.zip``, ``quantity:812`` or ``line 2, unit price``; ``bound`` is the
    bound that a value is below or above; ``text`` is a sentence in English with the remedy.
    """

    place: str
    code: str
    value: str
    text: str
    bound: str | None = None


class Refused(ValueError):
    """What was asked for cannot be done, with everything that is wrong in it; nothing was changed."""

    def __init__(self, troubles: Sequence[Trouble]) -> None:
        super().__init__(
            "\n".join(
                f"{each.place}{f' ({each.value})' if each.value else ''}: {each.text}" for each in troubles
            )
        )
        self.troubles = tuple(troubles)


class Closed(Exception):
    """Nobody can buy here any more: ``because`` is ``inactive``, ``expired``, ``used`` or ``archived``."""

    def __init__(self, because: str) -> None:
        super().__init__(because)
        self.because = because


class NotOpen(Exception):
    """The checkout is being paid, or was paid: nothing of it can be changed. ``status`` says which."""

    def __init__(self, status: str) -> None:
        super().__init__(f"The checkout is {status}.")
        self.status = status
