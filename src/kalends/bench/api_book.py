"""The book that programs ask about in a measurement: subscriptions with their contacts, companies and ties."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext, AccountSettings
from kalends.accounts.create import create_account
from kalends.accounts.sql import load
from kalends.accounts.tokens import create_token
from kalends.platform.clock import system_now

CHUNK = 20_000
_NEVER_REACHED = AccountSettings(
    api_requests_per_ten_seconds=1_000_000,
    api_searches_per_second=100_000,
    api_requests_per_day=1_000_000_000,
)
"""Limits that are counted, as on any installation, and that no measurement reaches."""


class ApiBook(NamedTuple):
    """An account with subscriptions, and a token that opens everything in it."""

    ctx: AccountContext
    token: str


def make_api_book(
    db: Connection[Any], subscriptions: int, progress: Callable[[int], None] = lambda made: None
) -> ApiBook:
    """A live account with so many subscriptions, a quarter as many contacts, a twentieth as many companies.

    Seven in twelve subscriptions are active, the others scheduled, past due, unpaid, paused or canceled; due dates lie
    within a year from today.
    """
    ctx = create_account(
        db,
        name="Benchmark",
        time_zone="Europe/Oslo",
        currency="EUR",
        now=system_now() - timedelta(days=1),
        settings=_NEVER_REACHED,
    )
    for first in range(0, subscriptions, CHUNK):
        count = min(CHUNK, subscriptions - first)
        db.execute(
            load("kalends.bench", "fill_api_book"),
            {"account_id": ctx.id, "now": ctx.now, "today": ctx.today, "first": first, "count": count},
        )
        progress(first + count)
    token = create_token(db, ctx.id, name="Benchmark", scopes=("all",), now=ctx.now)
    return ApiBook(ctx, token.token)
