"""Which changes an app may subscribe to, and which events of the journal tell of them."""

from __future__ import annotations

from typing import NamedTuple

from kalends.catalog.model import ObjectType
from kalends.catalog.registry import OBJECTS, UnknownName, get_object

CHANGES = (
    "creation",
    "deletion",
    "propertyChange",
    "merge",
    "restore",
    "associationChange",
    "privacyDeletion",
)

NAMED = ("contact", "company", "deal", "ticket", "line_item", "product")
"""The objects whose changes have names of their own; those of the others are told as ``object.…``."""

GENERIC = "object"
_VERBS: dict[str, tuple[str, ...]] = {
    "creation": ("created",),
    "deletion": ("archived", "deleted"),
    "propertyChange": (),
    "merge": ("merged",),
    "restore": ("restored",),
    "associationChange": ("associated", "dissociated"),
    "privacyDeletion": ("erased",),
}
_ALSO: dict[tuple[str, str], tuple[str, ...]] = {
    ("invoice", "creation"): ("issued",),
    ("payment", "creation"): ("processing", "succeeded", "failed"),
    ("contact", "deletion"): ("erased",),
}
"""Verbs that tell of a change only of some objects: an invoice that is billed is issued, and never just created."""


class BadEventType(ValueError):
    """A kind of change that nobody can subscribe to; the message says what would be right."""


class EventType(NamedTuple):
    """What an app subscribes to: ``name`` in its words, the object, and what becomes of its records."""

    name: str
    obj: ObjectType
    change: str


class Telling(NamedTuple):
    """A kind of events that tells of a change; ``first_only`` when only the first event of a record does."""

    kind: str
    first_only: bool


def read_event_type(name: str, object_type: str | None) -> EventType:
    """What an event type means, with the object that is named beside it. Raises :class:`BadEventType`.

    >>> told = read_event_type("object.creation", "0-69")
    >>> told.obj.name, told.change, read_event_type("contact.merge", None).obj.type_id
    ('subscription', 'creation', '0-1')
    """
    which, _, change = name.partition(".")
    if change not in CHANGES or (which != GENERIC and which not in NAMED):
        raise BadEventType(
            f"{name[:80]!r} is no event type. Give {', '.join(CHANGES[:-1])} of {', '.join(NAMED)} or, with "
            "objectTypeId, of object; or contact.privacyDeletion."
        )
    if which == GENERIC:
        if not object_type:
            raise BadEventType(f"{name} needs objectTypeId, such as 0-69 for subscriptions.")
        try:
            obj = get_object(object_type)
        except UnknownName as unknown:
            raise BadEventType(f"There is no object type {object_type[:80]!r}. {unknown}") from unknown
    else:
        obj = OBJECTS[which]
        if object_type and object_type not in (obj.type_id, obj.name):
            raise BadEventType(f"{name} is about the object type {obj.type_id}, not {object_type[:80]}.")
    if change == "privacyDeletion" and obj.name != "contact":
        raise BadEventType(f"{change} is told of contacts only.")
    return EventType(name, obj, change)


def tellings(obj: str, change: str) -> list[Telling]:
    """The kinds of events that tell of a change, apart from changes of properties.

    >>> [each.kind for each in tellings("invoice", "creation")]
    ['invoice.created', 'invoice.issued']
    """
    also = _ALSO.get((obj, change), ())
    first_only = (obj, change) == ("payment", "creation")
    return [Telling(f"{obj}.{verb}", first_only) for verb in (*_VERBS[change], *also)]


def place_in_journal(obj: ObjectType, name: str) -> str | None:
    """Under which name events have the changes of a property; none for what is worked out and stored nowhere.

    >>> place_in_journal(OBJECTS["subscription"], "hs_status"), place_in_journal(OBJECTS["subscription"], "region")
    ('status', 'custom.region')
    """
    prop = obj.by_name.get(name)
    return f"custom.{name}" if prop is None else prop.journal_name or None
