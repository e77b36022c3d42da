"""What the processor tells by itself: at least once, late, twice, out of order, until it is acknowledged."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kalends.payments.processors.interface import Report
from kalends.payments.processors.sandbox import SandboxProcessor
from tests.business.processors.asking import (
    FRIDAY,
    LONG_AFTER,
    asked,
    charged,
    new_merchant,
    opened,
    story,
    told,
)


def test_a_report_comes_again_until_it_is_acknowledged(sandbox: SandboxProcessor) -> None:
    charged(sandbox, asked("tok_ach_approved"))
    once, again = sandbox.reports(LONG_AFTER, 10), sandbox.reports(LONG_AFTER, 10)
    assert once == again
    assert len(once) == 1
    sandbox.acknowledge(once)
    sandbox.acknowledge(once)
    assert sandbox.reports(LONG_AFTER, 10) == []
    assert sandbox.next_report_at() is None


def test_reports_come_the_earliest_first_and_no_more_than_asked_for(sandbox: SandboxProcessor) -> None:
    sandbox.charge(
        [
            asked(token, f"k{number}")
            for number, token in enumerate(["tok_bacs_approved", "tok_ach_approved", "tok_sepa_approved.1"])
        ]
    )
    first = sandbox.reports(LONG_AFTER, 2)
    assert [report.idempotency_key for report in first] == ["k2", "k1"]
    sandbox.acknowledge(first[:1])
    assert [report.idempotency_key for report in sandbox.reports(LONG_AFTER, 5)] == ["k1", "k0"]


def test_one_event_is_delivered_twice_and_a_second_event_tells_the_same_fact(
    sandbox: SandboxProcessor,
) -> None:
    assert charged(sandbox, asked("tok_card_reports_twice")).status == "succeeded"
    first, again, second = told(sandbox)
    assert first.event_id == again.event_id != second.event_id
    assert (
        first
        == again._replace(due_at=first.due_at)
        == second._replace(event_id=first.event_id, due_at=first.due_at)
    )


def test_a_duplicate_may_come_in_the_same_delivery(sandbox: SandboxProcessor) -> None:
    charged(sandbox, asked("tok_ach_reports_twice"))
    assert len({report.event_id for report in sandbox.reports(LONG_AFTER, 10)}) == 2
    assert len(sandbox.reports(LONG_AFTER, 10)) == 3


def test_acknowledging_one_delivery_does_not_stop_a_later_one_of_the_same_event(
    sandbox: SandboxProcessor,
) -> None:
    charged(sandbox, asked("tok_card_reports_twice"))
    (first,) = sandbox.reports(FRIDAY, 10)
    sandbox.acknowledge([first])
    assert sandbox.next_report_at() == FRIDAY + timedelta(hours=1)


def test_a_late_report_tells_of_what_could_long_be_found_by_asking(sandbox: SandboxProcessor) -> None:
    request = asked("tok_card_reports_late.10")
    assert charged(sandbox, request).status == "processing"
    an_hour_later = FRIDAY + timedelta(hours=1)
    assert (
        sandbox.lookup([request.idempotency_key], an_hour_later)[request.idempotency_key].status
        == "succeeded"
    )
    (report,) = told(sandbox)
    assert (report.occurred_at, report.due_at) == (an_hour_later, an_hour_later + timedelta(days=10))


def test_reports_out_of_order_tell_the_end_of_the_story_first(sandbox: SandboxProcessor) -> None:
    charged(sandbox, asked("tok_ach_reports_out_of_order"))
    reports = told(sandbox)
    assert [report.kind for report in reports] == ["dispute.won", "charge.disputed", "charge.succeeded"]
    assert sorted(reports, key=lambda report: report.occurred_at) == reports[::-1]


def test_a_dispute_comes_days_after_the_charge_and_is_decided_later(sandbox: SandboxProcessor) -> None:
    charged(sandbox, asked("tok_card_dispute_lost.30.60", "card"))
    charged(sandbox, asked("tok_sepa_dispute_won.10.5", "debit"))
    charged(sandbox, asked("tok_card_dispute.400", "undecided"))
    assert story(told(sandbox)) == [
        ("charge.succeeded", "2026-03-06 06:00"),
        ("charge.disputed", "2026-03-16 06:00"),
        ("dispute.won", "2026-03-21 06:00"),
        ("charge.disputed", "2026-03-29 09:30"),
        ("dispute.lost", "2026-05-28 09:30"),
        ("charge.disputed", "2027-04-03 09:30"),
    ]


def test_a_dispute_costs_a_fee_that_is_told_with_its_opening_only(sandbox: SandboxProcessor) -> None:
    charged(sandbox, asked("tok_card_dispute_won"))
    assert [(report.kind, report.amount_minor, report.fee_minor) for report in told(sandbox)] == [
        ("charge.disputed", 12_500, 15_00),
        ("dispute.won", 12_500, 0),
    ]


TOLD_OF = [
    "tok_ach_approved",
    "tok_sepa_closed.3",
    "tok_card_reports_twice",
    "tok_card_reports_late",
    "tok_card_dispute_won",
]


@given(
    tokens=st.lists(st.sampled_from(TOLD_OF), min_size=1, max_size=8),
    cuts=st.lists(st.tuples(st.integers(1, 4), st.booleans(), st.booleans()), max_size=12),
)
@settings(max_examples=25, deadline=None)
def test_however_reading_is_cut_and_interrupted_every_delivery_comes_at_least_once(
    tokens: list[str], cuts: list[tuple[int, bool, bool]]
) -> None:
    with opened(new_merchant()) as sandbox:
        sandbox.charge([asked(token, f"k{number}") for number, token in enumerate(tokens)])
        expected = sandbox.reports(LONG_AFTER, 1000)
        heard: list[Report] = []
        for limit, acknowledged, restarted in [*cuts, (1000, True, False)]:
            delivered = sandbox.reports(LONG_AFTER, limit)
            heard += delivered
            if acknowledged:
                sandbox.acknowledge(delivered)
            if restarted:
                sandbox.close()
        assert all(report in heard for report in expected)
        assert sandbox.next_report_at() is None
