"""``kalends subscription ask-for-method``: a letter that asks the customer for another payment method."""

from __future__ import annotations

import click

from kalends.cli.asking import RECORD_ID, tell_and_do, yes_option
from kalends.cli.records import find_subscription
from kalends.cli.session import account_option, open_session
from kalends.cli.show import json_option, print_json, say


@click.command(
    "ask-for-method",
    epilog="Exit codes: 0 asked, 2 no such subscription or no --yes, 3 no database, 4 nothing is charged on it, nobody "
    "can be reached, or it was asked today.",
)
@click.argument("id_", metavar="ID", type=RECORD_ID)
@account_option
@yes_option
@json_option
def ask_for_method(id_: int, account: str | None, yes: bool, as_json: bool) -> None:
    """Send the customer of the subscription ID a letter that asks for another payment method.

    At most one such letter goes out a day. Nothing else is changed; store the new method with `kalends subscription
    edit ID --method METHOD` when the customer has given it.

    \b
    Examples:
      kalends subscription ask-for-method 1042
      kalends subscription ask-for-method 1042 --yes
    """
    from kalends.messages.ask import request_new_method

    with open_session() as session:
        ctx = session.account(account)
        found = find_subscription(session, ctx, id_)
        kept = (
            ""
            if ctx.settings.letters == "queued"
            else " It is only put down: this account delivers no letters."
        )
        email = tell_and_do(
            session.db,
            "ask",
            found,
            lambda: request_new_method(session.db, ctx, id_, actor="cli"),
            lambda email: f"{email} is asked by letter for another payment method.{kept}",
            yes=yes,
        )
    if as_json:
        print_json({"subscription": id_, "recipient": email})
    else:
        say(f"{found.name} ({id_}): {email} is asked for another payment method.")
