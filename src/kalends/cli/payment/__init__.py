"""``kalends payment``: money that came by hand or is given back, charges that are tried again or settled by hand."""

from __future__ import annotations

import click

from kalends.cli.payment.receiving import record
from kalends.cli.payment.refunding import refund
from kalends.cli.payment.retrying import retry
from kalends.cli.payment.settling import settle


@click.group()
def payment() -> None:
    """Record, refund, retry or settle a payment; each command says what follows before it is done."""


for _command in (record, refund, retry, settle):
    payment.add_command(_command)
