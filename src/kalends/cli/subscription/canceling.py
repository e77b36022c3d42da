"""``kalends subscription cancel``: how a subscription ends, and what of the paid days is given back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click
import psycopg

from kalends.cli.asking import RECORD_ID, tell_and_do, yes_option
from kalends.cli.records import Subscription, amount_typed, find_subscription, spoken
from kalends.cli.session import Session, account_option, open_processors, open_session
from kalends.cli.show import count, json_option, print_json, say
from kalends.core.money import format_minor
from kalends.platform.errors import ExitCode, UserFacing

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext
    from kalends.billing.changes import GivenBack
    from kalends.billing.unused import Unused

_OPEN = """
    SELECT id, number, total_minor FROM invoice
    WHERE account_id = %s AND subscription_id = %s AND status = 'open' ORDER BY cycle, id
"""
_REFUNDS = "SELECT id, status, settles_on, failure_reason FROM refund WHERE account_id = %s AND id = ANY(%s)"
_SENT = ("succeeded", "processing")


class _Wish(NamedTuple):
    """What is to happen besides: open invoices voided, the suggested refund, or an amount in minor units."""

    void: bool
    refund_unused: bool
    refund_minor: int | None
    reason: str


class _Ended(NamedTuple):
    """What a cancellation does besides: invoices voided (number, minor units) and not voided (number, why)."""

    debits_under_way: int
    voided: list[tuple[str, int]]
    not_voided: list[tuple[str, str]]
    unused: Unused
    refunds: list[GivenBack]


class _Refund(NamedTuple):
    """Where a refund that was asked for stands."""

    payment: int
    amount_minor: int
    by_hand: bool
    status: str
    settles_on: Any
    failure_reason: str | None


@click.command(
    epilog="Exit codes: 0 canceled, 1 canceled but a refund was declined, 2 no such subscription, an amount that "
    "cannot be, or no --yes, 3 no database, 4 it has ended already, there is no paid period whose end could be waited "
    "for, or that much cannot be given back."
)
@click.argument("id_", metavar="ID", type=RECORD_ID)
@click.option("--at-period-end", is_flag=True, help="Let the paid period run out first.")
@click.option(
    "--void-open-invoices", is_flag=True, help="Take back what is not paid: nobody owes it any more."
)
@click.option("--refund-unused", is_flag=True, help="Give back what was paid for the days that are left.")
@click.option("--refund", "amount", metavar="AMOUNT", help="Give back this much instead.")
@click.option("--reason", default="", help="Why; kept with the refund.")
@account_option
@yes_option
@json_option
@click.pass_context
def cancel(
    click_ctx: click.Context,
    id_: int,
    at_period_end: bool,
    void_open_invoices: bool,
    refund_unused: bool,
    amount: str | None,
    reason: str,
    account: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Cancel the subscription ID, at once or at the end of its paid period.

    Nothing more is billed, charged or retried. Open invoices stay open, unless --void-open-invoices is given, and bank
    debits under way are neither stopped nor refunded. What was paid for the days that are left is shown with how it
    came about, and given back with --refund-unused. A canceled subscription cannot be brought back; one that waits for
    the end of its period can (`kalends subscription keep`).

    \b
    Examples:
      kalends subscription cancel 1042 --refund-unused
      kalends subscription cancel 1042 --refund 20.00 --reason "As agreed by phone"
      kalends subscription cancel 1042 --at-period-end
      kalends subscription cancel 1042 --void-open-invoices --yes
    """
    _refuse_contradictions(at_period_end, void_open_invoices, refund_unused, amount)
    refunds: list[_Refund] = []
    with open_session() as session:
        ctx = session.account(account)
        found = find_subscription(session, ctx, id_)
        if at_period_end:
            done, words = _let_run_out(session, ctx, found, yes=yes)
        else:
            minor = None if amount is None else amount_typed(amount, found.currency)
            wish = _Wish(void_open_invoices, refund_unused, minor, reason)
            ended = _end_now(session, ctx, found, wish, yes=yes)
            refunds = _send(session, ctx, ended.refunds)
            done, words = _ended_as_json(ended, refunds), _canceled(found, ended, refunds)
    if as_json:
        print_json({"subscription": id_, "was": found.status, **done})
    else:
        say(words)
    if any(refund.status == "failed" for refund in refunds):
        click_ctx.exit(ExitCode.PROBLEM_FOUND)


def _refuse_contradictions(at_period_end: bool, void: bool, refund_unused: bool, amount: str | None) -> None:
    if at_period_end and void:
        raise UserFacing(
            "Until the end of its period a subscription goes on, and what it invoiced is owed.",
            where="--at-period-end",
            value="--void-open-invoices",
            remedy="Give one of the two; `kalends invoice void` takes back a single invoice.",
        )
    if at_period_end and (refund_unused or amount is not None):
        raise UserFacing(
            "A subscription that runs until the end of its period leaves no day unused.",
            where="--at-period-end",
            value="--refund-unused" if refund_unused else "--refund",
            remedy="Cancel at once to give unused days back; `kalends payment refund` gives a payment back.",
        )
    if refund_unused and amount is not None:
        raise UserFacing(
            "Either the suggested amount is given back or one of your own.",
            where="--refund-unused",
            value=f"--refund {amount}",
            remedy="Give one of the two.",
        )


def _let_run_out(
    session: Session, ctx: AccountContext, found: Subscription, *, yes: bool
) -> tuple[dict[str, Any], str]:
    """Cancel at the end of the paid period; returns what became of it for programs and for people."""
    from kalends.billing.changes import cancel_at_period_end

    dropped = f" Its pause from {found.pause_on} on is dropped with that." if found.pause_on else ""
    ends = tell_and_do(
        session.db,
        "cancel",
        found,
        lambda: cancel_at_period_end(session.db, ctx, found.id, actor="cli"),
        lambda day: (
            f"{_next_payment(found)}. It is canceled on {day}, when the paid period ends; until then "
            f"`kalends subscription keep {found.id}` takes that back.{dropped}"
        ),
        yes=yes,
    )
    words = f"{found.name} ({found.id}) will be canceled on {ends}."
    return {"status": found.status, "cancel_on": ends}, words


def _end_now(session: Session, ctx: AccountContext, found: Subscription, wish: _Wish, *, yes: bool) -> _Ended:
    return tell_and_do(
        session.db,
        "cancel",
        found,
        lambda: _cancel_now(session.db, ctx, found.id, wish),
        lambda ended: _consequence(found, ended),
        yes=yes,
    )


def _cancel_now(db: psycopg.Connection[Any], ctx: AccountContext, id_: int, wish: _Wish) -> _Ended:
    """Cancel first, so that charges which were not sent yet are given up and their invoices can be voided."""
    from kalends.billing.changes import cancel as cancel_one
    from kalends.billing.void import CannotVoid, void_invoice

    with db.transaction():
        done = cancel_one(
            db,
            ctx,
            id_,
            refund_unused=wish.refund_unused,
            refund_minor=wish.refund_minor,
            reason=wish.reason,
            actor="cli",
        )
        ended = _Ended(done.debits_under_way, [], [], done.unused, done.refunds)
        for invoice, number, total in db.execute(_OPEN, [ctx.id, id_]).fetchall() if wish.void else ():
            try:
                void_invoice(db, ctx, invoice, reason="The subscription was canceled.", actor="cli")
            except CannotVoid as refusal:
                ended.not_voided.append((number, str(refusal)))
            else:
                ended.voided.append((number, total))
    return ended


def _send(session: Session, ctx: AccountContext, asked: list[GivenBack]) -> list[_Refund]:
    """Send the refunds that were decided on to their processors; returns where each stands."""
    from kalends.payments.give_back import send_refunds

    if any(not refund.by_hand for refund in asked):
        with open_processors(ctx) as processors:
            send_refunds(session.db, ctx, processors)
    rows = session.db.execute(_REFUNDS, [ctx.id, [refund.refund_id for refund in asked]]).fetchall()
    stands = {id_: rest for id_, *rest in rows}
    return [
        _Refund(refund.payment_id, refund.amount_minor, refund.by_hand, *stands[refund.refund_id])
        for refund in asked
    ]


def _next_payment(found: Subscription) -> str:
    if found.next_due_date is None:
        return "Nothing was to be billed any more"
    amount = format_minor(found.next_amount_minor or 0, found.currency)
    return f"The payment of {amount} on {found.next_due_date} and all after it are not billed"


def _consequence(found: Subscription, ended: _Ended) -> str:
    voided = ""
    if ended.voided:
        total = format_minor(sum(minor for _, minor in ended.voided), found.currency)
        numbers = ", ".join(number for number, _ in ended.voided)
        verb = "is" if len(ended.voided) == 1 else "are"
        voided = f"{count(len(ended.voided), 'open invoice')} over {total} {verb} voided: {numbers}; "
    stay = (
        f"{count(found.open_invoices - len(ended.voided), 'open invoice')} and "
        f"{count(ended.debits_under_way, 'payment')} under way stay as they are"
    )
    why = "".join(f" {reason}" for _, reason in ended.not_voided)
    return f"{_next_payment(found)}; {voided}{stay}.{why}{_of_unused(ended)} This cannot be taken back."


def _of_unused(ended: _Ended) -> str:
    """How the unused days come to their amount, and what of it is given back."""
    unused = ended.unused
    left = [line for line in unused.lines if line.amount_minor]
    if not left and not ended.refunds:
        return ""
    told = "".join(
        f" {line.name} on invoice {line.invoice}: {line.days_left} of {line.days} days until {line.period_end} are "
        f"left, which is {format_minor(line.amount_minor, unused.currency)} of "
        f"{format_minor(line.full_minor, unused.currency)}."
        for line in left
    )
    return told + (_given(ended) if ended.refunds else _suggested(unused))


def _given(ended: _Ended) -> str:
    currency = ended.unused.currency
    words = ""
    for refund in ended.refunds:
        amount = format_minor(refund.amount_minor, currency)
        if refund.by_hand:
            words += (
                f" {amount} of payment {refund.payment_id} is recorded as given back: hand it back yourself."
            )
        else:
            words += f" {amount} of payment {refund.payment_id} is given back."
    return words


def _suggested(unused: Unused) -> str:
    if unused.suggested_minor:
        suggested = format_minor(unused.suggested_minor, unused.currency)
        return f" {suggested} can be given back for that: --refund-unused does it."
    if unused.under_way_minor:
        under_way = format_minor(unused.under_way_minor, unused.currency)
        return (
            f" {under_way} is under way and not collected yet, so nothing is given back; `kalends payment refund` asks "
            f"for it back once it has arrived."
        )
    return " Nothing of that was collected, so there is nothing to give back."


def _canceled(found: Subscription, ended: _Ended, refunds: list[_Refund]) -> str:
    parts = [f"{found.name} ({found.id}) is canceled."]
    if ended.voided:
        parts.append(f"{count(len(ended.voided), 'invoice')} voided.")
    if ended.debits_under_way:
        parts.append(f"{count(ended.debits_under_way, 'payment')} under way will still settle or fail.")
    parts += [_became(refund, found.currency) for refund in refunds]
    return " ".join(parts)


def _became(refund: _Refund, currency: str) -> str:
    named = f"{format_minor(refund.amount_minor, currency)} of payment {refund.payment}"
    if refund.by_hand:
        return f"{named} is recorded as given back; hand it back yourself."
    if refund.status == "failed":
        return f"{named} was not given back: {refund.failure_reason}"
    if refund.status not in _SENT:
        return f"{named} is {spoken(refund.status)} and got no answer yet; the next run asks the processor."
    by = f", by {refund.settles_on}" if refund.status == "processing" and refund.settles_on else ""
    return f"{named} is {'given back' if refund.status == 'succeeded' else 'on its way back'}{by}."


def _ended_as_json(ended: _Ended, refunds: list[_Refund]) -> dict[str, Any]:
    unused = ended.unused
    return {
        "status": "canceled",
        "debits_under_way": ended.debits_under_way,
        "voided": [number for number, _ in ended.voided],
        "not_voided": [{"invoice": number, "reason": reason} for number, reason in ended.not_voided],
        "currency": unused.currency,
        "unused": {
            "on": unused.on,
            "amount_minor": unused.amount_minor,
            "suggested_minor": unused.suggested_minor,
            "owed_minor": unused.owed_minor,
            "under_way_minor": unused.under_way_minor,
            "lines": [line._asdict() for line in unused.lines],
        },
        "refunds": [refund._asdict() for refund in refunds],
    }
