"""Postings: balanced by construction, reversed exactly, and telling the same story as the invoices and payments."""

from collections import Counter
from collections.abc import Callable
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kalends.core import postings
from kalends.core.postings import LedgerAccount, Transfer, balances

A = LedgerAccount
amounts = st.integers(0, 10**12)

Posting = tuple[Transfer, ...]
ONE_AMOUNT: list[Callable[[int], Posting]] = [
    postings.payment_pending,
    postings.payment_recorded,
    postings.refund_requested,
    postings.refund_settled,
    postings.refund_failed,
    postings.refund_returned,
    postings.refund_recorded,
    postings.dispute_lost,
    postings.credit_applied,
]
TWO_AMOUNTS: list[Callable[[int, int], Posting]] = [
    postings.invoice_issued,
    postings.invoice_voided,
    postings.credit_issued,
    postings.written_off,
    postings.dispute_opened,
    postings.dispute_won,
    postings.payment_failed,
    lambda amount, fee: postings.payment_settled(amount, fee, was_pending=True),
    lambda amount, fee: postings.payment_settled(amount, fee, was_pending=False),
]


def moved(posting: Posting) -> dict[str, int]:
    return {account.value: amount for account, amount in balances(posting).items() if amount}


def test_every_posting_function_is_under_test() -> None:
    public = {
        name
        for name, thing in vars(postings).items()
        if callable(thing)
        and getattr(thing, "__module__", "") == postings.__name__
        and not name.startswith("_")
    }
    tested = {function.__name__ for function in (*ONE_AMOUNT, *TWO_AMOUNTS)} - {"<lambda>"}
    assert public - tested == {"LedgerAccount", "Transfer", "balances", "payment_settled"}


@pytest.mark.parametrize(
    ("posting", "expected"),
    [
        (postings.invoice_issued(100, 25), {"receivable": 125, "revenue": -100, "tax_payable": -25}),
        (postings.invoice_voided(100, 25), {"receivable": -125, "revenue": 100, "tax_payable": 25}),
        (postings.payment_pending(125), {"payments_in_transit": 125, "receivable": -125}),
        (postings.payment_failed(125), {"payments_in_transit": -125, "receivable": 125}),
        (
            postings.payment_failed(125, 4),
            {"payments_in_transit": -125, "receivable": 125, "processing_fees": 4, "processor_balance": -4},
        ),
        (
            postings.payment_settled(125, 4, was_pending=True),
            {"processor_balance": 121, "processing_fees": 4, "payments_in_transit": -125},
        ),
        (
            postings.payment_settled(125, 4, was_pending=False),
            {"processor_balance": 121, "processing_fees": 4, "receivable": -125},
        ),
        (postings.payment_recorded(125), {"bank": 125, "receivable": -125}),
        (postings.refund_requested(50), {"refunds": 50, "refunds_in_transit": -50}),
        (postings.refund_settled(50), {"refunds_in_transit": 50, "processor_balance": -50}),
        (postings.refund_failed(50), {"refunds_in_transit": 50, "refunds": -50}),
        (postings.refund_returned(50), {"processor_balance": 50, "refunds": -50}),
        (postings.refund_recorded(50), {"refunds": 50, "bank": -50}),
        (
            postings.dispute_opened(125, 15),
            {"disputes": 125, "processing_fees": 15, "processor_balance": -140},
        ),
        (postings.dispute_won(125), {"processor_balance": 125, "disputes": -125}),
        (
            postings.dispute_won(125, 15),
            {"processor_balance": 140, "disputes": -125, "processing_fees": -15},
        ),
        (postings.dispute_lost(125), {"write_offs": 125, "disputes": -125}),
        (postings.credit_issued(40, 10), {"revenue": 40, "tax_payable": 10, "customer_credit": -50}),
        (postings.credit_applied(50), {"customer_credit": 50, "receivable": -50}),
        (postings.written_off(100, 25), {"write_offs": 100, "tax_payable": 25, "receivable": -125}),
    ],
    ids=lambda value: value[0].posting if isinstance(value, tuple) else "",
)
def test_what_a_posting_moves(posting: Posting, expected: dict[str, int]) -> None:
    assert moved(posting) == expected


@given(amounts, amounts)
def test_every_posting_balances_and_moves_only_amounts_above_zero(first: int, second: int) -> None:
    written = [function(first) for function in ONE_AMOUNT] + [
        function(first, second) for function in TWO_AMOUNTS
    ]
    for posting in written:
        debits, credited = Counter[LedgerAccount](), Counter[LedgerAccount]()
        for transfer in posting:
            debits[transfer.debit] += transfer.amount_minor
            credited[transfer.credit] += transfer.amount_minor
        assert debits.total() == credited.total()
        assert balances(posting) == {a: debits[a] - credited[a] for a in (*debits, *credited)}
        assert all(
            transfer.amount_minor > 0 and transfer.debit is not transfer.credit for transfer in posting
        )
        assert len({transfer.posting for transfer in posting}) <= 1


def test_a_leg_keeps_its_number_when_another_is_left_out() -> None:
    assert [transfer.leg for transfer in postings.invoice_issued(100, 25)] == [1, 2]
    assert [transfer.leg for transfer in postings.invoice_issued(100, 0)] == [1]
    assert [transfer.leg for transfer in postings.invoice_issued(0, 25)] == [2]
    assert postings.invoice_issued(0, 0) == ()


@pytest.mark.parametrize("amounts_given", [(-1, 0), (0, -1)])
def test_a_negative_amount_is_refused(amounts_given: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="invoice_issued holds a negative amount"):
        postings.invoice_issued(*amounts_given)
    with pytest.raises(ValueError, match="payment_pending holds a negative amount"):
        postings.payment_pending(-1)


@given(amounts, amounts)
def test_what_is_taken_back_leaves_nothing_behind(net: int, tax: int) -> None:
    stories = [
        postings.invoice_issued(net, tax) + postings.invoice_voided(net, tax),
        postings.payment_pending(net) + postings.payment_failed(net),
        postings.refund_requested(net) + postings.refund_failed(net),
        postings.refund_requested(net) + postings.refund_settled(net) + postings.refund_returned(net),
        postings.dispute_opened(net, tax) + postings.dispute_won(net, tax),
    ]
    assert [moved(story) for story in stories] == [{}] * 5


@given(amounts, amounts, st.integers(0, 10**6))
def test_an_invoice_paid_by_bank_debit_ends_as_revenue_tax_fee_and_money(
    net: int, tax: int, fee: int
) -> None:
    total = net + tax
    story = chain(
        postings.invoice_issued(net, tax),
        postings.payment_pending(total),
        postings.payment_settled(total, fee, was_pending=True),
    )
    expected = {
        "revenue": -net,
        "tax_payable": -tax,
        "processing_fees": fee,
        "processor_balance": total - fee,
    }
    assert moved(tuple(story)) == {account: amount for account, amount in expected.items() if amount}


class Book(RuleBasedStateMachine):
    """A ledger kept beside a list of sums written in the simplest way; after anything, both must agree."""

    def __init__(self) -> None:
        super().__init__()
        self.transfers: list[Transfer] = []
        self.owed = self.processing = self.money = 0

    @rule(net=amounts, tax=amounts)
    def invoice(self, net: int, tax: int) -> None:
        self.transfers += postings.invoice_issued(net, tax)
        self.owed += net + tax

    @rule(amount=amounts)
    def submit(self, amount: int) -> None:
        self.transfers += postings.payment_pending(amount)
        self.owed -= amount
        self.processing += amount

    @rule(amount=amounts, fee=amounts)
    def settle(self, amount: int, fee: int) -> None:
        self.transfers += postings.payment_settled(amount, fee, was_pending=True)
        self.processing -= amount
        self.money += amount - fee

    @rule(amount=amounts)
    def come_back(self, amount: int) -> None:
        self.transfers += postings.payment_failed(amount)
        self.processing -= amount
        self.owed += amount

    @rule(amount=amounts)
    def refund(self, amount: int) -> None:
        self.transfers += postings.refund_requested(amount) + postings.refund_settled(amount)
        self.money -= amount

    @invariant()
    def the_ledger_agrees(self) -> None:
        totals = balances(self.transfers)
        assert sum(totals.values()) == 0
        assert totals.get(A.RECEIVABLE, 0) == self.owed
        assert totals.get(A.PAYMENTS_IN_TRANSIT, 0) == self.processing
        assert totals.get(A.PROCESSOR_BALANCE, 0) == self.money


TestBook = Book.TestCase
