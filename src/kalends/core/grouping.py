"""Grouping: which of the line items that were bought together share a subscription.

Items with the same frequency, start date and number of payments share one; any difference makes another. Delays
are resolved to dates first, so an item delayed by 31 days and one that names that very date go together. The
terms follow from the number of payments (none: renews until canceled), so they need no field of their own.
Currency and collection are the same for all items of one checkout. One-time items never make a subscription.
"""

from collections.abc import Hashable, Sequence
from datetime import date
from typing import NamedTuple

from kalends.core.calendar import Frequency, resolve_start


class RecurringItem(NamedTuple):
    """What of a line item decides in which subscription it goes.

    ``key`` is the caller's own mark of the item. ``frequency`` is ``None`` for a one-time item, ``payments`` is
    ``None`` for one that renews until canceled. At most one of ``start``, ``delay_days`` and ``delay_months`` is
    given; without any of them billing starts at checkout.
    """

    key: Hashable
    frequency: Frequency | None
    payments: int | None = None
    start: date | None = None
    delay_days: int | None = None
    delay_months: int | None = None


class Group(NamedTuple):
    """The items of one subscription, in the order in which they were given."""

    frequency: Frequency
    start: date
    payments: int | None
    items: tuple[RecurringItem, ...]


class Grouping(NamedTuple):
    """The subscriptions to make, in the order of their first items, and the items that make none."""

    groups: tuple[Group, ...]
    one_time: tuple[RecurringItem, ...]


def group_items(items: Sequence[RecurringItem], checkout: date) -> Grouping:
    """Divide the items of a checkout into subscriptions and one-time items.

    Raises ``ValueError`` when an item's start is given in two ways, a delay is negative, or a number of payments
    is below 1; the message names the item's key.

    >>> monthly, annual = RecurringItem("phone", Frequency.MONTHLY), RecurringItem("insurance", Frequency.ANNUALLY)
    >>> [group.frequency.value for group in group_items([monthly, annual], date(2026, 3, 1)).groups]
    ['monthly', 'annually']
    """
    members: dict[tuple[Frequency, date, int | None], list[RecurringItem]] = {}
    one_time: list[RecurringItem] = []
    for item in items:
        if item.frequency is None:
            one_time.append(item)
        else:
            members.setdefault((item.frequency, _start(item, checkout), item.payments), []).append(item)
    groups = tuple(
        Group(frequency, start, payments, tuple(group))
        for (frequency, start, payments), group in members.items()
    )
    return Grouping(groups, tuple(one_time))


def _start(item: RecurringItem, checkout: date) -> date:
    if item.payments is not None and item.payments < 1:
        raise ValueError(
            f"Item {item.key!r}: number of payments {item.payments} is below 1; "
            "give 1 or more, or none to renew until canceled."
        )
    try:
        return resolve_start(
            checkout, on=item.start, delay_days=item.delay_days, delay_months=item.delay_months
        )
    except ValueError as error:
        raise ValueError(f"Item {item.key!r}: {error}") from error
