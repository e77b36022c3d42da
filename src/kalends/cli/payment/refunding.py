"""``kalends payment refund``: money given back, decided first and then sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from kalends.cli.asking import (
    RECORD_ID,
    done_before,
    key_of,
    request_key_option,
    tell_and_do,
    yes_option,
)
from kalends.cli.records import Payment, amount_typed, find_payment, spoken
from kalends.cli.session import Session, account_option, open_processors, open_session
from kalends.cli.show import json_option, print_json, say
from kalends.core.money import format_minor
from kalends.platform.errors import ExitCode

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext

_REFUND = (
    "SELECT status, amount_minor, settles_on, failure_reason FROM refund WHERE account_id = %s AND id = %s"
)
_BY_HAND = "none"


class _Refund(NamedTuple):
    status: str
    amount_minor: int
    settles_on: Any
    failure_reason: str | None


@click.command(
    epilog="Exit codes: 0 refunded or on its way, 1 the processor declined it, 2 no such payment, an amount that "
    "cannot be, or no --yes, 3 no database, 4 it cannot be refunded, or not that much."
)
@click.argument("payment", type=RECORD_ID)
@click.argument("amount", required=False)
@click.option("--reason", default="", help="Why; kept with the refund.")
@request_key_option
@account_option
@yes_option
@json_option
@click.pass_context
def refund(
    click_ctx: click.Context,
    payment: int,
    amount: str | None,
    reason: str,
    request_key: str | None,
    account: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Give an AMOUNT of a PAYMENT back, by default all that is left of it.

    It goes back the way it came, to a card at once and to a bank account in some banking days; a debit under way is
    given back once it has settled. Money that came by check or in cash is given back by you, and only recorded here.
    The processor keeps its fees, and the subscription goes on.

    \b
    Examples:
      kalends payment refund 1051
      kalends payment refund 1051 20.00 --reason "Two weeks without service"
    """
    from kalends.payments.refund import request_refund

    with open_session() as session:
        ctx = session.account(account)
        db, found = session.db, find_payment(session, ctx, payment)
        wanted = None if amount is None else amount_typed(amount, found.currency)
        key, before = key_of(request_key), done_before(db, ctx, "refund", request_key)
        refund_id = tell_and_do(
            db,
            "refund",
            found,
            lambda: request_refund(db, ctx, payment, wanted, reason=reason, actor="cli", request_key=key),
            lambda _: _consequence(found, found.left_minor if wanted is None else wanted),
            yes=yes,
            before=before,
        )
        done = _send(session, ctx, refund_id, by_hand=found.processor == _BY_HAND)
        after = find_payment(session, ctx, payment)
    if as_json:
        amounts = {
            "amount_minor": done.amount_minor,
            "currency": found.currency,
            "left_minor": after.left_minor,
        }
        status = {"status": after.status, "refund": refund_id, "refund_status": done.status}
        settles = {"settles_on": done.settles_on, "failure_reason": done.failure_reason}
        print_json({"payment": payment, "was": found.status, **status, **amounts, **settles})
    else:
        say(_told(found, after, done))
    if done.status == "failed":
        click_ctx.exit(ExitCode.PROBLEM_FOUND)


def _send(session: Session, ctx: AccountContext, refund_id: int, *, by_hand: bool) -> _Refund:
    """Send what was decided on, where there is a processor; returns where the refund stands."""
    from kalends.payments.give_back import send_refunds

    if not by_hand:
        with open_processors(ctx) as processors:
            send_refunds(session.db, ctx, processors)
    row = session.db.execute(_REFUND, [ctx.id, refund_id]).fetchone()
    assert row is not None
    return _Refund(*row)


def _consequence(found: Payment, minor: int) -> str:
    amount = format_minor(minor, found.currency)
    if found.processor == _BY_HAND:
        way = f"{amount} is recorded as given back; hand it back yourself, as it came by {found.method}"
    elif found.status == "processing":
        way = f"{amount} goes back to {found.method} once the debit has settled"
    else:
        way = f"{amount} goes back to {found.method}"
    left = format_minor(found.left_minor - minor, found.currency)
    fees = (
        f" Fees of {format_minor(found.fee_minor, found.currency)} stay with the processor."
        if found.fee_minor
        else ""
    )
    goes_on = f" {found.subscription} ({found.subscription_id}) goes on." if _goes_on(found) else ""
    return f"{way}; {left} of the payment is left.{fees}{goes_on} This cannot be taken back."


def _goes_on(found: Payment) -> bool:
    return found.subscription_status is not None and found.subscription_status not in ("canceled", "expired")


def _told(found: Payment, after: Payment, done: _Refund) -> str:
    amount = format_minor(done.amount_minor, found.currency)
    left = f"{format_minor(after.left_minor, found.currency)} of payment {found.id} is left"
    if done.status == "succeeded":
        return f"{amount} is given back; {left}."
    if done.status == "failed":
        return f"{amount} was not given back: {done.failure_reason}. {left}."
    if done.status == "processing":
        by = f", by {done.settles_on}" if done.settles_on else ""
        return f"{amount} is on its way back{by}; {left}."
    if found.status == "processing":
        return f"{amount} is given back once the debit has settled; {left}."
    return f"{amount} is {spoken(done.status)} and got no answer yet; the next run asks the processor."
