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

CREATED = ("contact", "company", "deal", "ticket")


def workflow_objects() -> tuple[str, ...]:
    """The objects that have workflows: all but the parts of documents, which are seen and changed with the whole.

    >>> "subscription" in workflow_objects(), "line_item" in workflow_objects()
    (True, False)
    """
    return tuple(name for name, obj in OBJECTS.items() if not obj.part_of)


def creatable_objects(obj: ObjectType) -> tuple[str, ...]:
    """The objects of which a workflow of ``obj`` makes records: those that it can associate with its own.

    What sells and bills is made by people and by what they sell, never by a workflow. None makes records of its own
    object: each would come into it, and make the next one. Over ties it is known how far a chain has come.

    >>> from kalends.catalog import get_object
    >>> creatable_objects(get_object("subscription")), creatable_objects(get_object("deal"))
    (('contact', 'company', 'deal', 'ticket'), ('contact', 'company', 'ticket'))
    """
    return tuple(name for name in CREATED if name != obj.name and obj.association(name) is not None)


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
