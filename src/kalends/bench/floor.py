"""The floor under a billing run: the same rows with the same columns, written by one statement a block.

The tables are bare (a primary key and nothing else), the server, its durability and the number of processes are
the same. No billing system on this database can be faster than this; the ratio to it is what is quoted.
"""

from typing import Any

from psycopg import Connection

from kalends.accounts.sql import integers, load
from kalends.bench.bare import make_bare_tables, write_again

TABLES = "invoice line_item payment charge_attempt ledger_transfer event message subscription".split()


def make_floor(owner: Connection[Any], account_id: int) -> None:
    """Tables with nothing but their primary keys; the subscriptions are there before the run."""
    make_bare_tables(owner, TABLES)
    write_again(owner, account_id, {"subscription": ""})


def copy_block(owner: Connection[Any], account_id: int, invoices: list[int]) -> None:
    """Write again what the billing run wrote for these invoices, into the bare tables, in one statement."""
    params = {"account_id": account_id, "invoices": integers(invoices)}
    owner.execute(load("kalends.bench", "floor_block"), params)
