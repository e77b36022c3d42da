"""Unusual courses of events that are all right, and must not be reported."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from kalends.billing.changes import pause, resume
from kalends.billing.edit import Edit, apply_edit
from kalends.payments.give_back import send_refunds
from kalends.payments.processors.interface import ProcessorUnavailable
from kalends.payments.refund import request_refund
from kalends.payments.reports import handle_stored, take_in
from kalends.proof.report import Report
from kalends.proof.verify import verify
from tests.world import World


def proof(world: World) -> Report:
    """A proof of the world as it stands."""
    return verify(world.db, world.ctx, processors=world.processors)


def differences(world: World) -> list[str]:
    """What a proof finds, in words."""
    return [str(difference) for difference in proof(world).differences]


def moved(world: World) -> list[str]:
    """What the notes of a proof say, without the name of the movement."""
    return [note.split(": ")[1] for note in proof(world).notes]


def give_back(world: World, minor: int) -> None:
    """Refund a part of the only payment."""
    (payment,) = world.one("SELECT id FROM payment")
    request_refund(world.db, world.ctx, payment, minor)
    send_refunds(world.db, world.ctx, world.processors)


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("card", "timeout_charged"),
        ("card", "timeout_not_charged"),
        ("card", "timeout_declined"),
        ("card", "reports_twice"),
        ("card", "needs_authentication"),
        ("sepa", "timeout_charged"),
        ("sepa", "timeout_not_charged"),
        ("sepa", "reports_late"),
        ("sepa", "reports_twice"),
        ("ach", "closed"),
    ],
)
def test_whatever_a_processor_does_the_books_prove_clean_on_every_day(
    world: World, kind: str, outcome: str
) -> None:
    kari = world.customer()
    world.subscribe(kari, method=world.method(kari, outcome, kind=kind), start=dt.date(2025, 12, 20))

    for day in ("2026-01-01", "2026-01-09", "2026-01-21", "2026-02-20"):
        world.until(day)
        assert differences(world) == []


def test_schedules_that_were_moved_twice_are_followed_back_through_the_journal(world: World) -> None:
    kari = world.customer()
    card = world.method(kari)
    own_day = world.subscribe(kari, method=card, start=dt.date(2026, 1, 31))
    fixed = world.subscribe(kari, method=card, start=dt.date(2026, 1, 31), payments=9)
    world.until("2026-02-10")
    for subscription in (own_day, fixed):
        pause(world.db, world.ctx, subscription)
    world.until("2026-04-05")
    resume(world.db, world.ctx, own_day, next_due=dt.date(2026, 4, 30))
    resume(world.db, world.ctx, fixed)
    world.until("2026-06-10")
    for subscription in (own_day, fixed):
        pause(world.db, world.ctx, subscription)
    world.until("2026-07-20")
    for subscription in (own_day, fixed):
        resume(world.db, world.ctx, subscription)
    world.until("2026-09-10")

    days = [day.isoformat()[5:] for day in world.invoices(own_day, "period_start")]
    assert days == ["01-31", "04-30", "05-30", "07-30", "08-30"]
    days = [day.isoformat()[5:] for day in world.invoices(fixed, "period_start")]
    assert days == ["01-31", "04-30", "05-31", "07-31", "08-31"]
    assert differences(world) == []


@pytest.mark.parametrize(
    ("own_day", "right", "wrong"),
    [
        # Both moves lay on a day of the old schedule; only the journal says which of the two was counted from.
        (dt.date(2026, 4, 30), "2026-05-30", "2026-05-31"),
        (None, "2026-05-31", "2026-05-30"),
    ],
)
def test_a_wrong_period_between_two_moves_is_found_even_where_another_schedule_was_possible(
    world: World, own_day: dt.date | None, right: str, wrong: str
) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari), start=dt.date(2026, 1, 31))
    for pause_on, resume_on, day in (
        ("2026-02-10", "2026-04-05", own_day),
        ("2026-06-10", "2026-07-20", None),
    ):
        world.until(pause_on)
        pause(world.db, world.ctx, subscription)
        world.until(resume_on)
        resume(world.db, world.ctx, subscription, next_due=day)
    world.until("2026-08-05")
    assert differences(world) == []

    world.db.execute(
        "UPDATE invoice SET period_start = %s WHERE subscription_id = %s AND cycle = 2", [wrong, subscription]
    )
    assert any(
        "period (payment 3 of" in line and f"is {wrong} to" in line and f"should be {right} to" in line
        for line in differences(world)
    )


def test_a_second_pause_that_ends_before_anything_was_billed_leaves_only_the_last_schedule(
    world: World,
) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari), start=dt.date(2026, 1, 31))
    world.until("2026-02-10")
    for own_day in (dt.date(2026, 3, 20), dt.date(2026, 3, 25), None):
        pause(world.db, world.ctx, subscription)
        resume(world.db, world.ctx, subscription, next_due=own_day)
    world.until("2026-06-01")

    assert [day.isoformat()[5:] for day in world.invoices(subscription, "period_start")] == [
        "01-31",
        "03-25",
        "04-25",
        "05-25",
    ]
    assert differences(world) == []


def test_a_mere_record_and_a_free_subscription_are_no_trouble(world: World) -> None:
    kari = world.customer()
    world.subscribe(kari, billed_elsewhere=True)
    world.subscribe(kari, price="0", method=world.method(kari))
    world.until("2026-03-02")

    assert differences(world) == []


def test_currencies_with_none_and_with_three_decimals_prove_clean(world: World) -> None:
    kari = world.customer()
    for currency, price in (("JPY", "1200.5"), ("KWD", "3.3335"), ("USD", "10.005")):
        world.subscribe(kari, price, currency=currency, tax="7.25", method=world.method(kari))
    world.until("2026-03-02")

    assert differences(world) == []


def test_what_the_processor_has_and_did_not_report_yet_is_a_note_by_name(world: World) -> None:
    kari = world.customer()
    world.subscribe(kari, method=world.method(kari, "reports_late", kind="sepa"), start=dt.date(2025, 12, 20))
    world.until("2026-01-09")

    report = proof(world)

    assert report.clean
    assert len(report.notes) == 1
    assert "invoice INV-1001: 100.00 EUR has settled and was not reported to us yet" in report.notes[0]


def test_a_dispute_is_a_note_until_its_report_is_handled_and_then_the_ledger_must_know_it(
    world: World,
) -> None:
    kari = world.customer()
    world.subscribe(kari, method=world.method(kari, "dispute_won", 10, 5))
    world.until("2026-01-09")
    world.ctx = replace(world.ctx, now=dt.datetime(2026, 1, 20, tzinfo=dt.UTC))
    assert moved(world) == [
        "-100.00 EUR has moved, and was not reported to us yet.",
        "100.00 EUR has moved, and was not reported to us yet.",
    ]

    take_in(world.db, world.ctx, world.processors, "sandbox")
    assert moved(world) == [
        "-100.00 EUR has moved, and its report waits to be handled.",
        "100.00 EUR has moved, and its report waits to be handled.",
    ]
    with world.db.transaction(force_rollback=True):
        world.db.execute(
            "UPDATE processor_event SET handled_at = received_at WHERE account_id = %s", [world.ctx.id]
        )
        assert "amount in the ledger is 0.00 EUR, but should be -100.00 EUR" in differences(world)[0]

    handle_stored(world.db, world.ctx)
    assert (moved(world), differences(world)) == ([], [])


class Mute:
    """The sandbox, which charges, and says so to nobody who asks for as long as it is ``mute``."""

    def __init__(self, real: Any) -> None:
        self.real, self.mute = real, True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def charge(self, requests: Any) -> Any:
        answers = self.real.charge(requests)
        if self.mute:
            raise ProcessorUnavailable
        return answers

    def lookup(self, keys: Any, at: Any) -> Any:
        if self.mute:
            raise ProcessorUnavailable
        return self.real.lookup(keys, at)


def test_a_dispute_may_be_older_than_the_answer_to_its_charge(world: World) -> None:
    kari = world.customer()
    world.subscribe(kari, method=world.method(kari, "dispute", 1), payments=1)
    mute = Mute(world.processors("sandbox"))
    world.processors = lambda name: mute  # type: ignore[assignment]
    world.until("2026-01-04")
    mute.mute = False
    world.until("2026-01-05")
    world.until("2026-01-06")

    ((opened, settled),) = world.rows(
        "SELECT d.opened_at, p.settled_at FROM dispute AS d JOIN payment AS p ON p.id = d.payment_id"
    )
    assert opened < settled
    assert differences(world) == []


def test_a_refund_of_a_debit_is_a_note_until_it_is_reported(world: World) -> None:
    kari = world.customer()
    world.subscribe(kari, method=world.method(kari, kind="sepa"), payments=1)
    world.until("2026-01-20")
    give_back(world, 4000)
    world.ctx = replace(world.ctx, now=dt.datetime(2026, 2, 20, tzinfo=dt.UTC))

    assert moved(world) == ["-40.00 EUR has moved, and was not reported to us yet."]
    assert differences(world) == []


@pytest.mark.parametrize(
    ("kind", "outcome", "asked_on"),
    [
        ("card", "approved", "2026-01-05"),
        ("card", "refund_fails", "2026-01-05"),
        ("card", "timeout_charged", "2026-01-05"),
        ("card", "reports_out_of_order", "2026-01-02"),
        ("card", "reports_out_of_order", "2026-01-03"),
        ("sepa", "approved", "2026-01-02"),
        ("sepa", "approved", "2026-01-20"),
        ("sepa", "refund_fails", "2026-01-20"),
        ("sepa", "reports_late", "2026-01-09"),
        ("sepa", "insufficient_funds", "2026-01-02"),
        ("sepa", "closed", "2026-01-02"),
    ],
)
def test_whatever_becomes_of_a_refund_the_books_prove_clean_on_every_day(
    world: World, kind: str, outcome: str, asked_on: str
) -> None:
    kari = world.customer()
    world.subscribe(kari, method=world.method(kari, outcome, kind=kind), payments=1)
    world.until(asked_on, 20)

    for minor in (2500, 7500):
        give_back(world, minor)
        assert differences(world) == []
    for days in (1, 3, 8, 15, 50):
        world.until(dt.date.fromisoformat(asked_on) + dt.timedelta(days=days))
        assert differences(world) == []


def test_a_refund_that_waited_for_its_debit_shows_on_the_payment_once_it_is_answered(world: World) -> None:
    kari = world.customer()
    world.subscribe(kari, method=world.method(kari, kind="sepa"), payments=1)
    world.until("2026-01-02")
    give_back(world, 4000)
    world.ctx = replace(world.ctx, now=dt.datetime(2026, 1, 20, tzinfo=dt.UTC))
    take_in(world.db, world.ctx, world.processors, "sandbox")
    handle_stored(world.db, world.ctx)
    assert world.rows("SELECT status FROM payment") == [("succeeded",)]
    assert differences(world) == []

    world.db.execute("UPDATE payment SET status = 'processing_refund'")
    assert "status is processing_refund, but should be succeeded" in differences(world)[0]


def test_a_refund_that_was_decided_on_and_not_sent_shows_on_the_payment(world: World) -> None:
    kari = world.customer()
    world.subscribe(kari, method=world.method(kari), payments=1)
    world.until("2026-01-02")
    (payment,) = world.one("SELECT id FROM payment")
    request_refund(world.db, world.ctx, payment, 4000)
    assert differences(world) == []

    world.db.execute("UPDATE payment SET status = 'succeeded'")
    assert "status is succeeded, but should be processing_refund" in differences(world)[0]


def test_a_payment_that_was_given_back_and_disputed_shows_the_dispute(world: World) -> None:
    kari = world.customer()
    world.subscribe(kari, method=world.method(kari, "reports_out_of_order"), payments=1)
    world.until("2026-01-03", 20)
    give_back(world, 10000)
    world.until("2026-01-20")
    assert world.rows("SELECT status, refunded_minor FROM payment") == [("disputed_won", 10000)]
    assert differences(world) == []

    world.db.execute("UPDATE payment SET status = 'refunded'")
    assert "status is refunded, but should be disputed_won" in differences(world)[0]


def test_an_empty_account_proves_clean(world: World) -> None:
    report = proof(world)

    assert (report.checked, report.clean) == (0, True)


def test_many_differences_are_counted_and_the_first_are_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kalends.proof.report.KEPT_PER_CHECK", 2)
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari))
    world.until("2026-05-02")
    world.db.execute("UPDATE invoice SET due_date = due_date + 1 WHERE subscription_id = %s", [subscription])

    report = proof(world)

    assert report.found == 5
    assert len(report.differences) == 2
    assert report.as_json()["differences"] == 5


def test_a_schedule_that_an_edit_moved_is_followed_back_as_well(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari), start=dt.date(2026, 1, 31), payments=9)
    world.until("2026-02-02")
    for day, edited_to in (("2026-02-02", "2026-03-10"), ("2026-04-12", "2026-05-20")):
        world.until(day)
        apply_edit(world.db, world.ctx, subscription, Edit(next_due=dt.date.fromisoformat(edited_to)))
    world.until("2026-07-01")

    days = [day.isoformat()[5:] for day in world.invoices(subscription, "period_start")]
    assert days == ["01-31", "03-10", "04-10", "05-20", "06-20"]
    assert differences(world) == []

    world.db.execute("UPDATE subscription SET anchor_date = '2026-05-21', next_due_date = '2026-07-21'")
    assert any(
        "day from which cycles are counted is 2026-05-21, but should be 2026-05-20" in line
        for line in differences(world)
    )
