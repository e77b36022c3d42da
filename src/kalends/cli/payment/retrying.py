"""``kalends payment retry``: a failed card charged once more, by hand."""

from __future__ import annotations

import click

from kalends.cli.asking import (
    RECORD_ID,
    done_before,
    key_of,
    request_key_option,
    tell_and_do,
    yes_option,
)
from kalends.cli.charging import collect_now, none_failed
from kalends.cli.records import Payment, find_payment
from kalends.cli.session import account_option, open_session
from kalends.cli.show import json_option, print_json, say
from kalends.core.money import format_minor
from kalends.platform.errors import ExitCode


@click.command(
    epilog="Exit codes: 0 collected or on its way, 1 declined again or no answer, 2 no such payment or no --yes, "
    "3 no database, 4 it may not be charged again."
)
@click.argument("payment", type=RECORD_ID)
@request_key_option
@account_option
@yes_option
@json_option
@click.pass_context
def retry(
    click_ctx: click.Context,
    payment: int,
    request_key: str | None,
    account: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Charge a failed card PAYMENT once more now, by the payment method that its subscription has now.

    At most three times for a payment, and not when it was declined for a reason that stays, such as a stolen card:
    then the customer has to give another method. Bank debits that came back are not tried again.

    \b
    Example:
      kalends payment retry 1051
    """
    from kalends.payments.again import retry_by_hand

    with open_session() as session:
        ctx = session.account(account)
        db, found = session.db, find_payment(session, ctx, payment)
        key = key_of(request_key)
        tell_and_do(
            db,
            "retry",
            found,
            lambda: retry_by_hand(db, ctx, payment, actor="cli", request_key=key),
            lambda _: _consequence(found),
            yes=yes,
            before=done_before(db, ctx, "retry", request_key),
        )
        charged = collect_now(session, ctx, [payment])
    if as_json:
        print_json({"was": found.status, **charged[0].as_json()})
    else:
        say(charged[0].words)
    if not none_failed(charged):
        click_ctx.exit(ExitCode.PROBLEM_FOUND)


def _consequence(found: Payment) -> str:
    from kalends.payments.again import RETRIES_BY_HAND_MAX

    amount = format_minor(found.amount_minor, found.currency)
    number = found.retries_by_hand + 1
    why = found.failure_reason or found.failure_code
    failed = f" It failed with: {why}" if why else ""
    return f"{amount} is charged to {found.next_method} now, try {number} of {RETRIES_BY_HAND_MAX} by hand.{failed}"
