"""``kalends reconcile``: the ledger against what the payment processors say of their days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from kalends.cli.asking import DAY
from kalends.cli.session import account_option, open_processors, open_session
from kalends.cli.show import count, json_option, print_json, say
from kalends.platform.errors import ExitCode, UserFacing

if TYPE_CHECKING:
    from kalends.proof.reconcile import Reconciled


@click.command(
    epilog="Exit codes: 0 everything agrees, 1 there are differences or no answer, 2 no such account, 3 no database."
)
@click.option("--day", type=DAY, metavar="YYYY-MM-DD", help="The day (UTC) to compare; without it yesterday.")
@account_option
@json_option
@click.pass_context
def reconcile(click_ctx: click.Context, day: datetime | None, account: str | None, as_json: bool) -> None:
    """Compare a day's movements at each processor with the ledger, both ways: zero differences, or each by name.

    The worker does this each night for the three days before. The result is kept and shown in the settings.

    \b
    Examples:
      kalends reconcile
      kalends reconcile --day 2026-11-20 --json
    """
    from kalends.payments.processors.interface import ProcessorUnavailable
    from kalends.payments.processors.registry import reporting_processors
    from kalends.proof.reconcile import reconcile as compare

    done: list[Reconciled] = []
    with open_session() as session:
        ctx = session.account(account)
        on = day.date() if day else ctx.now.date() - timedelta(days=1)
        with open_processors(ctx) as processors:
            for name in reporting_processors(session.db, ctx):
                try:
                    done.append(compare(session.db, ctx, processors, name, on, on, now=session.now))
                except ProcessorUnavailable as problem:
                    raise UserFacing(
                        "The processor gives no answer; nothing was compared.",
                        where=name,
                        value=str(problem),
                        remedy="Try again later, or test the connection with `kalends processor test`.",
                        exit_code=ExitCode.PROBLEM_FOUND,
                    ) from problem
    if as_json:
        print_json({"account": ctx.id, "day": on, "processors": [_document(each) for each in done]})
    elif not done:
        say(f"{ctx.name} has no processor, and so nothing to compare.")
    else:
        for each in done:
            _tell(each)
    if not all(each.agrees for each in done):
        click_ctx.exit(ExitCode.PROBLEM_FOUND)


def _document(done: Reconciled) -> dict[str, Any]:
    return {
        "processor": done.processor,
        "movements": done.movements,
        "differences": done.differences,
        "found": list(done.found),
        "notes": list(done.notes),
    }


def _tell(done: Reconciled) -> None:
    result = "0 differences" if done.agrees else count(done.differences, "difference")
    say(f"{done.processor}, {done.last}: {count(done.movements, 'movement')}, {result}.")
    for difference in done.found:
        say(f"  {difference}")
    for remark in done.notes:
        say(f"  note: {remark}")
