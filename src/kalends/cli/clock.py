"""``kalends clock``: a sandbox account's present moment, and moving it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from kalends.cli.moments import parse_moment, plus_duration
from kalends.cli.progress import Progress
from kalends.cli.session import Session, account_option, open_processors, open_session
from kalends.cli.show import facts, json_option, print_json, say
from kalends.cli.tell_run import run_as_json, tell_run
from kalends.platform.errors import ExitCode, UserFacing

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext
    from kalends.billing.run import RunResult


@click.group()
def clock() -> None:
    """Show or move the clock of a sandbox account.

    A sandbox account has a present moment of its own. When it is moved forward, everything that falls due on the way
    happens in order, as it would have: invoices, charges, settlements, retries, reminders. The clock of a live
    account is the real one and cannot be moved, and no clock goes back.
    """


@clock.command(epilog="Exit codes: 0 shown, 2 no such account, 3 no database.")
@account_option
@json_option
def show(account: str | None, as_json: bool) -> None:
    """Show what time it is in an account.

    \b
    Example:
      kalends clock show --account "Nordlys AS"
    """
    with open_session() as session:
        ctx = session.account(account)
    if as_json:
        print_json(_moment(ctx))
    else:
        _tell_moment(ctx)


@clock.command(epilog="Exit codes: 0 moved, 2 not a duration, 3 no database, 4 this clock cannot be moved.")
@click.argument("duration")
@account_option
@json_option
def advance(duration: str, account: str | None, as_json: bool) -> None:
    """Let the clock of a sandbox run for a DURATION: 12h, 3d, 2w, 1mo, 1y, or several such as 1mo3d.

    Days, weeks, months and years keep the hour on the wall, also across a change to or from summer time; from the 31st
    a month leads to the last day of a shorter one.

    \b
    Examples:
      kalends clock advance 1d
      kalends clock advance 1mo3d --json
    """
    with open_session() as session:
        ctx = session.account(account)
        _move(session, ctx, plus_duration(ctx.now, duration, ctx.time_zone), as_json)


@clock.command(
    "set", epilog="Exit codes: 0 moved, 2 not a date, 3 no database, 4 this clock cannot be moved."
)
@click.argument("date")
@account_option
@json_option
def set_(date: str, account: str | None, as_json: bool) -> None:
    """Let the clock of a sandbox run until DATE: 2026-03-01, or 2026-03-01T12:00 in the account's time zone.

    A date alone is the first moment of that day, before its charges begin (they begin at seven in the morning
    unless the account says otherwise): give an hour to have them happen.

    \b
    Examples:
      kalends clock set 2026-03-01
      kalends clock set 2026-03-01T12:00
    """
    with open_session() as session:
        ctx = session.account(account)
        _move(session, ctx, parse_moment(date, ctx.time_zone), as_json)


def _move(session: Session, ctx: AccountContext, to: datetime, as_json: bool) -> None:
    from kalends.billing.clock import ClockRefused
    from kalends.billing.clock import advance as advance_clock
    from kalends.billing.run import RunResult

    total = RunResult()
    days = max((to - ctx.now).days, 1)

    with open_processors(ctx) as processors, Progress("days", days) as progress:

        def tick(instant: datetime, result: RunResult) -> None:
            total.add(result)
            progress((instant - ctx.now).days, f"{instant:%Y-%m-%d}, {total.invoiced:,} invoices")

        try:
            moved, result = advance_clock(session.db, ctx, processors, to, tick=tick)
        except ClockRefused as refusal:
            raise UserFacing(str(refusal), where=f"account {ctx.id}", exit_code=ExitCode.REFUSED) from refusal
    if as_json:
        print_json({**_moment(moved), "from": ctx.now, "happened": run_as_json(result)})
    else:
        say(f"The clock of {ctx.name} ran from {_local(ctx)} to {_local(moved)}.")
        tell_run(result)


def _moment(ctx: AccountContext) -> dict[str, Any]:
    return {
        "account": ctx.id,
        "name": ctx.name,
        "mode": ctx.mode,
        "now": ctx.now,
        "today": ctx.today,
        "time_zone": ctx.time_zone,
        "billing_day": ctx.billing_day,
    }


def _tell_moment(ctx: AccountContext) -> None:
    facts(
        [
            ("account", f"{ctx.id} ({ctx.name})"),
            ("clock", "its own (sandbox)" if ctx.is_sandbox else "the real one (live)"),
            ("now", f"{_local(ctx)}, {ctx.time_zone}"),
            ("billed", f"everything due up to {ctx.billing_day} can be billed now"),
        ]
    )


def _local(ctx: AccountContext) -> str:
    return f"{ctx.now.astimezone(ZoneInfo(ctx.time_zone)):%Y-%m-%d %H:%M}"
