"""``kalends payment settle``: a charge that got no answer, settled by somebody who looked at the processor."""

from __future__ import annotations

import click

from kalends.cli.asking import RECORD_ID, tell_and_do, yes_option
from kalends.cli.records import Payment, amount_typed, find_payment, spoken
from kalends.cli.session import account_option, open_session
from kalends.cli.show import json_option, print_json, say
from kalends.core.money import format_minor
from kalends.platform.errors import UserFacing


@click.command(
    epilog="Exit codes: 0 settled, 2 no such payment, an amount that cannot be, or no --yes, 3 no database, 4 its "
    "outcome is not unknown."
)
@click.argument("payment", type=RECORD_ID)
@click.option("--paid", "reference", metavar="REFERENCE", help="It was paid; what the processor calls it.")
@click.option("--not-paid", is_flag=True, help="The processor has no such charge, or declined it.")
@click.option("--fee", metavar="AMOUNT", help="What the processor kept of a paid one.")
@click.option("--reason", default="", help="What you found, in words; kept in the journal.")
@account_option
@yes_option
@json_option
def settle(
    payment: int,
    reference: str | None,
    not_paid: bool,
    fee: str | None,
    reason: str,
    account: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Say what became of a PAYMENT whose charge got no answer, after looking into the processor's own records.

    The processor is asked by itself on every run, so this is for charges that it cannot tell of. Paid, the invoice is
    paid. Not paid, the charge has failed: a card is tried again on its days. A later answer changes nothing any more,
    so be sure: a charge that was made and is called not paid may be made twice.

    \b
    Examples:
      kalends payment settle 1051 --paid ch_3PqX --fee 1.75
      kalends payment settle 1051 --not-paid --reason "Not in the list of 3 March"
    """
    from kalends.payments.settle import settle_by_hand

    if not_paid == (reference is not None):
        raise UserFacing(
            "Either it was paid or it was not.",
            where=f"payment {payment}",
            remedy="Give --paid with the processor's reference, or --not-paid.",
        )
    with open_session() as session:
        ctx = session.account(account)
        db, found = session.db, find_payment(session, ctx, payment)
        fee_minor = 0 if fee is None else amount_typed(fee, found.currency)
        done = tell_and_do(
            db,
            "settle",
            found,
            lambda: settle_by_hand(
                db,
                ctx,
                payment,
                paid=not not_paid,
                reference=reference,
                fee_minor=fee_minor,
                reason=reason,
                actor="cli",
            ),
            lambda settled: _consequence(found, settled.status, settled.next_retry_on),
            yes=yes,
        )
    if as_json:
        print_json({"payment": payment, "was": found.status, **done._asdict()})
    else:
        again = f"; it is tried again on {done.next_retry_on}" if done.next_retry_on else ""
        say(f"Payment {payment} is {spoken(done.status)}{again}.")


def _consequence(found: Payment, status: str, next_retry_on: object) -> str:
    amount = format_minor(found.amount_minor, found.currency)
    if status == "succeeded":
        return f"{amount} is written down as paid. This cannot be taken back."
    again = f", and it is tried again on {next_retry_on}" if next_retry_on else ""
    return f"{amount} is written down as not paid{again}. This cannot be taken back."
