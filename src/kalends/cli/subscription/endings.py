"""``kalends subscription cancel|keep|delete``: how a subscription ends, now or later, and is taken away."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import psycopg

from kalends.cli.asking import RECORD_ID, tell_and_do, yes_option
from kalends.cli.records import Subscription, find_subscription
from kalends.cli.session import Session, account_option, open_session
from kalends.cli.show import count, json_option, print_json, say
from kalends.core.money import format_minor
from kalends.platform.errors import UserFacing

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext

_OPEN = """
    SELECT id, number, total_minor FROM invoice
    WHERE account_id = %s AND subscription_id = %s AND status = 'open' ORDER BY cycle, id
"""
_LEFT_BEHIND = """
    SELECT
        (SELECT count(*) FROM invoice AS i WHERE i.account_id = %(account_id)s AND i.subscription_id = %(id)s),
        (SELECT count(*) FROM payment AS p WHERE p.account_id = %(account_id)s AND p.subscription_id = %(id)s)
"""


class _Ended(NamedTuple):
    """What a cancellation does besides: invoices voided (number, minor units) and not voided (number, why)."""

    debits_under_way: int
    voided: list[tuple[str, int]]
    not_voided: list[tuple[str, str]]


class _Kept(NamedTuple):
    next_due_date: date
    next_amount_minor: int


@click.command(
    epilog="Exit codes: 0 canceled, 2 no such subscription or no --yes, 3 no database, 4 it has ended already, or "
    "there is no paid period whose end could be waited for."
)
@click.argument("id_", metavar="ID", type=RECORD_ID)
@click.option("--at-period-end", is_flag=True, help="Let the paid period run out first.")
@click.option(
    "--void-open-invoices", is_flag=True, help="Take back what is not paid: nobody owes it any more."
)
@account_option
@yes_option
@json_option
def cancel(
    id_: int, at_period_end: bool, void_open_invoices: bool, account: str | None, yes: bool, as_json: bool
) -> None:
    """Cancel the subscription ID, at once or at the end of its paid period.

    Nothing more is billed, charged or retried. Open invoices stay open, unless --void-open-invoices is given, and bank
    debits under way are neither stopped nor refunded. A canceled subscription cannot be brought back; one that waits
    for the end of its period can (`kalends subscription keep`).

    \b
    Examples:
      kalends subscription cancel 1042 --yes
      kalends subscription cancel 1042 --at-period-end
      kalends subscription cancel 1042 --void-open-invoices
    """
    if at_period_end and void_open_invoices:
        raise UserFacing(
            "Until the end of its period a subscription goes on, and what it invoiced is owed.",
            where="--at-period-end",
            value="--void-open-invoices",
            remedy="Give one of the two; `kalends invoice void` takes back a single invoice.",
        )
    with open_session() as session:
        ctx = session.account(account)
        found = find_subscription(session, ctx, id_)
        if at_period_end:
            done, words = _let_run_out(session, ctx, found, yes=yes)
        else:
            done, words = _end_now(session, ctx, found, void=void_open_invoices, yes=yes)
    if as_json:
        print_json({"subscription": id_, "was": found.status, **done})
    else:
        say(words)


def _let_run_out(
    session: Session, ctx: AccountContext, found: Subscription, *, yes: bool
) -> tuple[dict[str, Any], str]:
    """Cancel at the end of the paid period; returns what became of it for programs and for people."""
    from kalends.billing.changes import cancel_at_period_end

    ends = tell_and_do(
        session.db,
        "cancel",
        found,
        lambda: cancel_at_period_end(session.db, ctx, found.id, actor="cli"),
        lambda day: (
            f"{_next_payment(found)}. It is canceled on {day}, when the paid period ends; until then "
            f"`kalends subscription keep {found.id}` takes that back."
        ),
        yes=yes,
    )
    return {
        "status": found.status,
        "cancel_on": ends,
    }, f"{found.name} ({found.id}) will be canceled on {ends}."


def _end_now(
    session: Session, ctx: AccountContext, found: Subscription, *, void: bool, yes: bool
) -> tuple[dict[str, Any], str]:
    """Cancel at once; returns what became of it for programs and for people."""
    ended = tell_and_do(
        session.db,
        "cancel",
        found,
        lambda: _cancel_now(session.db, ctx, found.id, void=void),
        lambda ended: _consequence_of_cancel(found, ended),
        yes=yes,
    )
    return _ended_as_json(ended), _canceled(found, ended)


def _cancel_now(db: psycopg.Connection[Any], ctx: AccountContext, id_: int, *, void: bool) -> _Ended:
    """Cancel first, so that charges which were not sent yet are given up and their invoices can be voided."""
    from kalends.billing.changes import cancel_subscriptions
    from kalends.billing.void import CannotVoid, void_invoice

    with db.transaction():
        done = cancel_subscriptions(db, ctx, [id_], actor="cli")
        ended = _Ended(done.debits_under_way, [], [])
        for invoice, number, total in db.execute(_OPEN, [ctx.id, id_]).fetchall() if void else ():
            try:
                void_invoice(db, ctx, invoice, reason="The subscription was canceled.", actor="cli")
            except CannotVoid as refusal:
                ended.not_voided.append((number, str(refusal)))
            else:
                ended.voided.append((number, total))
    return ended


def _next_payment(found: Subscription) -> str:
    if found.next_due_date is None:
        return "Nothing was to be billed any more"
    amount = format_minor(found.next_amount_minor or 0, found.currency)
    return f"The payment of {amount} on {found.next_due_date} and all after it are not billed"


def _consequence_of_cancel(found: Subscription, ended: _Ended) -> str:
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
    return f"{_next_payment(found)}; {voided}{stay}.{why} This cannot be taken back."


def _canceled(found: Subscription, ended: _Ended) -> str:
    parts = [f"{found.name} ({found.id}) is canceled."]
    if ended.voided:
        parts.append(f"{count(len(ended.voided), 'invoice')} voided.")
    if ended.debits_under_way:
        parts.append(f"{count(ended.debits_under_way, 'payment')} under way will still settle or fail.")
    return " ".join(parts)


def _ended_as_json(ended: _Ended) -> dict[str, Any]:
    return {
        "status": "canceled",
        "debits_under_way": ended.debits_under_way,
        "voided": [number for number, _ in ended.voided],
        "not_voided": [{"invoice": number, "reason": reason} for number, reason in ended.not_voided],
    }


@click.command(
    epilog="Exit codes: 0 kept, 2 no such subscription or no --yes, 3 no database, 4 no cancellation is waiting."
)
@click.argument("id_", metavar="ID", type=RECORD_ID)
@account_option
@yes_option
@json_option
def keep(id_: int, account: str | None, yes: bool, as_json: bool) -> None:
    """Keep the subscription ID after all: take back a cancellation that waits for the end of the paid period.

    Billing goes on as if nothing had been said. What is canceled already cannot be brought back.

    \b
    Example:
      kalends subscription keep 1042
    """
    with open_session() as session:
        ctx = session.account(account)
        db, found = session.db, find_subscription(session, ctx, id_)

        def consequence(kept: _Kept) -> str:
            amount = format_minor(kept.next_amount_minor, found.currency)
            return (
                f"The cancellation on {found.cancel_on} is taken back: {amount} is billed on {kept.next_due_date}, "
                f"and so on."
            )

        kept = tell_and_do(db, "keep", found, lambda: _keep(db, ctx, id_), consequence, yes=yes)
    if as_json:
        print_json({"subscription": id_, "was": found.status, "status": found.status, **kept._asdict()})
    else:
        say(f"{found.name} ({id_}) goes on; next due on {kept.next_due_date}.")


def _keep(db: psycopg.Connection[Any], ctx: AccountContext, id_: int) -> _Kept:
    from kalends.billing.changes import keep_after_all

    with db.transaction():
        due = keep_after_all(db, ctx, id_, actor="cli")
        row = db.execute(
            "SELECT next_amount_minor FROM subscription WHERE account_id = %s AND id = %s", [ctx.id, id_]
        ).fetchone()
        assert row is not None
    return _Kept(due, row[0])


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
