"""``kalends replay``: a real business's book, billed month after month on a sandbox clock."""

from __future__ import annotations

import csv
import time
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kalends.cli.progress import Progress
from kalends.cli.session import Session, open_processors, open_session
from kalends.cli.show import count, facts, json_option, note, print_json, say
from kalends.core.money import format_minor
from kalends.platform.errors import ExitCode, UserFacing

if TYPE_CHECKING:
    from kalends.imports.telco import TelcoCustomer

FORMATS = ("telco",)


@click.command(
    epilog="Exit codes: 0 billed and proved, 1 verify found a difference, 2 the file cannot be read, 3 no database."
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "format_", type=click.Choice(FORMATS), required=True, help="Whose book it is.")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="The clock stops at the first moment of this day.",
)
@click.option(
    "--verify/--no-verify", "proof", default=True, help="Recompute everything afterwards (default)."
)
@json_option
@click.pass_context
def replay(
    click_ctx: click.Context, file: Path, format_: str, until: datetime, proof: bool, as_json: bool
) -> None:
    """Bill a real book of customers from its first month on, and prove the result.

    The customers become contacts with payment methods and subscriptions in a new sandbox account. Its clock then
    runs day by day until the given day: invoices, charges, settlements and checks by mail happen as they would
    have. At the end `verify` recomputes every invoice and every total, and the reports on churn, retention and revenue
    are compared with what the file itself says.

    Format `telco` is the customer churn book that IBM published: one row a customer with columns customerID, tenure,
    Contract, PaymentMethod, MonthlyCharges and Churn. Each call makes a new account, and touches no other.

    \b
    Examples:
      kalends replay telco-customers.csv --format telco --until 2026-03-01
      kalends replay telco-customers.csv --format telco --until 2026-03-01 --json > figures.json
    """
    assert format_ in FORMATS
    began = time.monotonic()
    book = read_telco(file)
    with open_session() as session:
        ctx, numbers = _bill(session, book, until.date(), file)
        numbers["seconds"] = round(time.monotonic() - began, 1)
        numbers["verify"] = _verified(session, ctx) if proof else None
        numbers["reports"] = _compared(session, ctx, book, until.date(), numbers) if proof else None
    if as_json:
        print_json(numbers)
    else:
        _tell(ctx, numbers)
    if any(numbers[each] and numbers[each]["differences"] for each in ("verify", "reports")):
        click_ctx.exit(ExitCode.PROBLEM_FOUND)


def read_telco(file: Path) -> list[TelcoCustomer]:
    """The customers of the file. Raises UserFacing for a file or row that cannot be read."""
    from kalends.imports.telco import BadRow, read_book

    try:
        book = read_book(file)
    except (BadRow, csv.Error, ValueError) as problem:
        raise UserFacing(
            "This book cannot be replayed.",
            where=str(file),
            value=str(problem),
            remedy="Correct the file; nothing was made.",
        ) from problem
    if not book:
        raise UserFacing(
            "This book has no customers.",
            where=str(file),
            value="only the line of column names",
            remedy="Give a file with a row for each customer.",
        )
    return book


def _bill(session: Session, book: list[TelcoCustomer], until: date, file: Path) -> tuple[Any, dict[str, Any]]:
    from kalends.imports.replay import replay_numbers, replay_telco

    try:
        first = min(customer.start(until) for customer in book)
    except (ValueError, OverflowError) as problem:
        raise UserFacing(
            "The book cannot end on this day: its first month would lie before the calendar begins.",
            where="--until",
            value=str(until),
            remedy="Give a later day, such as 2026-03-01.",
        ) from problem
    note(f"{file.name}: {count(len(book), 'customer')}, billed from {first} until {until}")
    with ExitStack() as opened, Progress("days", (until - first).days) as progress:
        result = replay_telco(
            session.db,
            book,
            until=until,
            now=session.now,
            open_processors=lambda ctx: opened.enter_context(open_processors(ctx)),
            settle_tables=_settle_tables,
            progress=lambda day, total: progress(
                (day - first).days + 1, f"{day}, {total.invoiced:,} invoices"
            ),
        )
    return result.ctx, replay_numbers(session.db, result.ctx)


def _settle_tables() -> None:
    """What the server does by itself within minutes; a replay lives through years in them."""
    from kalends.platform import database

    with database.connect(as_owner=True, autocommit=True) as owner:
        owner.execute("ANALYZE")


def _verified(session: Session, ctx: Any) -> dict[str, Any]:
    from kalends.cli.verify import verify_account

    report = verify_account(session, ctx)
    found: dict[str, Any] = {"checked": report.checked, "differences": report.found}
    if report.differences:
        found["named"] = [str(difference) for difference in report.differences]
    return found


def _compared(
    session: Session, ctx: Any, book: list[TelcoCustomer], until: date, numbers: dict[str, Any]
) -> dict[str, Any]:
    from kalends.imports.replay_reports import churn, compare_reports
    from kalends.insight import written

    compared = compare_reports(session.db, ctx, book, until, processing_minor=numbers["processing_minor"])
    differences = [each for each in compared if each.differs]
    found: dict[str, Any] = {
        "compared": len(compared),
        "differences": len(differences),
        "churn": written(churn(book), "share", ctx.currency, "en").replace("\N{NO-BREAK SPACE}", " "),
    }
    if differences:
        found["named"] = [f"{each.what} is {each.report}, but should be {each.file}" for each in differences]
    return found


def _tell(ctx: Any, numbers: dict[str, Any]) -> None:
    currency = ctx.currency
    statuses = ", ".join(f"{number:,} {status}" for status, number in numbers["subscriptions"].items())
    proof, reports = numbers["verify"], numbers["reports"]
    shown = {name: format_minor(numbers[f"{name}_minor"], currency) for name in _AMOUNTS}
    facts(
        [
            ("account", f"{ctx.id} ({ctx.name})"),
            ("customers", f"{numbers['customers']:,}"),
            ("subscriptions", statuses),
            ("invoices", f"{numbers['invoices']:,}"),
            ("invoiced", shown["invoiced"]),
            ("collected", shown["collected"]),
            ("being processed", shown["processing"]),
            ("open", shown["open"]),
            ("MRR", shown["mrr"]),
            ("seconds", numbers["seconds"]),
            (
                "verify",
                proof and f"{proof['checked']:,} checked, {count(proof['differences'], 'difference')}",
            ),
            ("churn", reports and f"{reports['churn']} of customers"),
            (
                "reports",
                reports
                and f"{reports['compared']:,} figures compared, {count(reports['differences'], 'difference')}",
            ),
        ]
    )
    for named in (*(proof or {}).get("named", ()), *(reports or {}).get("named", ())):
        say(f"  {named}")


_AMOUNTS = ("invoiced", "collected", "processing", "open", "mrr")
