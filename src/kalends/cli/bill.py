"""``kalends bill``, ``hold`` and ``release``: what is due now, all of it held, and what was set aside."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import click

from kalends.cli.asking import RECORD_ID
from kalends.cli.progress import Progress
from kalends.cli.session import Session, account_option, open_processors, open_session
from kalends.cli.show import json_option, print_json, say
from kalends.cli.tell_run import run_as_json, tell_run
from kalends.platform.clock import system_now
from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.stopping import stopped_by_signals

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext
    from kalends.billing.hold import Hold
    from kalends.billing.run import RunResult


@click.command(
    epilog="Exit codes: 0 billed, 1 something was or would be parked, 2 no such account, 3 no database, 4 stopped."
)
@account_option
@click.option("--rehearse", is_flag=True, help="Show what would happen, and write nothing.")
@click.option("--catch-up", is_flag=True, help="Charge a customer for several overdue cycles on one day.")
@json_option
@click.pass_context
def bill(
    click_ctx: click.Context, account: str | None, rehearse: bool, catch_up: bool, as_json: bool
) -> None:
    """Bill everything that is due in an account now: one run.

    Reports of payment processors are taken in, invoices fall overdue, failed charges are tried again, due cycles are
    invoiced and charged. It may be started twice at the same moment, on two machines, and killed at any point:
    each cycle is billed once, and the next run goes on where this one stopped. Ctrl-C or SIGTERM lets it finish the
    block at hand.

    A subscription that cannot be billed rightly is parked with a reason, and the run goes on with the others; see
    `kalends status` and `kalends release`. A customer who is several cycles behind is charged for one a day, unless
    --catch-up is given.

    \b
    Examples:
      kalends bill --rehearse
      kalends bill --account "Nordlys AS" --json
    """
    with open_session() as session:
        ctx = session.account(account)
        if rehearse:
            from kalends.cli.tell_rehearsal import rehearse_account

            parked = rehearse_account(session, ctx, catch_up=catch_up, as_json=as_json)
        else:
            result = bill_account(session, ctx, catch_up=catch_up)
            parked = result.parked
            if as_json:
                print_json({"account": ctx.id, "as_of": ctx.now, "run": run_as_json(result)})
            else:
                tell_run(result)
    if parked:
        click_ctx.exit(ExitCode.PROBLEM_FOUND)


def bill_account(session: Session, ctx: AccountContext, *, catch_up: bool) -> RunResult:
    """One run over the account, written down in its history."""
    from kalends.billing.block import DoubleBillingStopped
    from kalends.billing.history import run_ended, run_progressed, run_started
    from kalends.billing.hold import find_hold
    from kalends.billing.run import run_due

    refuse_while_held(ctx, find_hold(session.db, ctx.id))
    run_id = run_started(session.db, ctx, session.now)
    due = session.db.execute(
        "SELECT due FROM billing_run WHERE account_id = %s AND id = %s", [ctx.id, run_id]
    ).fetchone()
    assert due is not None

    def after_block(so_far: RunResult) -> None:
        run_progressed(session.db, ctx, run_id, so_far)
        progress(so_far.invoiced + so_far.parked)
        if stop.is_set():
            raise KeyboardInterrupt

    stop = threading.Event()
    try:
        with (
            stopped_by_signals(stop),
            open_processors(ctx) as processors,
            Progress("subscriptions", due[0]) as progress,
        ):
            result = run_due(
                session.db,
                ctx,
                processors,
                catch_up=catch_up,
                progress=after_block,
            )
    except DoubleBillingStopped as stopped:
        raise UserFacing(
            str(stopped),
            where=f"account {ctx.id} ({ctx.name})",
            remedy="The block was taken back and nothing of it was charged. Run `kalends verify` and report it.",
            exit_code=ExitCode.REFUSED,
        ) from stopped
    run_ended(session.db, ctx, run_id, system_now(), result)
    refuse_while_held(ctx, find_hold(session.db, ctx.id) if result.held else None)
    return result


def refuse_while_held(ctx: AccountContext, held: Hold | None) -> None:
    """Say who holds the account's billing. Raises ``UserFacing``."""
    if held is not None:
        raise UserFacing(
            f"Billing is held since {held.since:%Y-%m-%d %H:%M} UTC, by {held.actor}"
            + (f": {held.reason}" if held.reason else "."),
            where=f"account {ctx.id} ({ctx.name})",
            remedy="`kalends restored` asks the processors and lets it go on."
            if held.put_back
            else "`kalends hold --release` lets it go on.",
            exit_code=ExitCode.REFUSED,
        )


@click.command(epilog="Exit codes: 0 released, 2 not parked or unknown, 3 no database.")
@click.argument("subscription", type=RECORD_ID)
@account_option
@json_option
def release(subscription: int, account: str | None, as_json: bool) -> None:
    """Take a SUBSCRIPTION out of parking, after the cause was mended.

    A subscription is parked when billing it would have broken a promise: `kalends status` shows the reason and what
    would mend it. Once released, the next run bills it, or parks it again if the cause is still there.

    \b
    Example:
      kalends release 1042
    """
    from kalends.billing.parking import NotParked
    from kalends.billing.parking import release as release_one

    with open_session() as session:
        ctx = session.account(account)
        try:
            was = release_one(session.db, ctx, subscription, actor="cli")
        except NotParked as problem:
            raise UserFacing(
                str(problem),
                where=f"account {ctx.id}",
                value=str(subscription),
                remedy="`kalends status` lists what is parked.",
            ) from problem
    document: dict[str, Any] = {"subscription": subscription, "released": True, "was": was._asdict()}
    if as_json:
        print_json(document)
    else:
        say(f"Subscription {subscription} is released; the next run bills it from cycle {was.cycle + 1} on.")
        say(f"It had been parked since {was.since:%Y-%m-%d}: {was.reason}")


@click.command(
    epilog="Exit codes: 0 held or released, 2 it was so already, or no such account, 3 no database."
)
@account_option
@click.option("--reason", default="", help="Why, for those who wonder later.")
@click.option("--release", "go_on", is_flag=True, help="Let billing go on.")
@json_option
def hold(account: str | None, reason: str, go_on: bool, as_json: bool) -> None:
    """Hold an account's billing: nothing more is invoiced or charged until it is released.

    A run that is under way stops after the block at hand. Money that processors report meanwhile is taken in. Once
    released, the next run bills what came due, as after any outage: one overdue cycle a day for each customer.

    \b
    Examples:
      kalends hold --reason "Prices of March are wrong"
      kalends hold --release
    """
    from kalends.billing.hold import HoldRefused, hold_billing, release_billing

    with open_session() as session:
        ctx = session.account(account)
        try:
            if go_on:
                held = release_billing(session.db, ctx, actor="cli")
            else:
                held = hold_billing(session.db, ctx, actor="cli", reason=reason)
        except HoldRefused as problem:
            raise UserFacing(
                str(problem),
                where=f"account {ctx.id} ({ctx.name})",
                remedy="`kalends status` shows whether billing is held.",
            ) from problem
    if as_json:
        print_json({"account": ctx.id, "held": not go_on, **held._asdict()})
    elif go_on:
        say(f"Billing of {ctx.name} goes on; it was held since {held.since:%Y-%m-%d %H:%M} UTC.")
    else:
        say(f"Billing of {ctx.name} is held: nothing is invoiced or charged until `kalends hold --release`.")
