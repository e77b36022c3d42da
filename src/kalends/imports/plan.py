"""How a file is read into records: which column is what, what a record is known by, and how values are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, NamedTuple

from kalends.catalog.model import ObjectType, Property
from kalends.catalog.registry import get_object
from kalends.crm.rules import rules_of
from kalends.imports.sheets import Shape

Mode = Literal["both", "create", "update"]
MODES: tuple[Mode, ...] = ("both", "create", "update")
KEY = ":key"
"""The column that holds what another system calls the record."""
GOING_ON = ":going_on"
"""The column that says whether a subscription goes on: those that ended are left out."""
RECORD_ID = "hs_object_id"
DATE_FORMATS = ("YYYY-MM-DD", "DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY")
DECIMALS = (".", ",")
IMPORTABLE = (
    "contact",
    "company",
    "deal",
    "product",
    "subscription",
    "line_item",
    "invoice",
    "payment",
)
"""What can be imported, in the order in which a business is moved. Quotes and payment links are made here."""
NOT_IMPORTED: Mapping[str, frozenset[str]] = {
    "subscription": frozenset({"hs_invoice_creation"}),
    "invoice": frozenset({"hs_invoice_status"}),
}
"""What would act: billing is switched on by the release alone, and invoices are issued by people."""
_TIED_BY = {"contact": ("email",), "company": ("domain", "name")}


class WrongPlan(ValueError):
    """A plan that cannot be followed; ``reason`` is for pages that say it in other words."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Target(NamedTuple):
    """What a column becomes: ``kind`` says of which sort, ``name`` the property, ``to`` the tied object."""

    kind: Literal["property", "key", "going_on", "tie", "line"]
    name: str
    to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a file is read.

    ``targets`` has an entry for each column: a property's name, ``:key``, ``tie:contact:email``, ``line:price`` (of a
    line item that the row makes with its record), or nothing. ``identify`` is a property, ``:key`` or nothing, when
    each row is a new record. ``source`` is what the headings looked like: of this product, HubSpot or Stripe.

    >>> plan = Plan(object="contact", targets=("email", ""), identify="email")
    >>> Plan.read(plan.stored()) == plan
    True
    """

    object: str
    encoding: str = ""
    delimiter: str = ""
    targets: tuple[str, ...] = ()
    identify: str = ""
    mode: Mode = "both"
    dates: str = "YYYY-MM-DD"
    decimal: str = "."
    source: str = ""

    @property
    def shape(self) -> Shape:
        """How the file is written."""
        return Shape(self.encoding, self.delimiter)

    def stored(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Plan:
        """What the JSON form holds."""
        known = {each.name for each in fields(cls)}
        values = {name: value for name, value in stored.items() if name in known}
        return cls(**{**values, "targets": tuple(stored.get("targets", ()))})


def parse_target(text: str) -> Target:
    """What a target means. Raises :class:`WrongPlan` for a form that there is not.

    >>> parse_target("tie:contact:email")
    Target(kind='tie', name='email', to='contact')
    """
    kind, *rest = text.split(":")
    if text == KEY:
        return Target("key", KEY)
    if text == GOING_ON:
        return Target("going_on", GOING_ON)
    if kind == "tie" and len(rest) == 2:
        return Target("tie", rest[1], rest[0])
    if kind == "line" and len(rest) == 1:
        return Target("line", rest[0], "line_item")
    if rest or not text:
        raise WrongPlan("target", f"There is no target {text!r}.")
    return Target("property", text)


def writable(obj: ObjectType) -> list[Property]:
    """The properties of an object that a file may write, by their labels."""
    handled = rules_of(obj.name).handled
    shut = NOT_IMPORTED.get(obj.name, frozenset())
    found = [
        prop
        for prop in obj.properties
        if ("api" in prop.writable_by or prop.name in handled)
        and prop.name not in shut
        and not prop.reporting_only
    ]
    return sorted(found, key=lambda prop: prop.label.en.casefold())


def identifying(obj: ObjectType) -> list[str]:
    """What records of an object can be known by: the number, their own words for it, the other system's."""
    known = rules_of(obj.name).identifying
    names = [prop.name for prop in writable(obj) if prop.unique or prop.name in known]
    return [*names, RECORD_ID, KEY]


def targets_of(obj: ObjectType) -> list[str]:
    """Everything that a column may become."""
    ties = [
        f"tie:{each.to}:{by}"
        for each in obj.associations
        if each.to in IMPORTABLE
        for by in ("id", "key", *_TIED_BY.get(each.to, ()))
    ]
    lines: list[str] = []
    if obj.name == "subscription":
        lines = [GOING_ON] + [f"line:{prop.name}" for prop in writable(get_object("line_item"))]
    return [prop.name for prop in writable(obj)] + [RECORD_ID, KEY, *dict.fromkeys(ties), *lines]


def check(plan: Plan, obj: ObjectType, columns: int) -> None:
    """Refuse a plan that cannot be followed. Raises :class:`WrongPlan`."""
    given = [text for text in plan.targets if text]
    known = {*targets_of(obj)}
    if len(plan.targets) != columns:
        raise WrongPlan("columns", f"The file has {columns} columns, and {len(plan.targets)} are spoken of.")
    unknown = next((text for text in given if text not in known), None)
    if unknown is not None:
        raise WrongPlan("target", f"A column of the {obj.name} cannot become {unknown!r}.")
    twice = next((text for text in given if given.count(text) > 1 and not text.startswith("tie:")), None)
    if twice is not None:
        raise WrongPlan("twice", f"Two columns become {twice!r}: leave one of them out.")
    if not any(parse_target(text).kind == "property" and text != RECORD_ID for text in given):
        raise WrongPlan("nothing", "No column becomes a property: say what at least one of them is.")
    if plan.mode not in MODES or plan.dates not in DATE_FORMATS or plan.decimal not in DECIMALS:
        raise WrongPlan("options", "Choose one of the modes, formats of dates, and decimal signs offered.")
    if plan.identify and plan.identify not in identifying(obj):
        raise WrongPlan("identify", f"Records of the {obj.name} cannot be known by {plan.identify!r}.")
    if plan.identify and plan.identify not in given:
        raise WrongPlan(
            "identify_column", f"No column becomes {plan.identify!r}, by which records are known."
        )
    if not plan.identify and plan.mode != "create":
        raise WrongPlan("identify_nothing", "Say what records are known by, or make a new one of each row.")
    if RECORD_ID in given and plan.identify != RECORD_ID:
        raise WrongPlan(
            "record_id", "The Record ID names a record: know records by it, or leave the column out."
        )
    if plan.identify == RECORD_ID and plan.mode != "update":
        raise WrongPlan(
            "record_id_new", "New records get a Record ID of their own: by Record ID, only update."
        )
