"""The group of all commands. Each is loaded when it is called for, so that a short command stays quick."""

from __future__ import annotations

import importlib
import importlib.util
from gettext import gettext
from typing import Any

import click

COMMANDS = {
    "init": "kalends.cli.init:init",
    "serve": "kalends.cli.serve:serve",
    "worker": "kalends.cli.serve:worker",
    "demo": "kalends.cli.demo:demo",
    "status": "kalends.cli.status:status",
    "import": "kalends.cli.importing:import_",
    "account": "kalends.cli.account:account",
    "bill": "kalends.cli.bill:bill",
    "hold": "kalends.cli.bill:hold",
    "release": "kalends.cli.bill:release",
    "restored": "kalends.cli.restored:restored",
    "backup": "kalends.cli.backup:backup",
    "restore": "kalends.cli.backup:restore",
    "contact": "kalends.cli.contact:contact",
    "subscription": "kalends.cli.subscription:subscription",
    "invoice": "kalends.cli.invoice:invoice",
    "payment": "kalends.cli.payment:payment",
    "letters": "kalends.cli.letters:letters",
    "settings": "kalends.cli.settings:settings",
    "property": "kalends.cli.property:property_",
    "token": "kalends.cli.token:token",
    "openapi": "kalends.cli.openapi:openapi",
    "app": "kalends.cli.integration_app:app",
    "webhooks": "kalends.cli.webhooks:webhooks",
    "workflow": "kalends.cli.workflow:workflow",
    "segments": "kalends.cli.segments:segments",
    "report": "kalends.cli.report:report",
    "processor": "kalends.cli.processor:processor",
    "secrets": "kalends.cli.secrets:secrets",
    "clock": "kalends.cli.clock:clock",
    "replay": "kalends.cli.replay:replay",
    "verify": "kalends.cli.verify:verify",
    "prove": "kalends.cli.prove:prove",
    "reconcile": "kalends.cli.reconcile:reconcile",
    "distribution": "kalends.cli.distribution:distribution",
    "explain": "kalends.cli.verify:explain",
    "simulate": "kalends.cli.simulate:simulate",
    "bench": "kalends.cli.bench:bench",
    "test": "kalends.cli.suite:suite",
}

SECTIONS = {
    "Installation": (
        "init",
        "demo",
        "serve",
        "worker",
        "status",
        "settings",
        "property",
        "account",
        "token",
        "openapi",
        "app",
        "webhooks",
        "processor",
        "secrets",
        "backup",
        "restore",
    ),
    "Billing": (
        "import",
        "bill",
        "hold",
        "release",
        "restored",
        "contact",
        "subscription",
        "invoice",
        "payment",
        "letters",
        "workflow",
        "segments",
        "report",
        "clock",
    ),
    "Proof": (
        "verify",
        "prove",
        "reconcile",
        "explain",
        "distribution",
        "replay",
        "simulate",
        "bench",
        "test",
    ),
}

EXIT_CODES = """\b
Exit codes, the same for every command:
  0    done as asked
  1    the command worked and found something wrong (verify, a failed test)
  2    wrong use or bad input; nothing was changed
  3    the database cannot be reached, started or used
  4    refused: stopped rather than move money wrongly
  5    the disk is full; nothing was half written
  70   a fault in Kalends itself; the log that is named has the details
  130  stopped by you (Ctrl-C)"""


class Commands(click.Group):
    """A group that knows its commands by the name of their module, and shows them by what they are for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The commands that this copy of Kalends has, in the order in which one meets them."""
        return [name for name, place in COMMANDS.items() if _is_there(place)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load the command of this name."""
        place = COMMANDS.get(cmd_name)
        if place is None or not _is_there(place):
            return None
        module, _, attribute = place.partition(":")
        return getattr(importlib.import_module(module), attribute)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands in sections."""
        there = set(self.list_commands(ctx))
        for title, names in SECTIONS.items():
            with formatter.section(gettext(title)):
                rows = [(name, self._short_help(ctx, name)) for name in names if name in there]
                formatter.write_dl(rows)

    def _short_help(self, ctx: click.Context, name: str) -> str:
        command = self.get_command(ctx, name)
        return "" if command is None else command.get_short_help_str(limit=200)


def _is_there(place: str) -> bool:
    return importlib.util.find_spec(place.partition(":")[0]) is not None


SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(cls=Commands, context_settings=SETTINGS, epilog=EXIT_CODES)
def kalends() -> None:
    """Kalends bills a book of subscriptions: it invoices every cycle, charges what is charged automatically,
    writes the ledger, and proves every cent.

    Everything an installation keeps lies in one folder, KALENDS_HOME. Its database is a PostgreSQL server of its
    own in that folder, or the one that DATABASE_URL names. Every command has a --help with examples, and most have
    --json for programs: one document on standard output and nothing else; progress and messages go to standard error.

    \b
    Where to begin:
      kalends demo                         a company with two years of history, to look around in
      kalends init --sandbox               an account of your own whose clock you move
      kalends import book.csv --map m.toml --dry-run
    """
