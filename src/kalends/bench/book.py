"""The book that is billed for a measurement: monthly subscriptions with two lines each, half of them automatic."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.create import create_account
from kalends.billing.create import NewLine, NewSubscription, create_subscriptions
from kalends.core.calendar import Frequency
from kalends.core.pricing import LineTerms
from kalends.crm.create import NewContact, create_contacts
from kalends.payments.methods import NewPaymentMethod, create_payment_methods
from kalends.payments.processors.sandbox.cards import new_token

FIRST_DAY = dt.date(2026, 1, 1)
CREATED_AT = dt.datetime(2025, 12, 31, 12, tzinfo=dt.UTC)
DUE_AT = dt.datetime(2026, 1, 1, 9, tzinfo=dt.UTC)
CHUNK = 10_000
TAX = Decimal(25)


def make_book(
    db: Connection[Any], subscriptions: int, progress: Callable[[int], None] = lambda made: None
) -> AccountContext:
    """An account with so many subscriptions, all due on 1 January 2026; the clock stands on the day before."""
    ctx = create_account(
        db,
        name="Benchmark",
        time_zone="Europe/Oslo",
        currency="EUR",
        now=CREATED_AT,
        clock_at=CREATED_AT,
    )
    for start in range(0, subscriptions, CHUNK):
        _make_chunk(db, ctx, start, min(CHUNK, subscriptions - start))
        progress(min(start + CHUNK, subscriptions))
    return ctx


def _make_chunk(db: Connection[Any], ctx: AccountContext, start: int, count: int) -> None:
    numbers = range(start, start + count)
    with db.transaction():
        contacts = create_contacts(db, ctx, [NewContact(email=f"buyer{n}@bench.test") for n in numbers])
        charged = [(n, contact) for n, contact in zip(numbers, contacts, strict=True) if n % 2 == 0]
        methods = create_payment_methods(
            db,
            ctx,
            [
                NewPaymentMethod(
                    contact, "card", new_token("card", "approved", label=f"b{n}"), f"{n % 10_000:04d}", "Visa"
                )
                for n, contact in charged
            ],
        )
        method_of = dict(zip((n for n, _ in charged), methods, strict=True))
        create_subscriptions(
            db,
            ctx,
            [
                _subscription(n, contact, method_of.get(n))
                for n, contact in zip(numbers, contacts, strict=True)
            ],
        )


def _subscription(number: int, contact: int, method: int | None) -> NewSubscription:
    return NewSubscription(
        name=f"Fleet {number}",
        contact_id=contact,
        frequency=Frequency.MONTHLY,
        start=FIRST_DAY,
        currency="EUR",
        lines=[
            NewLine("Fleet Core", LineTerms(Decimal(19 + number % 40), Decimal(1), tax_rate=TAX)),
            NewLine("Seats", LineTerms(Decimal("4.90"), Decimal(1 + number % 23), tax_rate=TAX)),
        ],
        automatic=method is not None,
        payment_method_id=method,
        net_terms_days=0 if method else 30,
    )
