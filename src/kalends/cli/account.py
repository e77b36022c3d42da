"""``kalends account``: the whole of an account as one archive, out of an installation and into another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kalends.cli.progress import Progress
from kalends.cli.session import account_option, open_session
from kalends.cli.show import count, facts, json_option, print_json, say
from kalends.platform.errors import UserFacing

if TYPE_CHECKING:
    from kalends.portability.restore import Restored


@click.group()
def account() -> None:
    """Take the whole of an account out of an installation, or into one.

    An archive is a ZIP file with a file of JSON lines for each table, described in docs/portability.md. Take care of
    it: it holds everything that is known of the account's customers, but no password, key or token.
    """


@account.command(
    "export",
    epilog="Exit codes: 0 written, 2 the file cannot be made, 3 no database, 4 a run goes on, 5 no room.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The archive; it must not be there."
)
@click.option(
    "--hand-over", is_flag=True, help="Hold billing here first, because the account goes on elsewhere."
)
@account_option
@json_option
def export(out: Path, hand_over: bool, account: str | None, as_json: bool) -> None:
    """Write the whole of an account into one archive: every record, the ledger, the journals, documents, settings.

    All of it is of one moment, while everybody goes on working. Interrupted, nothing is left of the file.

    With --hand-over the account's billing is held first: nothing more is invoiced or charged here, so that the
    installation which takes the account in can do it. Without, the archive is a copy to keep.

    \b
    Examples:
      kalends account export --out nordlys.zip
      kalends account export --account "Nordlys AS" --out nordlys.zip --hand-over
    """
    from kalends.portability.export import export_account
    from kalends.portability.hand_over import hand_over as hold_here

    if out.exists():
        raise UserFacing(
            "There is a file of this name.", where="--out", value=str(out), remedy="Choose another name."
        )
    with open_session() as session, Progress("export") as progress:
        ctx = session.account(account)
        if hand_over:
            hold_here(session.db, ctx, actor="cli")
        done = export_account(session.db, ctx, out, now=session.now, progress=progress)
    document: dict[str, Any] = {
        "account": ctx.id,
        "file": str(out),
        "bytes": done.size,
        "rows": done.rows,
        "files": len(done.manifest.files),
        "made_at": done.manifest.made_at,
        "handed_over": hand_over,
        "left_behind": done.manifest.left_behind,
    }
    if as_json:
        print_json(document)
        return
    say(
        f"{ctx.name}: {count(done.rows, 'row')} in {len(done.manifest.tables)} tables, {done.size:,} bytes: {out}"
    )
    if hand_over:
        say("Billing is held here. Import the archive elsewhere, then release billing there.")
    say("Not in it, and to be set up again where it is imported:")
    for each in done.manifest.left_behind:
        if each["again"]:
            say(f"  {each['what']}: {each['again']}")


@account.command(
    "import",
    epilog="Exit codes: 0 imported, 2 the archive does not fit and nothing was changed, 3 no database.",
)
@click.argument("archive", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
def import_(archive: Path, as_json: bool) -> None:
    """Make an account of an ARCHIVE: a new one, whatever accounts there are.

    Every file in the archive is checked before the first row is written. Then all of it is there, or nothing.
    Records keep their numbers; users are found by their addresses, and made where there are none.

    Billing of the account is held, its letters are kept unsent and its workflows are off, so that two installations
    never do the same thing. docs/portability.md says in which order to let it go on.

    \b
    Example:
      kalends account import nordlys.zip
    """
    from kalends.platform import database
    from kalends.portability.reader import open_archive
    from kalends.portability.restore import restore

    with open_session() as session, Progress("import") as progress, open_archive(archive) as opened:
        done = restore(
            session.db,
            opened,
            connect_as_owner=lambda: database.connect(as_owner=True, autocommit=True),
            now=session.now,
            actor="cli",
            progress=progress,
        )
    if as_json:
        print_json(
            {
                "account": done.ctx.id,
                "name": done.ctx.name,
                "rows": done.rows,
                "new_users": done.invited,
                "held": True,
            }
        )
    else:
        _tell(done)


@account.command(epilog="Exit codes: 0 shown, 3 no database.")
def describe() -> None:
    """Print which tables and columns an archive has, what stays behind, and what an import changes; in Markdown.

    \b
    Example:
      kalends account describe
    """
    from kalends.portability.describe import description

    with open_session():
        click.echo(description(), nl=False)


def _tell(done: Restored) -> None:
    facts(
        [
            ("account", f"{done.ctx.id} ({done.ctx.name}), {done.ctx.mode}"),
            ("rows", f"{sum(done.rows.values()):,}"),
            ("new users", ", ".join(done.invited) or None),
        ]
    )
    number = done.ctx.id
    if done.invited:
        say("New users set a password through `Forgot the password?` on the page where one signs in.")
    say("Nothing is billed or sent yet. In this order:")
    say(f"  1. kalends verify --account {number}")
    if done.ctx.mode == "live":
        say("  2. Connect the payment processor in the settings, to the same merchant as before.")
    say(f"  3. kalends settings set letters queued --account {number}; turn workflows on.")
    say(f"  4. kalends hold --release --account {number}, once nothing is billed in the old installation.")
