"""Unusual courses of events that are all right, and must not be reported."""

import datetime as dt

import pytest

from kalends.billing.changes import pause, resume
from kalends.proof.report import Report
from kalends.proof.verify import verify
from tests.world import World


def proof(world: World) -> Report:
    """A proof of the world as it stands."""
    return verify(world.db, world.ctx, processors=world.processors)


def differences(world: World) -> list[str]:
    """What a proof finds, in words."""
    return [str(difference) for difference in proof(world).differences]


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


def test_a_wrong_period_between_two_moves_is_still_found(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari), start=dt.date(2026, 1, 31))
    for pause_on, resume_on in (("2026-02-10", "2026-04-05"), ("2026-06-10", "2026-07-20")):
        world.until(pause_on)
        pause(world.db, world.ctx, subscription)
        world.until(resume_on)
        resume(world.db, world.ctx, subscription)
    world.until("2026-08-05")
    world.db.execute(
        "UPDATE invoice SET period_start = '2026-05-29' WHERE subscription_id = %s AND cycle = 2",
        [subscription],
    )

    assert any("period (payment 3 of" in line for line in differences(world))


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
    world.subscribe(kari, method=world.method(kari, "dispute", 10))
    world.until("2026-01-20")
    assert [note.split(":")[1] for note in proof(world).notes] == [
        " -100.00 EUR has moved, and its report waits to be handled."
    ]

    world.db.execute(
        "UPDATE processor_event SET handled_at = received_at WHERE account_id = %s", [world.ctx.id]
    )

    assert "amount in the ledger is nothing, but should be -100.00 EUR" in differences(world)[0]


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
