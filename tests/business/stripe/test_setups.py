"""Giving a way to pay on Stripe's page: a session that stores, and takes no money."""

from __future__ import annotations

import datetime as dt

import pytest

from kalends.payments.processors.interface import GivenMethod, SetupRequest
from kalends.payments.processors.stripe.processor import StripeProcessor
from tests.business.stripe.conftest import asking
from tests.fakes.stripe_server import StripeServer

NOW = dt.datetime(2026, 1, 1, 6, tzinfo=dt.UTC)


def wanting(account_id: int, **more: object) -> SetupRequest:
    """A request for a card or a direct debit in euros, in Norwegian."""
    plain = {
        "idempotency_key": f"kalends-setup-{account_id}-1",
        "kinds": ("card", "sepa", "bacs"),
        "currency": "EUR",
        "customer_name": "Kari Nordmann",
        "customer_email": "kari@customers.test",
        "return_url": "https://shop.test/back",
        "cancel_url": "https://shop.test/",
        "language": "nb",
        "metadata": {"account_id": account_id},
        "at": NOW,
    }
    return SetupRequest(**{**plain, **more})


def test_a_customer_gives_a_card_that_is_charged_afterwards(
    processor: StripeProcessor, stripe: StripeServer, account_id: int
) -> None:
    page = processor.open_setup(wanting(account_id))
    assert processor.read_setup(page.reference, NOW).status == "open"

    stripe.complete(page.reference, "pm_card_ok-kari")
    setup = processor.read_setup(page.reference, NOW)

    (customer,) = stripe.all("customer")
    assert setup.method == GivenMethod(
        f"{customer['id']}:pm_card_ok-kari", "card", "4242", "Visa", dt.date(2028, 2, 29), None, "apple_pay"
    )
    assert setup.method is not None
    (charged,) = processor.charge([asking(account_id, token=setup.method.token)])
    assert charged.status == "succeeded"


def test_the_page_offers_what_the_currency_can_be_paid_by_and_comes_back_to_us(
    processor: StripeProcessor, stripe: StripeServer, account_id: int
) -> None:
    page = processor.open_setup(wanting(account_id))

    (session,) = stripe.all("checkout.session")
    assert session["payment_method_types"] == ["card", "sepa_debit"]
    assert (session["mode"], session["locale"], session["success_url"]) == (
        "setup",
        "nb",
        "https://shop.test/back",
    )
    assert page.url == f"https://checkout.stripe.test/{page.reference}"
    assert [each["email"] for each in stripe.all("customer")] == ["kari@customers.test"]


def test_two_clicks_open_one_page(processor: StripeProcessor, stripe: StripeServer, account_id: int) -> None:
    assert processor.open_setup(wanting(account_id)) == processor.open_setup(wanting(account_id))
    assert len(stripe.all("checkout.session")) == len(stripe.all("customer")) == 1


def test_a_canadian_debit_names_its_mandate_with_each_charge(
    processor: StripeProcessor, stripe: StripeServer, account_id: int
) -> None:
    page = processor.open_setup(wanting(account_id, kinds=("pads",), currency="CAD"))
    (session,) = stripe.all("checkout.session")
    assert (
        session["payment_method_options"]["acss_debit"]["mandate_options"]["payment_schedule"] == "sporadic"
    )

    stripe.complete(page.reference, "pm_acss_debit_ok-kari")
    method = processor.read_setup(page.reference, NOW).method
    assert method is not None
    processor.charge([asking(account_id, token=method.token, method_kind="pads", currency="CAD")])

    asked = [
        params for verb, path, params in stripe.requests if (verb, path) == ("POST", "/v1/payment_intents")
    ]
    assert asked[0]["mandate"] == "mandate_pm_acss_debit_ok-kari"


def test_what_cannot_be_paid_in_the_currency_is_not_asked_for(
    processor: StripeProcessor, account_id: int
) -> None:
    with pytest.raises(ValueError, match="None of sepa can be charged in NOK"):
        processor.open_setup(wanting(account_id, kinds=("sepa",), currency="NOK"))


def test_the_page_of_another_account_is_not_read(
    processor: StripeProcessor, stripe: StripeServer, account_id: int
) -> None:
    page = processor.open_setup(wanting(account_id))
    stripe.things[page.reference]["metadata"]["kalends_account"] = "7"

    with pytest.raises(LookupError):
        processor.read_setup(page.reference, NOW)
    with pytest.raises(LookupError):
        processor.read_setup("cs_nobody", NOW)
