"""``kalends demo``: a company with two years of history, then the pages to look at it."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from kalends.cli.progress import Progress
from kalends.cli.serve import DEFAULT_PORT, serve_pages, tell_address, worker_of
from kalends.cli.session import Session, open_processors, open_session
from kalends.cli.show import facts, json_option, note, print_json, say, table
from kalends.core.money import format_minor
from kalends.platform.errors import ExitCode

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext

SHOWN_FIRST = ("unpaid", "past_due", "active", "paused", "scheduled", "canceled", "expired")


@click.command(
    epilog="Exit codes: 0 stopped as asked, 1 the demo's books do not add up, 2 the port is taken."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65_535), default=DEFAULT_PORT, show_default=True)
@click.option("--serve/--no-serve", "serving", default=True, help="Serve the pages at the end (default).")
@json_option
@click.pass_context
def demo(click_ctx: click.Context, host: str, port: int, serving: bool, as_json: bool) -> None:
    """Start Kalends with a company to look around in, and say where to look.

    Nordlys Fleet sells fleet software to some 240 customers in Norway, Finland, Sweden, Denmark and the United
    States, in kroner, euros and dollars, by card, bank debit and invoice. Its two years of history are not made up:
    every invoice, charge, retry and letter comes from the billing path, run day by day on a sandbox clock, and is
    the same on every machine. At the end the books are proved. A demo that was stopped goes on where it was.

    The demo is a sandbox account of its own beside whatever else the installation holds: no money moves and no
    letter leaves. A worker makes its exports, takes its imports in and lets its workflows react, for as long as the
    pages are served. Visitors from this machine are signed in as its administrator.

    \b
    Examples:
      kalends demo
      kalends demo --port 8080
      kalends demo --no-serve --json
    """
    tell_address(host, port)
    with open_session() as session:
        ctx = _tell_story(session)
        summary = summarize(session, ctx)
    if as_json:
        print_json(summary)
    else:
        _show(ctx, summary)
    if summary["verify"]["differences"]:
        click_ctx.exit(ExitCode.PROBLEM_FOUND)
    if serving:
        from kalends.demo.company import STAFF
        from kalends.staff.demo import VARIABLE

        os.environ[VARIABLE] = STAFF[0].email
        note("")
        note(f"Look here (signed in as {STAFF[0].name}; Ctrl-C stops):")
        with worker_of(session.home, ctx.id):
            serve_pages(host, port)


def _tell_story(session: Session) -> AccountContext:
    from kalends.demo.history import FIRST_DAY, LAST_DAY, tell

    note(f"Nordlys Fleet is billed day by day from {FIRST_DAY} until {LAST_DAY} ...")
    with ExitStack() as opened, Progress("days", (LAST_DAY - FIRST_DAY).days) as progress:
        return tell(
            session.db,
            now=session.now,
            open_processors=lambda ctx: opened.enter_context(open_processors(ctx)),
            progress=lambda day: progress((day - FIRST_DAY).days, str(day)),
        )


def summarize(session: Session, ctx: AccountContext) -> dict[str, Any]:
    """What the demo's account holds, and whether its books add up. Amounts are in minor units."""
    from kalends.cli.verify import verify_account

    statuses = session.db.execute(
        "SELECT status, count(*) FROM subscription WHERE account_id = %s GROUP BY status", [ctx.id]
    ).fetchall()
    money = session.db.execute(
        "SELECT currency, count(*), sum(total_minor)::bigint, sum(paid_minor)::bigint FROM invoice "
        "WHERE account_id = %s GROUP BY currency ORDER BY currency",
        [ctx.id],
    ).fetchall()
    letters = session.db.execute("SELECT count(*) FROM message WHERE account_id = %s", [ctx.id]).fetchone()
    report = verify_account(session, ctx)
    return {
        "account": ctx.id,
        "clock": ctx.now,
        "subscriptions": dict(sorted(statuses, key=lambda row: SHOWN_FIRST.index(row[0]))),
        "currencies": {
            currency: {"invoices": invoices, "invoiced_minor": invoiced, "collected_minor": collected}
            for currency, invoices, invoiced, collected in money
        },
        "letters": letters[0] if letters else 0,
        "verify": {"checked": report.checked, "differences": report.found},
    }


def _show(ctx: AccountContext, summary: dict[str, Any]) -> None:
    proof = summary["verify"]
    statuses = ", ".join(
        f"{count} {status.replace('_', ' ')}" for status, count in summary["subscriptions"].items()
    )
    facts(
        [
            ("account", f"{ctx.name} (sandbox, number {ctx.id})"),
            ("today there", f"{ctx.today}"),
            ("subscriptions", statuses),
            ("letters", f"{summary['letters']:,}, kept and not sent"),
            (
                "proved",
                f"{proof['checked']:,} invoices worked out again, {proof['differences']} differences",
            ),
        ]
    )
    say()
    table(
        ["currency", "invoices", "invoiced", "collected"],
        [
            (
                currency,
                f"{part['invoices']:,}",
                format_minor(part["invoiced_minor"], currency),
                format_minor(part["collected_minor"], currency),
            )
            for currency, part in summary["currencies"].items()
        ],
        right=["invoices", "invoiced", "collected"],
    )
