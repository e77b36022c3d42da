"""``kalends subscription charge-overdue``: everything that failed, charged by the method that it has now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click
import psycopg

from kalends.cli.asking import RECORD_ID, refused, tell_and_do, yes_option
from kalends.cli.charging import Charged, collect_now, none_failed
from kalends.cli.records import Subscription, find_subscription, spoken
from kalends.cli.session import account_option, open_session
from kalends.cli.show import count, json_option, print_json, say
from kalends.core.money import format_minor
from kalends.platform.errors import ExitCode

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext

_FAILED = """
    SELECT p.id, i.number, p.amount_minor FROM payment AS p
    JOIN invoice AS i ON i.account_id = p.account_id AND i.id = p.invoice_id AND i.status = 'open'
        AND i.total_minor - i.paid_minor - i.credited_minor >= p.amount_minor
    WHERE p.account_id = %s AND p.subscription_id = %s AND p.status = 'failed'
    ORDER BY i.cycle, p.id
"""


class _Failed(NamedTuple):
    payment: int
    invoice: str
    amount_minor: int


@click.command(
    "charge-overdue",
    epilog="Exit codes: 0 charged, or nothing failed, 1 a charge was declined or got no answer, 2 no such subscription "
    "or no --yes, 3 no database, 4 it may not be charged.",
)
@click.argument("id_", metavar="ID", type=RECORD_ID)
@account_option
@yes_option
@json_option
@click.pass_context
def charge_overdue(click_ctx: click.Context, id_: int, account: str | None, yes: bool, as_json: bool) -> None:
    """Charge everything that failed on the subscription ID now, by the payment method that it has now.

    What a customer expects who has just given a new method (`kalends subscription edit ID --method`). Each failed
    payment is charged once, the oldest first. Invoices that the customer pays by hand are not touched.

    \b
    Example:
      kalends subscription charge-overdue 1042
    """
    with open_session() as session:
        ctx = session.account(account)
        db, found = session.db, find_subscription(session, ctx, id_)
        failed = [_Failed(*row) for row in db.execute(_FAILED, [ctx.id, id_]).fetchall()]
        charged: list[Charged] = []
        if failed:
            _refuse_without_means(found)
            decided = tell_and_do(
                db,
                "charge",
                found,
                lambda: _decide(db, ctx, id_, failed),
                lambda decided: _consequence(found, decided),
                yes=yes,
            )
            charged = collect_now(session, ctx, [item.payment for item in decided])
        after = find_subscription(session, ctx, id_).status
    if as_json:
        payments = [item.as_json() for item in charged]
        print_json({"subscription": id_, "was": found.status, "status": after, "charged": payments})
    else:
        _tell(found, after, charged)
    if not none_failed(charged):
        click_ctx.exit(ExitCode.PROBLEM_FOUND)


def _refuse_without_means(found: Subscription) -> None:
    from kalends.core.lifecycle import Status, may_be_charged

    if not may_be_charged(Status(found.status)):
        raise refused(f"A subscription that is {spoken(found.status)} is not charged.", found)
    if found.method is None:
        raise refused("The subscription has no payment method that could be charged.", found)


def _decide(
    db: psycopg.Connection[Any], ctx: AccountContext, id_: int, failed: list[_Failed]
) -> list[_Failed]:
    """Decide on the charges; returns those that were decided on, of the ones that had failed."""
    from kalends.payments.again import charge_overdue as decide

    with db.transaction():
        decide(db, ctx, id_, actor="cli")
        rows = db.execute(
            "SELECT id FROM payment WHERE account_id = %s AND id = ANY(%s) AND status = 'processing'",
            [ctx.id, [item.payment for item in failed]],
        ).fetchall()
    again = {row[0] for row in rows}
    return [item for item in failed if item.payment in again]


def _consequence(found: Subscription, decided: list[_Failed]) -> str:
    total = format_minor(sum(item.amount_minor for item in decided), found.currency)
    each = ", ".join(f"{item.invoice} {format_minor(item.amount_minor, found.currency)}" for item in decided)
    how = f"is charged now to {found.method}"
    if len(decided) > 1:
        how = f"are charged now to {found.method}, oldest first"
    return f"{count(len(decided), 'failed payment')} over {total} {how}: {each}."


def _tell(found: Subscription, after: str, charged: list[Charged]) -> None:
    if not charged:
        say(f"Nothing that failed on {found.name} ({found.id}) is open: nobody was charged.")
        return
    for item in charged:
        say(item.words)
    if after != found.status:
        say(f"{found.name} ({found.id}) is {spoken(after)} now.")
