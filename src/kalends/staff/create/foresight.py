"""What a request would come to: its subscriptions, what is due today, and the days to come.

Everything is worked out by the service that makes the subscriptions (:mod:`kalends.billing.agree`); here it is only put
into words and rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalends.accounts.context import AccountContext
from kalends.billing.agree import Planned
from kalends.billing.create import nets_without_tax
from kalends.catalog.options import FREQUENCIES
from kalends.core.calendar import cycles_due, due_date, end_date
from kalends.core.revenue import mrr_minor
from kalends.staff import formatting
from kalends.staff.formatting import Money

ROWS, CYCLES = 6, 12
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Part(NamedTuple):
    """One of the subscriptions. ``due`` are the days that fell due by today and are billed here, oldest first."""

    letter: str
    name: str
    often: str
    terms: str
    start: date
    payments: int | None
    lines: Sequence[int]
    net: Money
    total: Money
    total_minor: int
    due: Sequence[date]
    coming: Sequence[date]
    last: date | None


class Day(NamedTuple):
    """A day on which something falls due: of which subscriptions, and how much together."""

    day: date
    parts: Sequence[str]
    ends: bool
    amount: Money


class Tax(NamedTuple):
    """The tax of one rate in the first payments together."""

    rate: str
    amount: Money


class Foresight(NamedTuple):
    """Everything that the page says of a request before it is made. Amounts are of one payment of each subscription."""

    parts: Sequence[Part]
    why: str
    line_totals: dict[int, Money]
    letters: dict[int, str]
    taxes: Sequence[Tax]
    discount: Money | None
    total: Money
    due_today: Money
    due_today_minor: int
    late: int
    days: Sequence[Day]
    more: bool
    monthly: Money


def foresight(
    ctx: AccountContext, planned: Sequence[Planned], numbers: Sequence[int], language: str
) -> Foresight:
    """What the plan comes to; ``numbers`` are those of the rows that its lines were typed in."""
    currency = planned[0].fresh.currency
    money = lambda amount: formatting.minor(amount, currency)  # noqa: E731
    parts = [_part(ctx, item, place, numbers, language) for place, item in enumerate(planned)]
    due_minor = sum(part.total_minor * len(part.due) for part in parts)
    discount = sum(item.priced.discount_minor for item in planned)
    days = _days(parts, currency)
    return Foresight(
        parts=parts,
        why=_why(planned),
        line_totals={
            numbers[line - 1]: money(priced.total_minor)
            for item in planned
            for line, priced in zip(item.lines, item.priced.lines, strict=True)
        },
        letters={row: part.letter for part in parts for row in part.lines},
        taxes=_taxes(planned, currency),
        discount=money(discount) if discount else None,
        total=money(sum(part.total_minor for part in parts)),
        due_today=money(due_minor),
        due_today_minor=due_minor,
        late=sum(day < ctx.today for part in parts for day in part.due),
        days=days[:ROWS],
        more=len(days) > ROWS or any(part.last is None for part in parts),
        monthly=money(
            sum(mrr_minor(nets_without_tax(item.priced), item.fresh.frequency) for item in planned)
        ),
    )


def _part(ctx: AccountContext, item: Planned, place: int, numbers: Sequence[int], language: str) -> Part:
    fresh, priced = item.fresh, item.priced
    first = fresh.cycles_before
    stop = first + CYCLES if fresh.payments is None else min(first + CYCLES, fresh.payments)
    dates = [due_date(fresh.start, fresh.frequency, cycle) for cycle in range(first, stop)]
    due = [
        due_date(fresh.start, fresh.frequency, cycle)
        for cycle in cycles_due(fresh.start, fresh.frequency, first, ctx.today, fresh.payments)
    ]
    last = None if fresh.payments is None else due_date(fresh.start, fresh.frequency, fresh.payments - 1)
    often = next(each for each in FREQUENCIES if each.value == fresh.frequency.value).label.in_language(
        language
    )
    return Part(
        letter=LETTERS[place % len(LETTERS)],
        name=fresh.name,
        often=often,
        terms=_terms(often, fresh.start, fresh.payments, end_of(item)),
        start=fresh.start,
        payments=fresh.payments,
        lines=[numbers[line - 1] for line in item.lines],
        net=formatting.minor(sum(nets_without_tax(priced)), fresh.currency),
        total=formatting.minor(priced.total_minor, fresh.currency),
        total_minor=priced.total_minor,
        due=due,
        coming=dates,
        last=last,
    )


def end_of(item: Planned) -> date | None:
    """The day on which a fixed term is over."""
    fresh = item.fresh
    return None if fresh.payments is None else end_date(fresh.start, fresh.frequency, fresh.payments)


def _terms(often: str, start: date, payments: int | None, end: date | None) -> str:
    begins = _("%(often)s from %(day)s") % {"often": often, "day": formatting.day(start)}
    if payments is None or end is None:
        return _("%(begins)s, until canceled") % {"begins": begins}
    count = ngettext("%(count)s payment", "%(count)s payments", payments) % {"count": payments}
    return _("%(begins)s, %(count)s, ends %(day)s") % {
        "begins": begins,
        "count": count,
        "day": formatting.day(end),
    }


def _why(planned: Sequence[Planned]) -> str:
    """Why lines make several subscriptions; nothing for a single one."""
    kinds = (
        (_("how often they are billed"), {item.group.frequency for item in planned}),
        (_("when billing starts"), {item.group.start for item in planned}),
        (_("the number of payments"), {item.group.payments for item in planned}),
    )
    differing = [words for words, values in kinds if len(values) > 1]
    if not differing:
        return ""
    return _("The line items differ: %(kinds)s. So they are billed and tracked apart.") % {
        "kinds": ", ".join(differing)
    }


def _taxes(planned: Sequence[Planned], currency: str) -> list[Tax]:
    rates: dict[str, int] = {}
    for item in planned:
        for tax in item.priced.taxes:
            rate = formatting.number(tax.rate)
            rates[rate] = rates.get(rate, 0) + tax.tax_minor
    return [Tax(rate, formatting.minor(amount, currency)) for rate, amount in rates.items()]


def _days(parts: Sequence[Part], currency: str) -> list[Day]:
    """The days to come, as far as all subscriptions are known."""
    known = min((part.coming[-1] for part in parts if len(part.coming) == CYCLES), default=date.max)
    rows = sorted((day, part.letter, part) for part in parts for day in part.coming if day <= known)
    found: list[Day] = []
    for day, group in groupby(rows, key=lambda row: row[0]):
        together = [part for _day, _letter, part in group]
        found.append(
            Day(
                day,
                [part.letter for part in together],
                any(part.last == day for part in together),
                formatting.minor(sum(part.total_minor for part in together), currency),
            )
        )
    return found
