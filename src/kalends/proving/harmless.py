"""A copy of books that moves no money and reaches nobody, however it is billed.

Four walls stand behind each other. Keys and tokens are never copied (:mod:`kalends.proving.copy`), and those that seal
secrets lie in another home. Every account becomes a sandbox whose customers pay through the sandbox processor (here).
The processes know no mail server, and letters of sandboxes are files anyway. And they are sealed off: a connection to
anywhere is refused by the process itself (:mod:`kalends.platform.sealed_off`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg

from kalends.platform import sealed_off
from kalends.portability.restore import CHANGED

_NOT_PASSED_ON = (
    "KALENDS_SMTP_URL",
    "KALENDS_STRIPE_API",
    "KALENDS_WEBHOOK_NETWORKS",
    "KALENDS_DEMO_SIGN_IN",
)
_PUBLIC_URL = "http://localhost:8000"

_EVERY_ACCOUNT_A_SANDBOX = """
    UPDATE account SET mode = 'sandbox', clock_at = %(now)s WHERE mode = 'live'
"""
_EVERY_METHOD_A_SANDBOXS: LiteralString = """
    UPDATE payment_method
    SET processor = 'sandbox',
        token = 'tok_' || (CASE WHEN kind IN ('ach', 'sepa', 'bacs', 'pads') THEN kind ELSE 'card' END)
            || '_approved-copy' || id
    WHERE account_id = %(account)s AND processor <> 'sandbox'
"""
_NOBODY_AT_A_PROCESSORS_PAGE: Sequence[LiteralString] = (
    """
    UPDATE checkout_charge SET status = 'failed', failure_code = 'left_behind'
    WHERE account_id = %(account)s AND processor <> 'sandbox' AND status IN ('intended', 'sent', 'processing')
    """,
    """
    UPDATE checkout SET status = 'open', processor = NULL, setup_reference = NULL
    WHERE account_id = %(account)s AND processor <> 'sandbox' AND status <> 'done'
    """,
    "DELETE FROM method_request WHERE account_id = %(account)s AND processor <> 'sandbox'",
)


def make_harmless(copy: psycopg.Connection[Any], accounts: Sequence[int], now: datetime) -> None:
    """Change a copy so that billing it moves nothing. ``copy`` may do everything; accounts' clocks begin at ``now``."""
    with copy.transaction():
        copy.execute("SET LOCAL session_replication_role = replica")
        copy.execute(_EVERY_ACCOUNT_A_SANDBOX, {"now": now})
        for account in accounts:
            params = {"account": account, "now": now}
            copy.execute(_EVERY_METHOD_A_SANDBOXS, params)
            for statement in _NOBODY_AT_A_PROCESSORS_PAGE:
                copy.execute(statement, params)
            for table, changes in _left_with_the_original().items():
                copy.execute(cast("LiteralString", _change(table, changes)), params)


def _left_with_the_original() -> dict[str, dict[str, str]]:
    """What an archive does not take over as it stands either, by table and column: the original does it."""
    by_table: dict[str, dict[str, str]] = {}
    for (table, column), (expression, _) in CHANGED.items():
        if table != "event":  # the journal stays as it is: the account keeps its number
            by_table.setdefault(table, {})[column] = expression
    return by_table


def _change(table: str, changes: Mapping[str, str]) -> str:
    assigned = ", ".join(f"{column} = {expression}" for column, expression in changes.items())
    return f"UPDATE {table} AS r SET {assigned} WHERE r.account_id = %(account)s"


def harmless_environment(home: Path, dsn: str) -> dict[str, str]:
    """The variables of a process that works on a copy: everything of the installation's own is left out."""
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
    own = {
        "KALENDS_HOME": str(home),
        "DATABASE_URL": dsn,
        "KALENDS_PUBLIC_URL": _PUBLIC_URL,
        sealed_off.VARIABLE: "1",
        # What a worker would prove by itself at night is what the whole proof is about.
        "KALENDS_PROVED_ELSEWHERE": "1",
    }
    return kept | own
