"""``kalends payment record``: money that came outside a processor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click
import psycopg

from kalends.cli.asking import done_before, key_of, request_key_option, tell_and_do, yes_option
from kalends.cli.records import Invoice, amount_typed, find_invoice, spoken
from kalends.cli.session import account_option, open_session
from kalends.cli.show import json_option, print_json, say
from kalends.core.money import format_minor
from kalends.platform.errors import ExitCode, UserFacing

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext
    from kalends.payments.record import ReceivedPayment

_HOW = {"check": " by check", "wire_transfer": " by wire transfer", "cash": " in cash", "other": ""}
"""The means by which money comes outside a processor, as they stand in a sentence."""

_AFTER = """
    SELECT i.status, i.total_minor - i.paid_minor - i.credited_minor, s.status
    FROM invoice AS i LEFT JOIN subscription AS s ON s.account_id = i.account_id AND s.id = i.subscription_id
    WHERE i.account_id = %s AND i.id = %s
"""


class _After(NamedTuple):
    """The invoice with the payment on it."""

    status: str
    owed_minor: int
    subscription_status: str | None
    payment: int


@click.command(
    epilog="Exit codes: 0 recorded, 2 no such invoice, an amount that cannot be, or no --yes, 3 no database, 4 the "
    "invoice is not open or owes less."
)
@click.argument("invoice")
@click.argument("amount")
@click.option(
    "--kind",
    type=click.Choice(list(_HOW)),
    default="other",
    show_default=True,
    help="By which means it came.",
)
@click.option("--partial", is_flag=True, help="Let this invoice be paid in parts from now on.")
@click.option("--reference", help="The number of the check, or what the bank's statement says.")
@request_key_option
@account_option
@yes_option
@json_option
def record(
    invoice: str,
    amount: str,
    kind: str,
    partial: bool,
    reference: str | None,
    request_key: str | None,
    account: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Record that an AMOUNT was received on an INVOICE (its number or id), outside a payment processor.

    The amount is in the invoice's currency and no more than is owed; money that is still being processed counts as
    taken. Less leaves the rest open, and is refused unless the invoice may be paid in parts: --partial allows it for
    this one, and the account's setting partial_payments for new ones. A subscription that was behind for this invoice
    alone is active again.

    \b
    Examples:
      kalends payment record INV-1001 49.00 --kind check --reference 000417
      kalends payment record INV-1001 20.00 --kind cash --partial
      kalends payment record INV-1001 1200 --kind wire_transfer --request-key bank-2026-03-01-17 --yes
    """
    from kalends.payments.record import ReceivedPayment

    with open_session() as session:
        ctx = session.account(account)
        db, found = session.db, find_invoice(session, ctx, invoice)
        minor = amount_typed(amount, found.currency)
        received = ReceivedPayment(found.id, minor, kind, reference=reference)
        key = key_of(request_key)
        done = tell_and_do(
            db,
            "record",
            found,
            lambda: _record(db, ctx, received, key, partial=partial),
            lambda after: _consequence(found, received, after),
            yes=yes,
            before=done_before(db, ctx, "payment", request_key),
        )
    if as_json:
        document: dict[str, Any] = {"invoice": found.name, "was": found.status, **done._asdict()}
        print_json({**document, "amount_minor": minor, "currency": found.currency, "kind": kind})
    else:
        rest = _rest(found, done)
        say(
            f"{format_minor(minor, found.currency)} on invoice {found.name} recorded as payment {done.payment}; {rest}."
        )


def _record(
    db: psycopg.Connection[Any], ctx: AccountContext, received: ReceivedPayment, key: str, *, partial: bool
) -> _After:
    from kalends.events.requests import find_request
    from kalends.payments.record import PartNotAllowed, allow_partial_payments, record_payments

    with db.transaction():
        if partial and find_request(db, ctx, "payment", key) is None:
            allow_partial_payments(db, ctx, received.invoice_id, actor="cli")
        try:
            recorded = record_payments(db, ctx, [received], request_key=key, actor="cli")
        except PartNotAllowed as refusal:
            raise UserFacing(
                str(refusal),
                where="AMOUNT",
                remedy="Give the whole amount, or add --partial if the rest is still to come.",
                exit_code=ExitCode.REFUSED,
            ) from refusal
        row = db.execute(_AFTER, [ctx.id, received.invoice_id]).fetchone()
        assert row is not None
    return _After._make((*row, recorded.payments[0]))


def _consequence(found: Invoice, received: ReceivedPayment, after: _After) -> str:
    amount = format_minor(received.amount_minor, found.currency)
    owed = format_minor(found.owed_minor, found.currency)
    how = _HOW[received.kind]
    return f"It owes {owed}; with {amount}{how}, {_rest(found, after)}."


def _rest(found: Invoice, after: _After) -> str:
    owed = format_minor(after.owed_minor, found.currency)
    words = "it is paid" if after.status == "paid" else f"{owed} of it stay open"
    if after.subscription_status != found.subscription_status:
        words += f", and {found.subscription} ({found.subscription_id}) is {spoken(after.subscription_status or '')}"
    return words
