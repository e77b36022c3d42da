"""Which properties a workflow may write: none by which money is decided.

What only Kalends writes, what is fixed once a record is made (and then changed by an operation of its own, as amounts,
currencies and billing frequencies are), and what a service takes as a request (whether a subscription is billed, the
status of an invoice or a quote) is out of reach. The rules of an object, which the room that owns it registers
(:mod:`kalends.crm.rules`), have the last word on each change all the same.
"""

from __future__ import annotations

from kalends.catalog.model import ObjectType, Property
from kalends.catalog.registry import OBJECTS
from kalends.crm.rules import rules_of


def workflow_objects() -> tuple[str, ...]:
    """The objects that have workflows: all but the parts of documents, which are seen and changed with the whole.

    >>> "subscription" in workflow_objects(), "line_item" in workflow_objects()
    (True, False)
    """
    return tuple(name for name, obj in OBJECTS.items() if not obj.part_of)


def is_writable(obj: ObjectType, prop: Property) -> bool:
    """Whether a workflow may write a property.

    >>> from kalends.catalog import get_object
    >>> subscription = get_object("subscription")
    >>> [is_writable(subscription, subscription.by_name[name]) for name in ("hubspot_owner_id", "hs_status")]
    [True, False]
    """
    rules = rules_of(obj.name)
    decided = rules.handled | rules.decided_by_people
    return {"user", "api"} <= set(prop.writable_by) and prop.name not in decided


def writable_properties(obj: ObjectType) -> tuple[str, ...]:
    """The properties of an object that a workflow may write."""
    return tuple(each.name for each in obj.properties if is_writable(obj, each))
