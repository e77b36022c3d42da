"""``kalends app``: programs of others, which ask for consent over OAuth and are told of changes by webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kalends.cli.session import account_option, open_session
from kalends.cli.show import json_option, moment, note, print_json, say, table
from kalends.platform.errors import UserFacing

if TYPE_CHECKING:
    from kalends.accounts.integration_apps import App, NewApp


@click.group()
def app() -> None:
    """Make, list and revoke apps: programs that use OAuth and webhooks."""


@app.command(
    epilog="Exit codes: 0 made, 2 a name, address or scope that cannot be, 3 no database.",
)
@click.option("--name", required=True, help="What people are shown when the app asks for their consent.")
@click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    metavar="URL",
    help="Where people are sent back to after they consented; may be given several times.",
)
@click.option(
    "--scopes",
    default="",
    metavar="SCOPES",
    help="What the app must be allowed to do, with commas between, such as crm.objects.contacts.read; or all.",
)
@click.option(
    "--optional-scopes",
    default="",
    metavar="SCOPES",
    help="What it would like to do besides, and can do without.",
)
@account_option
@json_option
def create(
    name: str,
    redirect_uris: tuple[str, ...],
    scopes: str,
    optional_scopes: str,
    account: str | None,
    as_json: bool,
) -> None:
    """Make an app of the account and show its client id, its secret and its developer key, this once.

    The client id and the secret are for OAuth (docs/api.md), the secret also proves that webhooks come from here, and
    the developer key changes the app's webhook settings. The webhook secret is the same secret, in the form in which
    libraries of Standard Webhooks take it.

    \b
    Examples:
      kalends app create --name "Fleet Mirror" --redirect-uri https://fleet.example/back --scopes all
      kalends app create --name "Fleet Mirror" --json
    """
    from kalends.accounts.integration_apps import InvalidApp, create_app
    from kalends.accounts.scopes import UnknownScope

    with open_session() as session:
        ctx = session.account(account)
        try:
            made = create_app(
                session.db,
                ctx.id,
                name=name,
                redirect_uris=redirect_uris,
                scopes=scopes.split(","),
                optional_scopes=optional_scopes.split(","),
                now=session.now,
            )
        except UnknownScope as problem:
            raise UserFacing(
                "There is no such scope.",
                where="--scopes or --optional-scopes",
                value=",".join(each for each in (scopes, optional_scopes) if each),
                remedy=str(problem),
            ) from problem
        except InvalidApp as problem:
            raise UserFacing(
                "This app cannot be made.",
                where="--name or --redirect-uri",
                value=", ".join((name, *redirect_uris)),
                remedy=str(problem),
            ) from problem
    _show(made, ctx.id, as_json)
    if not as_json:
        note(
            f"This is app {made.app.id} ({made.app.name}) of {ctx.name}. Keep them all: they are not shown again."
        )


@app.command("list", epilog="Exit codes: 0 shown, 3 no database.")
@account_option
@json_option
def list_(account: str | None, as_json: bool) -> None:
    """List the account's apps, with what they may do.

    \b
    Examples:
      kalends app list
      kalends app list --json
    """
    from kalends.accounts.integration_apps import list_apps

    with open_session() as session:
        ctx = session.account(account)
        found = list_apps(session.db, ctx.id)
    if as_json:
        print_json({"account": ctx.id, "apps": [_told(each) for each in found]})
        return
    if not found:
        say('There are no apps. Make one with `kalends app create --name "My app"`.')
        return
    table(
        ("app", "name", "client id", "scopes", "made", "revoked"),
        [
            (
                each.id,
                each.name,
                each.client_id,
                ", ".join((*each.scopes, *(f"{name} (optional)" for name in each.optional_scopes))),
                moment(each.created_at),
                moment(each.revoked_at),
            )
            for each in found
        ],
    )


@app.command(epilog="Exit codes: 0 revoked, 2 no such app, 3 no database.")
@click.argument("choice", metavar="APP")
@account_option
@json_option
def revoke(choice: str, account: str | None, as_json: bool) -> None:
    """Revoke the app with this number or name: its keys and every token that it was given open nothing from then on.

    \b
    Examples:
      kalends app revoke 51
      kalends app revoke "Fleet Mirror"
    """
    from kalends.accounts.integration_apps import UnknownApp, revoke_app

    with open_session() as session:
        ctx = session.account(account)
        try:
            gone = revoke_app(session.db, ctx.id, choice, session.now)
        except UnknownApp as problem:
            raise _no_such(choice, "This app cannot be revoked.", problem) from problem
    if as_json:
        print_json({"account": ctx.id, **_told(gone)})
        return
    say(f"App {gone.id} ({gone.name}) is revoked.")


@app.command("rotate-secret", epilog="Exit codes: 0 done, 2 no such app, 3 no database.")
@click.argument("choice", metavar="APP")
@account_option
@json_option
def rotate_secret(choice: str, account: str | None, as_json: bool) -> None:
    """Give the app with this number or name a new secret and a new developer key, and show them, this once.

    The old ones open nothing from then on, and webhooks are signed with the new secret. Tokens that the app was given
    stay as they are.

    \b
    Examples:
      kalends app rotate-secret 51
      kalends app rotate-secret "Fleet Mirror" --json
    """
    from kalends.accounts import integration_apps

    with open_session() as session:
        ctx = session.account(account)
        try:
            made = integration_apps.rotate_secret(session.db, ctx.id, choice)
        except integration_apps.UnknownApp as problem:
            raise _no_such(choice, "This app's secret cannot be changed.", problem) from problem
    _show(made, ctx.id, as_json)


def _no_such(choice: str, message: str, problem: Exception) -> UserFacing:
    return UserFacing(message, where="APP", value=choice, remedy=str(problem))


def _show(made: NewApp, account_id: int, as_json: bool) -> None:
    from kalends.events.webhooks.signatures import standard_secret

    for_libraries = standard_secret(made.client_secret)
    if as_json:
        print_json(
            {
                "account": account_id,
                **_told(made.app),
                "client_secret": made.client_secret,
                "standard_webhooks_secret": for_libraries,
                "developer_key": made.developer_key,
            }
        )
        return
    say(f"client id       {made.app.client_id}")
    say(f"client secret   {made.client_secret}")
    say(f"webhook secret  {for_libraries}")
    say(f"developer key   {made.developer_key}")


def _told(each: App) -> dict[str, Any]:
    names = (
        "id",
        "name",
        "client_id",
        "redirect_uris",
        "scopes",
        "optional_scopes",
        "created_at",
        "revoked_at",
    )
    return {name: getattr(each, name) for name in names}
