"""One payment, whatever happens: two clicks, lost answers, processes that die on the way, reports that are early."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from kalends.payments.collect import idempotency_key
from kalends.payments.processors.interface import ChargeOutcome, ChargeRequest, ProcessorUnavailable
from kalends.payments.processors.registry import AccountProcessors
from kalends.payments.reports import handle_stored, take_in
from kalends.platform import database
from kalends.sales import sending, settle
from kalends.sales.charges import OfferChanged, come_back, look, settle_lost
from kalends.sales.checkouts import Checkout, checkout_of
from kalends.sales.links import edit_link, set_link_status
from kalends.sales.trouble import Closed, NotOpen, Refused
from tests.at_once import at_once
from tests.business.sales.shop import RETURN_URL, Shop, item
from tests.conftest import Connect

STEPS = "payer_of deals_of store_method make_records write_outcomes count_use tie_together _close".split()


class Killed(BaseException):
    """The process is gone."""


def die(*_: Any, **__: Any) -> None:
    """End here, as a process does that is killed."""
    raise Killed


class Dying:
    """A processor that dies, or takes the whole process with it, before or after the charge was made."""

    def __init__(self, real: AccountProcessors, *, before: bool, problem: BaseException) -> None:
        self.real, self.before, self.problem = real, before, problem

    def __call__(self, name: str) -> Any:
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real("sandbox"), name)

    def charge(self, requests: Sequence[ChargeRequest]) -> list[ChargeOutcome]:
        if not self.before:
            self.real("sandbox").charge(requests)
        raise self.problem


@pytest.fixture
def link(shop: Shop) -> int:
    """Something billed once and something monthly."""
    return shop.link(item("Setup", "100"), item("Fleet Core", "49", "monthly"))


def assert_paid_once(shop: Shop, checkout: Checkout) -> None:
    done = checkout_of(shop.db, shop.ctx, checkout.id)
    assert done.status == "done"
    assert shop.charges() == [(14900, "succeeded")]
    assert (shop.count("subscription"), shop.count("invoice"), shop.count("payment")) == (1, 2, 2)
    assert shop.count("contact") == 1
    assert shop.world.one("SELECT uses FROM payment_link WHERE id = %s", done.source_id) == (1,)
    shop.assert_clean()


def test_many_clicks_at_once_are_one_charge(shop: Shop, link: int, inside: Connect) -> None:
    checkout = shop.ready(link)
    clicks = [inside() for _ in range(6)]
    banks = [AccountProcessors(database.connect, shop.ctx.id) for _ in clicks]
    results = at_once(
        *(
            lambda db=db, bank=bank: come_back(db, shop.ctx, bank, checkout, return_url=RETURN_URL)
            for db, bank in zip(clicks, banks, strict=True)
        )
    )
    for bank in banks:
        bank.close()
    assert all(isinstance(each, Checkout) for each in results), results
    assert_paid_once(shop, checkout)


def test_a_reload_of_the_page_that_the_buyer_comes_back_to_charges_nothing_more(
    shop: Shop, link: int
) -> None:
    checkout = shop.buy(link)
    assert shop.back(checkout).status == "done"
    with pytest.raises(NotOpen):
        shop.press(checkout)
    assert_paid_once(shop, checkout)


@pytest.mark.parametrize("outcome", ["timeout_charged", "timeout_not_charged"])
def test_an_answer_that_was_lost_is_found_out(shop: Shop, link: int, outcome: str) -> None:
    checkout = shop.ready(link, outcome)
    shop.back(checkout)
    shop.back(checkout)
    assert_paid_once(shop, checkout)


def test_a_decline_whose_answer_was_lost_is_found_out(shop: Shop, link: int) -> None:
    checkout = shop.buy(link, "timeout_declined")
    assert checkout.status == "open"
    assert checkout.declined is not None
    assert checkout.declined.code == "card_declined"
    assert shop.count("invoice") == 0


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("problem", [Killed(), ProcessorUnavailable()])
def test_a_process_that_dies_around_the_call(
    shop: Shop, link: int, inside: Connect, before: bool, problem: BaseException
) -> None:
    checkout, other = shop.ready(link), inside()
    dying = Dying(shop.world.processors, before=before, problem=problem)  # type: ignore[arg-type]
    try:
        shop.back(checkout, db=other, processors=dying)
    except Killed:
        other.close()
    assert shop.count("invoice") == (0 if isinstance(problem, Killed) or before else 2)
    settle_lost(shop.db, shop.ctx, shop.world.processors)
    assert_paid_once(shop, checkout)


@pytest.mark.parametrize(
    "step",
    [
        "payer_of",
        "deals_of",
        "store_method",
        "make_records",
        "write_outcomes",
        "count_use",
        "tie_together",
        "_close",
    ],
)
def test_a_process_that_dies_while_the_records_are_made(
    shop: Shop, link: int, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    shop.code("SPRING", "10", uses_max=1)
    checkout = shop.ready(link, code="SPRING")

    with monkeypatch.context() as patched:
        patched.setattr(settle, step, die)
        with pytest.raises(Killed):
            shop.back(checkout)
    for table in ("subscription", "invoice", "payment", "contact", "ledger_transfer"):
        assert shop.count(table) == 0, table
    assert checkout_of(shop.db, shop.ctx, checkout.id).status == "paying"
    assert look(shop.db, shop.ctx, shop.world.processors, checkout).status == "done"
    assert shop.charges() == [(14900 - 1490, "succeeded")]
    assert shop.world.rows("SELECT uses FROM discount_code") == [(1,)]
    shop.assert_clean()


def test_what_was_never_sent_is_taken_for_failed_after_a_day(shop: Shop, link: int, inside: Connect) -> None:
    checkout, other = shop.ready(link), inside()
    dying = Dying(shop.world.processors, before=True, problem=Killed())  # type: ignore[arg-type]
    with pytest.raises(Killed):
        shop.back(checkout, db=other, processors=dying)
    other.close()
    shop.world.until("2026-01-03")
    settle_lost(shop.db, shop.ctx, shop.world.processors)
    now = checkout_of(shop.db, shop.ctx, checkout.id)
    assert (now.status, now.declined and now.declined.code) == ("open", "not_sent")
    assert shop.charges() == []
    shop.press(checkout)
    shop.give(checkout)
    assert shop.back(checkout).status == "done"
    assert_paid_once(shop, checkout)


def test_whoever_looks_while_the_answer_is_awaited_waits(shop: Shop, link: int, inside: Connect) -> None:
    checkout, other = shop.ready(link), inside()
    seen: list[str] = []

    class Slow(Dying):
        def charge(self, requests: Sequence[ChargeRequest]) -> list[ChargeOutcome]:
            seen.append(look(other, shop.ctx, shop.world.processors, checkout).status)
            seen.append(shop.back(checkout, db=other).status)
            assert settle_lost(other, shop.ctx, shop.world.processors) == 0
            return self.real("sandbox").charge(requests)

    shop.back(checkout, processors=Slow(shop.world.processors, before=True, problem=Killed()))  # type: ignore[arg-type]
    assert seen == ["paying", "paying"]
    assert_paid_once(shop, checkout)


def test_a_report_that_comes_before_the_records_waits_for_them(
    shop: Shop, link: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = shop.ready(link, kind="sepa")

    with monkeypatch.context() as patched:
        patched.setattr(sending, "settle_charge", die)
        with pytest.raises(Killed):
            shop.back(checkout)
    later = shop.world.ctx
    shop.world.until("2026-01-20")
    take_in(shop.db, shop.ctx, shop.world.processors, "sandbox")
    handle_stored(shop.db, shop.ctx)
    assert shop.count("processor_event", "handled_at IS NULL") == 1
    assert later.id == shop.ctx.id
    settle_lost(shop.db, shop.ctx, shop.world.processors)
    assert handle_stored(shop.db, shop.ctx).known_before == 2
    assert shop.count("processor_event", "handled_at IS NULL") == 0
    assert_paid_once(shop, checkout)


def test_what_is_charged_is_what_was_shown_or_the_buyer_is_asked_again(shop: Shop, link: int) -> None:
    checkout = shop.ready(link)
    edit_link(shop.db, shop.ctx, link, {}, lines=[item("Setup", "120")])
    with pytest.raises(OfferChanged) as changed:
        shop.back(checkout)
    assert changed.value.shown.offer.due_minor == 12000
    assert shop.charges() == []
    assert shop.press(checkout) == RETURN_URL
    assert shop.back(checkout).status == "done"
    assert shop.charges() == [(12000, "succeeded")]
    shop.assert_clean()


def test_a_link_that_is_switched_off_after_the_charge_is_settled_all_the_same(
    shop: Shop, link: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = shop.ready(link)

    with monkeypatch.context() as patched:
        patched.setattr(sending, "settle_charge", die)
        with pytest.raises(Killed):
            shop.back(checkout)
    set_link_status(shop.db, shop.ctx, link, "inactive")
    edit_link(shop.db, shop.ctx, link, {}, lines=[item("Other", "7")])
    shop.world.until("2026-01-02")
    settle_lost(shop.db, shop.ctx, shop.world.processors)
    assert_paid_once(shop, checkout)


def test_of_two_buyers_of_a_link_for_one_use_only_one_pays(shop: Shop, inside: Connect) -> None:
    link = shop.link(item("Painting", "500"), one_time_use=True)
    first, second = shop.ready(link), shop.ready(link)
    results = at_once(*(lambda each=each: shop.back(each, db=inside()) for each in (first, second)))
    assert sorted(type(each).__name__ for each in results) == ["Checkout", "Closed"]
    assert shop.charges() == [(50000, "succeeded")]
    assert {each.because for each in results if isinstance(each, Closed)} == {"used"}
    shop.assert_clean()


def test_of_two_buyers_with_the_last_use_of_a_code_only_one_has_it(
    shop: Shop, link: int, inside: Connect
) -> None:
    shop.code("LAST", "10", uses_max=1)
    both = [shop.ready(link, code="LAST") for _ in range(2)]
    results = at_once(*(lambda each=each: shop.back(each, db=inside()) for each in both))
    assert sorted(type(each).__name__ for each in results) == ["Checkout", "Refused"]
    (refused,) = [each for each in results if isinstance(each, Refused)]
    assert [(each.place, each.code) for each in refused.troubles] == [("code", "used_up")]
    assert shop.charges() == [(14900 - 1490, "succeeded")]
    assert shop.world.rows("SELECT uses FROM discount_code") == [(1,)]


def test_a_use_of_a_code_whose_charge_failed_is_free_again(shop: Shop, link: int) -> None:
    shop.code("LAST", "10", uses_max=1)
    declined = shop.buy(link, "declined", code="LAST")
    assert declined.status == "open"
    assert shop.buy(link, code="LAST").status == "done"
    assert shop.world.rows("SELECT uses FROM discount_code") == [(1,)]


def test_two_buyers_with_one_new_address_at_once_are_one_contact(
    shop: Shop, link: int, inside: Connect
) -> None:
    both = [shop.ready(link, email="Same.Person@Customers.test") for _ in range(2)]
    results = at_once(*(lambda each=each: shop.back(each, db=inside()) for each in both))
    assert [each.status for each in results] == ["done", "done"]
    assert shop.world.rows("SELECT email FROM contact") == [("same.person@customers.test",)]
    shop.assert_clean()


def test_the_charge_of_a_checkout_has_a_key_of_the_same_form_as_any(shop: Shop, link: int) -> None:
    done = shop.buy(link)
    assert shop.world.rows("SELECT idempotency_key FROM sandbox_charge") == [
        (idempotency_key(shop.ctx.id, done.id, 1),)
    ]
