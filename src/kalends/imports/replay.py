"""Replaying a business's book: its customers are made, and its months billed one after the other by the billing path.

Nothing is computed here that the billing path does not compute: the replay makes subscriptions, moves the sandbox
clock, records the checks that come by mail, and cancels those who left.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection

from kalends.accounts.context import AccountContext, AccountSettings
from kalends.accounts.create import create_account
from kalends.billing.changes import cancel_subscriptions
from kalends.billing.clock import held_clock
from kalends.billing.create import NewLine, NewSubscription, create_subscriptions
from kalends.billing.run import RunResult
from kalends.core.calendar import Frequency, start_of_day
from kalends.core.pricing import LineTerms
from kalends.crm.create import NewContact, create_contacts
from kalends.imports.telco import TelcoCustomer
from kalends.payments.collect import Processors
from kalends.payments.methods import NewPaymentMethod, create_payment_methods
from kalends.payments.processors.sandbox.cards import new_token
from kalends.payments.record import ReceivedPayment, record_payments

TIME_ZONE = "America/Los_Angeles"
CURRENCY = "USD"
NET_TERMS_DAYS = 30
CHECK_ARRIVES_AFTER_DAYS = 20
SETTLED_AGAIN_AFTER_DAYS = 40
BRANDS = ("Visa", "Mastercard")

OpenProcessors = Callable[[AccountContext], Processors]
Progress = Callable[[date, RunResult], None]


@dataclass(frozen=True, slots=True)
class Replay:
    """A finished replay: the account at its end, and its subscriptions."""

    ctx: AccountContext
    run: RunResult


def replay_telco(
    db: Connection[Any],
    customers: Sequence[TelcoCustomer],
    *,
    until: date,
    now: datetime,
    open_processors: OpenProcessors,
    progress: Progress = lambda day, total: None,
    settle_tables: Callable[[], None] = lambda: None,
) -> Replay:
    """Bill the book from its first month until the first moment of ``until``, in a new sandbox account.

    ``settle_tables`` lets the database look at tables that have just been filled, so that it plans well from the start.
    """
    first = min(customer.start(until) for customer in customers)
    ctx = create_account(
        db,
        name=f"Telecom replay until {until}",
        time_zone=TIME_ZONE,
        currency=CURRENCY,
        now=now,
        country="US",
        clock_at=start_of_day(first, TIME_ZONE),
        settings=AccountSettings(letters="kept"),
    )
    subscriptions = open_the_book(db, ctx, customers, until)
    settle_tables()
    total = RunResult()
    day = first
    with held_clock(db, ctx, open_processors(ctx)) as clock:
        while day < until:
            noon = datetime.combine(day, time(12), ZoneInfo(TIME_ZONE))
            total.add(clock.advance(noon, nothing_due_now=day > first))
            record_checks(db, clock.ctx)
            if day == until - timedelta(days=1):
                leaving = [subscriptions[customer.id] for customer in customers if customer.churned]
                cancel_subscriptions(db, clock.ctx, sorted(leaving))
            progress(day, total)
            if (day - first).days == SETTLED_AGAIN_AFTER_DAYS:
                settle_tables()
            day += timedelta(days=1)
        total.add(clock.advance(start_of_day(until, TIME_ZONE)))
    return Replay(clock.ctx, total)


def open_the_book(
    db: Connection[Any], ctx: AccountContext, customers: Sequence[TelcoCustomer], until: date
) -> dict[str, int]:
    """Make every customer with a payment method and a subscription; returns subscriptions by customer id."""
    with db.transaction():
        contacts = create_contacts(
            db,
            ctx,
            [
                NewContact(
                    email=f"{item.id.lower()}@customers.test",
                    last_name=item.id,
                    country="US",
                    import_key=item.id,
                )
                for item in customers
            ],
            source="IMPORT",
        )
        paying = [(item, contact) for item, contact in zip(customers, contacts, strict=True) if item.method]
        methods = create_payment_methods(
            db, ctx, [_method(number, item, contact) for number, (item, contact) in enumerate(paying)]
        )
        method_of = {item.id: method for (item, _), method in zip(paying, methods, strict=True)}
        ids = create_subscriptions(
            db,
            ctx,
            [
                NewSubscription(
                    name=f"{item.contract} plan",
                    contact_id=contact,
                    frequency=Frequency.MONTHLY,
                    start=item.start(until),
                    currency=CURRENCY,
                    lines=[NewLine(f"{item.contract} plan", LineTerms(item.monthly, Decimal(1)))],
                    automatic=item.method is not None,
                    payment_method_id=method_of.get(item.id),
                    net_terms_days=0 if item.method else NET_TERMS_DAYS,
                    import_key=item.id,
                )
                for item, contact in zip(customers, contacts, strict=True)
            ],
            source="IMPORT",
            payment_source="migration",
        )
    return dict(zip((item.id for item in customers), ids, strict=True))


def _method(number: int, item: TelcoCustomer, contact: int) -> NewPaymentMethod:
    assert item.method is not None
    return NewPaymentMethod(
        contact_id=contact,
        kind=item.method,
        token=new_token(item.method, "approved", label=item.id.lower()),
        last4=f"{number % 10_000:04d}",
        brand=BRANDS[number % len(BRANDS)] if item.method == "card" else None,
    )


def record_checks(db: Connection[Any], ctx: AccountContext) -> int:
    """Record the checks that arrive today: for the invoices of twenty days ago, in full."""
    rows = db.execute(
        "SELECT id, total_minor, number FROM invoice WHERE account_id = %s AND status = 'open' "
        "AND collection = 'manual' AND past_due_at IS NULL AND due_date = %s ORDER BY id",
        [ctx.id, ctx.today + timedelta(days=NET_TERMS_DAYS - CHECK_ARRIVES_AFTER_DAYS)],
    ).fetchall()
    received = [ReceivedPayment(id_, total, "check", ctx.now, number) for id_, total, number in rows]
    return record_payments(db, ctx, received).succeeded


def replay_numbers(db: Connection[Any], ctx: AccountContext) -> dict[str, Any]:
    """The figures of an account that the books can be compared with, in minor units of its one currency."""
    invoices, invoiced = _one(
        db, ctx, "SELECT count(*), coalesce(sum(total_minor), 0)::bigint FROM invoice WHERE account_id = %s"
    )
    balances: Counter[str] = Counter()
    for debit, credit, amount in db.execute(
        "SELECT debit, credit, sum(amount_minor)::bigint FROM ledger_transfer WHERE account_id = %s GROUP BY 1, 2",
        [ctx.id],
    ).fetchall():
        balances[debit] += amount
        balances[credit] -= amount
    statuses = dict(
        db.execute(
            "SELECT status, count(*) FROM subscription WHERE account_id = %s GROUP BY status ORDER BY status",
            [ctx.id],
        ).fetchall()
    )
    (mrr,) = _one(
        db,
        ctx,
        "SELECT coalesce(sum(mrr_minor), 0)::bigint FROM subscription "
        "WHERE account_id = %s AND status IN ('active', 'past_due')",
    )
    (customers,) = _one(db, ctx, "SELECT count(*) FROM contact WHERE account_id = %s")
    return {
        "customers": customers,
        "invoices": invoices,
        "invoiced_minor": invoiced,
        "collected_minor": invoiced - balances["receivable"] - balances["payments_in_transit"],
        "processing_minor": balances["payments_in_transit"],
        "open_minor": balances["receivable"],
        "subscriptions": statuses,
        "mrr_minor": mrr,
    }


def _one(db: Connection[Any], ctx: AccountContext, query: str) -> tuple[Any, ...]:
    row = db.execute(query, [ctx.id]).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return row
