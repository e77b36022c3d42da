"""``kalends restored``: letting an installation go on whose database was put back to an earlier state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kalends.cli.asking import ask, yes_option
from kalends.cli.session import Session, account_option, open_processors, open_session
from kalends.cli.show import count, facts, json_option, note, print_json, say
from kalends.core.money import format_minor
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
@yes_option
@json_option
def restored(
    account: str | None,
    look: bool,
    unasked: bool,
    declare: str | None,
    settle: str | None,
    why: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Let live accounts go on after their database was restored from a backup.

    A database that was put back has forgotten what was done since. Kalends notices it and holds every live account:
    nothing is billed, charged or sent. This command first asks each account's processors what they did since the books
    end. What they charged for cycles that are billed again now takes the place of the new charge; what nobody can
    explain is shown, and the subscriptions concerned are parked. It says what that comes to, and asks whether the
    accounts shall go on; --yes answers that.

    A processor that was disconnected, or is gone for good, gives no answer, and nothing goes on without one. Connect it
    anew if you can. With --unasked nobody is asked: what was charged in the time that is lost may be charged again.

    \b
    Examples:
      kalends restored --look
      kalends restored
      kalends restored --yes --json
      kalends restored --settle pi_3PqL0... --note "Given back at Stripe"
      kalends restored --declare "The disk was set back to Friday's snapshot"
    """
    _refuse_together(
        look=look, unasked=unasked, declare=declare is not None, settle=settle is not None, note=why
    )
    with open_session() as session:
        if declare is not None:
            _declare(session, declare, yes=yes, as_json=as_json)
        elif settle is not None:
            _settle(session, account, settle, why, as_json=as_json)
        else:
            _release(session, account, look=look, unasked=unasked, yes=yes, as_json=as_json)


def _refuse_together(*, look: bool, unasked: bool, declare: bool, settle: bool, note: str) -> None:
    """Each of these is another thing to do: given together, one of them would not be done."""
    given = [
        name
        for name, is_given in (("--declare", declare), ("--settle", settle), ("--look", look))
        if is_given
    ]
    wrong = given if len(given) > 1 else [*given, "--unasked"] if unasked and (declare or settle) else []
    if wrong:
        raise click.UsageError(f"{' and '.join(wrong)} cannot be given together: give one after the other.")
    if note and not settle:
        raise click.UsageError("--note says what came of a charge, and needs --settle REFERENCE.")


def _declare(session: Session, why: str, *, yes: bool, as_json: bool) -> None:
    from kalends.billing.restored import declare

    if not why.strip():
        raise UserFacing(
            "Say why, in a few words.", where="--declare", remedy="It is shown wherever billing is held."
        )
    ask(
        "hold every live account",
        "Every live account is held: nothing is billed, charged or sent until `kalends restored`. Invoices get a new "
        "series of numbers, and letters that wait are given up.",
        yes=yes,
        question="Hold them?",
    )
    stopped = declare(session.db, session.now, reason=why.strip())
    if as_json:
        print_json({"held": stopped})
        return
    say(f"{count(len(stopped), 'live account')} held, until `kalends restored` lets them go on.")


def _settle(session: Session, account: str | None, reference: str, why: str, *, as_json: bool) -> None:
    from kalends.payments.unbooked import NotUnbooked, settle_by_hand

    for ctx in session.accounts(account):
        try:
            settle_by_hand(session.db, session.enter(ctx.id), reference, actor="cli", note=why.strip())
        except NotUnbooked:
            continue
        if as_json:
            print_json({"account": ctx.id, "settled": reference})
        else:
            say(f"{reference} is crossed off.")
        return
    raise UserFacing(
        "There is no such charge that waits for somebody.",
        where="this installation" if account is None else f"account {account}",
        value=reference,
        remedy="`kalends restored --look` names them while an account is held; later the parked subscriptions do, in "
        "`kalends status`.",
    )


def _release(
    session: Session, account: str | None, *, look: bool, unasked: bool, yes: bool, as_json: bool
) -> None:
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
    looked = [_one(session, ctx, look=True, unasked=unasked) for ctx in held]
    documents = looked
    if not look:
        for each in looked:
            _tell(each, aside=True)
        ask("let billing go on", _consequence(looked, unasked=unasked), yes=yes, question="Let it go on?")
        documents = [_one(session, ctx, look=False, unasked=unasked) for ctx in held]
    if as_json:
        print_json({"let_go_on": not look, "accounts": documents})
    else:
        for each in documents:
            _tell_end(each, look=look)
    if look or any(each["unbooked"] or each["parked"] for each in documents):
        click.get_current_context().exit(ExitCode.PROBLEM_FOUND)


def _consequence(looked: list[dict[str, Any]], *, unasked: bool) -> str:
    names = ", ".join(each["name"] for each in looked)
    words = (
        f"{names}: with the next billing run what is due is billed, and charged if its customers pay automatically, "
        "except what a processor charged already. Letters that the first run decides on are not sent."
    )
    warning = "\nNO PROCESSOR WAS ASKED: what it charged since the books end is not known, and may be charged twice."
    return words + warning if unasked else words


def _one(session: Session, ctx: AccountContext, *, look: bool, unasked: bool) -> dict[str, Any]:
    from kalends.billing.release_restored import release_put_back
    from kalends.payments.processors.interface import ProcessorUnavailable
    from kalends.payments.unbooked import open_charges

    if look and not unasked:
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


def _tell(told: dict[str, Any], *, aside: bool = False) -> None:
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
        ],
        aside=aside,
    )
    for line in unbooked_lines(told["charges"]):
        (note if aside else say)(line)


def _tell_end(told: dict[str, Any], *, look: bool) -> None:
    if look:
        _tell(told)
        say("It is still held: this was a look. `kalends restored` lets it go on.")
        return
    say(f"{told['name']} goes on with the next billing run.")
    if told["unbooked"] > told["awaited"]:
        say(
            "  See to each charge that nobody can explain: give it back or record it as a payment, then "
            '`kalends restored --settle REFERENCE --note "..."`.'
        )
    if told["parked"]:
        say(
            "  `kalends status` names the parked subscriptions and what mends them; then `kalends release ID`."
        )
    say("  `kalends letters list --status failed` has the letters that were held back.")


def unbooked_lines(charges: list[dict[str, Any]] | list[Unbooked]) -> list[str]:
    """One line for each charge or refund that the books do not know."""
    lines: list[str] = []
    for each in charges:
        told = each if isinstance(each, dict) else each._asdict()
        what = "charged" if told["amount_minor"] > 0 else "gave back"
        amount = format_minor(abs(told["amount_minor"]), told["currency"])
        of = f", for {told['billed_for']}" if told["billed_for"] else ""
        lines.append(
            f"  {told['processor']} {what} {amount} on {told['made_at']:%Y-%m-%d}: {told['reference']}{of}"
        )
    return lines
