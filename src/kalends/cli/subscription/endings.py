"""``kalends subscription keep|delete``: an ending taken back in time, and a subscription taken away for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kalends.cli.asking import RECORD_ID, tell_and_do, yes_option
from kalends.cli.records import Subscription, find_subscription
from kalends.cli.session import account_option, open_session
from kalends.cli.show import count, json_option, print_json, say
from kalends.core.money import format_minor

if TYPE_CHECKING:
    from kalends.billing.changes import Kept

_LEFT_BEHIND = """
    SELECT
        (SELECT count(*) FROM invoice AS i WHERE i.account_id = %(account_id)s AND i.subscription_id = %(id)s),
        (SELECT count(*) FROM payment AS p WHERE p.account_id = %(account_id)s AND p.subscription_id = %(id)s)
"""


@click.command(
    epilog="Exit codes: 0 kept, 2 no such subscription or no --yes, 3 no database, 4 nothing is waiting."
)
@click.argument("id_", metavar="ID", type=RECORD_ID)
@account_option
@yes_option
@json_option
def keep(id_: int, account: str | None, yes: bool, as_json: bool) -> None:
    """Keep the subscription ID as it is after all: take back what waits for its day.

    That is a cancellation at the end of the paid period, or a pause to come. Billing goes on as if nothing had been
    said, and the customer is told. What is canceled or paused already is not brought back by this.

    \b
    Example:
      kalends subscription keep 1042
    """
    from kalends.billing.changes import keep_after_all

    with open_session() as session:
        ctx = session.account(account)
        db, found = session.db, find_subscription(session, ctx, id_)
        kept = tell_and_do(
            db,
            "keep",
            found,
            lambda: keep_after_all(db, ctx, id_, actor="cli"),
            lambda kept: _goes_on(found, kept),
            yes=yes,
        )
    if as_json:
        print_json({"subscription": id_, "was": found.status, "status": found.status, **kept._asdict()})
    else:
        due = f"next due on {kept.next_due_date}" if kept.next_due_date else "nothing is left to bill"
        say(f"{found.name} ({id_}) goes on; {due}.")


def _goes_on(found: Subscription, kept: Kept) -> str:
    what = f"The pause from {kept.pause_on} on" if kept.pause_on else f"The cancellation on {kept.cancel_on}"
    if kept.next_due_date is None:
        return f"{what} is taken back; nothing is left to bill."
    amount = format_minor(kept.next_amount_minor or 0, found.currency)
    return f"{what} is taken back: {amount} is billed on {kept.next_due_date}, and so on."


@click.command(
    epilog="Exit codes: 0 deleted, 2 no such subscription or no --yes, 3 no database, 4 it has not ended."
)
@click.argument("id_", metavar="ID", type=RECORD_ID)
@account_option
@yes_option
@json_option
def delete(id_: int, account: str | None, yes: bool, as_json: bool) -> None:
    """Delete the subscription ID for good, once it is canceled or expired.

    Its line items go with it. Its invoices and payments stay, without the link, and what is open on them is still
    owed. A record of what is billed elsewhere can be deleted at any time.

    \b
    Example:
      kalends subscription delete 1042 --yes
    """
    from kalends.billing.changes import delete_subscription

    with open_session() as session:
        ctx = session.account(account)
        db, found = session.db, find_subscription(session, ctx, id_)
        row = db.execute(_LEFT_BEHIND, {"account_id": ctx.id, "id": id_}).fetchone()
        assert row is not None
        invoices, payments = row
        stay = f"{count(invoices, 'invoice')} ({found.open_invoices:,} open) and {count(payments, 'payment')}"
        tell_and_do(
            db,
            "delete",
            found,
            lambda: delete_subscription(db, ctx, id_, actor="cli"),
            lambda _: (
                f"It goes with its line items; {stay} stay, without the link to it. This cannot be taken back."
            ),
            yes=yes,
        )
    if as_json:
        left = {"invoices": invoices, "payments": payments}
        print_json({"subscription": id_, "was": found.status, "status": "deleted", "left": left})
    else:
        say(f"{found.name} ({id_}) is deleted.")
