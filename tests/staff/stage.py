"""A company with a subscription in every status and in three currencies, for looking at pages."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg

from kalends.accounts.context import AccountContext
from kalends.accounts.create import create_account
from kalends.accounts.models import Membership, User
from kalends.accounts.sql import enter_account
from kalends.billing.changes import cancel_subscriptions, pause
from kalends.billing.create import NewLine, NewSubscription, create_subscriptions
from kalends.core.calendar import Frequency
from kalends.core.pricing import LineTerms
from kalends.crm.create import NewCompany, create_companies
from kalends.payments.processors.registry import AccountProcessors
from tests.world import World

PASSWORD = "correct horse battery staple"
FIRST = dt.datetime(2026, 1, 1, 5, 0, tzinfo=dt.UTC)
LAST_DAY = dt.date(2026, 6, 15)
_serial = itertools.count(1)

AnyConnection = psycopg.Connection[tuple[Any, ...]]

CUSTOMERS = (
    ("Brekke Transport AS", "Ingrid Solberg", "NOK", "Tromsø"),
    ("Nordhavn Logistik ApS", "Freja Holm", "EUR", "Aarhus"),
    ("Tidewater Cold Storage LLC", "Dana Whitfield", "USD", "Portland"),
    ("Åsen Entreprenør AS", "Kari Åsen", "NOK", "Verdal"),
    ("Björkholm Buss AB", "Elin Björk", "EUR", "Uppsala"),
    ("Kallio Kuljetus Oy", "Aino Kallio", "EUR", "Tampere"),
    ("Blue Mesa Freight Inc.", "Ray Ortega", "USD", "Boulder"),
    ("Vestfjord Sjømat AS", "Ola Vestfjord", "NOK", "Svolvær"),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """The account, who may look at it, and its subscriptions by what is special about them."""

    ctx: AccountContext
    user: User
    ids: dict[str, int]

    @property
    def index(self) -> str:
        return f"/{self.ctx.id}/subscriptions"

    def record(self, name: str) -> str:
        return f"{self.index}/{self.ids[name]}"


def new_user(name: str = "Maja Lindqvist", language: str = "en") -> User:
    """Somebody who can sign in."""
    user = User.objects.create_user(f"user.{next(_serial)}@kalends.test", name, PASSWORD)
    user.language = language
    user.save()
    return user


def give_place(db: AnyConnection, user: User, account_id: int) -> None:
    """Make the user a member; Django's own connection may not write into an account that it has not entered."""
    enter_account(db, account_id)
    db.execute(
        "INSERT INTO membership (account_id, id, user_id, role, told_of_payments_made, told_of_payments_failed) "
        "VALUES (%s, nextval('record_id'), %s, %s, true, true)",
        [account_id, user.id, Membership.ADMIN],
    )


def build(db: AnyConnection, connect: Callable[[], AnyConnection]) -> Stage:
    """Make the company, let five and a half months pass, and leave something in every status."""
    ctx = create_account(
        db, name="Skarv Software AS", time_zone="Europe/Oslo", currency="EUR", currencies=("NOK", "USD"),
        country="NO", now=FIRST, clock_at=FIRST,
    )  # fmt: skip
    processors = AccountProcessors(connect, ctx.id)
    try:
        return _play(World(db, ctx, processors))
    finally:
        processors.close()


def _play(world: World) -> Stage:
    user = new_user()
    give_place(world.db, user, world.ctx.id)
    ids = _cast(world, user)
    world.until("2026-02-28")
    ids["late invoice"] = _agree(
        world, user, 3, "Support Plus", "18720", start=dt.date(2026, 3, 1), net_terms_days=30
    )
    ids["unpaid"] = _agree(
        world, user, 2, "Fleet Core, 74 lorries", "3260", "insufficient_funds", start=dt.date(2026, 6, 8)
    )
    world.until("2026-06-08")
    cancel_subscriptions(world.db, world.ctx, [ids["canceled"]])
    pause(world.db, world.ctx, ids["paused"], resume_on=dt.date(2026, 9, 1))
    world.until(LAST_DAY, hour=9)
    ids["scheduled"] = _agree(
        world,
        user,
        6,
        "Telematics data feed",
        "1188",
        "approved",
        start=dt.date(2026, 7, 1),
        frequency=Frequency.ANNUALLY,
    )
    return Stage(world.ctx, user, ids)


def _cast(world: World, user: User) -> dict[str, int]:
    on = lambda month, day: dt.date(2026, month, day)  # noqa: E731
    ids = {
        "main": _agree(
            world, user, 0, "Fleet Pro, 46 vehicles", "690", "approved", start=on(1, 15), lines=_fleet()
        ),
        "debit": _agree(
            world, user, 1, "Fleet Core, 18 vans", "1422", "approved", kind="sepa", start=on(1, 12)
        ),
        "canceled": _agree(world, user, 5, "Route Planner, 9 seats", "231", "approved", start=on(2, 3)),
        "paused": _agree(world, user, 6, "Route Planner, 25 seats", "640", "approved", start=on(1, 20)),
        "expired": _agree(
            world, user, 7, "Winter tires, storage", "400", "approved", start=on(1, 5), payments=3
        ),
        "weekly": _agree(
            world, user, 5, "Depot cleaning", "95.50", "approved", start=on(5, 4), frequency=Frequency.WEEKLY
        ),
        "invoiced": _agree(
            world,
            user,
            7,
            "Cold-chain sensors, 30",
            "12400",
            start=on(3, 20),
            frequency=Frequency.QUARTERLY,
            net_terms_days=30,
        ),
    }
    for number in range(30):
        ids[f"more {number}"] = _agree(
            world, user, number % 8, f"Fleet Core, {number + 3} vehicles", str(69 * (number + 3)), "approved",
            start=on(1 + number % 5, 1 + number * 7 % 28),
        )  # fmt: skip
    return ids


def _fleet() -> list[NewLine]:
    return [
        NewLine(
            "Fleet Pro",
            LineTerms(Decimal(690), Decimal(46), discount_percent=Decimal(10), tax_rate=Decimal(25)),
        ),
        NewLine("Support Plus", LineTerms(Decimal(3900), Decimal(1), tax_rate=Decimal(25))),
    ]


def _agree(
    world: World,
    user: User,
    customer: int,
    name: str,
    price: str,
    outcome: str = "",
    *,
    kind: str = "card",
    start: dt.date,
    frequency: Frequency = Frequency.MONTHLY,
    lines: list[NewLine] | None = None,
    **more: Any,
) -> int:
    """One agreement: charged as ``outcome`` says, or invoiced when it says nothing."""
    company, person, currency, city = CUSTOMERS[customer]
    company_id = create_companies(world.db, world.ctx, [NewCompany(company, domain="example.test")])[0]
    world.db.execute("UPDATE company SET city = %s WHERE id = %s", [city, company_id])
    contact = world.customer(person)
    fresh = NewSubscription(
        name=name,
        contact_id=contact,
        company_id=company_id,
        frequency=frequency,
        start=start,
        currency=currency,
        lines=lines or [NewLine(name.partition(",")[0], LineTerms(Decimal(price), Decimal(1)))],
        automatic=bool(outcome),
        payment_method_id=world.method(contact, outcome, kind=kind) if outcome else None,
        owner_id=user.id,
        **more,
    )
    with world.db.transaction():
        return create_subscriptions(world.db, world.ctx, [fresh])[0]
