"""Buying on a live account: the card is given on Stripe's page, and charged when the buyer comes back."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from kalends.accounts.context import AccountContext
from tests.business.sales.shop import Shop, item
from tests.business.stripe.conftest import account, connected, stripe  # noqa: F401
from tests.buyer.buying import Buyer
from tests.fakes.stripe_server import StripeServer
from tests.world import World


@pytest.fixture
def kari(world: World, connected: AccountContext) -> Buyer:  # noqa: F811
    """Somebody who comes to a shop that takes payments through Stripe."""
    assert connected.id == world.ctx.id
    return Buyer(Shop(world))


def back_from_stripe(kari: Buyer, stripe: StripeServer, method: str) -> Buyer:  # noqa: F811
    """Give a method on the page that Stripe made last, and come back."""
    session = stripe.all("checkout.session")[-1]
    assert f'href="{session["url"]}"' in kari.html, kari.text
    stripe.complete(session["id"], method)
    parts = urlsplit(session["success_url"])
    return kari.opens(f"{parts.path}?{parts.query}")


def test_a_card_given_at_stripe_pays_once_and_makes_the_subscription(
    kari: Buyer,
    stripe: StripeServer,  # noqa: F811
) -> None:
    kari.comes_to(kari.shop.link(item("Fleet Core", "49", "monthly"))).buys()

    back_from_stripe(kari, stripe, "pm_card_ok-kari").sees("49,00 EUR is paid")
    kari.reloads().sees("49,00 EUR is paid")

    assert [each["status"] for each in stripe.all("payment_intent")] == ["succeeded"]
    assert kari.shop.count("subscription") == 1
    assert kari.shop.world.balance("processor_balance") == 49_00 - 1_72


def test_a_card_that_is_declined_makes_nothing_and_another_one_may_be_given(
    kari: Buyer,
    stripe: StripeServer,  # noqa: F811
) -> None:
    kari.comes_to(kari.shop.link(item("Setup", "100"))).buys()
    back_from_stripe(kari, stripe, "pm_card_insufficient_funds-kari")
    assert kari.shop.count("invoice") == 0

    kari.buys()
    back_from_stripe(kari, stripe, "pm_card_ok-kari").sees("100,00 EUR is paid")

    assert [each["status"] for each in stripe.all("payment_intent")] == [
        "requires_payment_method",
        "succeeded",
    ]
