"""``kalends webhooks``: how telling apps of changes goes, and sending again what was given up."""

from __future__ import annotations

import click

from kalends.cli.asking import RECORD_ID
from kalends.cli.session import account_option, open_session
from kalends.cli.show import json_option, moment, note, print_json, say, table
from kalends.platform.errors import UserFacing


@click.group()
def webhooks() -> None:
    """List how apps are told of changes, and send again what they did not take."""


@webhooks.command("list", epilog="Exit codes: 0 shown, 3 no database.")
@account_option
@json_option
def list_(account: str | None, as_json: bool) -> None:
    """List the apps that are told of changes, what waits for them, and what was given up after ten retries.

    \b
    Examples:
      kalends webhooks list
      kalends webhooks list --json
    """
    from kalends.events.webhooks.upkeep import given_up, standings

    with open_session() as session:
        ctx = session.account(account)
        apps, failed = standings(session.db, ctx), given_up(session.db, ctx)
    if as_json:
        told = {"apps": [each._asdict() for each in apps], "failed": [each._asdict() for each in failed]}
        print_json({"account": ctx.id, **told})
        return
    if not apps:
        say("No app is told of changes. An app sets where with its developer key; see docs/api.md, Webhooks.")
    else:
        table(
            ("app", "name", "address", "subscriptions", "events to send", "batches waiting", "given up"),
            [
                (each.app_id, each.app, each.url, each.subscriptions, each.unsent, each.waiting, each.failed)
                for each in apps
            ],
        )
    if failed:
        table(
            ("batch", "app", "events", "calls", "given up", "why"),
            [
                (
                    each.id,
                    each.app_id,
                    each.events,
                    each.tries,
                    moment(each.closed_at),
                    each.error or "",
                )
                for each in failed
            ],
        )
        note("`kalends webhooks retry` sends them again.")


@webhooks.command(epilog="Exit codes: 0 they will be sent, 2 no such batch, 3 no database.")
@click.argument("batch", metavar="[BATCH]", required=False, type=RECORD_ID)
@account_option
@json_option
def retry(batch: int | None, account: str | None, as_json: bool) -> None:
    """Send a batch that was given up once more, or all of them: the worker does it, from the first try on.

    \b
    Examples:
      kalends webhooks retry
      kalends webhooks retry 5120
    """
    from kalends.events.webhooks.upkeep import send_again

    with open_session() as session:
        ctx = session.account(account)
        count = send_again(session.db, ctx, session.now, batch)
    if batch is not None and not count:
        raise UserFacing(
            "No batch of this number was given up.",
            where="BATCH",
            value=str(batch),
            remedy="`kalends webhooks list` shows those that were.",
        )
    if as_json:
        print_json({"account": ctx.id, "batches": count})
        return
    say(f"{count} batches will be sent again." if count != 1 else "One batch will be sent again.")
