"""``kalends token``: the keys by which programs come in over the HTTP API."""

from __future__ import annotations

import click

from kalends.cli.session import account_option, open_session
from kalends.cli.show import json_option, moment, note, print_json, say, table
from kalends.platform.errors import UserFacing


@click.group()
def token() -> None:
    """Make, list and revoke the tokens by which programs use the HTTP API."""


@token.command(epilog="Exit codes: 0 made, 2 no such scope or a name that cannot be, 3 no database.")
@click.option(
    "--scopes",
    required=True,
    metavar="SCOPES",
    help="What the token may do, with commas between, such as crm.objects.contacts.read; or all.",
)
@click.option("--name", default="Command line", show_default=True, help="What you will know it by.")
@account_option
@json_option
def create(scopes: str, name: str, account: str | None, as_json: bool) -> None:
    """Make a token and show it, this once. Only its hash is kept: who loses it makes another.

    A program sends it with each request, in the header "Authorization: Bearer TOKEN".

    \b
    Examples:
      kalends token create --scopes all
      kalends token create --name "Data warehouse" --scopes crm.objects.subscriptions.read,crm.objects.invoices.read
      kalends token create --scopes all --json
    """
    from kalends.accounts.scopes import UnknownScope
    from kalends.accounts.tokens import InvalidToken, create_token

    with open_session() as session:
        ctx = session.account(account)
        try:
            made = create_token(
                session.db, ctx.id, name=name, scopes=scopes.split(","), now=session.now, actor="cli"
            )
        except UnknownScope as problem:
            raise UserFacing(
                "There is no such scope.", where="--scopes", value=scopes, remedy=str(problem)
            ) from problem
        except InvalidToken as problem:
            raise UserFacing(
                "A token cannot be called so.", where="--name", value=name, remedy=str(problem)
            ) from problem
    if as_json:
        print_json(
            {"token": made.token, "id": made.id, "name": made.name, "scopes": made.scopes, "account": ctx.id}
        )
        return
    say(made.token)
    note(f"This is token {made.id} ({made.name}) of {ctx.name}. Keep it now: it is not shown again.")


@token.command("list", epilog="Exit codes: 0 shown, 3 no database.")
@account_option
@json_option
def list_(account: str | None, as_json: bool) -> None:
    """List the account's tokens, with what they may do and when they were last used.

    \b
    Examples:
      kalends token list
      kalends token list --json
    """
    from kalends.accounts.tokens import list_tokens

    with open_session() as session:
        ctx = session.account(account)
        found = list_tokens(session.db, ctx.id)
    if as_json:
        print_json({"account": ctx.id, "tokens": [each._asdict() for each in found]})
        return
    if not found:
        say("There are no tokens. Make one with `kalends token create --scopes all`.")
        return
    table(
        ("token", "name", "scopes", "made", "last used", "revoked"),
        [
            (
                each.id,
                each.name,
                ", ".join(each.scopes),
                moment(each.created_at),
                moment(each.last_used_at) or "never",
                moment(each.revoked_at),
            )
            for each in found
        ],
    )


@token.command(epilog="Exit codes: 0 revoked, 2 no such token, 3 no database.")
@click.argument("choice", metavar="TOKEN")
@account_option
@json_option
def revoke(choice: str, account: str | None, as_json: bool) -> None:
    """Revoke the token with this number or name: from the next request on it opens nothing.

    \b
    Examples:
      kalends token revoke 51
      kalends token revoke "Data warehouse"
    """
    from kalends.accounts.tokens import UnknownToken, revoke_token

    with open_session() as session:
        ctx = session.account(account)
        try:
            gone = revoke_token(session.db, ctx.id, choice, session.now, actor="cli")
        except UnknownToken as problem:
            raise UserFacing(
                "This token cannot be revoked.", where="TOKEN", value=choice, remedy=str(problem)
            ) from problem
    if as_json:
        print_json({"account": ctx.id, **gone._asdict()})
        return
    say(f"Token {gone.id} ({gone.name}) is revoked.")
