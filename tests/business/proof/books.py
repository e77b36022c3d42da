"""A small book in which everything has happened once, and a way to break one thing in it at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg

from kalends.accounts.create import create_account
from kalends.accounts.sql import enter_account
from kalends.billing.changes import cancel_subscriptions, pause, resume
from kalends.billing.create import NewLine
from kalends.billing.credit import CreditedLine, issue_credit_note
from kalends.billing.edit import Edit, LineEdit, apply_edit, preview_edit
from kalends.billing.void import void_invoice
from kalends.core.calendar import Frequency
from kalends.core.pricing import LineTerms
from kalends.payments.give_back import send_refunds
from kalends.payments.processors.registry import AccountProcessors
from kalends.payments.record import ReceivedPayment, allow_partial_payments, record_payments
from kalends.payments.refund import request_refund
from kalends.platform import database
from kalends.proof.report import Report
from kalends.proof.verify import verify
from tests.business.sales.shop import Shop, item
from tests.world import World

NEW_YEAR = dt.datetime(2026, 1, 1, 5, 0, tzinfo=dt.UTC)
LAST_DAY = "2026-04-16"

TWO_LINES = [
    NewLine(
        "Fiber", LineTerms(Decimal("11.90"), Decimal(1), discount_percent=Decimal(15), tax_rate=Decimal(25))
    ),
    NewLine("Telephone", LineTerms(Decimal("4.333333"), Decimal(3), Decimal("0.5"), tax_rate=Decimal(25))),
]
TAX_INCLUDED = [
    NewLine("Paper", LineTerms(Decimal("99.90"), Decimal(1), tax_rate=Decimal(25), tax_inclusive=True))
]

AnyConnection = psycopg.Connection[tuple[Any, ...]]


@dataclass
class Book:
    """The book: who is in it, its account, and a connection of the owner."""

    world: World
    owner: AnyConnection
    subscriptions: Mapping[str, int]

    def verify(self, *, with_processors: bool = False) -> Report:
        """A proof by the application's own role."""
        processors = self.world.processors if with_processors else None
        return verify(self.world.db, self.world.ctx, processors=processors)

    def names(self) -> dict[str, int]:
        """What a statement that breaks something may name: the account, and subscriptions by customer."""
        return {"account": self.world.ctx.id, **self.subscriptions}

    @contextmanager
    def broken(self, *statements: str) -> Iterator[None]:
        """Do this to the tables behind everybody's back; it is undone at the end."""
        with self.owner.transaction(force_rollback=True):
            for statement in statements:
                self.owner.execute(statement, self.names())  # type: ignore[call-overload]
            yield

    def verify_broken(self, *statements: str, with_processors: bool = False) -> Report:
        """A proof of the book with something broken."""
        processors = self.world.processors if with_processors else None
        with self.broken(*statements):
            return verify(self.owner, self.world.ctx, processors=processors)


@contextmanager
def opened_book() -> Iterator[Book]:
    """Three and a half months of a small business, with one of everything."""
    db = database.connect(autocommit=True)
    owner = database.connect(as_owner=True, autocommit=True)
    ctx = create_account(
        db,
        name="Proof AS",
        time_zone="Europe/Oslo",
        currency="EUR",
        currencies=("NOK",),
        now=NEW_YEAR,
        clock_at=NEW_YEAR,
    )
    processors = AccountProcessors(database.connect, ctx.id)
    world = World(db, ctx, processors)
    enter_account(owner, ctx.id)
    try:
        yield Book(world, owner, fill(world))
    finally:
        processors.close()
        db.close()
        owner.close()


def fill(world: World) -> dict[str, int]:
    """One subscription of every kind, by customer, and what happens to it until the last day."""
    subscriptions = _agree(world)
    world.until("2026-01-20")
    subscriptions["bea"] = _buy(world)
    record(world, subscriptions["mona"])
    cancel_subscriptions(world.db, world.ctx, [subscriptions["carl"]])
    edit_prorated(world, subscriptions["ulla"])
    pause(world.db, world.ctx, subscriptions["rita"])
    pause(world.db, world.ctx, subscriptions["paul"])
    give_back(world, subscriptions["ruth"], 10000)
    give_back(world, subscriptions["pia"], 2500)
    give_back(world, subscriptions["pia"], 1500)
    give_back(world, subscriptions["rolf"], 10000)
    (mistaken,) = world.invoices(subscriptions["vera"], "id")
    void_invoice(world.db, world.ctx, mistaken, reason="billed twice")
    record(world, subscriptions["hanna"])
    record(world, subscriptions["hugo"])
    give_back(world, subscriptions["hanna"], 3000)
    give_back(world, subscriptions["berg"], 10000)
    world.until("2026-03-10")
    resume(world.db, world.ctx, subscriptions["rita"])
    record(world, subscriptions["olga"], amount=3000)
    record(world, subscriptions["mona"])
    give_back(world, subscriptions["dag"], 4000)
    _credit(world, subscriptions)
    world.until(LAST_DAY)
    give_back(world, subscriptions["dag"], 6000)
    give_back(world, subscriptions["ida"], 2000, newest=True)
    take_back(world, subscriptions["cora"], 1000)
    return subscriptions


def _buy(world: World) -> int:
    """A purchase at a payment link, of what is billed once and what recurs, in one charge and with a code."""
    shop = Shop(world)
    shop.code("SPRING", "15")
    lines = (item("Setup", "11.90", tax_rate="25"), item("Fleet Core", "49", "monthly", tax_rate="25"))
    done = shop.buy(shop.link(*lines), code="SPRING", email="bea@customers.test")
    assert done.made is not None
    return done.made["subscriptions"][0]


def _credit(world: World, subscriptions: Mapping[str, int]) -> None:
    """Credit notes: of paid invoices to the balance, which the next ones use; of an open one; of a failed charge."""
    take_back(world, subscriptions["cora"], 3333)
    take_back(world, subscriptions["cora"], 5000)
    take_back(world, subscriptions["hugo"], 11000)
    take_back(world, subscriptions["gina"], 701)
    world.until("2026-04-10")
    take_back(world, subscriptions["knut"], 2500)


def take_back(world: World, subscription: int, minor: int) -> None:
    """Credit so much of the first line of the subscription's first invoice."""
    invoice = world.invoices(subscription, "id")[0]
    (line,) = world.rows("SELECT id FROM line_item WHERE parent_id = %s ORDER BY position LIMIT 1", invoice)
    issue_credit_note(world.db, world.ctx, invoice, [CreditedLine(line[0], minor)])


def _agree(world: World) -> dict[str, int]:
    """Each customer and the kind of subscription that they have."""
    new_years_eve = dt.date(2025, 12, 31)
    agreed: dict[str, dict[str, Any]] = {
        "kari": {"method": ("approved",), "lines": TWO_LINES, "start": dt.date(2026, 1, 31)},
        "mona": {"net_terms_days": 30, "tax": "25", "price": "400"},
        "olga": {"net_terms_days": 14, "price": "80"},
        "sven": {"method": ("approved",), "kind": "sepa", "start": dt.date(2026, 1, 15)},
        "fred": {"method": ("insufficient_funds",)},
        "tina": {"method": ("approved_after", 2)},
        "carl": {"method": ("approved",)},
        "rita": {"method": ("approved",), "start": new_years_eve},
        "paul": {"method": ("approved",)},
        "erik": {"method": ("approved",), "payments": 2},
        "finn": {"method": ("approved",), "payments": 12, "frequency": Frequency.WEEKLY},
        "nora": {
            "currency": "NOK",
            "lines": TAX_INCLUDED,
            "frequency": Frequency.BIWEEKLY,
            "net_terms_days": 60,
        },
        "yngve": {
            "method": ("approved",),
            "frequency": Frequency.ANNUALLY,
            "cycles_before": 2,
            "start": dt.date(2024, 2, 29),
        },
        "late": {"method": ("approved",), "start": dt.date(2026, 6, 1)},
        "bert": {"method": ("insufficient_funds",), "kind": "sepa"},
        "vera": {"net_terms_days": 14, "tax": "25"},
        "ruth": {"method": ("approved",)},
        "pia": {"method": ("approved",)},
        "rolf": {"method": ("refund_fails",), "payments": 1},
        "hanna": {"net_terms_days": 30},
        "berg": {"method": ("insufficient_funds",), "kind": "sepa", "start": dt.date(2026, 1, 19)},
        "dag": {"method": ("approved",), "kind": "sepa", "payments": 1},
        "ida": {"method": ("approved",), "kind": "sepa", "start": dt.date(2026, 1, 15)},
        "otto": {"method": ("dispute", 10), "payments": 1},
        "wilma": {"method": ("dispute_won", 10, 20), "payments": 1},
        "lars": {"method": ("dispute_lost", 10, 20), "payments": 1},
        "cora": {"method": ("approved",), "tax": "25"},
        "hugo": {"net_terms_days": 14, "price": "110", "frequency": Frequency.QUARTERLY},
        "gina": {"net_terms_days": 14, "lines": TWO_LINES},
        "knut": {"method": ("approved_after", 2), "start": dt.date(2026, 4, 10), "payments": 1},
        "ulla": {"method": ("approved",), "tax": "25"},
    }
    made: dict[str, int] = {}
    for name, more in agreed.items():
        contact = world.customer(name.capitalize())
        kind, outcome = more.pop("kind", "card"), more.pop("method", None)
        method = None if outcome is None else world.method(contact, *outcome, kind=kind)
        made[name] = world.subscribe(contact, method=method, **more)
    return made


def edit_prorated(world: World, subscription: int) -> None:
    """Raise the price of the subscription's line to 150.00 at once, for the days left, and add a line."""
    (line,) = world.rows("SELECT id FROM line_item WHERE parent_id = %s", subscription)
    raised, more = (
        NewLine(name, LineTerms(Decimal(price), Decimal(1), tax_rate=Decimal(25)))
        for name, price in (("Fleet Core", 150), ("Map", 10))
    )
    edit = Edit(lines=[LineEdit(line[0], raised), LineEdit(line=more)])
    offered = preview_edit(world.db, world.ctx, subscription, edit, prorate=True).prorated
    assert offered is not None
    apply_edit(world.db, world.ctx, subscription, edit, prorate=True, offer=offered.offer)


def record(world: World, subscription: int, amount: int | None = None) -> None:
    """Record a check for the subscription's oldest open invoice, in full if no amount is given."""
    ids: Sequence[Any] = world.rows(
        "SELECT id, total_minor FROM invoice WHERE subscription_id = %s AND status = 'open' ORDER BY id LIMIT 1",
        subscription,
    )
    if amount is not None:
        allow_partial_payments(world.db, world.ctx, ids[0][0])
    received = [ReceivedPayment(id_, amount or total, "check", world.ctx.now) for id_, total in ids]
    record_payments(world.db, world.ctx, received)


def give_back(world: World, subscription: int, minor: int, *, newest: bool = False) -> None:
    """Refund a part of the subscription's first payment, or of its newest."""
    end = "max" if newest else "min"
    (payment,) = world.one(f"SELECT {end}(id) FROM payment WHERE subscription_id = %s", subscription)
    request_refund(world.db, world.ctx, payment, minor)
    send_refunds(world.db, world.ctx, world.processors)
