"""A way to pay is given on Stripe's own page: a Checkout session that stores, and takes no money."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import Any

import stripe

from kalends.payments.processors.interface import GivenMethod, MethodKind, Setup, SetupPage, SetupRequest
from kalends.payments.processors.stripe.charges import TYPES, Token, written
from kalends.payments.processors.stripe.client import Refused, ask

_KINDS: dict[str, MethodKind] = {
    "card": "card",
    "link": "card",
    "us_bank_account": "ach",
    "sepa_debit": "sepa",
    "bacs_debit": "bacs",
    "acss_debit": "pads",
}
_CURRENCIES = {"ach": ("USD",), "sepa": ("EUR",), "bacs": ("GBP",), "pads": ("CAD", "USD")}
_BRANDS = {
    "visa": "Visa",
    "mastercard": "Mastercard",
    "amex": "American Express",
    "discover": "Discover",
    "diners": "Diners Club",
    "jcb": "JCB",
    "unionpay": "UnionPay",
    "cartes_bancaires": "Cartes Bancaires",
}
_WITH_METHOD = ["setup_intent.payment_method"]
_MARK = "kalends_account"


def open_page(client: stripe.StripeClient, account_id: int, request: SetupRequest) -> SetupPage:
    """Stripe's page for a request. The customer at Stripe is made first, each under a key of its own.

    Raises ``ValueError`` when none of the kinds can be charged in the currency.
    """
    kinds = kinds_for(request.kinds, request.currency)
    if not kinds:
        raise ValueError(f"None of {', '.join(request.kinds)} can be charged in {request.currency}.")
    metadata = {**written(request.metadata), _MARK: str(account_id)}
    person: Any = {"metadata": metadata, "preferred_locales": [request.language]}
    person |= {
        name: value
        for name, value in (("name", request.customer_name), ("email", request.customer_email))
        if value
    }
    customer = ask(
        lambda: client.v1.customers.create(person, {"idempotency_key": f"{request.idempotency_key}-customer"})
    )
    params: Any = {
        "mode": "setup",
        "customer": customer["id"],
        "currency": request.currency.lower(),
        "payment_method_types": [TYPES[kind] for kind in kinds],
        "success_url": request.return_url,
        "cancel_url": request.cancel_url,
        "locale": request.language,
        "metadata": metadata,
        "setup_intent_data": {"metadata": metadata},
    }
    if "pads" in kinds:
        # The agreement that Canadian banks ask for: payments as they fall due, with the wider rights of a person.
        mandate = {"payment_schedule": "sporadic", "transaction_type": "personal"}
        debit = {"currency": request.currency.lower(), "mandate_options": mandate}
        params["payment_method_options"] = {"acss_debit": debit}
    options: Any = {"idempotency_key": request.idempotency_key}
    session = ask(lambda: client.v1.checkout.sessions.create(params, options))
    return SetupPage(session["id"], session["url"] or request.return_url)


def kinds_for(kinds: tuple[MethodKind, ...], currency: str) -> list[MethodKind]:
    """Those of the kinds that can be charged in a currency: a bank debit knows its own only.

    >>> kinds_for(("card", "sepa", "bacs"), "EUR")
    ['card', 'sepa']
    """
    return [kind for kind in kinds if currency in _CURRENCIES.get(kind, (currency,))]


def read_page(client: stripe.StripeClient, account_id: int, reference: str) -> Setup:
    """What came of Stripe's page. Raises ``LookupError`` for one that this account did not open."""
    try:
        session = ask(lambda: client.v1.checkout.sessions.retrieve(reference, {"expand": _WITH_METHOD}))
    except Refused as problem:
        raise LookupError(f"Stripe knows no page {reference!r} of this merchant.") from problem
    if session["metadata"].get(_MARK) != str(account_id):
        raise LookupError(f"The page {reference!r} was not opened by this account.")
    if session["status"] == "expired":
        return Setup(reference, "expired")
    intent = session.get("setup_intent")
    if session["status"] != "complete" or not intent or intent["status"] != "succeeded":
        return Setup(reference, "open")
    return Setup(reference, "complete", given(session["customer"], intent))


def given(customer: str, intent: dict[str, Any]) -> GivenMethod:
    """The method of a setup intent that succeeded, as people know it."""
    method = intent["payment_method"]
    kind = _KINDS[method["type"]]
    details = method.get(method["type"]) or {}
    mandate = intent.get("mandate") if kind == "pads" else None
    wallet = (details.get("wallet") or {}).get("type")
    return GivenMethod(
        token=str(Token(customer, method["id"], mandate)),
        method_kind=kind,
        last4=details.get("last4") or "",
        brand=brand_of(details),
        expires_on=last_day(details.get("exp_year"), details.get("exp_month")),
        bank_or_issuer=details.get("bank_name")
        or details.get("institution_name")
        or details.get("bank_code"),
        wallet=wallet,
    )


def brand_of(details: Mapping[str, Any]) -> str | None:
    """What people call the brand of a card.

    >>> brand_of({"brand": "amex"}), brand_of({"brand": "eftpos_au"}), brand_of({})
    ('American Express', 'Eftpos Au', None)
    """
    brand = details.get("brand")
    return _BRANDS.get(brand, brand.replace("_", " ").title()) if brand else None


def last_day(year: int | None, month: int | None) -> date | None:
    """A card is good until the last day of its month.

    >>> last_day(2028, 2)
    datetime.date(2028, 2, 29)
    """
    if not year or not month:
        return None
    return date(year, month, monthrange(year, month)[1])
