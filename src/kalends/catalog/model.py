"""The shape of a catalogue entry: a property, an object type, a tie between two objects.

Values live in tables of the business floor, which the catalogue names in SQL and never imports. A template is a
piece of SQL in which the compiler (:mod:`kalends.query`) fills these places, and nothing else:

==============  ======================================================================
``{t}``         the alias of the object's table
``{account}``   the account's id
``{today}``     today's date in the account's time zone
``{now}``       the present instant
``{zone}``      the name of the account's time zone
``{name}``      the property's own name, as a value (custom properties)
==============  ======================================================================

A per cent sign in a template is written twice, as the database driver wants it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, NamedTuple

PropertyType = Literal["string", "number", "money", "date", "datetime", "enumeration", "bool", "phone_number"]
Writer = Literal["user", "create", "import", "api"]
OptionSource = Literal[
    "owners",
    "teams",
    "currencies",
    "locales",
    "time_zones",
    "tax_rates",
    "industries",
    "folders",
    "free",
    "deal_pipelines",
    "deal_stages",
]

EDITABLE: tuple[Writer, ...] = ("user", "create", "import", "api")
"""Staff, imports and programs may change it at any time."""
AT_CREATION: tuple[Writer, ...] = ("create", "import", "api")
"""Given when the record is made, then fixed (or changed by an operation of its own, such as a new due date)."""
IMPORTED: tuple[Writer, ...] = ("import",)
"""Only brought over from another system."""
KEPT: tuple[Writer, ...] = ()
"""Kalends alone writes it."""


class Text(NamedTuple):
    """A wording in the three languages of the product."""

    en: str
    no: str
    fi: str

    def in_language(self, language: str) -> str:
        """The wording for a language code, English for a language that is not offered.

        >>> Text("Name", "Navn", "Nimi").in_language("nb"), Text("Name", "Navn", "Nimi").in_language("de")
        ('Navn', 'Name')
        """
        tag = language.replace("_", "-").split("-")[0].lower()
        if tag in ("no", "nb", "nn"):
            return self.no
        return self.fi if tag == "fi" else self.en


class Option(NamedTuple):
    """One value that an enumeration may have; its place in the property's tuple is its order."""

    value: str
    label: Text


class Label(NamedTuple):
    """A further kind of a tie between two objects, beside the plain one: ``type_id`` is HubSpot's number for it."""

    type_id: int
    text: str


class Group(NamedTuple):
    """A card of properties on a record page."""

    name: str
    label: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One property of an object, declared once for API, pages, filters, exports and imports.

    ``sql`` is the template that reads the value: text, numeric (money in **major** units, exact), date,
    timestamptz, boolean, or text[] when ``multiple``. ``column`` names the plain column where writers put the
    value; a money column with ``minor=True`` holds minor units of ``currency`` (a template too). ``required`` says
    that no record is without it. ``api_type`` is HubSpot's type where it differs from ours.
    """

    name: str
    label: Text
    type: PropertyType
    sql: str
    column: str | None = None
    group: Group
    description: str = ""
    field_type: str
    options: tuple[Option, ...] = ()
    options_from: OptionSource | None = None
    multiple: bool = False
    currency: str | None = None
    minor: bool = False
    writable_by: tuple[Writer, ...] = KEPT
    computed: bool = False
    formula: str = ""
    required: bool = False
    unique: bool = False
    reporting_only: bool = False
    custom: bool = False
    api_type: str = ""

    def __post_init__(self) -> None:
        if (self.type == "money") != (self.currency is not None):
            raise ValueError(f"Property {self.name!r}: money, and only money, names its currency.")
        if self.multiple and self.type != "enumeration":
            raise ValueError(f"Property {self.name!r}: only an enumeration can have several values.")
        if self.type == "enumeration" and not (self.options or self.options_from):
            raise ValueError(
                f"Property {self.name!r}: an enumeration needs options, or says where they come from."
            )

    @property
    def journal_name(self) -> str:
        """Under which name the journal of events has the changes; none for what is worked out and kept nowhere."""
        return f"custom.{self.name}" if self.custom else self.column or ""

    @property
    def is_text(self) -> bool:
        """Whether the value is free text."""
        return self.type in ("string", "phone_number")

    @property
    def is_number(self) -> bool:
        """Whether the value is a number: a plain one or an amount of money."""
        return self.type in ("number", "money")

    @property
    def is_time(self) -> bool:
        """Whether the value is a date or an instant."""
        return self.type in ("date", "datetime")

    def option_label(self, value: str, language: str) -> str:
        """What people read for an option's value; the value itself where the option is not one of ours."""
        found = next((option for option in self.options if option.value == value), None)
        return found.label.in_language(language) if found else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """How records of one object are tied to records of another, as seen from the first.

    ``type_id`` is HubSpot's number for this direction, ``primary_type_id`` the one that a primary tie has besides;
    ``labels`` are the other kinds that it may have besides.
    The tie is told by a column of this object's table (``column``), by a column of the other's
    (``their_column``), by the other's ``parent_type`` and ``parent_id`` (``is_parent``; ``is_child`` the other way
    round), by rows of the table ``association`` (``stored``), or by a column and by rows. Between records of one object
    both directions are the same tie: it has the column from both ends, and the labels of both.
    """

    to: str
    type_id: int
    primary_type_id: int | None = None
    column: str | None = None
    their_column: str | None = None
    is_parent: bool = False
    is_child: bool = False
    stored: bool = False
    labels: tuple[Label, ...] = ()


class Sort(NamedTuple):
    """One property to sort by."""

    property: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectType:
    """One kind of record.

    ``display`` is the template of a record's name. ``search`` holds conditions with the place ``{pattern}``, a
    lower-case LIKE pattern: a record is found when one of them holds; ``found_by_beginning`` are columns with an index
    by which it is found in a table of any size, ``found_with`` those that name another record with which it is found,
    each with that one's object. ``indexed_together`` are a choice and a time that one index holds, in
    this order. ``required_at_creation`` names what a new
    record must have, ``one_required_at_creation`` what it must have at least one of. ``pipeline`` and ``stage`` name
    the properties that say where a record stands in a pipeline, if its kind has pipelines. ``api_singular`` is
    HubSpot's name for one record where it differs from ours. Who may see only some people's records sees those that
    they own, and those tied to a record that they own of the objects ``kept_with``; what is ``part_of`` objects is seen
    with the record of them that it is tied to. ``as_in_account`` tells how the account for which this object was read
    has another one, by its name; without it objects are as they are declared.
    """

    name: str
    plural: str
    type_id: str
    singular_label: Text
    plural_label: Text
    table: str
    properties: tuple[Property, ...]
    display: str
    search: tuple[str, ...]
    default_columns: tuple[str, ...]
    default_sort: Sort
    created: str
    modified: str
    found_by_beginning: tuple[str, ...] = ()
    found_with: tuple[tuple[str, str], ...] = ()
    indexed_together: tuple[str, str] | None = None
    api_defaults: tuple[str, ...] = ()
    required_at_creation: tuple[str, ...] = ()
    one_required_at_creation: tuple[str, ...] = ()
    pipeline: str = ""
    stage: str = ""
    api_singular: str = ""
    associations: tuple[Association, ...] = ()
    kept_with: tuple[str, ...] = ()
    part_of: tuple[str, ...] = ()
    as_in_account: Callable[[str], ObjectType] | None = field(default=None, repr=False, compare=False)
    by_name: Mapping[str, Property] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name = {each.name: each for each in self.properties}
        if len(by_name) != len(self.properties):
            raise ValueError(f"Object {self.name!r} declares a property twice.")
        object.__setattr__(self, "by_name", MappingProxyType(by_name))
        named = (
            *self.default_columns,
            *self.api_defaults,
            *self.required_at_creation,
            *self.one_required_at_creation,
            *filter(None, (self.pipeline, self.stage)),
            self.created,
            self.modified,
            self.default_sort.property,
        )
        missing = [name for name in named if name not in by_name]
        if missing:
            raise ValueError(f"Object {self.name!r} names properties that it does not have: {missing}.")

    def with_custom(self, properties: tuple[Property, ...]) -> ObjectType:
        """This object with an account's own properties added."""
        return replace(self, properties=(*self.properties, *properties))

    @property
    def api_name(self) -> str:
        """HubSpot's name for one record: ``commerce_payment`` for a payment."""
        return self.api_singular or self.name

    def association(self, to: str) -> Association | None:
        """The tie to another object, if there is one."""
        return next((each for each in self.associations if each.to == to), None)
