"""``kalends test``."""

from __future__ import annotations

import click

from kalends.platform.testing import run_suite


@click.command(
    "test",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="Exit codes: 0 everything passed, 1 something failed.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PYTEST ARGUMENTS]...")
@click.pass_context
def suite(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Run the whole test suite: style, types, import contracts, migrations, and every test.

    It works on a PostgreSQL server of its own, which it starts and throws away; your installation is not touched.
    With arguments only pytest runs, and is given them.

    \b
    Examples:
      kalends test
      kalends test tests/core -k money
    """
    ctx.exit(run_suite(arguments))
