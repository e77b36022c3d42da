"""``kalends openapi``: the document of the HTTP API, and what of it would break programs."""

from __future__ import annotations

import json
import os

import click
import django

from kalends.cli.show import note, say
from kalends.platform.errors import UserFacing


@click.command(
    epilog="Exit codes: 0 printed or written, 1 (--check) it is not the kept one, 2 it breaks programs."
)
@click.option(
    "--write", is_flag=True, help="Keep the present document, in docs/openapi.json of the checkout."
)
@click.option(
    "--breaking", is_flag=True, help="With --write: also when programs break that rely on the kept one."
)
@click.option("--check", is_flag=True, help="Say how the present document differs from the kept one.")
@click.pass_context
def openapi(click_ctx: click.Context, write: bool, breaking: bool, check: bool) -> None:
    """Print the OpenAPI 3.1 document of the HTTP API, as `/openapi.json` serves it.

    The document that was last released is kept in docs/openapi.json. What would break programs that rely on it, such
    as an operation that is gone or a field that is new and required, is not kept without --breaking.

    \b
    Examples:
      kalends openapi
      kalends openapi --check
      kalends openapi --write
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kalends.platform.settings")
    django.setup()  # no database is asked, and none started
    import kalends.api.gate  # noqa: F401 - all handlers register
    from kalends.api.openapi import kept
    from kalends.api.openapi.compare import compare
    from kalends.api.openapi.document import document, written

    if not (write or check):
        click.echo(written(), nl=False)
        return
    if not kept.KEPT.parent.is_dir():
        raise UserFacing(
            "There is no kept document.",
            where="docs/openapi.json",
            value=str(kept.KEPT),
            remedy="Only a checkout of the source has one: run ./kalends openapi there.",
        )
    path = kept.KEPT
    before = path.read_text() if path.exists() else "{}"
    broken = compare(json.loads(before), document())
    for each in broken:
        say(each)
    if check:
        if before == written():
            note("The kept document is the present one.")
        else:
            note("The API has changed since docs/openapi.json was written.")
            click_ctx.exit(1)
        return
    if broken and not breaking:
        raise UserFacing(
            "These changes break programs that rely on the API.",
            where="docs/openapi.json",
            value=f"{len(broken)} changes, named above",
            remedy="Take them back; or, where they are meant, give --write --breaking and tell them in CHANGELOG.md.",
        )
    path.write_text(written())
    note(f"Written to {path}.")
