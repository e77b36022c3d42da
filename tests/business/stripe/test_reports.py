"""What Stripe tells by itself: signed, twice, late, in any order, or never; pains 27 to 29 with a real endpoint."""

from __future__ import annotations

import pytest
from django.test import Client

from kalends.accounts.connections import inside
from kalends.payments import reports as inbox
from kalends.payments.processors.stripe.processor import StripeProcessor
from kalends.proof.nightly import listen
from tests.at_once import at_once
from tests.business.stripe.conftest import SIGNING_SECRET, Shop


@pytest.fixture
def debits(shop: Shop) -> list[int]:
    """Four bank debits on their way; the banks have decided, one of them against it, and nobody was told yet."""
    sold = [shop.sells("pm_sepa_debit_ok", "sepa") for _ in range(4)]
    shop.until("2026-01-01")
    intents = shop.stripe.all("payment_intent")
    for intent in intents:
        shop.stripe.settle(intent["id"], "insufficient_funds" if intent is intents[-1] else None)
    return sold


def ended(shop: Shop, sold: list[int]) -> None:
    """Each debit counts once, whichever way it went."""
    assert sorted(shop.payment(each)[0] for each in sold) == ["failed", *["succeeded"] * 3]
    told = [kind for kind, _ in shop.letters()]
    assert (told.count("receipt"), told.count("charge_failed")) == (3, 1)
    assert shop.balance("payments_in_transit") == 0
    shop.proved()


def test_pain_27_the_same_events_again_and_again_and_at_the_same_moment_count_once(
    shop: Shop, debits: list[int]
) -> None:
    events = shop.stripe.events("payment_intent")

    def endpoint() -> list[int]:
        answers = shop.hears(*events)
        inside(shop.ctx.id).close()
        return answers

    answers = at_once(*[endpoint] * 4)
    shop.again()
    shop.hears(*events)
    shop.again()

    assert answers == [[200] * 4] * 4
    ended(shop, debits)


def test_pain_28_a_handler_that_dies_is_made_up_for_though_the_event_is_stored_already(
    shop: Shop, debits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*args: object, **more: object) -> None:
        raise MemoryError

    shop.hears(*shop.stripe.events("payment_intent"))
    with monkeypatch.context() as patch:
        patch.setattr(inbox, "write_outcomes", dies)
        with pytest.raises(MemoryError):
            shop.again()
    shop.again()

    ended(shop, debits)


def test_pain_29_events_in_the_wrong_order_wait_for_nobody(shop: Shop, debits: list[int]) -> None:
    shop.hears(*reversed(shop.stripe.events("payment_intent")))
    shop.again()

    ended(shop, debits)


def test_events_that_never_reach_us_are_found_in_stripes_own_list(shop: Shop, debits: list[int]) -> None:
    heard = listen(shop.db, shop.ctx, shop.processors, shop.ctx.now.replace(hour=1))
    again = listen(shop.db, shop.ctx, shop.processors, shop.ctx.now.replace(hour=1))
    shop.again()

    assert (heard.lost_reports, again.lost_reports) == (4, 0)
    ended(shop, debits)


def test_what_stripes_list_has_forgotten_too_is_asked_about_each_night(shop: Shop, debits: list[int]) -> None:
    for event in shop.stripe.events():
        del shop.stripe.things[event["id"]]
    shop.until("2026-03-01", hour=3)

    heard = listen(shop.db, shop.ctx, shop.processors, shop.ctx.now)

    assert (heard.lost_reports, heard.compared, heard.differences) == (0, 1, 0)
    assert sorted(
        shop.rows("SELECT status FROM charge_attempt WHERE account_id = %s AND attempt = 1", shop.ctx.id)
    )[0] == ("failed",)


def test_an_event_about_a_fee_that_is_not_known_waits_until_it_is(
    shop: Shop, processor: StripeProcessor
) -> None:
    sold = shop.sells("pm_card_feeless")
    shop.until("2026-01-01")
    (intent,) = shop.stripe.all("payment_intent")
    shop.hears(*shop.stripe.events("payment_intent"))
    shop.again()
    assert shop.payment(sold)[0] == "processing"

    shop.stripe.know_fee(intent["id"])
    shop.hears(*shop.stripe.events("charge.updated"))
    shop.again()

    assert shop.payment(sold) == ("succeeded", 320, None)
    shop.proved()


def test_what_is_no_matter_of_ours_is_thanked_for_and_forgotten(shop: Shop) -> None:
    event = {
        "id": "evt_x",
        "type": "customer.created",
        "created": 1,
        "livemode": True,
        "data": {"object": {}},
    }

    assert shop.hears(event) == [200]
    assert shop.rows("SELECT event_id FROM stripe_event WHERE account_id = %s", shop.ctx.id) == []


def test_only_what_stripe_signed_lately_for_this_account_is_taken(shop: Shop, debits: list[int]) -> None:
    event = shop.stripe.events("payment_intent")[0]
    body, fresh = shop.stripe.signed(event, SIGNING_SECRET)
    _, old = shop.stripe.signed(event, SIGNING_SECRET, at=shop.stripe.now.timestamp() - 301)
    _, by_another = shop.stripe.signed(event, "whsec_another0000")
    test_world, its_own = shop.stripe.signed({**event, "livemode": False}, SIGNING_SECRET)

    def told(account: int, body: bytes, signature: str) -> int:
        headers = {"Stripe-Signature": signature}
        address = f"/webhooks/stripe/{account}"
        return Client().post(address, body, content_type="application/json", headers=headers).status_code

    own = shop.ctx.id
    refused = [
        told(own, body, old),
        told(own, body, by_another),
        told(own, body + b" ", fresh),
        told(own, body, ""),
        told(own, test_world, its_own),
        told(own + 100_000, body, fresh),
    ]
    assert refused == [400] * 6
    assert Client().get(f"/webhooks/stripe/{own}").status_code == 405
    assert shop.rows("SELECT event_id FROM stripe_event WHERE account_id = %s", own) == []
    assert told(own, body, fresh) == 200
