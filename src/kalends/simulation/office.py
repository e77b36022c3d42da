"""One account of the world: its moment, processor and letters, what its people remember, and somebody who looks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, LiteralString
from zoneinfo import ZoneInfo

import psycopg

from kalends.accounts.context import AccountContext
from kalends.payments.processors.interface import ChargeRequest, Processor
from kalends.simulation.bank import HostileBank
from kalends.simulation.crashes import Processes
from kalends.simulation.diary import Agreement, Diary, Item
from kalends.simulation.letterbox import Letterbox

BILLING_HOUR = 7
_INVOICE = (
    "SELECT i.subscription_id, i.total_minor - i.paid_minor - i.credited_minor, s.status, "
    "p.creation_method = 'CHECKOUT' AND p.payment_source_app = 'INVOICE' FROM invoice AS i "
    "JOIN payment AS p ON p.account_id = i.account_id AND p.invoice_id = i.id "
    "LEFT JOIN subscription AS s ON s.account_id = i.account_id AND s.id = i.subscription_id "
    "WHERE i.account_id = %s AND i.id = %s AND p.id = %s"
)


@dataclass(slots=True)
class Office:
    """``eye`` only looks: it reads tables, and never asks the code under test. ``dice`` decides what people do and
    ``fate`` who dies when, so that neither disturbs the other. ``accusations`` is what was seen while it happened.
    """

    ctx: AccountContext
    eye: psycopg.Connection[tuple[Any, ...]]
    bank: HostileBank
    letterbox: Letterbox
    dice: Random
    fate: Random
    wildness: float
    tally: Counter[str]
    processes: Processes
    diary: Diary = field(default_factory=Diary)
    people: list[int] = field(default_factory=list[int])
    links: dict[int, Item] = field(default_factory=dict[int, Item])
    purchases: list[Any] = field(default_factory=list[Any])
    accusations: list[str] = field(default_factory=list[str])
    paid_quotes: set[int] = field(default_factory=set[int])
    read_until: int = 0
    over: set[int] = field(default_factory=set[int])
    moments: int = 60
    serial: int = 0

    def __post_init__(self) -> None:
        self.bank.watch = self.watch

    def processors(self, name: str) -> Processor:
        """The account's processors: there is one, under every name."""
        assert name == self.bank.name, f"the world has no processor {name}"
        return self.bank

    def rows(self, query: LiteralString, *params: Any) -> list[tuple[Any, ...]]:
        """What stands in the tables; the first parameter of every query is the account."""
        return self.eye.execute(query, [self.ctx.id, *params]).fetchall()

    @property
    def zone(self) -> ZoneInfo:
        """Where the account's days begin and end."""
        return ZoneInfo(self.ctx.time_zone)

    def moment(self, day: date, at: time) -> datetime:
        """The instant of a local time of day, in UTC; a time that the clocks leave out is the one after it."""
        return datetime.combine(day, at, self.zone).astimezone(UTC)

    def stands_at(self, moment: datetime) -> None:
        """Set the account's clock, without anything happening on the way; its people turn the page."""
        self.eye.execute("UPDATE account SET clock_at = %s WHERE id = %s", [moment, self.ctx.id])
        self.ctx = replace(self.ctx, now=moment)
        self.bank.let_time_pass(moment)

    def turn_the_page(self, moment: datetime) -> None:
        """Enter into the diary what a moment brings by itself."""
        self.diary.day_comes(moment.astimezone(self.zone).date(), self.billed_until(moment))

    def billed_until(self, moment: datetime) -> date:
        """The last day whose payments are asked for at that moment: billing begins at an hour of the day."""
        local = moment.astimezone(self.zone)
        return local.date() if local.hour >= BILLING_HOUR else local.date() - timedelta(days=1)

    def billed(self, subscription: int) -> int:
        """How many cycles of a subscription have an invoice."""
        (row,) = self.rows(
            "SELECT count(*) FROM invoice WHERE account_id = %s AND subscription_id = %s AND reason = 'cycle'",
            subscription,
        )
        return row[0]

    def watch(self, request: ChargeRequest) -> None:
        """Every charge that the processor is asked for: is its customer one who may be charged now?"""
        amount = f"{request.amount_minor} {request.currency}"
        who = f"{amount} on {request.at:%Y-%m-%d %H:%M} UTC ({request.idempotency_key})"
        if self.diary.held:
            self.accusations.append(f"the account's billing is held, and the processor was asked for {who}")
        if "invoice_id" not in request.metadata or request.on_session:
            return
        found = self.rows(_INVOICE, int(request.metadata["invoice_id"]), int(request.metadata["payment_id"]))
        if not found:
            self.accusations.append(f"the processor was asked for {who}, and there is no such payment")
            return
        subscription, owed, status, by_hand = found[0]
        if request.amount_minor > owed:
            self.accusations.append(f"the processor was asked for {who}, and the invoice owes {owed}")
        if by_hand:
            return
        if status in ("paused", "canceled"):
            self.accusations.append(
                f"subscription {subscription} says {status}, and the processor was asked for {who}"
            )
        agreement = self.diary.agreements.get(subscription)
        if agreement is not None:
            self._watch_agreement(agreement, request.at.astimezone(self.zone).date(), who)

    def _watch_agreement(self, agreement: Agreement, today: date, who: str) -> None:
        if agreement.state in ("paused", "canceled", "elsewhere"):
            self.accusations.append(
                f"subscription {agreement.id} is {agreement.state}, and the processor was asked for {who}"
            )
        if not agreement.promised and agreement.anchor > today:
            self.accusations.append(
                f"subscription {agreement.id} begins on {agreement.anchor}, and the processor was asked for {who}"
            )
