"""``kalends subscription``: what people do to a subscription, told before it is done."""

from __future__ import annotations

import click

from kalends.cli.subscription.editing import edit
from kalends.cli.subscription.endings import cancel, delete, keep
from kalends.cli.subscription.overdue import charge_overdue
from kalends.cli.subscription.overview import show
from kalends.cli.subscription.pauses import pause, resume


@click.group()
def subscription() -> None:
    """Show, edit, pause, cancel or collect a subscription; each command says what follows before it is done."""


for _command in (show, edit, pause, resume, cancel, keep, delete, charge_overdue):
    subscription.add_command(_command)
