"""``kalends subscription charge-overdue``: everything overdue, charged by the method that it has now or is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click
import psycopg

from kalends.cli.asking import (
    RECORD_ID,
    done_before,
    key_of,
    refused,
    request_key_option,
    tell_and_do,
    yes_option,
)
from kalends.cli.charging import Charged, collect_now, none_failed
from kalends.cli.records import Subscription, find_subscription, spoken
from kalends.cli.session import account_option, open_session
from kalends.cli.show import count, json_option, print_json, say
from kalends.core.money import format_minor
from kalends.platform.errors import ExitCode

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext

_DECIDED = """
    SELECT p.id, i.number, p.amount_minor FROM payment AS p
    JOIN invoice AS i ON i.account_id = p.account_id AND i.id = p.invoice_id
    WHERE p.account_id = %s AND p.id = ANY(%s)
    ORDER BY i.cycle, i.id
"""


class _Decided(NamedTuple):
    payment: int
    invoice: str
    amount_minor: int


class _Foreseen(NamedTuple):
    """Charges that were decided on, and the method by which they are made."""

    charges: list[_Decided]
    method: str | None


@click.command(
    "charge-overdue",
    epilog="Exit codes: 0 charged, or nothing is overdue, 1 a charge was declined or got no answer, 2 no such "
    "subscription or no --yes, 3 no database, 4 it may not be charged, or not by that method.",
)
@click.argument("id_", metavar="ID", type=RECORD_ID)
@click.option("--method", metavar="ID", type=RECORD_ID, help="Charge it by this stored method from now on.")
@request_key_option
@account_option
@yes_option
@json_option
@click.pass_context
def charge_overdue(
    click_ctx: click.Context,
    id_: int,
    method: int | None,
    request_key: str | None,
    account: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Charge everything overdue on the subscription ID now, by the payment method that it has now, or by another.

    What a customer expects who has just given a new method. Each overdue invoice is charged once, the oldest first; of
    one that was paid in part, the rest. What is under way is not charged again, and invoices that the customer pays by
    hand are not touched.

    \b
    Examples:
      kalends subscription charge-overdue 1042
      kalends subscription charge-overdue 1042 --method 1077
    """
    with open_session() as session:
        ctx = session.account(account)
        db, found = session.db, find_subscription(session, ctx, id_)
        charged: list[Charged] = []
        kind = "charge_overdue" if method is None else "new_method"
        before = done_before(db, ctx, kind, request_key)
        if before or method is not None or _something_is_overdue(db, ctx, found):
            key = key_of(request_key)
            decided = tell_and_do(
                db,
                "charge",
                found,
                lambda: _decide(session.db, ctx, id_, method, key),
                lambda foreseen: _consequence(found, foreseen),
                yes=yes,
                before=before,
            )
            charged = collect_now(session, ctx, [item.payment for item in decided.charges])
        after = find_subscription(session, ctx, id_).status
    if as_json:
        payments = [item.as_json() for item in charged]
        print_json({"subscription": id_, "was": found.status, "status": after, "charged": payments})
    else:
        _tell(found, after, charged)
    if not none_failed(charged):
        click_ctx.exit(ExitCode.PROBLEM_FOUND)


def _something_is_overdue(db: psycopg.Connection[Any], ctx: AccountContext, found: Subscription) -> bool:
    """Whether there is something to charge; what may not be charged by rule is refused."""
    from kalends.core.lifecycle import Status, may_be_charged
    from kalends.payments.again import overdue

    if not overdue(db, ctx, found.id):
        return False
    if not may_be_charged(Status(found.status)):
        raise refused(f"A subscription that is {spoken(found.status)} is not charged.", found)
    if found.method is None:
        raise refused("The subscription has no payment method that could be charged; give one.", found)
    return True


def _decide(
    db: psycopg.Connection[Any], ctx: AccountContext, id_: int, method: int | None, key: str
) -> _Foreseen:
    """Decide on the charges, and take the new method if there is one."""
    from kalends.cli.records import called
    from kalends.payments.again import charge_overdue as decide
    from kalends.payments.again import pay_by_new_method

    with db.transaction():
        if method is None:
            payments = decide(db, ctx, id_, actor="cli", request_key=key)
        else:
            payments = pay_by_new_method(db, ctx, id_, method, actor="cli", request_key=key)
        rows = db.execute(_DECIDED, [ctx.id, payments]).fetchall()
        named = db.execute(
            "SELECT m.kind, m.brand, m.last4 FROM subscription AS s "
            "JOIN payment_method AS m ON m.account_id = s.account_id AND m.id = s.payment_method_id "
            "WHERE s.account_id = %s AND s.id = %s",
            [ctx.id, id_],
        ).fetchone()
    return _Foreseen([_Decided(*row) for row in rows], None if named is None else called(*named))


def _consequence(found: Subscription, foreseen: _Foreseen) -> str:
    decided = foreseen.charges
    taken = f"It is charged by {foreseen.method} from now on"
    if not decided:
        return f"{taken}; nothing is overdue."
    total = format_minor(sum(item.amount_minor for item in decided), found.currency)
    each = ", ".join(f"{item.invoice} {format_minor(item.amount_minor, found.currency)}" for item in decided)
    how = f"is charged now to {foreseen.method}"
    if len(decided) > 1:
        how = f"are charged now to {foreseen.method}, oldest first"
    return f"{count(len(decided), 'overdue amount')} over {total} {how}: {each}."


def _tell(found: Subscription, after: str, charged: list[Charged]) -> None:
    if not charged:
        say(f"Nothing on {found.name} ({found.id}) is overdue and can be charged: nobody was charged.")
        return
    for item in charged:
        say(item.words)
    if after != found.status:
        say(f"{found.name} ({found.id}) is {spoken(after)} now.")
