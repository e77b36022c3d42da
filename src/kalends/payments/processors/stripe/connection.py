"""Connecting an account to its merchant at Stripe: keys are tried, sealed, and looked at again when somebody asks.

A live account takes live keys only and a sandbox test keys only, so that no test card ever pays a real invoice and no
real card a pretended one. The calls are made outside any transaction.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, get_args
from urllib.parse import urlsplit

import stripe
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.events import journal
from kalends.payments.processors.interface import MethodKind, ProcessorUnavailable
from kalends.payments.processors.stripe.charges import TYPES
from kalends.payments.processors.stripe.client import API_VERSION, NotLetIn, Refused, ask, open_client
from kalends.payments.processors.stripe.events import KINDS
from kalends.platform.patience import patient
from kalends.platform.sealing import seal, unseal

_HERE = "kalends.payments.processors.stripe"
_KEY = re.compile(r"(?:sk|rk)_(live|test)_\w{8,300}")
_SIGNING = re.compile(r"whsec_\S{8,300}")
_CAPABILITIES = {
    "card": "card_payments",
    "ach": "us_bank_account_ach_payments",
    "sepa": "sepa_debit_payments",
    "bacs": "bacs_debit_payments",
    "pads": "acss_debit_payments",
}


class CannotConnect(ValueError):
    """A connection that cannot be: ``reason`` is its code, ``problem`` what Stripe told, if it did."""

    def __init__(self, reason: str, message: str, problem: str = "") -> None:
        super().__init__(message)
        self.reason, self.problem = reason, problem


class Merchant(NamedTuple):
    """What Stripe says of the business behind a key. ``lacks`` names what the key may not do and we need."""

    id: str
    name: str
    country: str
    currency: str
    methods: list[str]
    can_charge: bool
    can_pay_out: bool
    lacks: list[str]


class StripeConnection(NamedTuple):
    """How an account is connected. ``hears`` says whether Stripe tells by itself what happens, or must be asked."""

    is_connected: bool
    is_test: bool
    merchant: str
    merchant_name: str
    country: str
    currency: str
    methods: list[str]
    can_charge: bool
    can_pay_out: bool
    hears: bool
    connected_at: datetime
    checked_at: datetime


def find_connection(db: Connection[Any], account_id: int) -> StripeConnection | None:
    """The account's connection, also one that was ended."""
    row = db.execute(load(_HERE, "find_connection"), {"account_id": account_id}).fetchone()
    return None if row is None else StripeConnection(*row)._replace(methods=json.loads(row[6]))


def check_key(ctx: AccountContext, key: str) -> str:
    """The key without what was pasted around it. Raises :class:`CannotConnect` for one that is not for this account."""
    key = key.strip()
    if key.startswith("pk_"):
        raise CannotConnect(
            "publishable", "This is the publishable key. Give the secret or a restricted key."
        )
    found = _KEY.fullmatch(key)
    if found is None:
        raise CannotConnect(
            "no_key", "A key of Stripe's begins with sk_live_, rk_live_, sk_test_ or rk_test_."
        )
    is_test = found[1] == "test"
    if is_test and not ctx.is_sandbox:
        raise CannotConnect(
            "test_key", "This is a test key, and this account is live: test cards must not pay real invoices."
        )
    if not is_test and ctx.is_sandbox:
        raise CannotConnect(
            "live_key", "This is a live key, and this account is a sandbox: it must not charge real cards."
        )
    return key


def ask_merchant(key: str) -> Merchant:
    """What Stripe says of the business, and what the key may not do. Raises :class:`CannotConnect`."""
    client = open_client(key)
    try:
        told = ask(client.v1.accounts.retrieve_current)
        lacks = [name for name, needed in _needed(client).items() if not _is_allowed(needed)]
    except NotLetIn as problem:
        raise CannotConnect("not_let_in", str(problem), str(problem)) from problem
    except (ProcessorUnavailable, Refused) as problem:
        raise CannotConnect("no_answer", str(problem), str(problem)) from problem
    capabilities = told.get("capabilities") or {}
    profile = told.get("business_profile") or {}
    shown = ((told.get("settings") or {}).get("dashboard") or {}).get("display_name")
    return Merchant(
        told["id"],
        profile.get("name") or shown or told.get("email") or told["id"],
        told["country"],
        told["default_currency"].upper(),
        [kind for kind in get_args(MethodKind) if capabilities.get(_CAPABILITIES[kind]) == "active"],
        bool(told.get("charges_enabled")),
        bool(told.get("payouts_enabled")),
        lacks,
    )


def _needed(client: stripe.StripeClient) -> dict[str, Callable[[], Any]]:
    """One harmless question for each thing that a key must be allowed to do."""
    one: Any = {"limit": 1}
    v1 = client.v1
    return {
        "PaymentIntents": lambda: v1.payment_intents.list(one),
        "Customers": lambda: v1.customers.list(one),
        "Checkout Sessions": lambda: v1.checkout.sessions.list(one),
        "Refunds": lambda: v1.refunds.list(one),
        "Disputes": lambda: v1.disputes.list(one),
        "Balance transactions": lambda: v1.balance_transactions.list(one),
        "Events": lambda: v1.events.list(one),
    }


def _is_allowed(question: Callable[[], Any]) -> bool:
    try:
        ask(question)
    except NotLetIn:
        return False
    return True


def connect(
    db: Connection[Any],
    ctx: AccountContext,
    key: str,
    *,
    address: str,
    now: datetime,
    signing_secret: str = "",
    actor: str = "system",
) -> Merchant:
    """Try a key, have Stripe tell us what happens at ``address``, and store the connection.

    Where Stripe cannot reach the address (``http:``, or the key may not make endpoints), ``signing_secret`` is that of
    an endpoint that was made by hand; without one, Stripe is asked regularly instead. ``db`` must not be inside a
    transaction, ``now`` is real time. Raises :class:`CannotConnect`.
    """
    key, secret = check_key(ctx, key), signing_secret.strip()
    if secret and _SIGNING.fullmatch(secret) is None:
        raise CannotConnect("no_signing", "A signing secret of Stripe's begins with whsec_.")
    merchant = ask_merchant(key)
    if merchant.lacks:
        missing = ", ".join(merchant.lacks)
        raise CannotConnect("lacks", f"This key may not use what is needed: {missing}.", missing)
    before = _sealed(db, ctx.id)
    endpoint = None
    if not secret:
        endpoint, secret = _make_endpoint(open_client(key), address)
    _remove_endpoint(before)
    params = {
        **merchant._asdict(),
        "account_id": ctx.id,
        "key": seal(key),
        "signing": seal(secret) if secret else None,
        "endpoint": endpoint,
        "is_test": ctx.is_sandbox,
        "methods": journal.encode(merchant.methods),
        "now": now,
        "actor": actor,
    }
    _keep(db, ctx, merchant, params, actor)
    return merchant


@patient
def _keep(
    db: Connection[Any], ctx: AccountContext, merchant: Merchant, params: Mapping[str, Any], actor: str
) -> None:
    with db.transaction():
        db.execute(load(_HERE, "connect"), params)
        data = {"name": merchant.name, "merchant": merchant.id}
        _note(db, ctx, "connected", data, actor)


def check_connection(db: Connection[Any], ctx: AccountContext, *, now: datetime) -> Merchant:
    """Ask Stripe what the stored key may do, and keep what it says. Raises :class:`CannotConnect`."""
    key, _, _ = _sealed(db, ctx.id)
    if key is None:
        raise CannotConnect("not_connected", "This account is not connected to Stripe.")
    merchant = ask_merchant(key)
    params = {
        **merchant._asdict(),
        "account_id": ctx.id,
        "methods": journal.encode(merchant.methods),
        "now": now,
    }
    with db.transaction():
        db.execute(load(_HERE, "checked"), params)
    return merchant


def disconnect(db: Connection[Any], ctx: AccountContext, *, actor: str = "system") -> None:
    """Forget the keys. What was charged stays; what is charged through Stripe waits until it is connected again.

    Raises :class:`CannotConnect` when it is not connected.
    """
    before = _sealed(db, ctx.id)
    if before[0] is None:
        raise CannotConnect("not_connected", "This account is not connected to Stripe.")
    _remove_endpoint(before)
    _forget(db, ctx, actor)


@patient
def _forget(db: Connection[Any], ctx: AccountContext, actor: str) -> None:
    with db.transaction():
        row = db.execute(
            "UPDATE stripe_connection SET sealed_key = NULL, sealed_signing = NULL, endpoint_ref = NULL "
            "WHERE account_id = %s RETURNING merchant, merchant_name",
            [ctx.id],
        ).fetchone()
        assert row is not None
        _note(db, ctx, "disconnected", {"name": row[1], "merchant": row[0]}, actor)


def charged_through(db: Connection[Any], account_id: int) -> int:
    """How many subscriptions that run are charged by a method that Stripe keeps."""
    row = db.execute(load(_HERE, "charged_through"), {"account_id": account_id}).fetchone()
    assert row is not None
    return row[0]


def read_key(db: Connection[Any], account_id: int) -> str | None:
    """The secret key, None where the account is not connected."""
    return _sealed(db, account_id)[0]


def read_signing_secret(db: Connection[Any], account_id: int) -> tuple[str, bool] | None:
    """What signs Stripe's events for the account, and whether they are of Stripe's test world; None without one."""
    row = db.execute(
        "SELECT sealed_signing, is_test FROM stripe_connection WHERE account_id = %s", [account_id]
    ).fetchone()
    return None if row is None or row[0] is None else (unseal(row[0]), row[1])


_Sealed = tuple[str | None, str | None, str | None]


def _sealed(db: Connection[Any], account_id: int) -> _Sealed:
    row = db.execute(
        "SELECT sealed_key, endpoint_ref, merchant FROM stripe_connection WHERE account_id = %s", [account_id]
    ).fetchone()
    if row is None or row[0] is None:
        return None, None, None
    return unseal(row[0]), row[1], row[2]


def _make_endpoint(client: stripe.StripeClient, address: str) -> tuple[str | None, str]:
    """An endpoint for our events at ``address``: its name and its secret; nothing where Stripe cannot make one."""
    if urlsplit(address).scheme != "https":
        return None, ""
    params: Any = {
        "url": address,
        "enabled_events": list(KINDS),
        "api_version": API_VERSION,
        "description": "Kalends",
    }
    try:
        made = ask(lambda: client.v1.webhook_endpoints.create(params))
    except (Refused, ProcessorUnavailable):
        return None, ""
    return made["id"], made["secret"]


def _remove_endpoint(before: _Sealed) -> None:
    """Stop Stripe from telling us; an endpoint that cannot be removed only tells what nobody listens to."""
    key, endpoint, _ = before
    if key is None or endpoint is None:
        return
    client = open_client(key)
    try:
        ask(lambda: client.v1.webhook_endpoints.delete(endpoint))
    except (Refused, ProcessorUnavailable):
        return


def _note(db: Connection[Any], ctx: AccountContext, verb: str, data: dict[str, Any], actor: str) -> None:
    event = journal.NewEvent(f"processor.{verb}", "processor", ctx.id, None, data)
    journal.write(db, ctx.id, ctx.now, [event], actor)


assert set(TYPES) == set(_CAPABILITIES) == set(get_args(MethodKind)), (
    "every kind of method is known to Stripe"
)
