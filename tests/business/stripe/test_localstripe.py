"""The same processor against localstripe, a Stripe written by others, in a process of its own: for what it can do.

It knows cards, payment intents and refunds, and no Checkout, disputes, idempotency keys or lists by customer. It is
needed nowhere else: ``./kalends test`` installs it from a lock of its own, beside its own environment, since it wants
other packages than we do. ``KALENDS_LOCALSTRIPE`` names another command; where there is none, it is skipped.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import stripe as sdk

from kalends.accounts.context import AccountContext
from kalends.payments.processors.registry import AccountProcessors
from kalends.payments.processors.stripe.processor import StripeProcessor
from kalends.platform.sealing import seal
from tests.business.stripe.conftest import asking, giving_back
from tests.conftest import FIRST_MOMENT, AnyConnection

COMMAND = os.environ.get("KALENDS_LOCALSTRIPE") or shutil.which(
    "localstripe", path=f"{sys.prefix}/localstripe/bin"
)
KEY = "sk_test_0123456789abcdef"
NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
pytestmark = pytest.mark.skipif(COMMAND is None, reason="localstripe is not installed here")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A localstripe that has just begun."""
    assert COMMAND is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([COMMAND, "--port", str(port), "--from-scratch"], stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, "localstripe ended"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def client(address: str) -> sdk.StripeClient:
    """The SDK, for what a customer does on Stripe's page."""
    return sdk.StripeClient(KEY, base_addresses={"api": address}, max_network_retries=0)


@pytest.fixture
def processor(
    db: AnyConnection, account: AccountContext, processors: AccountProcessors, address: str, settings: Any
) -> StripeProcessor:
    """The account's Stripe, which is localstripe."""
    settings.STRIPE_API, settings.STRIPE_RETRIES = address, 0
    db.execute(
        "INSERT INTO stripe_connection (account_id, sealed_key, is_test, merchant, merchant_name, country, currency, "
        "methods, can_charge, can_pay_out, connected_at, connected_by, checked_at, events_to) "
        "VALUES (%s, %s, true, 'acct_1', 'Test', 'NO', 'EUR', '[]', true, true, %s, 'system', %s, %s)",
        [account.id, seal(KEY), *[FIRST_MOMENT] * 3],
    )
    made = processors("stripe")
    assert isinstance(made, StripeProcessor)
    return made


def token(client: sdk.StripeClient, number: str) -> str:
    """A customer with a card of this number."""
    card: Any = {"number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123"}
    customer = client.v1.customers.create({"email": "kari@customers.test"})
    method = client.v1.payment_methods.create({"type": "card", "card": card})
    client.v1.payment_methods.attach(method.id, {"customer": customer.id})
    return f"{customer.id}:{method.id}"


def test_a_card_is_charged_found_by_its_key_and_given_back_in_part(
    processor: StripeProcessor, client: sdk.StripeClient, account_id: int
) -> None:
    (charged,) = processor.charge([asking(account_id, token=token(client, "4242424242424242"))])
    assert (charged.status, (charged.reference or "")[:3]) == ("succeeded", "pi_")

    assert processor.lookup([charged.idempotency_key], NOW) == {charged.idempotency_key: charged}
    (given,) = processor.refund([giving_back(account_id)])
    assert (given.status, client.v1.refunds.retrieve(given.reference or "").amount) == ("succeeded", 40_00)


def test_a_declined_card_is_declined_in_our_words(
    processor: StripeProcessor, client: sdk.StripeClient, account_id: int
) -> None:
    (outcome,) = processor.charge([asking(account_id, token=token(client, "4000000000000341"))])

    assert (outcome.status, outcome.failure_code, outcome.decline) == ("failed", "card_declined", "soft")
