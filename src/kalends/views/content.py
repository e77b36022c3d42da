"""What a view shows: its filter, its quick filters, its columns and its order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

WIDTH_MIN, WIDTH_MAX = 60, 800
FROZEN_MAX = 3
COLUMNS_MAX = 60


class ColumnChoice(NamedTuple):
    """A property, or an object whose tied records are shown (``associated.contact``); and how wide the column is.

    The width is in pixels; 0 is as wide as the values ask for.
    """

    name: str
    width: int = 0


@dataclass(frozen=True, slots=True)
class Content:
    """What a view keeps. Search, page and rows per page belong to the moment and are not kept.

    ``groups`` is the list of groups of a filter's JSON (:mod:`kalends.query.parse`), ``quick`` the values of the quick
    filters by their words, ``columns`` empty for the object's own, ``frozen`` how many of them stay in sight, from 0
    to 3, and ``sort`` a property's name, with ``-`` in front for descending, or empty for the object's own order.

    >>> kept = Content(quick={"status": ("active",)}, columns=(ColumnChoice("hs_name", 240),), sort="-hs_mrr")
    >>> Content.read(kept.stored()) == kept
    True
    """

    groups: tuple[Any, ...] = ()
    quick: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    columns: tuple[ColumnChoice, ...] = ()
    frozen: int = 1
    sort: str = ""

    def stored(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "filter": {"groups": list(self.groups)},
            "quick": {word: list(values) for word, values in self.quick.items()},
            "columns": [{"name": each.name, "width": each.width} for each in self.columns],
            "frozen": self.frozen,
            "sort": self.sort,
        }

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Content:
        """What the JSON form holds."""
        quick = cast("Mapping[str, Sequence[str]]", stored.get("quick", {}))
        return cls(
            groups=tuple(stored.get("filter", {}).get("groups", ())),
            quick={word: tuple(values) for word, values in quick.items()},
            columns=tuple(ColumnChoice(each["name"], each["width"]) for each in stored.get("columns", ())),
            frozen=stored.get("frozen", 1),
            sort=stored.get("sort", ""),
        )


def fitting_width(width: int) -> int:
    """A width that a column can have; 0 stays 0.

    >>> fitting_width(0), fitting_width(12), fitting_width(240), fitting_width(9999)
    (0, 60, 240, 800)
    """
    return min(max(width, WIDTH_MIN), WIDTH_MAX) if width else 0
