"""A small world for tests, in the words of the business: customers, what they agreed to, days that pass."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

import psycopg

from kalends.accounts.context import AccountContext, load_context
from kalends.accounts.sql import enter_account
from kalends.billing.clock import advance
from kalends.billing.create import NewLine, NewSubscription, create_subscriptions
from kalends.billing.run import RunResult
from kalends.core.calendar import Frequency
from kalends.core.pricing import LineTerms
from kalends.crm.create import NewContact, create_contacts
from kalends.payments.collect import Processors
from kalends.payments.methods import NewPaymentMethod, create_payment_methods
from kalends.payments.processors.sandbox.cards import new_token

_serial = itertools.count(1)


class World:
    """An account with its clock and its processors, and short words for what happens in it."""

    def __init__(
        self, db: psycopg.Connection[tuple[Any, ...]], ctx: AccountContext, processors: Processors
    ) -> None:
        self.db, self.ctx, self.processors = db, ctx, processors
        enter_account(db, ctx.id)

    def customer(self, name: str = "Kari Nordmann", **properties: Any) -> int:
        """A new contact; returns the id."""
        number = next(_serial)
        first, _, last = name.partition(" ")
        fresh = NewContact(
            email=f"{first.lower()}.{number}@customers.test", first_name=first, last_name=last, **properties
        )
        return create_contacts(self.db, self.ctx, [fresh])[0]

    def method(self, contact: int, outcome: str = "approved", *numbers: int, kind: str = "card") -> int:
        """A stored payment method of the sandbox that behaves as ``outcome`` says; returns the id."""
        token = new_token(kind, outcome, *numbers, label=f"test{next(_serial)}")
        brand = "Visa" if kind == "card" else None
        fresh = NewPaymentMethod(contact_id=contact, kind=kind, token=token, last4="4242", brand=brand)
        return create_payment_methods(self.db, self.ctx, [fresh])[0]

    def subscribe(
        self,
        contact: int,
        price: str = "100",
        *,
        start: dt.date | None = None,
        frequency: Frequency = Frequency.MONTHLY,
        method: int | None = None,
        currency: str = "EUR",
        tax: str = "0",
        **more: Any,
    ) -> int:
        """A subscription with one line: charged automatically when a method is given, else invoiced."""
        line = NewLine("Fleet Core", LineTerms(Decimal(price), Decimal(1), tax_rate=Decimal(tax)))
        fresh = NewSubscription(
            name="Fleet Core",
            contact_id=contact,
            frequency=frequency,
            start=start or self.ctx.today,
            currency=currency,
            lines=more.pop("lines", [line]),
            automatic=method is not None,
            payment_method_id=method,
            **more,
        )
        with self.db.transaction():
            return create_subscriptions(self.db, self.ctx, [fresh])[0]

    def until(self, day: dt.date | str, hour: int = 12) -> RunResult:
        """Let the clock run until that hour (UTC) of that day."""
        day = dt.date.fromisoformat(day) if isinstance(day, str) else day
        moment = dt.datetime.combine(day, dt.time(hour), dt.UTC)
        self.ctx, result = advance(self.db, self.ctx, self.processors, moment)
        return result

    def reload(self) -> AccountContext:
        """Read the account again."""
        self.ctx = load_context(self.db, self.ctx.id, system_now=self.ctx.now)
        return self.ctx

    def rows(self, query: str, *params: Any) -> list[tuple[Any, ...]]:
        """Rows of a query, for looking at what was written."""
        return self.db.execute(query, params).fetchall()  # type: ignore[call-overload]

    def one(self, query: str, *params: Any) -> tuple[Any, ...]:
        """The only row of a query."""
        rows = self.rows(query, *params)
        assert len(rows) == 1, f"{len(rows)} rows instead of one: {rows[:3]}"
        return rows[0]

    def subscription(self, id_: int, *columns: str) -> Any:
        """Columns of a subscription; a single one bare."""
        row = self.one(f"SELECT {', '.join(columns)} FROM subscription WHERE id = %s", id_)
        return row[0] if len(columns) == 1 else row

    def invoices(self, subscription: int, *columns: str) -> list[Any]:
        """Columns of a subscription's invoices in the order of their cycles; a single one bare."""
        rows = self.rows(
            f"SELECT {', '.join(columns)} FROM invoice WHERE subscription_id = %s ORDER BY cycle, id",
            subscription,
        )
        return [row[0] for row in rows] if len(columns) == 1 else rows

    def balance(self, ledger_account: str, currency: str = "EUR") -> int:
        """The balance of a ledger account, in minor units on its debit side."""
        return self.one(
            "SELECT coalesce(sum(CASE WHEN debit = %s THEN amount_minor ELSE -amount_minor END), 0)::bigint "
            "FROM ledger_transfer WHERE account_id = %s AND currency = %s AND %s IN (debit, credit)",
            ledger_account,
            self.ctx.id,
            currency,
            ledger_account,
        )[0]

    def letters(self, kind: str | None = None) -> list[tuple[str, str]]:
        """Kind and recipient of every letter decided on, in order."""
        rows = self.rows("SELECT kind, recipient FROM message WHERE account_id = %s ORDER BY id", self.ctx.id)
        return [(row[0], row[1]) for row in rows if kind in (None, row[0])]
