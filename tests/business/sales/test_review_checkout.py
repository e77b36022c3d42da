"""Between choice, charge and records: found by looking for two charges of one thing, or one charge without records."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from kalends.billing.hold import hold_billing, release_billing
from kalends.core.checkout import Choice
from kalends.crm.erasure import erase_contact
from kalends.payments.disputes import record_dispute
from kalends.payments.processors.interface import ChargeOutcome, ChargeRequest, ProcessorUnavailable, Setup
from kalends.sales import sending
from kalends.sales.charges import OfferChanged, settle_lost
from kalends.sales.checkouts import checkout_of, choose, take_code, terms_of
from kalends.sales.links import edit_link
from kalends.sales.offers import show
from kalends.sales.trouble import Refused
from tests.business.sales.shop import Shop, item
from tests.conftest import Connect


class Meanwhile:
    """The sandbox, where something happens while it is asked what a buyer gave."""

    def __init__(self, shop: Shop, happens: Any) -> None:
        self.real, self.happens = shop.world.processors("sandbox"), happens

    def __call__(self, name: str) -> Any:
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def read_setup(self, reference: str, at: Any) -> Setup:
        found = self.real.read_setup(reference, at)
        self.happens, happens = (lambda: None), self.happens
        happens()
        return found


class Mute:
    """The sandbox, which charges and gives no answer for as long as it is ``mute``."""

    def __init__(self, shop: Shop) -> None:
        self.real, self.mute = shop.world.processors("sandbox"), True

    def __call__(self, name: str) -> Any:
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def charge(self, requests: Sequence[ChargeRequest]) -> list[ChargeOutcome]:
        self.real.charge(requests)
        raise ProcessorUnavailable

    def lookup(self, keys: Sequence[str], at: Any) -> dict[str, ChargeOutcome]:
        if self.mute:
            raise ProcessorUnavailable
        return self.real.lookup(keys, at)


def test_what_is_settled_weeks_later_is_what_was_agreed(shop: Shop) -> None:
    link = shop.link(
        item("Setup", "100", tax_rate="25"),
        item("Now", "49", "monthly"),
        item("Later", "49", "monthly", start_type="delay_days", delay_days=10),
    )
    checkout, bank = shop.ready(link), Mute(shop)
    assert shop.back(checkout, processors=bank).status == "paying"
    shop.world.until("2026-03-20")
    bank.mute = False
    settle_lost(shop.db, shop.ctx, bank)
    assert checkout_of(shop.db, shop.ctx, checkout.id).status == "done"
    assert shop.count("subscription") == 2
    assert shop.charges() == [(17400, "succeeded")]
    shop.assert_clean()
    shop.world.until("2026-03-20", 13)
    shop.assert_clean()


def test_a_way_to_pay_that_is_accepted_no_more_is_asked_for_anew(shop: Shop) -> None:
    link = shop.link(item("Cap", "20"))
    checkout = shop.ready(link)
    edit_link(shop.db, shop.ctx, link, {"allowed_payment_methods": ["sepa"]})
    with pytest.raises(Refused):
        shop.back(checkout)
    shop.press(checkout)
    shop.give(checkout, kind="sepa")
    assert shop.back(checkout).status == "done"


def test_who_comes_back_twice_is_charged_by_what_was_agreed_last(shop: Shop) -> None:
    """A second window begins anew, on a page of its own, while the first one's answer is on its way."""
    link = shop.link(item("Cap", "20"))
    checkout = shop.ready(link)

    def begin_anew() -> None:
        shop.db.execute(
            "UPDATE checkout SET setup_reference = NULL, setup_number = 1 WHERE id = %s", [checkout.id]
        )
        shop.press(checkout)

    came = shop.back(checkout, processors=Meanwhile(shop, begin_anew))  # type: ignore[arg-type]
    assert came.status == "open"
    assert shop.charges() == []


def test_a_code_that_another_window_took_is_agreed_to_first(shop: Shop) -> None:
    link = shop.link(item("Cap", "20"))
    shop.code("ONE", "10")
    shop.code("TWO", "10", uses_max=1)
    checkout = shop.ready(link, code="ONE")
    swap = Meanwhile(shop, lambda: take_code(shop.db, shop.ctx, checkout, "TWO"))
    with pytest.raises(OfferChanged):
        shop.back(checkout, processors=swap)  # type: ignore[arg-type]
    assert shop.charges() == []


def test_nothing_is_charged_while_billing_is_held(shop: Shop) -> None:
    link = shop.link(item("Cap", "20"))
    fresh, given = shop.visit(link), shop.ready(link)
    hold_billing(shop.db, shop.ctx, actor="test")
    with pytest.raises(ProcessorUnavailable):
        shop.press(fresh)
    with pytest.raises(ProcessorUnavailable):
        shop.back(given)
    assert shop.charges() == []
    release_billing(shop.db, shop.ctx, actor="test")
    assert shop.back(given).status == "done"


def test_what_was_never_sent_waits_until_the_hold_ends(shop: Shop) -> None:
    checkout = shop.ready(shop.link(item("Cap", "20")), "timeout_not_charged")
    assert shop.back(checkout).status == "paying"
    hold_billing(shop.db, shop.ctx, actor="test")
    settle_lost(shop.db, shop.ctx, shop.world.processors)
    assert shop.charges() == [(2000, "lost")]
    release_billing(shop.db, shop.ctx, actor="test")
    settle_lost(shop.db, shop.ctx, shop.world.processors)
    assert shop.charges() == [(2000, "succeeded")]


def test_what_is_being_sent_again_is_not_given_up_by_whoever_looked_before(
    shop: Shop, inside: Connect
) -> None:
    """Of two workers the second has a clock that was moved by two days, and asked before the first one began."""
    checkout = shop.ready(shop.link(item("Cap", "20")), "timeout_not_charged")
    assert shop.back(checkout).status == "paying"
    earlier, sandbox, other = shop.ctx, shop.world.processors("sandbox"), inside()
    sending_now, go_on = threading.Event(), threading.Event()

    class Slow(Mute):
        def lookup(self, keys: Sequence[str], at: Any) -> dict[str, ChargeOutcome]:
            return sandbox.lookup(keys, at)

        def charge(self, requests: Sequence[ChargeRequest]) -> list[ChargeOutcome]:
            sending_now.set()
            assert go_on.wait(20)
            return sandbox.charge(requests)

    first = threading.Thread(target=lambda: settle_lost(other, earlier, Slow(shop)))

    class Late(Mute):
        def lookup(self, keys: Sequence[str], at: Any) -> dict[str, ChargeOutcome]:
            found = sandbox.lookup(keys, at)
            if not first.is_alive():
                first.start()
                assert sending_now.wait(20)
            return found

    settle_lost(shop.db, replace(earlier, now=earlier.now + timedelta(days=2)), Late(shop))
    go_on.set()
    first.join(20)
    assert shop.charges() == [(2000, "succeeded")]
    assert checkout_of(shop.db, shop.ctx, checkout.id).status == "done"


def test_one_checkout_that_cannot_be_settled_keeps_no_other_from_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = shop.link(item("Cap", "20"))
    bank = Mute(shop)
    stuck, other = shop.ready(link), shop.ready(link)
    for each in (stuck, other):
        shop.back(each, processors=bank)
    bank.mute = False
    settle = sending.settle_charge

    def fails(db: Any, ctx: Any, checkout_id: int, *rest: Any) -> None:
        if checkout_id == stuck.id:
            raise RuntimeError("stuck")
        settle(db, ctx, checkout_id, *rest)

    monkeypatch.setattr(sending, "settle_charge", fails)
    with pytest.raises(RuntimeError, match="stuck"):
        settle_lost(shop.db, shop.ctx, bank)
    assert checkout_of(shop.db, shop.ctx, other.id).status == "done"


def test_a_price_below_the_lines_own_discount_is_too_small(shop: Shop) -> None:
    link = shop.link(item("Gift", "20", discount_per_unit="10", buyer_price=True))
    checkout, (line,) = shop.visit(link), shop.lines(link)
    with pytest.raises(Refused) as refused:
        choose(shop.db, shop.ctx, checkout, {line: Choice(price=Decimal(5))})
    (trouble,) = refused.value.troubles
    assert (trouble.place, trouble.code) == (f"price:{line}", "too_small")
    assert Decimal(trouble.bound or 0) == 10
    terms = terms_of(shop.db, shop.ctx, checkout)
    shown = show(shop.db, shop.ctx, terms, {line: Choice(price=Decimal(5))}, None)
    assert (shown.offer.due_minor, shown.troubles) == (1000, refused.value.troubles)


def test_more_than_can_be_kept_is_too_much(shop: Shop) -> None:
    lines = [item(f"Yacht {n}", "1000000000", buyer_quantity=True) for n in range(100)]
    link = shop.link(*lines)
    checkout = shop.visit(link)
    chosen = {line: Choice(quantity=Decimal(1_000_000)) for line in shop.lines(link)}
    with pytest.raises(Refused) as refused:
        choose(shop.db, shop.ctx, checkout, chosen)
    assert [(each.place, each.code) for each in refused.value.troubles] == [("total", "too_large")]


def test_a_small_dispute_of_a_charge_disputes_the_payments_that_have_a_share_in_it(shop: Shop) -> None:
    shop.buy(shop.link(item("Setup", "1"), item("Fleet Core", "4900", "annually")))
    (key,) = shop.world.one("SELECT DISTINCT charge_key FROM charge_attempt")
    told = {"idempotency_key": key, "occurred_at": shop.ctx.now.isoformat(), "amount_minor": 100}
    for kind, fee in (("charge.disputed", 1500), ("dispute.won", 0)):
        assert record_dispute(shop.db, shop.ctx, {**told, "kind": kind, "fee_minor": fee})
    assert shop.world.rows("SELECT amount_minor, fee_minor, status FROM dispute") == [(100, 1500, "won")]
    paid = shop.world.rows("SELECT amount_minor, status FROM payment ORDER BY 1")
    assert paid == [(100, "succeeded"), (490000, "disputed_won")]


def test_a_buyer_who_is_archived_meanwhile_has_a_new_contact(shop: Shop) -> None:
    link, bank = shop.link(item("Fleet Core", "49", "monthly")), Mute(shop)
    first = shop.buy(link, email="kari@customers.test")
    checkout = shop.ready(link, email="kari@customers.test")
    shop.back(checkout, processors=bank)
    shop.db.execute("UPDATE contact SET archived_at = %s WHERE id = %s", [shop.ctx.now, first.contact_id])
    bank.mute = False
    settle_lost(shop.db, shop.ctx, bank)
    done = checkout_of(shop.db, shop.ctx, checkout.id)
    assert done.status == "done"
    assert done.contact_id != first.contact_id


def test_whoever_is_erased_while_they_pay_has_paid(shop: Shop) -> None:
    link, bank = shop.link(item("Cap", "20")), Mute(shop)
    first = shop.buy(link, email="kari@customers.test")
    checkout = shop.ready(link, email="kari@customers.test")
    shop.back(checkout, processors=bank)
    assert first.contact_id is not None
    erase_contact(shop.db, shop.ctx, first.contact_id)
    bank.mute = False
    settle_lost(shop.db, shop.ctx, bank)
    assert checkout_of(shop.db, shop.ctx, checkout.id).status == "done"
    shop.assert_clean()
