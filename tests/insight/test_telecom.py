"""A telecom's book, replayed: what reports say of it is what plain Python counts in the file."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kalends.accounts.context import AccountContext
from kalends.imports.replay import replay_numbers, replay_telco
from kalends.imports.replay_reports import compare_reports
from kalends.imports.telco import TelcoCustomer, read_book
from kalends.insight import Answer, Every, Question, ask
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database
from kalends.query import Condition, Filter, Operator
from tests.conftest import AnyConnection

UNTIL = dt.date(2026, 3, 1)
CONTRACTS = ("Month-to-month", "One year", "Two year")
METHODS = ("Credit card (automatic)", "Bank transfer (automatic)", "Electronic check", "Mailed check")


class Told(NamedTuple):
    """The file as it lies there, and the account that lived through it."""

    rows: list[dict[str, str]]
    book: list[TelcoCustomer]
    db: AnyConnection
    ctx: AccountContext

    def ask(self, name: str, **more: Any) -> Answer:
        """A report over all the days of the book."""
        return ask(self.db, self.ctx, name, Question(dt.date(2025, 12, 1), UNTIL, **more))


@pytest.fixture(scope="module")
def told(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Thirty-six customers of up to two months, every contract and method, more than a quarter of whom left."""
    place = Path(tmp_path_factory.mktemp("book")) / "book.csv"
    lines = [
        f"{number:04d}-{contract[:3].upper()},{number % 3},{contract},{method},{20 + number}.{number:02d},"
        f"{'Yes' if number % 4 in (1, 2) and number % 3 else 'No'}"
        for number, (contract, method, _) in enumerate(itertools.product(CONTRACTS, METHODS, range(3)))
    ]
    place.write_text("\n".join(["customerID,tenure,Contract,PaymentMethod,MonthlyCharges,Churn", *lines]))
    book = read_book(place)
    with place.open() as file:
        rows = list(csv.DictReader(file))
    with ExitStack() as opened:
        db = opened.enter_context(closing(database.connect(autocommit=True)))
        replay = replay_telco(
            db,
            book,
            until=UNTIL,
            now=dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
            open_processors=lambda ctx: opened.enter_context(
                closing(AccountProcessors(database.connect, ctx.id))
            ),
        )
        yield Told(rows, book, db, replay.ctx)


def churned(rows: list[dict[str, str]]) -> Fraction:
    return Fraction(sum(row["Churn"] == "Yes" for row in rows), len(rows))


def share_canceled(answer: Answer) -> Fraction:
    counts = {
        column.key: figure.value
        for column, figure in zip(answer.columns, answer.of("subscriptions").figures, strict=True)
    }
    return Fraction(counts.get("canceled", 0) or 0, sum(counts.values()))  # type: ignore[arg-type]


def test_churn_of_the_book_and_of_each_contract_is_that_of_the_file(told: Told) -> None:
    assert Fraction(1, 4) <= churned(told.rows) < 1
    assert share_canceled(told.ask("by-status")) == churned(told.rows)
    for contract in CONTRACTS:
        only = Filter(((Condition("hs_name", Operator.IS_ANY_OF, (f"{contract} plan",)),),))
        rows = [row for row in told.rows if row["Contract"] == contract]
        assert share_canceled(told.ask("by-status", filter=only)) == churned(rows)


def test_retention_by_tenure_is_that_of_the_file(told: Told) -> None:
    answer = told.ask("cohorts-by-count")
    left = {each.key: total.value for each, total in zip(answer.series, answer.total, strict=True)}
    months = {1: "2026-02-01", 2: "2026-01-01"}

    assert set(left) == {*months.values(), "all"}
    for tenure, month in months.items():
        rows = [row for row in told.rows if row["tenure"] == str(tenure)]
        assert left[month] == 1 - churned(rows)
        assert answer.of(month).lead[0].figure.value == len(rows)
    assert left["all"] == 1 - churned([row for row in told.rows if row["tenure"] != "0"])


def test_revenue_by_payment_method_and_mrr_are_those_of_the_file(told: Told) -> None:
    billed: Counter[str] = Counter()
    stays = 0
    for row in told.rows:
        cents = int(Decimal(row["MonthlyCharges"]) * 100)
        billed[row["PaymentMethod"]] += int(row["tenure"]) * cents
        stays += cents if row["Churn"] == "No" and row["tenure"] != "0" else 0
    answer = told.ask("by-method")
    by_method = {
        column.key: figure.value
        for column, figure in zip(answer.columns, answer.of("collected").figures, strict=True)
    }
    numbers = replay_numbers(told.db, told.ctx)

    assert by_method["card"] == billed["Credit card (automatic)"]
    debits = billed["Bank transfer (automatic)"] + billed["Electronic check"]
    assert by_method["ach"] == debits - numbers["processing_minor"]
    assert by_method["check"] == billed["Mailed check"] - numbers["open_minor"]
    assert told.ask("mrr").of("mrr").figures[-1].value == stays
    weekly = told.ask("net-new-mrr", every=Every.WEEKLY)
    assert sum(figure.value or 0 for figure in weekly.of("net").figures) == stays


def test_a_replay_compares_its_reports_with_the_file_and_names_what_differs(told: Told) -> None:
    processing = replay_numbers(told.db, told.ctx)["processing_minor"]

    def differences(book: list[TelcoCustomer]) -> set[str]:
        found = compare_reports(told.db, told.ctx, book, UNTIL, processing_minor=processing)
        assert len(found) > 20
        return {each.what for each in found if each.differs}

    assert differences(told.book) == set()
    other = replace(told.book[1], churned=not told.book[1].churned)
    assert {
        "all: churn",
        "Month-to-month: customers lost",
        "left of Feb 2026",
        "left of all",
        "MRR",
    } <= differences([told.book[0], other, *told.book[2:]])
