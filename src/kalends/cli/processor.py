"""``kalends processor``: through whom customers pay: connecting Stripe, trying the connection, ending it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from kalends.cli.session import account_option, open_session
from kalends.cli.show import facts, json_option, note, print_json, say
from kalends.platform.errors import UserFacing

if TYPE_CHECKING:
    from kalends.payments.processors.stripe.connection import CannotConnect, Merchant


@click.group()
def processor() -> None:
    """Connect an account to Stripe, test the connection, end it, and show how it stands."""


@processor.command(epilog="Exit codes: 0 shown, 3 no database.")
@account_option
@json_option
def show(account: str | None, as_json: bool) -> None:
    """Show through whom customers of the account pay.

    \b
    Examples:
      kalends processor show
      kalends processor show --json
    """
    from kalends.payments.processors.registry import chosen_processor
    from kalends.payments.processors.stripe.connection import charged_through, find_connection
    from kalends.proof.reconcile import latest

    with open_session() as session:
        ctx = session.account(account)
        chosen = chosen_processor(session.db, ctx)
        found = find_connection(session.db, ctx.id)
        running = charged_through(session.db, ctx.id)
        compared = latest(session.db, ctx.id)
    told: dict[str, Any] = {"account": ctx.id, "processor": chosen, "subscriptions_through_stripe": running}
    if found is not None:
        told["stripe"] = found._asdict()
    if compared:
        last = compared[0]
        told["compared"] = {"last_day": last.last, "at": last.made_at, "differences": last.differences}
    if as_json:
        print_json(told)
        return
    if chosen is None:
        say("Nobody can pay online yet: this account is live and not connected to Stripe.")
        note("`kalends processor connect` connects it.")
    elif found is None or not found.is_connected:
        say("Customers pay through the sandbox processor; no money moves.")
    else:
        say(f"Customers pay through Stripe: {found.merchant_name} ({found.merchant}, {found.country}).")
        facts(
            [
                ("Methods", ", ".join(found.methods) or "none yet"),
                ("Can charge", "yes" if found.can_charge else "no: Stripe wants something first"),
                ("Tells by itself", "yes" if found.hears else "no: it is asked every quarter of an hour"),
                ("Subscriptions", f"{running} are charged through it"),
            ]
        )


@processor.command(epilog="Exit codes: 0 connected, 2 a key that cannot be used, 3 no database.")
@click.option(
    "--signing-secret",
    metavar="SECRET",
    default="",
    help="That of an endpoint made at Stripe by hand, where Stripe is not to make one itself.",
)
@account_option
@json_option
def connect(signing_secret: str, account: str | None, as_json: bool) -> None:
    """Connect the account to Stripe. The secret or restricted key is asked for, or read from standard input.

    A live account takes a live key, a sandbox a test key. The key is tried first, and stored sealed. Under an
    https:// address Stripe is told where to tell what happens; elsewhere it is asked every quarter of an hour.

    \b
    Examples:
      kalends processor connect
      kalends processor connect --account "Nordlys AS" < stripe-key
    """
    from django.conf import settings

    from kalends.payments.processors.stripe.connection import CannotConnect
    from kalends.payments.processors.stripe.connection import connect as connect_stripe

    with open_session() as session:
        ctx = session.account(account)
        key = click.prompt("Key", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
        address = f"{settings.PUBLIC_URL}/webhooks/stripe/{ctx.id}"
        try:
            merchant = connect_stripe(
                session.db,
                ctx,
                key,
                address=address,
                signing_secret=signing_secret,
                now=session.now,
                actor="cli",
            )
        except CannotConnect as problem:
            raise _refused(problem) from problem
    _tell(ctx.id, merchant, as_json)


@processor.command(epilog="Exit codes: 0 it works, 2 it does not, 3 no database.")
@account_option
@json_option
def test(account: str | None, as_json: bool) -> None:
    """Ask Stripe what the stored key may do, and which methods can be charged.

    \b
    Examples:
      kalends processor test
    """
    from kalends.payments.processors.stripe.connection import CannotConnect, check_connection

    with open_session() as session:
        ctx = session.account(account)
        try:
            merchant = check_connection(session.db, ctx, now=session.now)
        except CannotConnect as problem:
            raise _refused(problem) from problem
    _tell(ctx.id, merchant, as_json)


@processor.command(
    epilog="Exit codes: 0 disconnected, 2 it was not connected, or nobody said yes, 3 no database."
)
@click.option("--yes", is_flag=True, help="Do it without asking; needed where there is no terminal.")
@account_option
@json_option
def disconnect(yes: bool, account: str | None, as_json: bool) -> None:
    """Forget the key. What is charged through Stripe waits until it is connected again; nothing fails meanwhile.

    \b
    Examples:
      kalends processor disconnect --yes
    """
    from kalends.payments.processors.stripe.connection import CannotConnect, charged_through
    from kalends.payments.processors.stripe.connection import disconnect as disconnect_stripe

    with open_session() as session:
        ctx = session.account(account)
        running = charged_through(session.db, ctx.id)
        note(
            f"{running} subscriptions are charged through Stripe: their charges wait until it is connected again."
        )
        if not yes and not (sys.stdin.isatty() and click.confirm("Disconnect?", err=True)):
            raise UserFacing(
                "Nothing was changed.", where="--yes", value="not given", remedy="Say --yes to disconnect."
            )
        try:
            disconnect_stripe(session.db, ctx, actor="cli")
        except CannotConnect as problem:
            raise _refused(problem) from problem
    if as_json:
        print_json({"account": ctx.id, "connected": False, "subscriptions_through_stripe": running})
        return
    say("Disconnected.")


def _refused(problem: CannotConnect) -> UserFacing:
    remedies = {
        "test_key": "Give a live key, or connect a sandbox account.",
        "live_key": "Give a test key: a sandbox never charges real cards.",
        "publishable": "It begins with sk_ or rk_; Stripe shows it under Developers, API keys.",
        "lacks": "Let the key write those at Stripe, or make another one.",
        "no_signing": "Stripe shows it with the endpoint.",
        "not_connected": "Connect it with `kalends processor connect`.",
        "no_answer": "Try again in a moment.",
    }
    remedy = remedies.get(problem.reason, "Look at the key at Stripe, under Developers, API keys.")
    return UserFacing(str(problem), where="Stripe", value=problem.reason, remedy=remedy)


def _tell(account_id: int, merchant: Merchant, as_json: bool) -> None:
    if as_json:
        print_json({"account": account_id, **merchant._asdict()})
        return
    say(f"Connected to {merchant.name} ({merchant.id}, {merchant.country}).")
    facts(
        [
            ("Methods", ", ".join(merchant.methods) or "none yet"),
            ("Can charge", "yes" if merchant.can_charge else "no: Stripe wants something first"),
            ("Pays out", "yes" if merchant.can_pay_out else "no: Stripe wants something first"),
            ("The key lacks", ", ".join(merchant.lacks) or "nothing"),
        ]
    )
