"""A customer pays an invoice that exists: once, by just that payment, and a declined card leaves nothing behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import enter_account
from kalends.billing.changes import cancel_subscriptions, change_payment_method, pause
from kalends.billing.hold import hold_billing
from kalends.payments.again import CannotCharge, overdue, retry_by_hand
from kalends.payments.collect import collect
from kalends.payments.pay_now import CannotPay, course, pay_now, payable, send
from kalends.payments.processors.interface import ChargeOutcome, ChargeRequest, ProcessorUnavailable
from kalends.payments.processors.registry import AccountProcessors
from kalends.payments.record import allow_partial_payments
from kalends.platform import database
from kalends.proof.verify import verify
from tests.at_once import at_once
from tests.conftest import Connect
from tests.world import World

BACK = "https://shop.example/back"


@pytest.fixture
def bill(world: World) -> int:
    """An open invoice over 100.00 EUR of a subscription that is invoiced, to be paid in one; due in a month."""
    kari = world.customer()
    subscription = world.subscribe(kari, net_terms_days=30)
    world.until("2026-01-02")
    (invoice,) = world.invoices(subscription, "id")
    allow_partial_payments(world.db, world.ctx, invoice, allowed=False)
    return invoice


def card(world: World, outcome: str = "approved", *numbers: int, kind: str = "card") -> int:
    return world.method(world.customer(), outcome, *numbers, kind=kind)


def pay(world: World, invoice: int, method: int, amount: int = 10_000, key: str = "click") -> int:
    payment = pay_now(world.db, world.ctx, invoice, method_id=method, amount_minor=amount, request_key=key)
    send(world.db, world.ctx, world.processors, payment, return_url=BACK)
    return payment


def status(world: World, payment: int) -> str:
    found = course(world.db, world.ctx, payment)
    assert found is not None
    return found.status


def proved(world: World) -> None:
    assert verify(world.db, world.ctx).differences == []


def test_an_invoice_is_paid_by_a_card_at_once(world: World, bill: int) -> None:
    payment = pay(world, bill, card(world))
    assert status(world, payment) == "succeeded"
    assert world.one("SELECT status, paid_minor FROM invoice WHERE id = %s", bill) == ("paid", 10_000)
    assert world.balance("receivable") == 0
    assert ("receipt" in [kind for kind, _ in world.letters()]) is True
    proved(world)


def test_a_bank_debit_is_under_way_until_the_bank_tells(world: World, bill: int) -> None:
    payment = pay(world, bill, card(world, kind="sepa"))
    found = payable(world.db, world.ctx, bill)
    assert found is not None
    assert (status(world, payment), found.owed_minor, found.under_way_minor) == ("processing", 0, 10_000)
    world.until("2026-01-20")
    assert status(world, payment) == "succeeded"
    proved(world)


def test_the_same_click_twice_pays_once(world: World, bill: int) -> None:
    method = card(world)
    first = pay(world, bill, method)
    assert pay(world, bill, method) == first
    assert world.one("SELECT count(*) FROM payment WHERE invoice_id = %s", bill) == (1,)


def test_of_twenty_clicks_at_the_same_moment_one_pays(world: World, bill: int, inside: Connect) -> None:
    method = card(world)
    machines = [inside() for _ in range(20)]

    def click(number: int) -> int:
        payment = pay_now(
            machines[number],
            world.ctx,
            bill,
            method_id=method,
            amount_minor=10_000,
            request_key=f"window {number}",
        )
        with_processors = AccountProcessors(database.connect, world.ctx.id)
        send(machines[number], world.ctx, with_processors, payment, return_url=BACK)
        with_processors.close()
        return payment

    results = at_once(*[lambda number=number: click(number) for number in range(20)])
    paid = [result for result in results if isinstance(result, int)]
    refused = [result.code for result in results if isinstance(result, CannotPay)]
    assert len(paid) == 1
    assert len(refused) == 19
    assert set(refused) <= {"under_way", "not_open"}
    assert world.one("SELECT count(*), sum(amount_minor)::bigint FROM sandbox_charge") == (1, 10_000)
    assert world.one("SELECT paid_minor FROM invoice WHERE id = %s", bill) == (10_000,)
    proved(world)


def test_the_same_payment_sent_from_many_windows_is_charged_once(
    world: World, bill: int, inside: Connect
) -> None:
    payment = pay_now(
        world.db, world.ctx, bill, method_id=card(world), amount_minor=10_000, request_key="click"
    )
    machines = [inside() for _ in range(8)]
    at_once(
        *[lambda db=db: send(db, world.ctx, world.processors, payment, return_url=BACK) for db in machines]
    )
    assert status(world, payment) == "succeeded"
    assert world.one("SELECT count(*) FROM sandbox_charge") == (1,)
    proved(world)


def test_only_that_payment_is_sent_and_not_what_a_run_has_to_send(world: World, bill: int) -> None:
    second = _another_bill(world)
    left = pay_now(world.db, world.ctx, bill, method_id=card(world), amount_minor=10_000, request_key="left")
    pay(world, second, card(world), key="now")
    assert status(world, left) == "processing"
    collect(world.db, world.ctx, world.processors)
    assert status(world, left) == "succeeded"


def _another_bill(world: World) -> int:
    subscription = world.subscribe(world.customer(), net_terms_days=30, start=world.ctx.today)
    world.until(world.ctx.today, hour=13)
    return world.invoices(subscription, "id")[0]


@pytest.mark.parametrize("outcome", ["declined", "insufficient_funds", "lost"])
def test_a_declined_card_leaves_no_failed_payment_and_moves_nothing(
    world: World, bill: int, outcome: str
) -> None:
    letters = world.letters()
    payment = pay(world, bill, card(world, outcome))
    assert status(world, payment) == "failed"
    assert world.rows("SELECT id FROM payment WHERE archived_at IS NULL AND status = 'failed'") == []
    (subscription,) = world.one("SELECT subscription_id FROM invoice WHERE id = %s", bill)
    assert world.subscription(subscription, "status", "churn_date") == ("active", None)
    assert world.one("SELECT next_retry_on FROM payment WHERE id = %s", payment) == (None,)
    assert world.letters() == letters
    proved(world)


def test_after_a_declined_card_another_one_pays(world: World, bill: int) -> None:
    pay(world, bill, card(world, "declined"), key="first")
    second = pay(world, bill, card(world), key="second")
    assert status(world, second) == "succeeded"
    assert world.one("SELECT max(attempt) FROM charge_attempt WHERE invoice_id = %s", bill) == (2,)
    proved(world)


def test_staff_cannot_retry_what_was_declined_at_hand_since_it_is_in_no_list(world: World) -> None:
    """The retry would go by the subscription's method; its money, or its letter, would be of a payment nobody sees."""
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "insufficient_funds"))
    world.until("2026-01-02")
    (invoice,) = world.invoices(subscription, "id")
    payment = pay(world, invoice, card(world, "insufficient_funds"))
    letters = world.letters()
    change_payment_method(world.db, world.ctx, subscription, world.method(kari, kind="sepa"))
    with pytest.raises(CannotCharge, match="archived"):
        retry_by_hand(world.db, world.ctx, payment)
    collect(world.db, world.ctx, world.processors)
    assert status(world, payment) == "failed"
    assert world.letters() == letters
    proved(world)


def test_a_bank_debit_that_comes_back_is_a_failed_payment_like_any_other(world: World, bill: int) -> None:
    payment = pay(world, bill, card(world, "insufficient_funds", kind="sepa"))
    world.until("2026-01-20")
    assert status(world, payment) == "failed"
    assert world.one("SELECT archived_at FROM payment WHERE id = %s", payment) == (None,)
    proved(world)


def test_what_failed_by_itself_is_paid_by_hand_and_its_retry_falls_away(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "insufficient_funds"))
    world.until("2026-01-01")
    (invoice,) = world.invoices(subscription, "id")
    pay(world, invoice, card(world, "declined"), key="declined")
    assert world.subscription(subscription, "status") == "unpaid"
    assert [each.invoice_id for each in overdue(world.db, world.ctx, subscription)] == [invoice]
    assert world.one("SELECT count(*) FROM payment WHERE next_retry_on IS NOT NULL") == (1,)
    pay(world, invoice, card(world), key="paid")
    assert world.subscription(subscription, "status") == "active"
    assert world.one("SELECT count(*) FROM payment WHERE next_retry_on IS NOT NULL") == (0,)
    world.until("2026-01-15")
    assert world.one("SELECT count(*) FROM sandbox_charge WHERE status = 'succeeded'") == (1,)
    proved(world)


def test_a_declined_try_by_hand_does_not_end_the_retries(world: World) -> None:
    kari = world.customer()
    method = world.method(kari, "approved_after", 2)
    subscription = world.subscribe(kari, method=method)
    world.until("2026-01-01")
    (invoice,) = world.invoices(subscription, "id")
    pay(world, invoice, card(world, "declined"))
    world.until("2026-01-04")
    assert world.one("SELECT status FROM invoice WHERE id = %s", invoice) == ("paid",)
    assert world.subscription(subscription, "status") == "active"
    proved(world)


def test_a_part_is_paid_where_the_invoice_takes_parts(world: World, bill: int) -> None:
    allow_partial_payments(world.db, world.ctx, bill)
    pay(world, bill, card(world), 4_000)
    found = payable(world.db, world.ctx, bill)
    assert found is not None
    assert (found.status, found.owed_minor) == ("open", 6_000)
    pay(world, bill, card(world), 6_000, key="rest")
    assert world.one("SELECT status FROM invoice WHERE id = %s", bill) == ("paid",)
    proved(world)


@pytest.mark.parametrize(
    ("parts", "amount", "code"),
    [(False, 5_000, "not_in_parts"), (True, 10_001, "too_much"), (True, 10, "too_little"),
     (True, 9_990, "rest_too_small"), (True, 0, "too_little"), (True, -100, "too_little")],
)  # fmt: skip
def test_an_amount_that_does_not_fit_is_refused_before_anything_is_written(
    world: World, bill: int, parts: bool, amount: int, code: str
) -> None:
    allow_partial_payments(world.db, world.ctx, bill, allowed=parts)
    with pytest.raises(CannotPay) as refused:
        pay(world, bill, card(world), amount)
    assert refused.value.code == code
    assert world.rows("SELECT id FROM payment WHERE invoice_id = %s", bill) == []


def test_nothing_is_paid_while_the_account_is_held(world: World, bill: int) -> None:
    hold_billing(world.db, world.ctx, actor="user:1")
    with pytest.raises(CannotPay, match="held"):
        pay(world, bill, card(world))


def test_an_expired_card_is_refused(world: World, bill: int) -> None:
    method = card(world)
    world.db.execute("UPDATE payment_method SET expires_on = '2025-12-31' WHERE id = %s", [method])
    with pytest.raises(CannotPay) as refused:
        pay(world, bill, method)
    assert refused.value.code == "method"


class Deaf:
    """A processor whose answer is lost on the way; what it did stands in its book."""

    def __init__(self, world: World, *, arrives: bool) -> None:
        self.real, self.arrives = world.processors("sandbox"), arrives
        self.name, self.batch_size, self.concurrency = "sandbox", 500, 1

    def charge(self, requests: Sequence[ChargeRequest]) -> list[ChargeOutcome]:
        if self.arrives:
            self.real.charge(requests)
        raise ProcessorUnavailable("The line is dead.")

    def lookup(self, keys: Sequence[str], at: object) -> dict[str, ChargeOutcome]:
        raise ProcessorUnavailable("The line is dead.")


@pytest.mark.parametrize("arrives", [True, False])
def test_an_answer_that_is_lost_is_asked_about_and_paid_once(world: World, bill: int, arrives: bool) -> None:
    payment = pay_now(
        world.db, world.ctx, bill, method_id=card(world), amount_minor=10_000, request_key="click"
    )
    send(world.db, world.ctx, lambda name: Deaf(world, arrives=arrives), payment, return_url=BACK)  # type: ignore[arg-type,return-value]
    found = course(world.db, world.ctx, payment)
    assert found is not None
    assert (found.status, found.unanswered) == ("processing", True)
    with pytest.raises(CannotPay) as refused:
        pay(world, bill, card(world), key="impatient")
    assert refused.value.code == "under_way"
    send(world.db, world.ctx, world.processors, payment, return_url=BACK)
    assert status(world, payment) == "succeeded"
    assert world.one("SELECT count(*) FROM sandbox_charge") == (1,)
    proved(world)


def test_the_invoice_of_another_account_is_not_there(world: World, bill: int, connect: Connect) -> None:
    stranger = connect()
    enter_account(stranger, world.ctx.id + 1)
    other: AccountContext = world.ctx
    assert payable(stranger, other, bill) is None


def test_a_payment_that_the_customer_never_confirms_fails_and_leaves_no_failed_one_in_lists(
    world: World, bill: int
) -> None:
    payment = pay(world, bill, card(world, "needs_authentication"))
    assert status(world, payment) == "processing"
    world.until(world.ctx.today + timedelta(days=1))
    assert status(world, payment) == "failed"
    assert world.one("SELECT archived_at IS NOT NULL FROM payment WHERE id = %s", payment) == (True,)
    proved(world)


@pytest.mark.parametrize("end", ["canceled", "paused"])
def test_a_customer_may_pay_what_is_left_when_the_subscription_has_ended_and_no_proof_minds(
    world: World, bill: int, end: str
) -> None:
    id_ = world.one("SELECT subscription_id FROM invoice WHERE id = %s", bill)[0]
    if end == "canceled":
        cancel_subscriptions(world.db, world.ctx, [id_])
    else:
        pause(world.db, world.ctx, id_)
    world.until("2026-01-05")

    payment = pay(world, bill, card(world))

    assert status(world, payment) == "succeeded"
    proved(world)
