"""``kalends restored``: letting an installation go on whose database was put back to an earlier state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kalends.cli.session import Session, account_option, open_processors, open_session
from kalends.cli.show import count, facts, json_option, note, print_json, say
from kalends.platform.errors import ExitCode, UserFacing

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext
    from kalends.payments.unbooked import Unbooked


@click.command(
    epilog="Exit codes: 0 let go on, nothing is left to look at; 1 let go on, something waits for a person (or, with "
    "--look, accounts are held); 2 nothing was put back, or wrong use; 3 no database; 4 a processor gave no answer: "
    "nothing was let go on."
)
@account_option
@click.option("--look", is_flag=True, help="Ask the processors and show what they say; let nothing go on.")
@click.option("--unasked", is_flag=True, help="Do not ask processors, where one is gone for good.")
@click.option(
    "--declare", metavar="WHY", help="Say that the database was put back, where Kalends cannot see it."
)
@click.option(
    "--settle", metavar="REFERENCE", help="Cross off a charge that the books do not know: it was seen to."
)
@click.option("--note", "why", default="", help="What came of it, with --settle.")
@json_option
def restored(
    account: str | None,
    look: bool,
    unasked: bool,
    declare: str | None,
    settle: str | None,
    why: str,
    as_json: bool,
) -> None:
    """Let live accounts go on after their database was restored from a backup.

    A database that was put back has forgotten what was done since. Kalends notices it and holds every live account:
    nothing is billed, charged or sent. This command first asks each account's processors what they did since the books
    end. What they charged for cycles that are billed again now takes the place of the new charge; what nobody can
    explain is shown, and the subscriptions concerned are parked. Then the accounts go on.

    \b
    Examples:
      kalends restored --look
      kalends restored
      kalends restored --settle pi_3PqL0... --note "Given back at Stripe"
      kalends restored --declare "The disk was set back to Friday's snapshot"
    """
    with open_session() as session:
        if declare is not None:
            _declare(session, declare)
        elif settle is not None:
            _settle(session, account, settle, why)
        else:
            _release(session, account, look=look, unasked=unasked, as_json=as_json)


def _declare(session: Session, why: str) -> None:
    from kalends.billing.restored import declare

    if not why.strip():
        raise UserFacing(
            "Say why, in a few words.", where="--declare", remedy="It is shown wherever billing is held."
        )
    stopped = declare(session.db, session.now, reason=why.strip())
    say(f"{count(len(stopped), 'live account')} held, until `kalends restored` lets them go on.")


def _settle(session: Session, account: str | None, reference: str, why: str) -> None:
    from kalends.payments.unbooked import NotUnbooked, settle_by_hand

    ctx = session.account(account)
    try:
        settle_by_hand(session.db, ctx, reference, actor="cli", note=why.strip())
    except NotUnbooked as problem:
        raise UserFacing(
            str(problem),
            where=f"account {ctx.id} ({ctx.name})",
            value=reference,
            remedy="`kalends status` names them.",
        ) from problem
    say(f"{reference} is crossed off.")


def _release(session: Session, account: str | None, *, look: bool, unasked: bool, as_json: bool) -> None:
    from kalends.billing.hold import find_hold

    held: list[AccountContext] = []
    for ctx in [each for each in session.accounts(account) if not each.is_sandbox]:
        hold = find_hold(session.db, session.enter(ctx.id).id)
        if hold is not None and hold.put_back:
            held.append(ctx)
    if not held:
        raise UserFacing(
            "No live account's books were put back, as far as Kalends can see.",
            where="this installation" if account is None else f"account {account}",
            remedy="Where the database was put back all the same, say so first: `kalends restored --declare WHY`.",
        )
    documents = [_one(session, ctx, look=look, unasked=unasked) for ctx in held]
    if as_json:
        print_json({"let_go_on": not look, "accounts": documents})
    else:
        for each in documents:
            _tell(each, look=look)
    if look or any(each["unbooked"] or each["parked"] for each in documents):
        click.get_current_context().exit(ExitCode.PROBLEM_FOUND)


def _one(session: Session, ctx: AccountContext, *, look: bool, unasked: bool) -> dict[str, Any]:
    from kalends.billing.release_restored import release_put_back
    from kalends.payments.processors.interface import ProcessorUnavailable
    from kalends.payments.unbooked import open_charges

    note(f"{ctx.name}: asking its processors ...")
    session.enter(ctx.id)
    with open_processors(ctx) as processors:
        try:
            told = release_put_back(session.db, ctx, processors, actor="cli", ask=not unasked, only_look=look)
        except ProcessorUnavailable as problem:
            raise UserFacing(
                "A processor gave no answer, so nothing is let go on.",
                where=f"account {ctx.id} ({ctx.name})",
                value=str(problem),
                remedy="Try again later, or connect it anew. Only where it is gone for good: --unasked.",
                exit_code=ExitCode.REFUSED,
            ) from problem
    return {
        "account": ctx.id,
        "name": ctx.name,
        **told._asdict(),
        "charges": [each._asdict() for each in open_charges(session.db, ctx.id)],
    }


def _tell(told: dict[str, Any], *, look: bool) -> None:
    facts(
        [
            ("account", f"{told['account']} ({told['name']})"),
            ("books end", f"{told['books_end']:%Y-%m-%d %H:%M} UTC"),
            ("asked", ", ".join(told["asked"]) or "nobody"),
            ("ends found", f"{told['settled']:,} of charges that were under way"),
            (
                "not in the books",
                f"{told['unbooked']:,}, of which {told['awaited']:,} pay cycles that come again",
            ),
            ("parked", count(told["parked"], "subscription")),
        ]
    )
    tell_unbooked(told["charges"])
    say("It is still held: this was a look." if look else "It goes on with the next billing run.")


def tell_unbooked(charges: list[dict[str, Any]] | list[Unbooked]) -> None:
    """One line for each charge or refund that the books do not know."""
    for each in charges:
        told = each if isinstance(each, dict) else each._asdict()
        what = "charged" if told["amount_minor"] > 0 else "gave back"
        of = f" for {told['billed_for']}" if told["billed_for"] else ""
        say(
            f"  {told['processor']} {what} {abs(told['amount_minor']):,} {told['currency']} (minor units) on "
            f"{told['made_at']:%Y-%m-%d}: {told['reference']}{of}"
        )
