"""The book that people look at in a measurement: that of programs, with three invoices and payments a subscription."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.people import add_member
from kalends.accounts.sql import enter_account, load
from kalends.bench.api_book import CHUNK, make_api_book
from kalends.bench.measure import Progress


class PagesBook(NamedTuple):
    """An account, and the user who may see everything in it."""

    ctx: AccountContext
    user: Any


def make_pages_book(db: Connection[Any], subscriptions: int, progress: Progress) -> PagesBook:
    """A live account with so many subscriptions, and three times as many invoices and payments."""
    ctx, _token = make_api_book(db, subscriptions, lambda made: progress("making the book", made))
    enter_account(db, ctx.id)
    after = 0
    for first in range(0, subscriptions, CHUNK):
        row = db.execute(
            load("kalends.bench", "fill_pages_book"), {"account_id": ctx.id, "after": after, "count": CHUNK}
        ).fetchone()
        assert row is not None
        after = row[0]
        progress("making invoices and payments", min(subscriptions, first + CHUNK))
    user: Any = get_user_model().objects.create(email="benchmark@bench.example", name="Benchmark")
    add_member(db, ctx.id, user.id, "admin")
    return PagesBook(ctx, user)
