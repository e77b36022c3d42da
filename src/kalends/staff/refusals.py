"""What services refuse, in the language of the page.

Services say why in English, for commands and programs. The pages say it in their own words where there are any, by the
class of the refusal; :func:`worded` registers them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

log = logging.getLogger(__name__)

_WORDS: dict[type[Exception], tuple[str, Callable[[Any], str]]] = {}


class Refused(Exception):
    """Something that cannot be done, in a sentence for the form; ``field`` is where it belongs, if anywhere."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field

    @classmethod
    def told_by(cls, problem: Exception) -> Refused:
        """What a service refused. Raises the problem itself where it is a mistake in the program."""
        for kind in type(problem).__mro__:
            if kind in _WORDS:
                field, words = _WORDS[kind]
                return cls(words(problem), field)
        if not type(problem).__module__.startswith("kalends."):
            raise problem
        return cls(str(problem))

    @classmethod
    def sent_before(cls) -> Refused:
        """The same form was sent before with other values."""
        return cls(_("This form was sent before with other values, and that was done. Load the page again."))

    @classmethod
    def by_database(cls, problem: Exception) -> Refused:
        """A value that only the database could see was wrong."""
        log.warning("the database refused a value: %s", problem)
        return cls(_("A value does not fit, or belongs to another record already. Nothing was changed."))


def worded(kind: type[Exception], words: Callable[[Any], str], field: str = "") -> None:
    """Say how pages tell a refusal of this class, and at which field of a form."""
    _WORDS[kind] = (field, words)
