"""An account that is connected to a Stripe of our own at the wire, in a world of customers."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from kalends.accounts.context import AccountContext, load_context
from kalends.accounts.create import create_account
from kalends.api import stripe_events
from kalends.billing.run import RunResult, run_due
from kalends.payments.methods import NewPaymentMethod, create_payment_methods
from kalends.payments.processors.interface import ChargeRequest, RefundRequest
from kalends.payments.processors.registry import AccountProcessors
from kalends.payments.processors.stripe.connection import connect as connect_stripe
from kalends.payments.processors.stripe.processor import StripeProcessor
from kalends.proof.verify import verify
from tests.conftest import FIRST_MOMENT, AnyConnection
from tests.fakes.stripe_server import StripeServer
from tests.world import World

SIGNING_SECRET = "whsec_test_0123456789"
_serial = itertools.count(1)


@pytest.fixture
def stripe(settings: Any) -> Iterator[StripeServer]:
    """A Stripe that the SDK talks to."""
    server = StripeServer()
    settings.STRIPE_API, settings.STRIPE_RETRIES, settings.STRIPE_ANSWER_SECONDS = server.url, 0, 5
    with server.running():
        yield server


@pytest.fixture
def account(db: AnyConnection) -> AccountContext:
    """A live account in Oslo, in the place of the usual sandbox."""
    return create_account(
        db,
        name="Nordlys Butikk AS",
        time_zone="Europe/Oslo",
        currency="EUR",
        currencies=("NOK",),
        country="NO",
        now=FIRST_MOMENT,
    )


@pytest.fixture
def connected(db: AnyConnection, account: AccountContext, stripe: StripeServer) -> AccountContext:
    """The account as it stands at its first moment, connected by hand."""
    ctx = load_context(db, account.id, system_now=FIRST_MOMENT)
    stripe.now = FIRST_MOMENT
    connect_stripe(
        db,
        ctx,
        stripe.key_of_merchant,
        address="http://localhost",
        signing_secret=SIGNING_SECRET,
        now=FIRST_MOMENT,
    )
    return ctx


@pytest.fixture
def processor(connected: AccountContext, processors: AccountProcessors) -> StripeProcessor:
    """The account's Stripe."""
    made = processors("stripe")
    assert isinstance(made, StripeProcessor)
    return made


class Shop(World):
    """A world whose customers pay through Stripe; time passes for both."""

    stripe: StripeServer

    def until(self, day: dt.date | str, hour: int = 12) -> RunResult:
        """A live account's billing runs at that hour (UTC) of that day."""
        day = dt.date.fromisoformat(day) if isinstance(day, str) else day
        self.stripe.now = dt.datetime.combine(day, dt.time(hour), dt.UTC)
        self.ctx = load_context(self.db, self.ctx.id, system_now=self.stripe.now)
        return run_due(self.db, self.ctx, self.processors)

    def again(self) -> RunResult:
        """The billing runs once more, at the same moment."""
        return run_due(self.db, self.ctx, self.processors)

    def hears(self, *events: dict[str, Any], secret: str = SIGNING_SECRET) -> list[int]:
        """Stripe tells these events; what our endpoint answers to each."""
        answers = []
        for event in events:
            body, signature = self.stripe.signed(event, secret)
            told = Client().post(
                f"/webhooks/stripe/{self.ctx.id}",
                data=body,
                content_type="application/json",
                headers={"Stripe-Signature": signature},
            )
            answers.append(told.status_code)
        return answers

    def proved(self) -> None:
        """The books are right, and agree with Stripe's."""
        report = verify(self.db, self.ctx, processors=self.processors)
        assert [str(each) for each in report.differences] == []

    def stored(self, contact: int, method: str = "pm_card_ok", kind: str = "card") -> int:
        """A method that a customer gave at Stripe; returns the id."""
        number = next(_serial)
        fresh = NewPaymentMethod(
            contact_id=contact,
            kind=kind,
            token=f"cus_{number}:{method}-{number}",
            last4="4242",
            processor="stripe",
        )
        return create_payment_methods(self.db, self.ctx, [fresh])[0]

    def sells(self, method: str = "pm_card_ok", kind: str = "card", **more: Any) -> int:
        """A subscription that is charged by such a method; returns the id."""
        contact = self.customer()
        return self.subscribe(contact, method=self.stored(contact, method, kind), **more)

    def payment(self, subscription: int) -> tuple[Any, ...]:
        """Status, fee and failure code of a subscription's only payment."""
        return self.one(
            "SELECT status, fee_minor::int, failure_code FROM payment WHERE subscription_id = %s",
            subscription,
        )

    def intent(self, subscription: int) -> str:
        """Stripe's name for what charges a subscription's only payment."""
        return self.one("SELECT processor_ref FROM payment WHERE subscription_id = %s", subscription)[0]


@pytest.fixture
def shop(
    db: AnyConnection,
    connected: AccountContext,
    processors: AccountProcessors,
    stripe: StripeServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Shop:
    """The account with short words for what happens in it."""
    made = Shop(db, connected, processors)
    made.stripe = stripe
    monkeypatch.setattr(stripe_events, "system_now", lambda: stripe.now)
    return made


def asking(account_id: int, method: str = "pm_card_ok-1", number: int = 1, **more: Any) -> ChargeRequest:
    """A charge of 100.00 EUR."""
    metadata: dict[str, str | int] = {"account_id": account_id, "invoice_id": number, "attempt": 1}
    plain = {
        "idempotency_key": f"kalends-{account_id}-{number}-1",
        "token": f"cus_1:{method}",
        "method_kind": "card",
        "amount_minor": 100_00,
        "currency": "EUR",
        "metadata": metadata,
        "at": dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
    }
    return ChargeRequest(**{**plain, **more})


def giving_back(
    account_id: int, number: int = 1, refund: int = 9, amount_minor: int = 40_00
) -> RefundRequest:
    """A refund of such a charge."""
    return RefundRequest(
        f"kalends-refund-{account_id}-{refund}",
        f"kalends-{account_id}-{number}-1",
        amount_minor,
        "EUR",
        {"account_id": account_id, "refund_id": refund},
        dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
    )
