"""The statement: every movement of money on its day, so that a ledger can be reconciled with it."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kalends.payments.processors.sandbox import SandboxProcessor
from kalends.payments.processors.sandbox.cards import OUTCOMES
from tests.business.processors.asking import (
    FRIDAY,
    LONG_AFTER,
    asked,
    charged,
    giving_back,
    new_merchant,
    opened,
    told,
)

FIRST, LAST = FRIDAY.date(), LONG_AFTER.date()


def test_a_year_of_one_customer_reads_line_by_line(sandbox: SandboxProcessor) -> None:
    card, debit = asked("tok_card_approved", "card"), asked("tok_ach_dispute_won.30.10", "debit", 50_000)
    sandbox.charge([card, debit, asked("tok_card_declined", "declined"), asked("tok_ach_closed", "closed")])
    sandbox.refund([giving_back(card, 2_500, at=FRIDAY + timedelta(days=3))])
    lines = [
        (
            line.on.isoformat(),
            line.kind,
            line.idempotency_key,
            line.gross_minor,
            line.fee_minor,
            line.net_minor,
        )
        for line in sandbox.statement(FIRST, LAST)
    ]
    assert lines == [
        ("2026-02-27", "charge", "card", 12_500, 363, 12_137),
        ("2026-03-02", "refund", "card", -2_500, 0, -2_500),
        ("2026-03-05", "charge", "debit", 50_000, 500, 49_500),
        ("2026-04-04", "dispute", "debit", -50_000, 1_500, -51_500),
        ("2026-04-14", "dispute_won", "debit", 50_000, 0, 50_000),
    ]


def test_a_line_carries_the_references_and_metadata_it_was_asked_with(sandbox: SandboxProcessor) -> None:
    charge = asked("tok_card_approved")
    reference = charged(sandbox, charge).reference
    (refund,) = sandbox.refund([giving_back(charge, 1)])
    first, second = sandbox.statement(FIRST, LAST)
    assert (first.reference, first.refund_key, first.metadata) == (reference, None, charge.metadata)
    assert (second.reference, second.refund_key) == (refund.reference, "refund-1")
    assert second.metadata == {**charge.metadata, "refund_id": 3}


def test_days_are_counted_in_utc_and_both_ends_are_included(sandbox: SandboxProcessor) -> None:
    midnight = FRIDAY.replace(hour=0, minute=0)
    for name, at in [("first", midnight), ("last", midnight + timedelta(days=2, microseconds=-1))]:
        charged(sandbox, asked("tok_card_approved", name, at=at))

    def keys(first: date, last: date) -> list[str]:
        return [line.idempotency_key for line in sandbox.statement(first, last)]

    assert keys(date(2026, 2, 27), date(2026, 2, 28)) == ["first", "last"]
    assert keys(date(2026, 2, 27), date(2026, 2, 27)) == ["first"]
    assert keys(date(2026, 2, 28), date(2026, 3, 31)) == ["last"]
    assert keys(date(2026, 3, 1), date(2026, 3, 31)) == []


def test_a_statement_that_is_not_read_to_its_end_leaves_the_processor_usable(
    sandbox: SandboxProcessor,
) -> None:
    sandbox.charge([asked("tok_card_approved", f"k{number}") for number in range(5)])
    lines = sandbox.statement(FIRST, LAST)
    next(lines)
    lines.close()  # type: ignore[attr-defined]
    assert charged(sandbox, asked("tok_card_approved", "after")).status == "succeeded"


SURE_OF_THEMSELVES = [
    f"tok_{method}_{name}"
    for name, outcome in OUTCOMES.items()
    for method in sorted(outcome.methods)
    if outcome.wire == "answers" and name != "refund_fails"
]


@given(
    asks=st.lists(
        st.tuples(st.sampled_from(SURE_OF_THEMSELVES), st.integers(1, 10**7)), min_size=1, max_size=12
    )
)
@settings(max_examples=40, deadline=None)
def test_answers_and_reports_together_say_what_the_statement_says(asks: list[tuple[str, int]]) -> None:
    """Whoever books each fact once, from the answer or the first report of it, has the processor's balance."""
    requests = [asked(token, f"k{number}", amount) for number, (token, amount) in enumerate(asks)]
    signs = {"charge.succeeded": 1, "charge.disputed": -1, "dispute.won": 1}
    facts: dict[tuple[str, str], tuple[str, int]] = {}
    with opened(new_merchant()) as sandbox:
        for request, answer in zip(requests, sandbox.charge(requests), strict=True):
            if answer.status == "succeeded":
                net = request.amount_minor - answer.fee_minor
                facts[answer.idempotency_key, "charge.succeeded"] = (request.currency, net)
        for report in told(sandbox):
            net = signs.get(report.kind, 0) * report.amount_minor - report.fee_minor
            earlier = facts.setdefault((report.idempotency_key, report.kind), (report.currency, net))
            assert earlier == (report.currency, net), "two tellings of one fact agree"
        stated = Counter[str]()
        for line in sandbox.statement(FIRST, LAST):
            stated[line.currency] += line.net_minor
    booked = Counter[str]()
    for currency, net in facts.values():
        booked[currency] += net
    # Counter's own equality counts a currency that is missing as zero.
    assert booked == stated
