"""``kalends prove``: the installation's own books, copied, billed by processes that are killed, and compared."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import psycopg

from kalends.cli.session import ALL, choose_account
from kalends.cli.show import json_option, note, print_json, say
from kalends.platform.boot import boot
from kalends.platform.clock import system_now
from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.home import Home
from kalends.platform.stopping import sigterm_as_ctrl_c
from kalends.platform.version import version

if TYPE_CHECKING:
    from kalends.proving.words import Telling

PLACE = "KALENDS_PROVING"
"""The environment variable that names the folder for the copies."""
STAGE = (sys.executable, "-P", "-m", "kalends.cli.stage")


@click.command(
    epilog="Exit codes: 0 proved, 1 something differs, 2 no such account, 3 no database, 5 no room for the copies."
)
@click.option(
    "--account", "account", metavar="ID|NAME|all", default=ALL, show_default=True, help="Whose books."
)
@click.option(
    "--kills",
    type=click.IntRange(1, 100_000),
    default=20,
    show_default=True,
    help="How often something is killed.",
)
@click.option(
    "--months",
    type=click.IntRange(1, 24),
    default=2,
    show_default=True,
    help="How many months are billed at least.",
)
@click.option("--seed", type=int, help="From which the moments of the kills come; default: a new one.")
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), help="Write the report into this file too."
)
@json_option
@click.pass_context
def prove(
    click_ctx: click.Context,
    account: str,
    kills: int,
    months: int,
    seed: int | None,
    report: Path | None,
    as_json: bool,
) -> None:
    """Prove that your own books survive trouble: nothing billed twice, nothing charged twice, nothing lost.

    The books are copied, and the coming months are billed in the copy by several processes at once, which are killed
    at random moments, together with their database server. Then what was left half done is finished, everything is
    worked out again, and compared with a second copy that was billed in peace.

    Nothing happens to the original: it is read once. Nothing leaves: no money moves, no letter is sent, nobody is
    called. The copies lie on a database server of their own in KALENDS_HOME, take up to three times the room of the
    database, and are gone afterwards.

    The report is for people who keep books. With --report FILE it is also written as a page that can be printed.

    \b
    Examples:
      kalends prove
      kalends prove --account "Nordlys AS" --kills 100 --report proof.html
    """
    refuse_other_form(report)
    with sigterm_as_ctrl_c():
        telling = _prove(account, kills, months, seed)
    _tell(telling, report, as_json=as_json)
    if not telling.proof.holds:
        click_ctx.exit(ExitCode.PROBLEM_FOUND)


def refuse_other_form(report: Path | None) -> None:
    """The report is a page. Raises ``UserFacing`` where a file of another kind is asked for, or cannot be written."""
    if report is None:
        return
    if report.suffix.lower() not in (".html", ".htm"):
        raise UserFacing(
            "The report is a page that a browser shows and prints.",
            where="--report",
            value=str(report),
            remedy="Name a file that ends in .html; for programs there is --json.",
        )
    if not report.absolute().parent.is_dir():
        raise UserFacing(
            "The report's folder is not there.",
            where="--report",
            value=str(report.absolute().parent),
            remedy="Make the folder first.",
        )
    place = report if report.exists() else report.absolute().parent
    if not os.access(place, os.W_OK):
        raise UserFacing(
            "The report cannot be written there.",
            where="--report",
            value=str(place),
            remedy="Name a file that this user may write.",
        )


def _prove(account: str, kills: int, months: int, seed: int | None) -> Telling:
    home = boot()
    from kalends.platform import database
    from kalends.proving.prove import Wishes
    from kalends.proving.prove import prove as prove_books
    from kalends.proving.words import Telling

    now = system_now()
    chosen = int(now.timestamp()) if seed is None else seed
    note(f"Seed {chosen}.")
    with database.connect(as_owner=True, autocommit=True) as source:
        proof = prove_books(
            source,
            _accounts(source, account),
            Wishes(kills, chosen, months),
            place=_place(home),
            stage_command=STAGE,
            now=now,
            tell=note,
        )
    return Telling(proof, now, version())


def _accounts(source: psycopg.Connection[Any], choice: str) -> Sequence[tuple[int, str]]:
    try:
        known = source.execute("SELECT id, name FROM account ORDER BY id").fetchall()
    except psycopg.errors.UndefinedTable:
        known = []
    if choice == ALL and known:
        return known
    chosen = choose_account(known, None if choice == ALL else choice)
    return [(id_, name) for id_, name in known if id_ == chosen]


def _place(home: Home) -> Path:
    place = Path(os.environ.get(PLACE) or home.path / "proving").absolute()
    place.mkdir(mode=0o711, parents=True, exist_ok=True)
    return place


def _tell(telling: Telling, report: Path | None, *, as_json: bool) -> None:
    from kalends.proving import words

    if report is not None:
        report.write_text(words.as_page(telling), "utf-8")
        note(f"The report is in {report}.")
    if as_json:
        print_json(words.as_json(telling))
    else:
        say(words.as_text(telling))
