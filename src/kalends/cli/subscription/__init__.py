"""``kalends subscription``: what people do to a subscription, told before it is done."""

from __future__ import annotations

import click

from kalends.cli.subscription.asking_method import ask_for_method
from kalends.cli.subscription.canceling import cancel
from kalends.cli.subscription.creating import create
from kalends.cli.subscription.editing import edit
from kalends.cli.subscription.endings import delete, keep
from kalends.cli.subscription.overdue import charge_overdue
from kalends.cli.subscription.overview import show
from kalends.cli.subscription.pauses import pause, resume
from kalends.cli.subscription.switching import bill_elsewhere, bill_from


@click.group()
def subscription() -> None:
    """Create, show, edit, pause, cancel or collect a subscription; each command says what follows before it is done."""


_COMMANDS = (
    *(create, show, edit, pause, resume, cancel, keep, delete),
    *(charge_overdue, ask_for_method, bill_from, bill_elsewhere),
)
for _command in _COMMANDS:
    subscription.add_command(_command)
