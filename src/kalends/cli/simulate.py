"""``kalends simulate``: a seeded world that tries to break the billing path, and says so when it does."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import click

from kalends.cli.progress import Progress
from kalends.cli.session import open_session
from kalends.cli.show import json_option, note, print_json, say, table
from kalends.platform.errors import ExitCode

if TYPE_CHECKING:
    from kalends.simulation.world import FaultFound, Outcome, Plan

DAYS_A_YEAR = 365


@click.command(
    epilog="Exit codes: 0 nothing was wrong on any day, 1 a fault was found, 3 no database, or no right to create one."
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Everything follows from it."
)
@click.option(
    "--years", type=click.IntRange(1, 50), default=1, show_default=True, help="How long the world lives."
)
@click.option("--days", type=click.IntRange(1, 20_000), help="How many days instead, for a short one.")
@click.option(
    "--customers",
    type=click.IntRange(2, 20_000),
    default=100,
    show_default=True,
    help="How many subscriptions live at a time; others follow those that end.",
)
@click.option(
    "--wildness",
    type=click.FloatRange(0, 6),
    default=1.0,
    show_default=True,
    help="How much goes wrong; 0 is a world without trouble.",
)
@json_option
@click.pass_context
def simulate(
    click_ctx: click.Context,
    seed: int,
    years: int,
    days: int | None,
    customers: int,
    wildness: float,
    as_json: bool,
) -> None:
    """Let a world of customers, staff, banks and dying processes live, and look at everything after each of its days.

    Customers buy, change, pause, come back, fail, recover, dispute, cancel and change banks, now or from a day to come.
    Some are billed elsewhere at first. Staff clicks twice. Two schedulers take turns, and any process may be killed at
    any statement. The processor times out having charged or not, answers late, twice, wrongly or not at all, and loses
    what it has to tell. Nobody runs for days or weeks, and time crosses daylight saving and the last of February.

    After each day every cycle must have exactly one invoice of the right day and amount, nobody may have been charged
    who should not be, ledger and totals must add up, the processor's book must be ours or explained by name, and each
    letter must be there once. Once a week `verify` proves everything. The first fault ends the world, with the command
    that lives it again.

    Everything happens in a database of its own on the installation's server, which is dropped at the end; nothing
    leaves the machine.

    \b
    Examples:
      kalends simulate --seed 7 --years 2 --customers 200
      kalends simulate --seed 7 --days 70 --customers 20 --json
    """
    from kalends.platform.scratch import freeze_plans, scratch_database
    from kalends.simulation.world import FaultFound, Plan, opened_world

    plan = Plan(seed, days or years * DAYS_A_YEAR, customers, wildness)
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # of connections that die it would tell each time
    try:
        with (
            open_session(),
            Progress("simulate", plan.days) as progress,
            scratch_database(f"kalends_simulation_{seed}") as dsn,
        ):
            freeze_plans(dsn)
            with opened_world(plan) as world:
                outcome = world.live(progress)
    except FaultFound as fault:
        _tell_fault(fault, as_json=as_json)
        click_ctx.exit(ExitCode.PROBLEM_FOUND)
    if as_json:
        print_json({**_document(plan), "found": [], "happened": outcome.tally, "left": outcome.facts})
    else:
        _tell(outcome)


def _document(plan: Plan) -> dict[str, Any]:
    return {
        "seed": plan.seed,
        "days": plan.days,
        "customers": plan.customers,
        "wildness": plan.wildness,
        "replay": plan.command(),
    }


def _tell_fault(fault: FaultFound, *, as_json: bool) -> None:
    if not as_json:
        note(str(fault))
        return
    found = [{"check": each.check, "what": each.what} for each in fault.found]
    print_json({**_document(fault.plan), "day": fault.day, "account": fault.account, "found": found})


def _tell(outcome: Outcome) -> None:
    plan = outcome.plan
    say(
        f"Seed {plan.seed}: {plan.days} days from {outcome.first} on, {plan.customers} subscriptions. "
        f"Nothing was wrong on any day."
    )
    for title, counted in (("What happened", outcome.tally), ("What there is in the end", outcome.facts)):
        say()
        table([title, ""], [(what, f"{times:,}") for what, times in counted.items() if times], right=[""])
