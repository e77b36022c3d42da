"""``kalends segments``: the segments of an account, brought up to date, and compared with what their filters find."""

from __future__ import annotations

from typing import Any

import click

from kalends.cli.session import account_option, open_session
from kalends.cli.show import json_option, print_json, say, table
from kalends.platform.errors import ExitCode


@click.command(
    epilog="Exit codes: 0 shown, 1 a segment differs from its filter, 2 no such account, 3 no database."
)
@account_option
@click.option(
    "--check", is_flag=True, help="Compare the members of each active segment with what its filter finds."
)
@json_option
@click.pass_context
def segments(click_ctx: click.Context, account: str | None, check: bool, as_json: bool) -> None:
    """Bring the segments of an account up to date, and list them with the number of their members.

    A worker does so every few seconds anyway. With --check each active segment is compared with its filter, worked
    out anew; a difference is named, and editing the segment's filter finds its members anew.

    \b
    Examples:
      kalends segments
      kalends segments --account 3 --check --json
    """
    from kalends.segments.evaluation import keep
    from kalends.segments.proof import check_segments
    from kalends.segments.segment import read_segments

    with open_session() as session:
        ctx = session.account(account)
        keep(session.db, ctx)
        found = read_segments(session.db, ctx)
        differing = check_segments(session.db, ctx) if check else []
    document: dict[str, Any] = {
        "segments": [
            {"id": each.id, "name": each.name, "object": each.object, "kind": each.kind, "members": each.size}
            for each in found
        ],
        **({"differing": [each._asdict() for each in differing]} if check else {}),
    }
    if as_json:
        print_json(document)
    else:
        rows = [(str(each.id), each.name, each.object, each.kind, f"{each.size:,}") for each in found]
        table(("Id", "Name", "Records", "Kind", "Members"), rows, right=("Members",))
        for each in differing:
            say(f"{each.name}: {len(each.missing)} missing, {len(each.too_many)} too many.")
        if check and not differing:
            say("Every active segment has the members that its filter finds.")
    if differing:
        click_ctx.exit(ExitCode.PROBLEM_FOUND)
