"""``kalends subscription cancel|pause|resume``: what people do to a subscription, told before it is done."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from kalends.cli.session import Session, account_option, open_session
from kalends.cli.show import count, json_option, note, print_json, say
from kalends.core.money import format_minor
from kalends.platform.errors import ExitCode, UserFacing

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext

_ONE = """
    SELECT s.name, s.status, s.currency, s.next_due_date, s.next_amount_minor, s.expected_payments, s.next_cycle,
        (SELECT count(*) FROM invoice i WHERE i.account_id = s.account_id AND i.subscription_id = s.id
            AND i.status = 'open') AS open_invoices,
        (SELECT count(*) FROM payment p WHERE p.account_id = s.account_id AND p.subscription_id = s.id
            AND p.status = 'processing') AS under_way
    FROM subscription AS s WHERE s.account_id = %s AND s.id = %s
"""
_NAMES = "name status currency next_due_date next_amount_minor expected_payments next_cycle open_invoices under_way"

yes_option = click.option(
    "--yes", is_flag=True, help="Do it without asking; needed where there is no terminal."
)


@click.group()
def subscription() -> None:
    """Cancel, pause or resume a subscription; each says what follows before it is done."""


@subscription.command(
    epilog="Exit codes: 0 canceled, 2 no such subscription or no --yes, 3 no database, 4 it has ended already."
)
@click.argument("id_", metavar="ID", type=int)
@account_option
@yes_option
@json_option
def cancel(id_: int, account: str | None, yes: bool, as_json: bool) -> None:
    """Cancel the subscription ID at once, for good.

    Nothing more is billed, charged or retried. Open invoices stay open, and bank debits under way are neither stopped
    nor refunded. A canceled subscription cannot be brought back.

    \b
    Example:
      kalends subscription cancel 1042 --yes
    """
    from kalends.billing.changes import cancel_subscriptions

    def do(session: Session, ctx: AccountContext) -> dict[str, Any]:
        done = cancel_subscriptions(session.db, ctx, [id_], actor="cli")
        return {"status": "canceled", "debits_under_way": done.debits_under_way}

    _change("cancel", id_, account, yes, as_json, _consequence_of_cancel, do)


@subscription.command(
    epilog="Exit codes: 0 paused, 2 no such subscription or day, 3 no database, 4 it is not active."
)
@click.argument("id_", metavar="ID", type=int)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Resume by itself on this day.")
@account_option
@yes_option
@json_option
def pause(id_: int, until: datetime | None, account: str | None, yes: bool, as_json: bool) -> None:
    """Pause the active subscription ID: nothing is billed until it is resumed.

    Cycles that fall into the pause are skipped and never billed later. Charges under way still end.

    \b
    Examples:
      kalends subscription pause 1042 --until 2026-09-01
      kalends subscription pause 1042 --yes
    """
    from kalends.billing.changes import pause as pause_one

    resume_on = until.date() if until else None

    def do(session: Session, ctx: AccountContext) -> dict[str, Any]:
        try:
            pause_one(session.db, ctx, id_, resume_on=resume_on, actor="cli")
        except ValueError as problem:
            if resume_on is None or resume_on > ctx.today:
                raise
            raise UserFacing(
                str(problem), where="--until", value=str(resume_on), remedy=f"Give a day after {ctx.today}."
            ) from problem
        return {"status": "paused", "resume_on": resume_on}

    _change("pause", id_, account, yes, as_json, lambda found: _consequence_of_pause(found, resume_on), do)


@subscription.command(
    epilog="Exit codes: 0 resumed, 2 no such subscription, 3 no database, 4 it is not paused."
)
@click.argument("id_", metavar="ID", type=int)
@click.option(
    "--next-due", type=click.DateTime(["%Y-%m-%d"]), help="A due date of its own; it becomes the new anchor."
)
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
    from kalends.billing.changes import resume as resume_one

    day = next_due.date() if next_due else None

    def do(session: Session, ctx: AccountContext) -> dict[str, Any]:
        if day is not None and day < ctx.today:
            raise UserFacing(
                "A subscription is not resumed in the past.",
                where="--next-due",
                value=str(day),
                remedy=f"Give {ctx.today} or later.",
            )
        return {
            "status": "active",
            "next_due_date": resume_one(session.db, ctx, id_, next_due=day, actor="cli"),
        }

    _change("resume", id_, account, yes, as_json, lambda found: _consequence_of_resume(found, day), do)


def _change(
    verb: str,
    id_: int,
    account: str | None,
    yes: bool,
    as_json: bool,
    consequence: Callable[[dict[str, Any]], str],
    do: Callable[[Session, AccountContext], dict[str, Any]],
) -> None:
    from kalends.billing.changes import UnknownSubscription
    from kalends.core.lifecycle import Cause, RefusedTransition, Status, transition

    causes = {"cancel": Cause.CANCELED, "pause": Cause.PAUSED, "resume": Cause.RESUMED}
    with open_session() as session:
        ctx = session.account(account)
        found = _look_up(session, ctx, id_)
        try:
            transition(Status(found["status"]), causes[verb])
        except RefusedTransition as refusal:
            raise _refused(id_, found, refusal) from refusal
        _ask(verb, f"{found['name']} ({id_}, {found['status']}). {consequence(found)}", yes)
        try:
            done = do(session, ctx)
        except RefusedTransition as refusal:
            raise _refused(id_, found, refusal) from refusal
        except UnknownSubscription as problem:
            raise UserFacing(str(problem), where=f"account {ctx.id}", value=str(id_)) from problem
    if as_json:
        print_json({"subscription": id_, "was": found["status"], **done})
    else:
        say(_acknowledged(id_, found, done))


def _refused(id_: int, found: dict[str, Any], refusal: Exception) -> UserFacing:
    return UserFacing(
        str(refusal), where=f"subscription {id_}", value=found["status"], exit_code=ExitCode.REFUSED
    )


def _look_up(session: Session, ctx: AccountContext, id_: int) -> dict[str, Any]:
    row = session.db.execute(_ONE, [ctx.id, id_]).fetchone()
    if row is None:
        raise UserFacing(
            "There is no such subscription.",
            where=f"account {ctx.id} ({ctx.name})",
            value=str(id_),
            remedy="The number stands on the subscription's page and in `kalends bill --rehearse`.",
        )
    return dict(zip(_NAMES.split(), row, strict=True))


def _ask(verb: str, words: str, yes: bool) -> None:
    note(words)
    if yes:
        return
    if not sys.stdin.isatty():
        raise UserFacing(
            f"Nobody is there to ask whether to {verb}.",
            where="the terminal",
            remedy="Add --yes if that is what you want.",
        )
    click.confirm(f"{verb.capitalize()} it?", abort=True, err=True)


def _next_payment(found: dict[str, Any]) -> str:
    if found["next_due_date"] is None:
        return "Nothing was to be billed any more"
    amount = format_minor(found["next_amount_minor"] or 0, found["currency"])
    return f"The payment of {amount} on {found['next_due_date']} and all after it are not billed"


def _consequence_of_cancel(found: dict[str, Any]) -> str:
    open_invoices, under_way = (
        count(found["open_invoices"], "open invoice"),
        count(found["under_way"], "payment"),
    )
    stay = f"{open_invoices} and {under_way} under way stay as they are"
    return f"{_next_payment(found)}; {stay}. This cannot be taken back."


def _consequence_of_pause(found: dict[str, Any], resume_on: date | None) -> str:
    until = f"until {resume_on}" if resume_on else "until somebody resumes it"
    return f"{_next_payment(found)} {until}; what falls into the pause is skipped for good."


def _consequence_of_resume(found: dict[str, Any], day: date | None) -> str:
    when = f"on {day}, which becomes its day" if day else "at the next date of its own schedule"
    rest = ""
    if found["expected_payments"] is not None:
        rest = f" {found['expected_payments'] - found['next_cycle']} payments of its term are left."
    return f"Billing goes on {when}.{rest}"


def _acknowledged(id_: int, found: dict[str, Any], done: dict[str, Any]) -> str:
    name = f"{found['name']} ({id_})"
    if done["status"] == "canceled":
        under_way = done["debits_under_way"]
        rest = f" {count(under_way, 'payment')} under way will still settle or fail." if under_way else ""
        return f"{name} is canceled.{rest}"
    if done["status"] == "paused":
        until = done["resume_on"]
        return f"{name} is paused{f' until {until}' if until else ''}."
    due = done["next_due_date"]
    return f"{name} is active again; " + (f"next due on {due}." if due else "nothing is left to bill.")
