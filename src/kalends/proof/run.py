"""What every check is handed, and the two ways of checking: by set-based SQL, and by streams in the order of a key."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.payments.collect import Processors
from kalends.proof.oracle.money import written
from kalends.proof.report import CheckMade, Report

AT_ONCE = 5_000
"""How many rows of a stream are in memory at a time."""

Row = tuple[Any, ...]


class Step(NamedTuple):
    """How far a proof has come: rows of the check of that name that were looked at, and how many there are."""

    check: str
    done: int
    total: int


Progress = Callable[[Step], None]

COUNTED = (
    "invoice line_item subscription payment charge_attempt refund dispute ledger_transfer event "
    "payment_method credit_note credit_note_line credit_application customer_credit checkout checkout_charge "
    "revenue_movement"
).split()
"""The account's large tables, all of which a proof reads."""


@dataclass(slots=True)
class Proof:
    """A proof under way."""

    db: Connection[Any]
    ctx: AccountContext
    processors: Processors | None
    report: Report
    progress: Progress
    counts: dict[str, int] = field(default_factory=dict[str, int])

    def count_tables(self) -> None:
        """Count the rows of the account's large tables, once."""
        for table in COUNTED:
            row = self.db.execute(
                f"SELECT count(*) FROM {table} WHERE account_id = %s", [self.ctx.id]
            ).fetchone()
            assert row is not None
            self.counts[table] = row[0]

    @property
    def params(self) -> dict[str, Any]:
        """What every statement is given."""
        return {
            "account_id": self.ctx.id,
            "known_as": self.ctx.known_as,
            "zone": self.ctx.time_zone,
            "now": self.ctx.now,
            "today": self.ctx.today,
        }

    def stream(self, name: str, query: str, **more: Any) -> Iterator[Row]:
        """The rows of ``sql/{query}.sql`` through a server-side cursor of that name; memory stays flat."""
        with self.db.cursor(name) as cursor:
            cursor.itersize = AT_ONCE
            cursor.execute(load("kalends.proof", query), {**self.params, **more})
            yield from cursor

    def figures(self, check: CheckMade, query: str, **more: Any) -> None:
        """Write down the differences that ``sql/{query}.sql`` finds.

        Its rows are: what, the figure, what stands, what should be, and the currency if both are minor units.
        """
        with self.db.cursor() as cursor:
            for what, figure, stands, should_be, currency in cursor.stream(
                load("kalends.proof", query), {**self.params, **more}
            ):
                self.report.add(check, what, figure, shown(stands, currency), shown(should_be, currency))


def shown(value: str | int | None, currency: str | None) -> str:
    """A value of a difference, as people read it."""
    if value is None or value == "":
        return "nothing"
    return str(value) if currency is None else written(int(value), currency)


CheckFunction = Callable[[Proof, Mapping[str, CheckMade]], None]


@dataclass(frozen=True, slots=True)
class Check:
    """A pass over the books: the names of what it checks, each with a sentence, and the function that does it."""

    names: Mapping[str, str]
    run: CheckFunction


def by_sql(name: str, about: str, query: str, *tables: str) -> Check:
    """A check that one SQL statement makes, over rows of these tables."""

    def run(proof: Proof, checks: Mapping[str, CheckMade]) -> None:
        check = checks[name]
        check.rows = sum(proof.counts[table] for table in tables)
        proof.figures(check, query)

    return Check({name: about}, run)
