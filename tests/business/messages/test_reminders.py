"""Reminders: off by default, one a cycle, none where they would come too often or too late."""

from __future__ import annotations

import datetime as dt

import pytest

from kalends.billing.changes import cancel_subscriptions, pause
from kalends.core.calendar import Frequency
from kalends.messages.reminders import next_reminder, queue_reminders, reminders_are_due
from kalends.payments.record import ReceivedPayment, allow_partial_payments, record_payments
from tests.business.messages.post import Post
from tests.world import World

SPACE = "\N{NO-BREAK SPACE}"


def remind(world: World, **days: int) -> None:
    """Let the account remind its customers that many days before."""
    for name, count in days.items():
        world.db.execute(
            "UPDATE account SET settings = settings || jsonb_build_object(%s::text, %s::int) WHERE id = %s",
            [name, count, world.ctx.id],
        )
    world.reload()


def reminders(world: World, kind: str = "reminder") -> list[str]:
    rows = world.rows(
        "SELECT occasion FROM message WHERE account_id = %s AND kind = %s ORDER BY id", world.ctx.id, kind
    )
    return [row[0] for row in rows]


def at(world: World, day: str, hour: int = 12) -> int:
    """Look for reminders on a day; returns how many were new."""
    world.until(day, hour)
    world.reload()
    return queue_reminders(world.db, world.ctx)


def test_nobody_is_reminded_unless_the_account_wants_it(world: World) -> None:
    kari = world.customer()
    world.subscribe(kari, method=world.method(kari))
    world.subscribe(kari, net_terms_days=30)
    assert at(world, "2026-01-25") == 0


def test_a_payment_is_announced_once_with_its_amount_its_day_and_its_method(world: World, post: Post) -> None:
    kari = world.customer(country="GB")
    world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-01")
    remind(world, reminder_days=14)
    at(world, "2026-01-17")
    assert reminders(world) == []
    at(world, "2026-01-18")
    at(world, "2026-01-20")
    assert reminders(world) == ["2026-02-01"]
    letter = post.letter("reminder")
    assert letter.subject == "Test: Coming up: 100.00 EUR to Nordlys Test AS"
    assert f"Your next payment is\n100.00 EUR\non 1 February 2026 from Visa{SPACE}··4242\n" in letter.text
    assert "You need not do anything" in letter.text
    at(world, "2026-02-20")
    assert reminders(world) == ["2026-02-01", "2026-03-01"]
    assert [letter.text.count("1 March 2026") > 0 for letter in post.letters("reminder")] == [False, True]


def test_a_reminder_goes_out_from_the_hour_at_which_charges_start(world: World) -> None:
    kari = world.customer()
    world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-01")
    remind(world, reminder_days=14)
    world.until("2026-01-17", 23)  # half past midnight in Oslo has not come to seven o'clock
    world.reload()
    assert (world.ctx.today, queue_reminders(world.db, world.ctx)) == (dt.date(2026, 1, 18), 0)


@pytest.mark.parametrize("frequency", [Frequency.WEEKLY, Frequency.BIWEEKLY])
def test_short_cycles_are_not_announced_each_time(world: World, frequency: Frequency) -> None:
    kari = world.customer()
    world.subscribe(kari, method=world.method(kari), frequency=frequency)
    remind(world, reminder_days=14)
    at(world, "2026-01-12")
    assert reminders(world) == []


def test_what_is_invoiced_canceled_paused_free_or_of_nobody_reachable_is_not_announced(world: World) -> None:
    kari, unreachable = world.customer(), world.customer()
    world.db.execute("UPDATE contact SET email = NULL WHERE id = %s", [unreachable])
    world.subscribe(kari, net_terms_days=30)
    canceled, paused = (world.subscribe(kari, method=world.method(kari)) for _ in range(2))
    world.subscribe(kari, "0", method=world.method(kari))
    world.subscribe(unreachable, method=world.method(unreachable))
    world.until("2026-01-02")
    cancel_subscriptions(world.db, world.ctx, [canceled])
    pause(world.db, world.ctx, paused)
    remind(world, reminder_days=14)
    at(world, "2026-01-25")
    assert reminders(world) == []


def test_an_invoice_is_brought_to_mind_once_with_what_is_left_to_pay(world: World, post: Post) -> None:
    kari = world.customer(country="GB")
    subscription = world.subscribe(kari, "100", net_terms_days=15)
    world.until("2026-01-01")
    (invoice,) = world.invoices(subscription, "id")
    allow_partial_payments(world.db, world.ctx, invoice)
    record_payments(world.db, world.ctx, [ReceivedPayment(invoice, 4000, "cash", world.ctx.now)])
    remind(world, invoice_reminder_days=5)
    at(world, "2026-01-10")
    assert reminders(world, "invoice_reminder") == []
    at(world, "2026-01-11")
    at(world, "2026-01-12")
    assert reminders(world, "invoice_reminder") == ["2026-01-16"]
    letter = post.letter("invoice_reminder")
    assert letter.subject == "Test: Reminder: invoice INV-1001, 60.00 EUR"
    assert "please pay\n60.00 EUR\nby 16 January 2026\n" in letter.text
    rows = [" ".join(line.split()) for line in letter.text.splitlines()]
    assert rows[rows.index("Paid or credited \N{MINUS SIGN}40.00") + 1 :][:2] == [
        "-" * 64,
        "To pay 60.00 EUR",
    ]
    assert letter.attached is not None
    assert letter.attached["sums"][-1]["value"] == f"60.00{SPACE}EUR"


@pytest.mark.parametrize(("net_terms", "reminded"), [(0, 0), (5, 0), (6, 1)])
def test_an_invoice_that_has_just_come_is_not_brought_to_mind(
    world: World, net_terms: int, reminded: int
) -> None:
    world.subscribe(world.customer(), "100", net_terms_days=net_terms)
    remind(world, invoice_reminder_days=5)
    for day in range(1, 8):
        at(world, f"2026-01-0{day}")
    assert len(reminders(world, "invoice_reminder")) == reminded


def test_an_invoice_that_is_paid_or_was_not_sent_by_letter_is_not_brought_to_mind(world: World) -> None:
    kari = world.customer()
    paid, silent = (world.subscribe(kari, "100", net_terms_days=15) for _ in range(2))
    world.db.execute("UPDATE subscription SET email_invoices = false WHERE id = %s", [silent])
    world.until("2026-01-01")
    (invoice,) = world.invoices(paid, "id")
    record_payments(world.db, world.ctx, [ReceivedPayment(invoice, 10000, "cash", world.ctx.now)])
    remind(world, invoice_reminder_days=5)
    at(world, "2026-01-14")
    assert reminders(world, "invoice_reminder") == []


def test_invoices_are_brought_to_mind_at_most_a_week_before(world: World) -> None:
    world.subscribe(world.customer(), "100", net_terms_days=60)
    world.until("2026-01-01")
    remind(world, invoice_reminder_days=50)
    at(world, "2026-02-22")
    assert reminders(world, "invoice_reminder") == []
    at(world, "2026-02-23")
    assert reminders(world, "invoice_reminder") == ["2026-03-02"]


def test_the_account_knows_the_next_day_on_which_it_reminds_and_whether_it_is_to_remind_now(
    world: World,
) -> None:
    kari = world.customer()
    world.subscribe(kari, "100", method=world.method(kari))
    world.subscribe(kari, "100", net_terms_days=20)
    world.until("2026-01-01")
    assert (next_reminder(world.db, world.ctx), reminders_are_due(world.db, world.ctx)) == (None, False)
    remind(world, invoice_reminder_days=3)
    assert next_reminder(world.db, world.ctx) == dt.date(2026, 1, 18)
    remind(world, reminder_days=15)
    assert next_reminder(world.db, world.ctx) == dt.date(2026, 1, 17)
    world.until("2026-01-17")
    world.reload()
    world.db.execute("DELETE FROM message WHERE account_id = %s AND kind = 'reminder'", [world.ctx.id])
    assert reminders_are_due(world.db, world.ctx)
    assert queue_reminders(world.db, world.ctx) == 1
    assert not reminders_are_due(world.db, world.ctx)
    assert next_reminder(world.db, world.ctx) == dt.date(2026, 1, 18)
