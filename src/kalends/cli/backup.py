"""``kalends backup`` and ``kalends restore``: the server in the home, its log, files and keys."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from kalends.cli.moments import parse_moment
from kalends.cli.progress import Progress
from kalends.cli.show import facts, json_option, note, print_json, say, table
from kalends.platform.clock import system_now
from kalends.platform.errors import UserFacing
from kalends.platform.home import home_path, open_home

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group()
def backup() -> None:
    """Back the installation up: its database with every change since, and its files.

    It is for the database server that Kalends runs in its home, and works while pages and workers do. With a server of
    your own, use that server's tools: docs/operations.md tells which.

    \b
    Examples:
      kalends backup make /var/backups/kalends --keys /mnt/safe/kalends-keys
      kalends backup verify /var/backups/kalends
      kalends restore --from /var/backups/kalends --to-time "2026-11-20 14:30"
    """
    if os.environ.get("DATABASE_URL"):
        raise UserFacing(
            "The database is on a server of your own.",
            where="DATABASE_URL",
            remedy="Back it up with that server's tools: docs/operations.md tells how, and what else to keep.",
        )


@backup.command(epilog="Exit codes: 0 made, 2 wrong folder, 3 no database, 5 the disk is full.")
@click.argument("folder", type=_FOLDER)
@click.option(
    "--keep", type=click.IntRange(1, 1000), default=7, show_default=True, help="How many backups stay."
)
@click.option("--keys", type=_FOLDER, help="Copy the keys here; never into the backup, which they open.")
@json_option
def make(folder: Path, keep: int, keys: Path | None, as_json: bool) -> None:
    """Make a backup in FOLDER, and keep the database's log there from now on.

    The first one starts the keeping of the log: every change is in the folder a minute later at most. Each further one
    shortens what a restore has to go through. Older ones than the newest are thrown away, with the log before them.

    \b
    Example:
      kalends backup make /var/backups/kalends --keep 14 --keys /mnt/safe/kalends-keys
    """
    from kalends.platform.backup import make_backup

    with Progress("backup", 100) as progress:
        made = make_backup(open_home(), folder, now=system_now(), keep=keep, keys=keys, progress=progress)
    if as_json:
        print_json({"folder": str(folder), "name": made.name, "keys": None if keys is None else str(keys)})
        return
    say(f"Backed up as {made.name}. The log is kept in {folder / 'log'} from now on.")
    if keys is None:
        note(
            "The keys are not in it: without them a restored installation cannot read its sealed secrets. Copy the "
            "folder keys of KALENDS_HOME to another place once, or say --keys FOLDER."
        )


@backup.command("list", epilog="Exit codes: 0 shown, 2 there is none.")
@click.argument("folder", type=_FOLDER)
@json_option
def list_(folder: Path, as_json: bool) -> None:
    """Show the backups in FOLDER, the oldest first.

    \b
    Examples:
      kalends backup list /mnt/backups/kalends
      kalends backup list /mnt/backups/kalends --json
    """
    from kalends.platform.backup import backups_in

    found = backups_in(folder)
    if as_json:
        print_json(
            {
                "backups": [
                    {"name": each.name, "made_at": each.made_at, "kalends": each.kalends} for each in found
                ]
            }
        )
        return
    table(
        ("backup", "made (UTC)", "Kalends", "PostgreSQL"),
        [(each.name, each.made_at[:19].replace("T", " "), each.kalends, each.postgresql) for each in found],
    )


@backup.command(epilog="Exit codes: 0 whole, 1 damaged, 2 there is none.")
@click.argument("folder", type=_FOLDER)
@click.option("--all", "every", is_flag=True, help="All backups, not only the newest.")
@json_option
def verify(folder: Path, every: bool, as_json: bool) -> None:
    """Check the newest backup in FOLDER: every file by its checksum, and its log piece by piece.

    The proof that it can be used is to use it: restore it into another folder now and then, and run `kalends verify`.

    \b
    Examples:
      kalends backup verify /mnt/backups/kalends
      kalends backup verify /mnt/backups/kalends --all
    """
    from kalends.platform.backup import backups_in, verify_backup
    from kalends.platform.postgres_server import server_in

    server = server_in(open_home())
    found = backups_in(folder)
    checked: list[dict[str, Any]] = []
    with Progress("verify") as progress:
        for each in found if every else found[-1:]:
            last = verify_backup(server, folder, each, progress)
            checked.append({"name": each.name, "begins_with": each.begins_with, "ends_with": last})
    if as_json:
        print_json({"verified": checked})
        return
    for each in checked:
        say(f"{each['name']} is whole, and so is its log from {each['begins_with']} to {each['ends_with']}.")


@backup.command(epilog="Exit codes: 0 stopped, or was not kept, 3 no database.")
def stop() -> None:
    """Keep the database's log no longer. Backups that are there stay as they are.

    \b
    Example:
      kalends backup stop
    """
    from kalends.platform.archive import stop_archiving
    from kalends.platform.postgres import acquire
    from kalends.platform.postgres_server import server_in

    home = open_home()
    lease = acquire(home)
    try:
        stopped = stop_archiving(server_in(home))
    finally:
        lease.release()
    say("The log is kept no longer." if stopped else "No log was kept.")


@click.command(
    epilog="Exit codes: 0 restored, 2 wrong folder or moment, 3 the server did not come up, 5 no room."
)
@click.option("--from", "source", type=_FOLDER, required=True, help="The folder of the backups.")
@click.option("--into", type=_FOLDER, help="The home to make; KALENDS_HOME if it is not said.")
@click.option(
    "--to-time", metavar="MOMENT", help="The moment to go back to, in UTC; without it, all that the log has."
)
@click.option("--keys", type=_FOLDER, help="The folder to which the keys were copied.")
@click.option("--replace", is_flag=True, help="Move a database that is there aside first.")
@json_option
def restore(
    source: Path, into: Path | None, to_time: str | None, keys: Path | None, replace: bool, as_json: bool
) -> None:
    """Make a home of a backup, as the installation was when its log ends or at a moment since.

    Nothing of a living installation is written over: an empty folder is filled, or with --replace its database is moved
    aside. Live accounts are held afterwards, since charges and letters may have gone out that the restored books do not
    know: `kalends restored` asks the processors, and lets them go on.

    \b
    Examples:
      kalends restore --from /var/backups/kalends --into /srv/try --keys /mnt/safe/kalends-keys
      kalends restore --from /var/backups/kalends --replace --to-time "2026-11-20 14:30"
    """
    from kalends.platform.restore import restore as make_home

    moment = None if to_time is None else parse_moment(to_time, "UTC")
    made = make_home(
        source, into or home_path(), now=system_now(), to_time=moment, keys=keys, replace=replace, tell=note
    )
    if as_json:
        print_json(
            {
                "home": str(made.home),
                "backup": made.backup.name,
                "last_change": made.last_change,
                "before": None if made.before is None else str(made.before),
                "keys": made.keys,
            }
        )
        return
    facts(
        [
            ("home", str(made.home)),
            ("backup", made.backup.name),
            ("last change", made.last_change),
            ("moved aside", None if made.before is None else str(made.before)),
            ("keys", _KEYS[made.keys]),
        ]
    )
    say("\nNow: `kalends verify` proves the books, and `kalends restored` lets live accounts go on.")


_KEYS = {
    "fit": "those of the backup",
    "missing": "none: copy the folder keys here, or the sealed secrets cannot be read",
    "others": "OTHERS than those of the backup: the sealed secrets cannot be read with them",
}
