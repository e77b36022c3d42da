"""Short ways to write a catalogue entry: one call is one property.

``where`` is the name of a column, or an :class:`~kalends.catalog.expressions.Expression`; what an expression reads
may be written to a ``column`` all the same.
"""

from __future__ import annotations

import re
from typing import Any

from kalends.catalog.expressions import Expression, major
from kalends.catalog.groups import RECORD
from kalends.catalog.model import EDITABLE, Group, Option, OptionSource, Property, PropertyType, Text, Writer

_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")

_CUSTOM_READS: dict[PropertyType, str] = {
    "string": "({t}.custom ->> {name})",
    "phone_number": "({t}.custom ->> {name})",
    "enumeration": "({t}.custom ->> {name})",
    "number": "({t}.custom ->> {name})::numeric",
    "money": "({t}.custom ->> {name})::numeric",
    "date": "({t}.custom ->> {name})::date",
    "datetime": "({t}.custom ->> {name})::timestamptz",
    "bool": "({t}.custom ->> {name})::boolean",
}
_FIELD_TYPES: dict[PropertyType, str] = {
    "string": "text",
    "phone_number": "phonenumber",
    "enumeration": "select",
    "number": "number",
    "money": "number",
    "date": "date",
    "datetime": "date",
    "bool": "booleancheckbox",
}


def _declared(
    kind: PropertyType,
    name: str,
    label: Text,
    where: str,
    writable_by: tuple[Writer, ...],
    group: Group,
    description: str,
    **extra: Any,
) -> Property:
    plain = not isinstance(where, Expression)
    extra.setdefault("sql", f"{{t}}.{where}" if plain else str(where))
    extra.setdefault("column", where if plain else None)
    extra.setdefault("field_type", "checkbox" if extra.get("multiple") else _FIELD_TYPES[kind])
    return Property(
        name=name,
        label=label,
        type=kind,
        writable_by=writable_by,
        group=group,
        description=description,
        **extra,
    )


def string(
    name: str,
    label: Text,
    where: str,
    by: tuple[Writer, ...],
    group: Group,
    description: str = "",
    **extra: Any,
) -> Property:
    """Free text."""
    return _declared("string", name, label, where, by, group, description, **extra)


def phone(
    name: str,
    label: Text,
    where: str,
    by: tuple[Writer, ...],
    group: Group,
    description: str = "",
    **extra: Any,
) -> Property:
    """A telephone number."""
    return _declared("phone_number", name, label, where, by, group, description, **extra)


def number(
    name: str,
    label: Text,
    where: str,
    by: tuple[Writer, ...],
    group: Group,
    description: str = "",
    **extra: Any,
) -> Property:
    """A number that is not money."""
    return _declared("number", name, label, where, by, group, description, **extra)


def money(
    name: str,
    label: Text,
    where: str,
    by: tuple[Writer, ...],
    group: Group,
    description: str = "",
    **extra: Any,
) -> Property:
    """An amount: a column of minor units (its name ends in ``_minor``), or decimals in major units."""
    extra.setdefault("currency", "{t}.currency")
    if where.endswith("_minor") and not isinstance(where, Expression):
        extra.update(minor=True, sql=major(f"{{t}}.{where}", extra["currency"]))
    return _declared("money", name, label, where, by, group, description, **extra)


def day(
    name: str,
    label: Text,
    where: str,
    by: tuple[Writer, ...],
    group: Group,
    description: str = "",
    **extra: Any,
) -> Property:
    """A date in the account's time zone."""
    return _declared("date", name, label, where, by, group, description, **extra)


def instant(
    name: str,
    label: Text,
    where: str,
    by: tuple[Writer, ...],
    group: Group,
    description: str = "",
    **extra: Any,
) -> Property:
    """A moment."""
    return _declared("datetime", name, label, where, by, group, description, **extra)


def choice(
    name: str,
    label: Text,
    where: str,
    by: tuple[Writer, ...],
    group: Group,
    description: str = "",
    **extra: Any,
) -> Property:
    """One of the values of a list (``options``, or ``options_from``)."""
    return _declared("enumeration", name, label, where, by, group, description, **extra)


def flag(
    name: str,
    label: Text,
    where: str,
    by: tuple[Writer, ...],
    group: Group,
    description: str = "",
    **extra: Any,
) -> Property:
    """Yes or no."""
    return _declared("bool", name, label, where, by, group, description, **extra)


def custom_property(
    name: str,
    label: Text,
    kind: PropertyType,
    *,
    description: str = "",
    options: tuple[Option, ...] = (),
    options_from: OptionSource | None = None,
    multiple: bool = False,
    unique: bool = False,
    currency: str = "{t}.currency",
    group: Group = RECORD,
    field_type: str = "",
) -> Property:
    """A property that an account has added: its value lies in the row's ``custom`` object, under its name.

    There, numbers are numbers or text, dates and instants are ISO 8601 text, and several values are joined with
    semicolons. Raises ``ValueError`` for a name that is not lower-case letters, digits and underscores.

    >>> custom_property("fleet_size", Text("Fleet size", "Flåte", "Kaluston koko"), "number").sql
    '({t}.custom ->> {name})::numeric'
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"Property name {name!r}: use lower-case letters, digits and underscores, beginning with a letter."
        )
    sql = _CUSTOM_READS[kind]
    if multiple:
        sql = "NULLIF(string_to_array({t}.custom ->> {name}, ';'), '{{}}')"
    return Property(
        name=name,
        label=label,
        type=kind,
        sql=sql,
        group=group,
        description=description,
        field_type=field_type or ("checkbox" if multiple else _FIELD_TYPES[kind]),
        options=options,
        options_from=options_from,
        multiple=multiple,
        unique=unique,
        currency=currency if kind == "money" else None,
        writable_by=EDITABLE,
        custom=True,
    )
