"""The places of paths, such as ``{id}``: what may stand there, and what it means."""

from __future__ import annotations

from kalends.api.openapi.terms import Schema, text

OBJECTS = {
    "type": "An object: its plural, its singular or its type id (`0-69`), in any case.",
    "to": "The object at the other end, by any of its names.",
}

_NUMBER = text(pattern="^[0-9]{1,18}$")
_WORD = text(pattern="^[^/]+$")
_PLACES: dict[str, tuple[Schema, str]] = {
    "id": (
        text(minLength=1),
        "The record's number, or a value that identifies it where `idProperty` says so.",
    ),
    "other": (_NUMBER, "The number of the other record."),
    "kind": (_WORD, "The kind of tie, by number or by a text such as contact_to_company."),
    "number": (_NUMBER, "The number of a label."),
    "name": (_WORD, "Its name."),
    "pipeline": (_WORD, "The pipeline's id."),
    "stage": (_WORD, "The stage's id."),
    "app_id": (_NUMBER, "The app's number; the key is to be its own."),
    "subscription_id": (_NUMBER, "The number of a webhook subscription."),
    "token": (text(minLength=1), "The token itself."),
    "owner": (_NUMBER, "The owner's id."),
    "flow": (_NUMBER, "The number of a workflow."),
    "import": (_NUMBER, "The import's number."),
    "list": (_NUMBER, "The list's number."),
    "source": (_NUMBER, "The number of the list whose members are taken over."),
    "record": (_NUMBER, "The record's number."),
    "object": (_WORD, "The object's type id (`0-1`), or another of its names."),
}


class UnknownPlace(LookupError):
    """A path has a place that nobody has described."""


def place(name: str) -> tuple[Schema, str]:
    """The schema of a place, and its meaning. Raises :class:`UnknownPlace`."""
    try:
        return _PLACES[name]
    except KeyError:
        raise UnknownPlace(
            f"The place {{{name}}} of a path has no description. Add it in kalends/api/openapi/places.py."
        ) from None
