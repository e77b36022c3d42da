"""Connecting to Stripe: which keys fit which account, what is kept of them, and what ends with the connection."""

from __future__ import annotations

import datetime as dt

import pytest

from kalends.accounts.context import AccountContext
from kalends.accounts.create import create_account
from kalends.payments.processors.registry import AccountProcessors, chosen_processor
from kalends.payments.processors.stripe.connection import (
    CannotConnect,
    charged_through,
    check_connection,
    connect,
    disconnect,
    find_connection,
    read_signing_secret,
)
from tests.business.stripe.conftest import Shop
from tests.conftest import FIRST_MOMENT, AnyConnection
from tests.fakes.stripe_server import StripeServer

HTTPS = "https://kalends.shop.test/webhooks/stripe/1"


def test_a_live_account_refuses_test_keys_and_says_why(
    db: AnyConnection, account: AccountContext, stripe: StripeServer
) -> None:
    with pytest.raises(CannotConnect, match="test cards must not pay real invoices"):
        connect(db, account, "sk_test_0123456789", address=HTTPS, now=FIRST_MOMENT)
    assert stripe.requests == []


def test_a_sandbox_refuses_live_keys_and_takes_test_keys(db: AnyConnection, stripe: StripeServer) -> None:
    sandbox = create_account(
        db, name="Sandbox", time_zone="UTC", currency="EUR", now=FIRST_MOMENT, clock_at=FIRST_MOMENT
    )
    assert chosen_processor(db, sandbox) == "sandbox"
    with pytest.raises(CannotConnect, match="must not charge real cards"):
        connect(db, sandbox, "sk_live_0123456789", address=HTTPS, now=FIRST_MOMENT)

    stripe.key_of_merchant = "sk_test_0123456789"
    connect(db, sandbox, "sk_test_0123456789", address=HTTPS, now=FIRST_MOMENT)

    assert chosen_processor(db, sandbox) == "stripe"


@pytest.mark.parametrize("key", ["pk_live_0123456789", "", "secret", "sk_live_"])
def test_what_is_no_secret_key_is_refused_before_stripe_is_asked(
    db: AnyConnection, account: AccountContext, stripe: StripeServer, key: str
) -> None:
    with pytest.raises(CannotConnect):
        connect(db, account, key, address=HTTPS, now=FIRST_MOMENT)
    assert stripe.requests == []


def test_the_endpoint_is_made_and_the_keys_are_sealed(
    db: AnyConnection, account: AccountContext, stripe: StripeServer
) -> None:
    assert chosen_processor(db, account) is None

    merchant = connect(db, account, f" {stripe.key_of_merchant}\n", address=HTTPS, now=FIRST_MOMENT)

    assert (merchant.name, merchant.methods, merchant.lacks) == ("Nordlys Butikk", ["card", "sepa"], [])
    assert chosen_processor(db, account) == "stripe"
    (endpoint,) = stripe.all("webhook_endpoint")
    assert endpoint["url"] == HTTPS
    assert read_signing_secret(db, account.id) == (endpoint["secret"], False)
    (stored,) = db.execute("SELECT to_jsonb(c)::text FROM stripe_connection AS c").fetchall()
    assert stripe.key_of_merchant not in stored[0]
    assert endpoint["secret"] not in stored[0]


def test_a_key_that_may_not_do_what_is_needed_is_refused_by_what_it_lacks(
    db: AnyConnection, account: AccountContext, stripe: StripeServer
) -> None:
    stripe.forbidden = {"/v1/refunds", "/v1/disputes"}

    with pytest.raises(CannotConnect, match="Refunds, Disputes"):
        connect(db, account, stripe.key_of_merchant, address=HTTPS, now=FIRST_MOMENT)
    assert find_connection(db, account.id) is None


def test_a_key_that_stripe_does_not_know_is_refused(
    db: AnyConnection, account: AccountContext, stripe: StripeServer
) -> None:
    with pytest.raises(CannotConnect) as refusal:
        connect(db, account, "sk_live_another000", address=HTTPS, now=FIRST_MOMENT)
    assert refusal.value.reason == "not_let_in"


def test_another_key_takes_the_place_of_the_first_and_of_its_endpoint(
    db: AnyConnection, account: AccountContext, stripe: StripeServer
) -> None:
    for _ in range(2):
        connect(db, account, stripe.key_of_merchant, address=HTTPS, now=FIRST_MOMENT)

    assert len(stripe.all("webhook_endpoint")) == 1


def test_testing_keeps_what_stripe_says_today(
    db: AnyConnection, connected: AccountContext, stripe: StripeServer
) -> None:
    later = FIRST_MOMENT + dt.timedelta(days=1)

    check_connection(db, connected, now=later)

    found = find_connection(db, connected.id)
    assert found is not None
    assert (found.checked_at, found.connected_at, found.can_charge) == (later, FIRST_MOMENT, True)


def test_disconnecting_forgets_the_keys_and_keeps_the_charges_for_later(
    shop: Shop, processors: AccountProcessors
) -> None:
    sold = shop.sells()
    assert charged_through(shop.db, shop.ctx.id) == 1

    disconnect(shop.db, shop.ctx, actor="user:1")
    processors.close()
    shop.until("2026-01-01")
    assert shop.payment(sold)[0] == "processing"
    assert read_signing_secret(shop.db, shop.ctx.id) is None
    with pytest.raises(CannotConnect):
        disconnect(shop.db, shop.ctx)

    connect(shop.db, shop.ctx, shop.stripe.key_of_merchant, address=HTTPS, now=shop.ctx.now)
    shop.again()
    shop.again()

    assert shop.payment(sold)[0] == "succeeded"
    kinds = "SELECT kind FROM event WHERE account_id = %s AND object_type = 'processor' ORDER BY id"
    assert [row[0] for row in shop.rows(kinds, shop.ctx.id)] == [
        "processor.connected", "processor.disconnected", "processor.connected",
    ]  # fmt: skip
    shop.proved()
