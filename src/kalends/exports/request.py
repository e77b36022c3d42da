"""What somebody asks for: which records, in which order, which columns, and what kind of file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from kalends.catalog.model import ObjectType, Sort
from kalends.query import Filter, Limits, Words, parse
from kalends.query.tied_names import tied_object

Format = Literal["csv", "xlsx", "xls"]
Language = Literal["en", "nb", "fi"]
Scope = Literal["view", "properties", "everything"]

FORMATS: tuple[Format, ...] = ("csv", "xlsx", "xls")
LANGUAGES: tuple[Language, ...] = ("en", "nb", "fi")
"""Languages of column headers: those of the catalogue. Nobody vouches for six hundred headers in any other."""
SCOPES: tuple[Scope, ...] = ("view", "properties", "everything")

COLUMNS_MAX = {"csv": 1_600, "xlsx": 1_600, "xls": 256}
"""What one row of a file can hold; 1,600 is what one of PostgreSQL's can."""
ROWS_MAX: Mapping[Format, int] = {"csv": 1_000_000, "xlsx": 1_000_000, "xls": 65_535}
"""After how many records a further file begins."""
TIED_MAX = 1_000
"""How many associated records a column names, unless all are asked for."""

_TOGETHER = Limits(groups=100, conditions=2_000)
"""A filter is held to limits where somebody gives it; here quick filters, a day and ticked records have come to it."""


class WrongRequest(ValueError):
    """An export that cannot be made as it was asked for; ``reason`` is for pages that say it in other words."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An export as it is asked for.

    ``groups`` is the filter's JSON, ``sort`` a property with ``-`` in front for descending (empty: the object's own
    order). ``columns`` are properties and ``ties`` associated objects of the scope ``view``; others name none. Ties
    stand behind the properties, unless their word (``associated.contact``) is among the columns.
    ``mark`` begins a CSV file with the mark by which Excel knows UTF-8. ``internal_names`` and ``internal_values``
    write what programs call properties and options. ``all_tied`` names all associated records, not a thousand.
    ``newest`` is in how many records a large list looked for the words of ``search``.

    >>> asked = Request(object="contact", columns=("email",), format="xlsx")
    >>> Request.read(asked.stored()) == asked
    True
    """

    object: str
    groups: tuple[Any, ...] = ()
    search: str = ""
    newest: int | None = None
    sort: str = ""
    columns: tuple[str, ...] = ()
    ties: tuple[str, ...] = ()
    format: Format = "csv"
    language: Language = "en"
    scope: Scope = "view"
    all_tied: bool = False
    all_emails: bool = False
    all_domains: bool = False
    mark: bool = False
    internal_names: bool = False
    internal_values: bool = False

    def stored(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Request:
        """What the JSON form holds."""
        given: dict[str, Any] = {each.name: stored[each.name] for each in fields(cls) if each.name in stored}
        for name, value in given.items():
            if isinstance(value, list):
                given[name] = tuple(value)
        return cls(**given)

    def filter(self, obj: ObjectType) -> Filter:
        """The filter as the object is today. Raises :class:`~kalends.query.FilterError`."""
        return parse(obj, {"groups": list(self.groups)}, _TOGETHER)

    @property
    def words(self) -> Words | None:
        """What is looked for in the records, as the list did."""
        return Words(self.search, self.newest) if self.search else None

    def order(self, obj: ObjectType) -> Sort:
        """The order asked for, else the object's own; a property that is gone orders nothing."""
        name = self.sort.removeprefix("-")
        return Sort(name, self.sort.startswith("-")) if name in obj.by_name else obj.default_sort


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an export has come: records written of how many (``None`` while they are counted)."""

    rows: int
    total: int | None = None


def check(asked: Request, obj: ObjectType) -> None:
    """Refuse what no file can be made of. Raises :class:`WrongRequest` and :class:`~kalends.query.FilterError`."""
    for name, value, known in (
        ("format", asked.format, FORMATS),
        ("language", asked.language, LANGUAGES),
        ("scope", asked.scope, SCOPES),
    ):
        if value not in known:
            raise WrongRequest(name, f"{name} {value!r}: there are {', '.join(known)}.")
    if asked.all_tied and asked.format != "csv":
        raise WrongRequest(
            "all_tied", "All associated records fit into CSV files only: choose CSV, or up to 1,000."
        )
    unknown = [
        name for name in asked.columns if name not in obj.by_name and tied_object(name) not in asked.ties
    ]
    if unknown:
        raise WrongRequest("columns", f"The {obj.singular_label.en.lower()} has no property {unknown[0]!r}.")
    loose = [name for name in asked.ties if obj.association(name) is None]
    if loose:
        raise WrongRequest(
            "ties", f"A {obj.singular_label.en.lower()} is never associated with {loose[0]!r}."
        )
    asked.filter(obj)
