"""The floor under a billing run: the same rows with the same columns, written by one statement a block.

The tables are bare (a primary key and nothing else), the server, its durability and the number of processes are
the same. No billing system on this database can be faster than this; the ratio to it is what is quoted.
"""

from typing import Any, LiteralString

from psycopg import Connection, sql

from kalends.accounts.sql import integers, load

TABLES: dict[LiteralString, LiteralString] = {
    "invoice": "account_id, id",
    "line_item": "account_id, id",
    "payment": "account_id, id",
    "charge_attempt": "account_id, invoice_id, attempt",
    "ledger_transfer": "account_id, document_id, posting, occasion, leg",
    "event": "account_id, id",
    "message": "account_id, id",
    "subscription": "account_id, id",
}


def make_bare_tables(owner: Connection[Any], account_id: int) -> None:
    """Copies of the tables with nothing but their primary keys; the subscriptions are there before the run."""
    owner.execute("CREATE SCHEMA bare")
    for table, key in TABLES.items():
        owner.execute(
            sql.SQL("CREATE TABLE bare.{0} (LIKE public.{0}, PRIMARY KEY ({1}))").format(
                sql.Identifier(table), sql.SQL(key)
            )
        )
    owner.execute(
        "INSERT INTO bare.subscription SELECT * FROM subscription WHERE account_id = %s", [account_id]
    )


def copy_block(owner: Connection[Any], account_id: int, invoices: list[int]) -> None:
    """Write again what the billing run wrote for these invoices, into the bare tables, in one statement."""
    params = {"account_id": account_id, "invoices": integers(invoices)}
    owner.execute(load("kalends.bench", "floor_block"), params)
