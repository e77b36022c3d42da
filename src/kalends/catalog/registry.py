"""All object types by name, and errors that name what was meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from kalends.catalog.model import ObjectType, Property
from kalends.catalog.objects.adjustment import DISCOUNT, FEE, TAX
from kalends.catalog.objects.company import COMPANY
from kalends.catalog.objects.contact import CONTACT
from kalends.catalog.objects.deal import DEAL
from kalends.catalog.objects.invoice import INVOICE
from kalends.catalog.objects.line_item import LINE_ITEM
from kalends.catalog.objects.order import ORDER
from kalends.catalog.objects.payment import PAYMENT_OBJECT
from kalends.catalog.objects.payment_link import PAYMENT_LINK
from kalends.catalog.objects.product import PRODUCT
from kalends.catalog.objects.quote import QUOTE
from kalends.catalog.objects.subscription import SUBSCRIPTION
from kalends.catalog.objects.ticket import TICKET

OBJECTS: dict[str, ObjectType] = {
    each.name: each
    for each in (
        SUBSCRIPTION,
        INVOICE,
        PAYMENT_OBJECT,
        LINE_ITEM,
        CONTACT,
        COMPANY,
        DEAL,
        TICKET,
        PRODUCT,
        QUOTE,
        PAYMENT_LINK,
        ORDER,
        DISCOUNT,
        FEE,
        TAX,
    )
}
"""By singular name."""

_ALIASES = {
    name: each.name
    for each in OBJECTS.values()
    for name in (each.name, each.plural, each.type_id, each.api_name, f"{each.name}s")
}


class UnknownName(LookupError):
    """There is no object or property of that name; the message says which ones are meant most likely."""


def nearest(name: str, known: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """The known names that are most like a wrong one.

    >>> nearest("hs_staus", ["hs_status", "hs_name", "hs_mrr"])
    ('hs_status',)
    """
    names = list(known)
    close = get_close_matches(name.lower(), names, n=count, cutoff=0.7)
    return tuple(close or get_close_matches(f"hs_{name.lower()}", names, n=count, cutoff=0.7))


def suggestion(name: str, known: Iterable[str]) -> str:
    """A remedy for a wrong name, as a sentence."""
    names = sorted(known)
    close = nearest(name, names)
    if close:
        return f"Did you mean {' or '.join(repr(each) for each in close)}?"
    return f"Known are {', '.join(names[:12])}{' and others' if len(names) > 12 else ''}."


def get_object(name: str) -> ObjectType:
    """The object type of a singular name, a plural name or a HubSpot type id, in capitals or not.

    Raises :class:`UnknownName`.

    >>> get_object("Subscriptions").name, get_object("0-101").name
    ('subscription', 'payment')
    """
    found = _ALIASES.get(name.lower())
    if found is None:
        raise UnknownName(f"There is no object {name!r}. {suggestion(name, OBJECTS)}")
    return OBJECTS[found]


def tied_object(obj: ObjectType, name: str) -> ObjectType:
    """:func:`get_object` as seen from another object: read for an account, it has the account's own properties too."""
    found = get_object(name)
    return obj.as_in_account(found.name) if obj.as_in_account else found


def infer_object(name: str) -> ObjectType:
    """:func:`get_object` for names in paths and filters of the API, with the API's words for a wrong one.

    >>> infer_object("pets")
    Traceback (most recent call last):
    ...
    kalends.catalog.registry.UnknownName: Unable to infer object type from: pets
    """
    try:
        return get_object(name)
    except UnknownName:
        raise UnknownName(f"Unable to infer object type from: {name}") from None


def get_property(obj: ObjectType, name: str) -> Property:
    """A property of an object by its internal name.

    Raises :class:`UnknownName`.

    >>> get_property(get_object("subscription"), "hs_staus")
    Traceback (most recent call last):
    ...
    kalends.catalog.registry.UnknownName: The subscription has no property 'hs_staus'. Did you mean 'hs_status'?
    """
    found = obj.by_name.get(name)
    if found is None:
        singular = obj.singular_label.en.lower()
        raise UnknownName(f"The {singular} has no property {name!r}. {suggestion(name, obj.by_name)}")
    return found
