"""``kalends subscription bill-from|bill-elsewhere``: a mere record that is billed from a day on, and the way back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from kalends.cli.asking import DAY, RECORD_ID, tell_and_do, yes_option
from kalends.cli.records import Subscription, find_subscription
from kalends.cli.session import account_option, open_session
from kalends.cli.show import count, json_option, print_json, say
from kalends.core.money import format_minor
from kalends.platform.errors import UserFacing

if TYPE_CHECKING:
    from kalends.billing.switch_on import BillingTerms


@click.command(
    "bill-from",
    epilog="Exit codes: 0 billed from then on, 2 no such subscription or something is missing that billing needs, 3 no "
    "database, 4 it is billed here already, or has ended.",
)
@click.argument("id_", metavar="ID", type=RECORD_ID)
@click.option("--from", "first", type=DAY, required=True, help="When its first payment here is due.")
@click.option("--payments", type=click.IntRange(1), help="A fixed number of payments in all.")
@click.option("--billed-before", type=click.IntRange(0), help="How many of them were billed elsewhere.")
@click.option("--contact", type=RECORD_ID, help="Whom to bill, if the record does not say.")
@click.option("--method", type=RECORD_ID, help="The stored payment method to charge.")
@click.option("--automatic/--invoices", "automatic", default=None, help="Charge it, or send invoices.")
@account_option
@yes_option
@json_option
def bill_from(
    id_: int,
    first: datetime,
    payments: int | None,
    billed_before: int | None,
    contact: int | None,
    method: int | None,
    automatic: bool | None,
    account: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Begin to bill the subscription ID, which was a record of something billed elsewhere.

    Its cycles are counted from the day of --from on. It needs a contact, a line item that recurs, and a payment method
    if it is charged automatically. While nothing was billed, `kalends subscription bill-elsewhere` takes it back.

    \b
    Examples:
      kalends subscription bill-from 1042 --from 2026-09-01
      kalends subscription bill-from 1042 --from 2026-09-01 --payments 12 --billed-before 4
      kalends subscription bill-from 1042 --from 2026-09-01 --automatic --method 1077
    """
    from kalends.billing.create import InvalidSubscription
    from kalends.billing.switch_on import start_billing

    with open_session() as session:
        ctx = session.account(account)
        db, found = session.db, find_subscription(session, ctx, id_)
        try:
            terms = tell_and_do(
                db,
                "bill",
                found,
                lambda: start_billing(
                    db,
                    ctx,
                    id_,
                    first.date(),
                    cycles_before=billed_before,
                    payments=payments,
                    contact_id=contact,
                    payment_method_id=method,
                    automatic=automatic,
                    actor="cli",
                ),
                lambda terms: _consequence(found, terms),
                yes=yes,
            )
        except InvalidSubscription as problem:
            raise UserFacing(
                str(problem),
                where=f"{found.place}, {problem.field_name}",
                remedy="Give what is missing with an option of this command.",
            ) from problem
    if as_json:
        print_json(
            {
                "subscription": id_,
                "was": found.status,
                "status": terms.status,
                "collection": terms.collection,
                "next_due_date": terms.next_due_date,
                "next_amount_minor": terms.next_amount_minor,
                "currency": found.currency,
                "end_date": terms.end_date,
            }
        )
    else:
        say(f"{found.name} ({id_}) is billed here; next due on {terms.next_due_date}.")


def _consequence(found: Subscription, terms: BillingTerms) -> str:
    amount = format_minor(terms.next_amount_minor or 0, found.currency)
    how = "charged" if terms.collection == "automatic" else "invoiced"
    words = f"{amount} is {how} on {terms.next_due_date}, and so on"
    if terms.expected_payments is not None:
        left = terms.expected_payments - terms.next_cycle
        words += f", {count(left, 'payment')} in all; its term ends on {terms.end_date}"
    return f"{words}."


@click.command(
    "bill-elsewhere",
    epilog="Exit codes: 0 a record again, 2 no such subscription or no --yes, 3 no database, 4 it is one already, or "
    "something was billed.",
)
@click.argument("id_", metavar="ID", type=RECORD_ID)
@account_option
@yes_option
@json_option
def bill_elsewhere(id_: int, account: str | None, yes: bool, as_json: bool) -> None:
    """Make the subscription ID a mere record of what is billed elsewhere, as long as nothing was billed on it here.

    \b
    Example:
      kalends subscription bill-elsewhere 1042
    """
    from kalends.billing.switch_on import stop_billing

    with open_session() as session:
        ctx = session.account(account)
        db, found = session.db, find_subscription(session, ctx, id_)
        tell_and_do(
            db,
            "stop billing",
            found,
            lambda: stop_billing(db, ctx, id_, actor="cli"),
            lambda _: (
                f"Nothing of it is billed here any more; `kalends subscription bill-from {id_}` begins again."
            ),
            yes=yes,
        )
    if as_json:
        print_json({"subscription": id_, "status": found.status, "creates_invoices": False})
    else:
        say(f"{found.name} ({id_}) is a record of what is billed elsewhere.")
