"""``kalends subscription pause|resume``: a time in which nothing is billed, and its end."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import psycopg

from kalends.cli.asking import DAY, RECORD_ID, tell_and_do, yes_option
from kalends.cli.records import Subscription, coming_payments, find_subscription, spoken
from kalends.cli.session import account_option, open_session
from kalends.cli.show import count, json_option, print_json, say
from kalends.core.money import format_minor
from kalends.platform.errors import UserFacing

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext
    from kalends.billing.edit import Upcoming

_LOOKED_AHEAD = 600
"""How many payments are looked at for those that a pause skips: eleven years of weekly ones."""


class _Resumed(NamedTuple):
    status: str
    next_due_date: date | None
    next_amount_minor: int | None


@click.command(
    epilog="Exit codes: 0 paused, 2 no such subscription or day, 3 no database, 4 it is not active, or waits to be "
    "canceled."
)
@click.argument("id_", metavar="ID", type=RECORD_ID)
@click.option("--from", "start", type=DAY, help="Pause on this day to come, not at once.")
@click.option("--until", type=DAY, help="Resume by itself on this day.")
@account_option
@yes_option
@json_option
def pause(
    id_: int,
    start: datetime | None,
    until: datetime | None,
    account: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Pause the active subscription ID, at once or on a day to come: nothing is billed until it is resumed.

    Cycles that fall into the pause are skipped and never billed later. Charges under way still end. A pause to come
    begins only if the subscription is active on its day, and until then `kalends subscription keep` takes it back. One
    that waits to be canceled has nothing left to be paused. The customer and the subscription's owner are told.

    \b
    Examples:
      kalends subscription pause 1042 --until 2026-09-01
      kalends subscription pause 1042 --from 2026-07-01 --until 2026-09-01
      kalends subscription pause 1042 --yes
    """
    pause_on, resume_on = start.date() if start else None, until.date() if until else None
    with open_session() as session:
        ctx = session.account(account)
        _refuse_past_days(ctx, pause_on, resume_on)
        db, found = session.db, find_subscription(session, ctx, id_)
        coming = coming_payments(session, ctx, id_, _LOOKED_AHEAD)
        tell_and_do(
            db,
            "pause",
            found,
            lambda: _pause(db, ctx, id_, pause_on, resume_on),
            lambda _: _consequence_of_pause(found, pause_on, resume_on, coming),
            yes=yes,
        )
    if as_json:
        status = found.status if pause_on else "paused"
        days = {"pause_on": pause_on, "resume_on": resume_on}
        print_json({"subscription": id_, "was": found.status, "status": status, **days})
    else:
        when = f"will be paused on {pause_on}" if pause_on else "is paused"
        say(f"{found.name} ({id_}) {when}{f', until {resume_on}' if resume_on else ''}.")


def _refuse_past_days(ctx: AccountContext, pause_on: date | None, resume_on: date | None) -> None:
    if pause_on is not None and pause_on <= ctx.today:
        raise UserFacing(
            "A pause to come begins after today.",
            where="--from",
            value=str(pause_on),
            remedy=f"Give a day after {ctx.today}, or leave --from out to pause at once.",
        )
    begins = pause_on or ctx.today
    if resume_on is not None and resume_on <= begins:
        raise UserFacing(
            f"A pause that begins on {begins} does not end on {resume_on}.",
            where="--until",
            value=str(resume_on),
            remedy=f"Give a day after {begins}.",
        )


def _pause(
    db: psycopg.Connection[Any], ctx: AccountContext, id_: int, pause_on: date | None, resume_on: date | None
) -> None:
    from kalends.billing.changes import pause as pause_one
    from kalends.billing.changes import pause_later

    if pause_on is None:
        pause_one(db, ctx, id_, resume_on=resume_on, actor="cli")
    else:
        pause_later(db, ctx, id_, pause_on, resume_on=resume_on, actor="cli")


def _consequence_of_pause(
    found: Subscription, pause_on: date | None, resume_on: date | None, coming: list[Upcoming]
) -> str:
    first = f"From {pause_on} on nothing" if pause_on else "Nothing"
    last = f"until {resume_on}" if resume_on else "until somebody resumes it"
    skipped = [
        payment
        for payment in coming
        if (pause_on is None or payment.due_date >= pause_on)
        and (resume_on is None or payment.due_date < resume_on)
    ]
    replaced = f" The pause from {found.pause_on} on gives way to this one." if found.pause_on else ""
    return f"{first} is billed {last}; {_skipped(found, skipped, ends=resume_on is not None)}.{replaced}"


def _skipped(found: Subscription, skipped: list[Upcoming], *, ends: bool) -> str:
    if not skipped:
        return "no payment falls into the pause"
    first = skipped[0]
    amount = format_minor(first.total_minor, found.currency)
    if len(skipped) == 1:
        return f"the payment of {amount} on {first.due_date} is skipped for good"
    if not ends:
        return f"the payment of {amount} on {first.due_date} and what follows it in the pause are skipped for good"
    total = format_minor(sum(payment.total_minor for payment in skipped), found.currency)
    span = f"{first.due_date} to {skipped[-1].due_date}"
    return f"{count(len(skipped), 'payment')} over {total}, {span}, are skipped for good"


@click.command(epilog="Exit codes: 0 resumed, 2 no such subscription, 3 no database, 4 it is not paused.")
@click.argument("id_", metavar="ID", type=RECORD_ID)
@click.option("--next-due", type=DAY, help="A due date of its own; it becomes the new anchor.")
@account_option
@yes_option
@json_option
def resume(id_: int, next_due: datetime | None, account: str | None, yes: bool, as_json: bool) -> None:
    """Resume the paused subscription ID.

    Its schedule goes on at its first date that is today or later, or on the day of --next-due. Skipped cycles are not
    billed; a fixed term keeps its number of payments and ends later.

    \b
    Examples:
      kalends subscription resume 1042
      kalends subscription resume 1042 --next-due 2026-09-15
    """
    day = next_due.date() if next_due else None
    with open_session() as session:
        ctx = session.account(account)
        if day is not None and day < ctx.today:
            raise UserFacing(
                "A subscription is not resumed in the past.",
                where="--next-due",
                value=str(day),
                remedy=f"Give {ctx.today} or later.",
            )
        db, found = session.db, find_subscription(session, ctx, id_)
        done = tell_and_do(
            db,
            "resume",
            found,
            lambda: _resume(db, ctx, id_, day),
            lambda resumed: _consequence_of_resume(found, resumed, own_day=day is not None),
            yes=yes,
        )
    if as_json:
        print_json({"subscription": id_, "was": found.status, **done._asdict()})
    else:
        due = f"next due on {done.next_due_date}" if done.next_due_date else "nothing is left to bill"
        say(f"{found.name} ({id_}) is {spoken(done.status)} again; {due}.")


def _resume(db: psycopg.Connection[Any], ctx: AccountContext, id_: int, day: date | None) -> _Resumed:
    from kalends.billing.changes import resume as resume_one

    with db.transaction():
        resume_one(db, ctx, id_, next_due=day, actor="cli")
        row = db.execute(
            "SELECT status, next_due_date, next_amount_minor FROM subscription WHERE account_id = %s AND id = %s",
            [ctx.id, id_],
        ).fetchone()
        assert row is not None
    return _Resumed(*row)


def _consequence_of_resume(found: Subscription, resumed: _Resumed, *, own_day: bool) -> str:
    if resumed.next_due_date is None:
        return "Nothing is left to bill; it goes on until its term ends."
    amount = format_minor(resumed.next_amount_minor or 0, found.currency)
    words = f"Billing goes on with {amount} on {resumed.next_due_date}"
    if own_day:
        words += ", which becomes its day"
    if found.expected_payments is not None:
        left = count(found.expected_payments - found.next_cycle, "payment")
        words += f"; {left} of its term {'is' if left == '1 payment' else 'are'} left"
    if resumed.status != "active":
        words += f". It becomes {spoken(resumed.status)}, for what is overdue"
    return f"{words}."
