"""What a property of an account's own may be: its name, type, field and options."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from kalends.crm.property_groups import PropertyRefused

OPTIONS_MOST = 5000
LABEL_LONGEST = 300
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")

FIELD_TYPES: dict[str, tuple[str, ...]] = {
    "string": ("text", "textarea", "html", "phonenumber", "file"),
    "number": ("number",),
    "date": ("date",),
    "datetime": ("date",),
    "enumeration": ("select", "radio", "checkbox", "booleancheckbox"),
    "bool": ("booleancheckbox", "select", "radio"),
}
"""By type: the fields in which a value of it can be shown. The first is taken where none is named."""


class Choice(NamedTuple):
    """A value that an enumeration may have."""

    value: str
    label: str
    description: str = ""
    hidden: bool = False
    display_order: int = -1

    def stored(self) -> dict[str, Any]:
        """The form in which it is stored."""
        return {
            "value": self.value,
            "label": self.label,
            "description": self.description,
            "hidden": self.hidden,
            "displayOrder": self.display_order,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A property that an account has added to an object, or is about to.

    ``multiple`` follows from the field type ``checkbox`` of an enumeration. ``options_from`` is ``owners`` for a
    property that names a user of the account. ``id`` and the instants are those of the row.
    """

    name: str
    label: str
    type: str
    field_type: str
    group: str
    description: str = ""
    options: tuple[Choice, ...] = ()
    options_from: str | None = None
    unique: bool = False
    display_order: int = -1
    hidden: bool = False
    form_field: bool = False
    id: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None
    archived_at: datetime | None = None

    @property
    def multiple(self) -> bool:
        """Whether a record may have several of the values."""
        return self.type == "enumeration" and self.field_type == "checkbox"


def check_name(name: str) -> None:
    """Refuse what is no name for a property. Raises :class:`PropertyRefused`."""
    if not _NAME.fullmatch(name):
        raise PropertyRefused(
            f"Property name {name[:110]!r}: use lower-case letters, digits and underscores, beginning with a letter, "
            "at most 100."
        )
    if name.startswith("hs_"):
        raise PropertyRefused(
            f"Property name {name!r}: names that begin with hs_ are kept for the product's own."
        )


def check_terms(wanted: Definition) -> None:
    """Refuse what does not go together. Raises :class:`PropertyRefused`."""
    if not 0 < len(wanted.label.strip()) <= LABEL_LONGEST:
        raise PropertyRefused(
            f"Give the property {wanted.name!r} a label of 1 to {LABEL_LONGEST} characters."
        )
    fields = FIELD_TYPES.get(wanted.type)
    if fields is None:
        raise PropertyRefused(f"Type {wanted.type!r}: give one of {', '.join(FIELD_TYPES)}.")
    if wanted.field_type not in fields:
        raise PropertyRefused(
            f"Field type {wanted.field_type!r}: a property of the type {wanted.type} takes {', '.join(fields)}."
        )
    if wanted.unique and wanted.type not in ("string", "number"):
        raise PropertyRefused(
            f"The values of the property {wanted.name!r} cannot be unique: only those of a string or a number can."
        )
    if wanted.options_from not in (None, "owners") or (wanted.options_from and wanted.options):
        raise PropertyRefused("Give either options, or the users of the account as options.")
    if wanted.type == "enumeration" and not (wanted.options or wanted.options_from):
        raise PropertyRefused(f"Give the property {wanted.name!r} at least one option.")
    if wanted.options and wanted.type not in ("enumeration", "bool"):
        raise PropertyRefused(f"A property of the type {wanted.type} has no options; leave them out.")
    _check_options(wanted)


def _check_options(wanted: Definition) -> None:
    if len(wanted.options) > OPTIONS_MOST:
        raise PropertyRefused(f"Give at most {OPTIONS_MOST} options.")
    for place, option in enumerate(wanted.options):
        if not option.value.strip() or not option.label.strip():
            raise PropertyRefused(f"Option {place + 1} of {wanted.name!r}: give it a value and a label.")
        if ";" in option.value:
            raise PropertyRefused(f"Option {option.value!r}: take the semicolon out; it separates values.")
    for what, texts in (
        ("value", [each.value for each in wanted.options]),
        ("label", [each.label for each in wanted.options]),
    ):
        twice = (
            next((text for text in texts if texts.count(text) > 1), None)
            if len(set(texts)) < len(texts)
            else None
        )
        if twice is not None:
            raise PropertyRefused(
                f"Two options of {wanted.name!r} have the {what} {twice!r}; give each its own."
            )
