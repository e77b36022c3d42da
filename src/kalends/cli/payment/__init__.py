"""``kalends payment``: money that came outside a processor, money given back, and charges tried again."""

from __future__ import annotations

import click

from kalends.cli.payment.receiving import record
from kalends.cli.payment.refunding import refund
from kalends.cli.payment.retrying import retry


@click.group()
def payment() -> None:
    """Record, refund or retry a payment; each command says what follows before it is done."""


for _command in (record, refund, retry):
    payment.add_command(_command)
