"""``kalends secrets``: what is sealed in the database, sealed with another key."""

from __future__ import annotations

from pathlib import Path

import click

from kalends.cli.progress import Progress
from kalends.cli.session import open_session
from kalends.cli.show import count, json_option, note, print_json, say
from kalends.platform.errors import ExitCode


@click.group()
def secrets() -> None:
    """Seal the secrets in the database with a new key."""


@secrets.command(
    epilog="Exit codes: 0 all are sealed with the newest key, 1 some can be opened by no key, 3 no database."
)
@json_option
@click.pass_context
def reseal(click_ctx: click.Context, as_json: bool) -> None:
    """Seal every secret of all accounts anew, with the key on the first line of keys/sealing-keys.

    Put the new key above the others first. Nothing has to stop: each secret can be opened at any moment, and a run
    that was ended, or a second one, does only what is left. When all are sealed anew the lines below the first can
    go, except for backups from before.

    \b
    Examples:
      kalends secrets reseal
      kalends secrets reseal --json
    """
    with open_session() as session:
        from kalends.accounts.resealing import reseal_account, reseal_people

        accounts = [id_ for id_, _name in session.known_accounts()]
        with Progress("sealing anew") as progress:
            done = reseal_people(session.db, tell=lambda now: progress(now.looked_at, "secrets of people"))
            for number, id_ in enumerate(accounts, start=1):
                session.enter(id_)
                before, words = done.looked_at, f"account {number:,} of {len(accounts):,}"
                found = reseal_account(
                    session.db,
                    id_,
                    tell=lambda now, b=before, w=words: progress(b + now.looked_at, w),
                )
                done = done.and_then(found)
        place, keys = session.home.keys / "sealing-keys", session.home.sealing_keys()
    if as_json:
        print_json({"keys": str(place), **done._asdict()})
    else:
        say(f"Sealed anew: {done.anew}. Sealed with the newest key before: {done.before}.")
        if not done.lost:
            _tell_next(place, keys)
    for each in done.lost:
        note(f"No key in {place} opens the secret of {each}.")
    if done.lost:
        note(
            "Put the key that sealed them back below the others, or give those secrets anew; then reseal again."
        )
        click_ctx.exit(ExitCode.PROBLEM_FOUND)


def _tell_next(place: Path, keys: str) -> None:
    older = sum(1 for line in keys.splitlines() if line.strip()) - 1
    if older:
        note(
            f"{count(older, 'older key')} in {place} can go, on every machine: nothing is sealed with them any more. "
            "Keep them apart as long as you keep backups from before."
        )
    else:
        note(
            f"There is one key in {place}, and no newer one above it: docs/operations.md tells how to change it."
        )
