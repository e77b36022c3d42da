"""A replayed book once more: what the reports say of it, against figures that are counted in the file itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.imports.replay import CHECK_ARRIVES_AFTER_DAYS
from kalends.imports.telco import TelcoCustomer
from kalends.insight import Answer, Question, ask
from kalends.query import Condition, Filter, Operator


class Compared(NamedTuple):
    """A figure of a report, and what the file says it should be."""

    what: str
    report: Fraction | int
    file: Fraction | int

    @property
    def differs(self) -> bool:
        """Whether they are not equal, to the last cent and customer."""
        return self.report != self.file


def compare_reports(
    db: Connection[Any],
    ctx: AccountContext,
    book: Sequence[TelcoCustomer],
    until: date,
    *,
    processing_minor: int,
) -> list[Compared]:
    """Churn of the whole book and by contract, what is left of each start month, MRR, and revenue by payment method.

    ``processing_minor`` is what banks have not settled yet; all of it are debits.
    """
    first = min(customer.start(until) for customer in book)
    question = Question(first, until)

    def asked(name: str, wanted: Filter | None = None) -> Answer:
        asks = question if wanted is None else Question(first, until, filter=wanted)
        return ask(db, ctx, name, asks)

    return [
        *_statuses("all", asked("by-status"), book),
        *(
            each
            for contract in sorted({customer.contract for customer in book})
            for each in _statuses(
                contract,
                asked("by-status", _of_contract(contract)),
                [customer for customer in book if customer.contract == contract],
            )
        ),
        *_cohorts(asked("cohorts-by-count"), book, until),
        _mrr(asked("mrr"), book),
        *_methods(asked("by-method"), book, until, processing_minor),
    ]


def churn(book: Sequence[TelcoCustomer]) -> Fraction:
    """The share of the customers who left, as the file says."""
    return Fraction(sum(customer.churned for customer in book), len(book))


def _of_contract(contract: str) -> Filter:
    return Filter(((Condition("hs_name", Operator.IS_ANY_OF, (f"{contract} plan",)),),))


def _statuses(what: str, answer: Answer, book: Sequence[TelcoCustomer]) -> Iterator[Compared]:
    counted = answer.of("subscriptions").figures
    known = {
        column.key: int(figure.value or 0) for column, figure in zip(answer.columns, counted, strict=True)
    }
    lost = sum(customer.churned for customer in book)
    yield Compared(f"{what}: customers", sum(known.values()), len(book))
    yield Compared(f"{what}: customers lost", known.get("canceled", 0), lost)
    share = Fraction(known.get("canceled", 0), sum(known.values()) or 1)
    yield Compared(f"{what}: churn", share, churn(book))


def _cohorts(answer: Answer, book: Sequence[TelcoCustomer], until: date) -> Iterator[Compared]:
    """What is left of those who were billed at all, by the month of their start, which is their tenure."""
    began: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for customer in book:
        if customer.tenure:
            month = customer.start(until).replace(day=1).isoformat()
            began[month] += 1
            left[month] += not customer.churned
    for each, total in zip(answer.series, answer.total, strict=True):
        if each.key == "all":
            whole = Fraction(left.total(), began.total())
            yield Compared("left of all", total.value or 0, whole)
            continue
        count = int(each.lead[0].figure.value or 0)
        yield Compared(f"began in {each.label.en}", count, began[each.key])
        yield Compared(
            f"left of {each.label.en}", total.value or 0, Fraction(left[each.key], began[each.key] or 1)
        )
    shown = {each.key for each in answer.series}
    for month in sorted(began.keys() - shown):
        yield Compared(f"began in {month}", 0, began[month])


def _mrr(answer: Answer, book: Sequence[TelcoCustomer]) -> Compared:
    stays = sum(int(customer.monthly * 100) for customer in book if customer.tenure and not customer.churned)
    return Compared("MRR", answer.of("mrr").figures[-1].value or 0, stays)


def _methods(
    answer: Answer, book: Sequence[TelcoCustomer], until: date, processing_minor: int
) -> Iterator[Compared]:
    """Cards are settled at once, checks come after twenty days, and what debits lack is with the banks."""
    billed: dict[str, int] = defaultdict(int)
    for customer in book:
        cents = int(customer.monthly * 100)
        months = customer.tenure if customer.method else _checks_that_came(customer, until)
        billed[customer.method or "check"] += months * cents
    billed["ach"] -= processing_minor
    amounts = answer.of("collected").figures
    known = {
        column.key: int(figure.value or 0) for column, figure in zip(answer.columns, amounts, strict=True)
    }
    for method in sorted(billed.keys() | known.keys()):
        yield Compared(f"collected by {method}", known.get(method, 0), billed[method])


def _checks_that_came(customer: TelcoCustomer, until: date) -> int:
    """For how many of a customer's invoices, one a month, the check arrived before the day on which the book ends."""
    start = customer.start(until)
    days = (_same_day(start, months) for months in range(customer.tenure))
    return sum(day + timedelta(days=CHECK_ARRIVES_AFTER_DAYS) < until for day in days)


def _same_day(start: date, months: int) -> date:
    """The same day of a later month, or the last one that it has."""
    month = start.year * 12 + start.month - 1 + months
    first = date(month // 12, month % 12 + 1, 1)
    after = date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    return first + timedelta(days=min(start.day, (after - first).days) - 1)
