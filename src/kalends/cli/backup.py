"""``kalends backup`` and ``kalends restore``: the server in the home, its log, files and keys."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kalends.cli.asking import ask, yes_option
from kalends.cli.moments import parse_moment
from kalends.cli.progress import Progress
from kalends.cli.show import count, facts, json_option, note, print_json, say, table
from kalends.platform.clock import system_now
from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.home import home_path, open_home
from kalends.platform.stopping import sigterm_as_ctrl_c

if TYPE_CHECKING:
    from kalends.platform.restore import Made, Wanted

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


def _refuse_a_server_of_ones_own() -> None:
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
    from kalends.platform.backup import backups_in, make_backup

    _refuse_a_server_of_ones_own()
    with sigterm_as_ctrl_c(), Progress("backup", 100) as progress:
        made = make_backup(open_home(), folder, clock=system_now, keep=keep, keys=keys, progress=progress)
    if as_json:
        print_json({"folder": str(folder), "name": made.name, "keys": None if keys is None else str(keys)})
        return
    oldest = backups_in(folder)[0]
    say(f"Backed up as {made.name}. The log is kept in {folder / 'log'} from now on.")
    say(
        f"Any moment since {_utc(oldest.ended)} can be restored. `kalends backup verify {folder}` proves the files."
    )
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
    from kalends.platform.backup import backups_in, log_of, size_of_backup, unfinished_in

    found = backups_in(folder)
    pieces = log_of(folder, found[0])
    document = {
        "backups": [
            {
                "name": each.name,
                "made_at": each.made_at,
                "restorable_from": each.ended_at,
                "kalends": each.kalends,
                "postgresql": each.postgresql,
                "bytes": size_of_backup(folder, each),
            }
            for each in found
        ],
        "not_whole": unfinished_in(folder),
        "log": {
            "pieces": len(pieces),
            "bytes": sum(path.stat().st_size for path in pieces),
            "newest_at": datetime.fromtimestamp(pieces[-1].stat().st_mtime, UTC) if pieces else None,
        },
    }
    if as_json:
        print_json(document)
    else:
        _tell_list(folder, document)


def _tell_list(folder: Path, document: dict[str, Any]) -> None:
    table(
        ("backup", "from then on (UTC)", "size", "Kalends", "PostgreSQL"),
        [
            (
                each["name"],
                each["restorable_from"][:19].replace("T", " "),
                _megabytes(each["bytes"]),
                each["kalends"],
                each["postgresql"],
            )
            for each in document["backups"]
        ],
        right=["size"],
    )
    log = document["log"]
    if log["newest_at"] is None:
        say(
            f"\nThere is no log in {folder / 'log'}: only the moments of the backups themselves can be restored."
        )
    else:
        say(
            f"\nThe log has {count(log['pieces'], 'piece')}, {_megabytes(log['bytes'])}; the newest is of "
            f"{_utc(log['newest_at'])}. Any moment up to then can be restored."
        )
    for name in document["not_whole"]:
        note(f"{name} is not whole: it was copied in part. Copy it again, or delete it.")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _utc(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


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
    from kalends.platform.backup import backups_in, unfinished_in, verify_backup
    from kalends.platform.postgres_programs import find_programs

    found = backups_in(folder)
    asked = found if every else found[-1:]
    torn = [name for name in unfinished_in(folder) if every or name > found[-1].name]
    checked: list[dict[str, Any]] = []
    with sigterm_as_ctrl_c():
        for each in asked:
            with Progress(f"verify {each.name}", 100) as progress:
                last = verify_backup(find_programs(), folder, each, progress)
            checked.append({"name": each.name, "begins_with": each.begins_with, "ends_with": last})
    if torn:
        raise UserFacing(
            "A backup in this folder is not whole.",
            where=str(folder / "base" / torn[-1]),
            value="kalends.json is missing, or cannot be read: it was copied in part",
            remedy="Copy it again, or delete it. "
            + " ".join(f"{each['name']} is whole, and so is its log." for each in checked),
            exit_code=ExitCode.PROBLEM_FOUND,
        )
    if as_json:
        print_json({"verified": checked})
        return
    for each in checked:
        say(f"{each['name']} is whole, and so is its log from {each['begins_with']} to {each['ends_with']}.")


@backup.command(epilog="Exit codes: 0 stopped, or was not kept, 3 no database.")
def stop() -> None:
    """Keep the database's log no longer. Backups that are there stay as they are, and can be restored as far as their
    log goes: what happens from now on is in none of them until `kalends backup make` is given again.

    \b
    Example:
      kalends backup stop
    """
    from kalends.platform.archive import stop_archiving
    from kalends.platform.postgres import acquire
    from kalends.platform.postgres_server import server_in

    _refuse_a_server_of_ones_own()
    home = open_home()
    lease = acquire(home)
    try:
        stopped = stop_archiving(server_in(home))
    finally:
        lease.release()
    if not stopped:
        say("No log was kept, so nothing is stopped.")
        return
    say("The log is kept no longer. What happens from now on can be restored from no backup.")
    note("`kalends backup make FOLDER` makes a new one and keeps the log again.")


@click.command(
    epilog="Exit codes: 0 restored, 1 the backup is damaged, 2 wrong folder or moment, 3 the server did not come up, "
    "5 no room. Whatever it ends with but 0: what was there is as it was."
)
@click.option("--from", "source", type=_FOLDER, required=True, help="The folder of the backups.")
@click.option("--into", type=_FOLDER, help="The home to make; KALENDS_HOME if it is not said.")
@click.option(
    "--to-time",
    metavar="MOMENT",
    help="The moment to go back to, in UTC, such as '2026-11-20 14:30'; without it, all that the log has.",
)
@click.option("--keys", type=_FOLDER, help="The folder to which the keys were copied.")
@click.option(
    "--replace", is_flag=True, help="Take the place of the database that is there; it is moved aside."
)
@yes_option
@json_option
def restore(
    source: Path,
    into: Path | None,
    to_time: str | None,
    keys: Path | None,
    replace: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Make a home of a backup, as the installation was when its log ends or at a moment since.

    Nothing of a living installation is written over: an empty folder is filled, or with --replace the database that is
    there is moved aside once the restored one is whole. Until then everything stays as it is, and a restore that was
    stopped or killed is simply given again. The backup is only read: go back to another moment if the first was wrong.

    Live accounts are held afterwards, since charges and letters may have gone out that the restored books do not know:
    `kalends restored` asks the processors, and lets them go on.

    \b
    Examples:
      kalends restore --from /var/backups/kalends --into /srv/try --keys /mnt/safe/kalends-keys
      kalends restore --from /var/backups/kalends --replace --to-time "2026-11-20 14:30"
    """
    from kalends.platform.restore import restore as make_home
    from kalends.platform.restore import wanted

    _refuse_another_server()
    now = system_now()
    moment = None if to_time is None else _moment(to_time)
    asked = wanted(source, into or home_path(), now=now, to_time=moment, keys=keys)
    if replace and (asked.into / "postgres" / "data").exists():
        _ask_first(asked, yes=yes)
    with sigterm_as_ctrl_c(), _telling() as progress:
        made = make_home(asked, now=now, replace=replace, tell=note, progress=progress)
    if as_json:
        print_json(
            {
                "home": str(made.home),
                "backup": made.backup.name,
                "last_change": made.last_change,
                "before": None if made.before is None else str(made.before),
                "keys": made.keys,
                "keys_before": None if made.keys_before is None else str(made.keys_before),
                "log_is_kept": False,
            }
        )
        return
    _tell(made)


def _moment(text: str) -> datetime:
    try:
        return parse_moment(text, "UTC")
    except UserFacing as problem:
        raise UserFacing(
            "This is not a moment.",
            where="--to-time",
            value=problem.value,
            remedy="Write it in UTC, such as '2026-11-20 14:30' or '2026-11-20 14:30:15'.",
        ) from problem


def _refuse_another_server() -> None:
    if os.environ.get("DATABASE_URL"):
        raise UserFacing(
            "What is restored lies in a home of its own, and commands would not look there.",
            where="DATABASE_URL",
            remedy="Unset it here and for `kalends verify` afterwards; or restore with the tools of that server.",
        )


def _ask_first(asked: Wanted, *, yes: bool) -> None:
    until = "the end of the backup's log" if asked.to_time is None else _utc(asked.to_time)
    ask(
        "restore",
        f"The installation in {asked.into} goes back to {until}. What was done after that is not in its books any "
        f"more: live accounts are held until `kalends restored`.\n"
        f"The database that is there now is moved aside in {asked.into / 'postgres'}, and not deleted.",
        yes=yes,
    )


@contextmanager
def _telling() -> Iterator[Callable[[str, int, int], None]]:
    """Progress in steps, each with a bar of its own."""
    with ExitStack() as bars:
        step = ""
        tell: Progress | None = None

        def progress(what: str, done: int, total: int) -> None:
            nonlocal step, tell
            by, unit = (1, "pieces of the log") if what == "bringing up" else (1_000_000, "MB")
            if tell is None or what != step:
                bars.close()
                step, tell = what, bars.enter_context(Progress(what, total // by))
            tell(done // by, unit)

        yield progress


def _tell(made: Made) -> None:
    facts(
        [
            ("home", str(made.home)),
            ("backup", made.backup.name),
            ("last change", made.last_change),
            ("moved aside", None if made.before is None else str(made.before)),
            ("keys", _KEYS[made.keys]),
            ("keys of before", None if made.keys_before is None else str(made.keys_before)),
        ]
    )
    home = "" if made.home == home_path() else f"KALENDS_HOME={made.home} "
    say("\nNow:")
    say(f"  {home}kalends verify     proves the books")
    say(
        f"  {home}kalends restored   asks the processors what the books have lost, and lets live accounts go on"
    )
    if made.kept_log:
        say(
            "  kalends backup make    into a NEW folder: the log is kept no longer, and the old folder stays as it is"
        )
    if made.before is not None:
        say(f"  rm -r {made.before}   when you are sure that nothing in it is needed")


_KEYS = {
    "fit": "those of the backup",
    "missing": "none: copy the folder keys here, or the sealed secrets cannot be read",
    "others": "OTHERS than those of the backup: the sealed secrets cannot be read with them",
}
