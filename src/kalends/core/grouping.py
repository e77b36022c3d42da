"""Grouping: which of the line items that were bought together share a subscription.

Items with the same frequency, start date and number of payments share one; any difference makes another. Delays
are resolved to dates first, so an item delayed by 31 days and one that names that very date go together. The
terms follow from the number of payments (none: renews until canceled), so they need no field of their own.
Currency and collection are the same for all items of one checkout. One-time items never make a subscription.
"""

from collections.abc import Hashable, Sequence
from datetime import date
from typing import NamedTuple

from kalends.core.calendar import Frequency, end_date, resolve_start


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


_HOW_OFTEN = {
    Frequency.WEEKLY: "weekly",
    Frequency.BIWEEKLY: "every two weeks",
    Frequency.MONTHLY: "monthly",
    Frequency.QUARTERLY: "quarterly",
    Frequency.PER_SIX_MONTHS: "every six months",
    Frequency.ANNUALLY: "annually",
    Frequency.PER_TWO_YEARS: "every two years",
    Frequency.PER_THREE_YEARS: "every three years",
    Frequency.PER_FOUR_YEARS: "every four years",
    Frequency.PER_FIVE_YEARS: "every five years",
}


def describe_group(group: Group) -> str:
    """What the items of a group have in common, in words.

    >>> monthly = RecurringItem("phone", Frequency.MONTHLY, payments=6)
    >>> describe_group(group_items([monthly], date(2026, 3, 1)).groups[0])
    'billed monthly from 1 March 2026, 6 payments, until 1 September 2026'
    """
    often = f"billed {_HOW_OFTEN[group.frequency]} from {_day(group.start)}"
    if group.payments is None:
        return f"{often} until canceled"
    count = "1 payment" if group.payments == 1 else f"{group.payments} payments"
    return f"{often}, {count}, until {_day(end_date(group.start, group.frequency, group.payments))}"


def why_divided(groups: Sequence[Group]) -> str:
    """Why items make several subscriptions, in words; nothing for a single one.

    >>> monthly, annual = RecurringItem("phone", Frequency.MONTHLY), RecurringItem("insurance", Frequency.ANNUALLY)
    >>> why_divided(group_items([monthly, annual], date(2026, 3, 1)).groups)
    'The lines differ in how often they are billed.'
    """
    kinds = {
        "how often they are billed": {group.frequency for group in groups},
        "when billing starts": {group.start for group in groups},
        "the number of payments": {group.payments for group in groups},
    }
    differing = [name for name, values in kinds.items() if len(values) > 1]
    if not differing:
        return ""
    *most, last = differing
    return f"The lines differ in {', '.join(most)} and {last}." if most else f"The lines differ in {last}."


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


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
