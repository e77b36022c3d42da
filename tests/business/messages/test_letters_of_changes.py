"""What letters say of money given back or disputed, and of subscriptions that are changed, paused or resumed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings

from kalends.accounts.models import Membership
from kalends.billing.changes import cancel_subscriptions, change_payment_method, pause, resume
from kalends.events import journal
from kalends.messages.letters.render import CannotRender, render
from kalends.messages.outbox import Letter, queue
from kalends.payments.record import ReceivedPayment, record_payments
from kalends.payments.refund import request_refund
from tests.business.messages.post import Post, administrator
from tests.world import World

SPACE, MINUS = "\N{NO-BREAK SPACE}", "\N{MINUS SIGN}"


def payment_of(world: World, subscription: int) -> int:
    return world.one("SELECT id FROM payment WHERE subscription_id = %s", subscription)[0]


def table(text: str) -> list[str]:
    """The lines of a letter with single spaces."""
    return [" ".join(line.split()) for line in text.splitlines()]


def tell(world: World, kind: str, subscription: int, contact: int, occasion: str = "") -> None:
    queue(
        world.db, world.ctx.id, world.ctx.now, [Letter(kind, subscription, contact, occasion)],
        status=world.ctx.settings.letters,
    )  # fmt: skip


def event(world: World, kind: str, subscription: int, data: dict[str, Any]) -> str:
    """Write an event about a subscription; returns its id as an occasion."""
    fresh = journal.NewEvent(f"subscription.{kind}", "subscription", subscription, subscription, data)
    journal.write(world.db, world.ctx.id, world.ctx.now, [fresh])
    return str(world.one("SELECT max(id) FROM event WHERE object_id = %s", subscription)[0])


# ---- refunds and disputes


def test_a_refund_says_how_much_of_which_payment_when_it_arrives_and_what_stays_paid(
    world: World, post: Post
) -> None:
    kari = world.customer(country="GB")
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-01")
    id_ = payment_of(world, subscription)
    request_refund(world.db, world.ctx, id_, 3000)
    world.until("2026-01-02")
    request_refund(world.db, world.ctx, id_, 5000)
    world.until("2026-01-03")
    first, second = post.letters("refund")
    assert first.subject == "Test: Refund: 30.00 EUR from Nordlys Test AS"
    assert "Hello Kari. We have given back\n30.00 EUR\n" in first.text
    assert f"to Visa{SPACE}··4242\nInvoice INV-1001\n" in first.text
    assert "Stays paid 70.00 EUR" in table(first.text)
    assert "within ten banking days" in first.text
    assert f"The next payment of 100.00{SPACE}EUR is on 1 February 2026." in first.text
    assert "Given back before" not in first.text
    assert [line for line in table(second.text) if line.startswith(("Payment of", "Given", "Stays"))] == [
        "Payment of 1 January 2026 100.00",
        f"Given back before {MINUS}30.00",
        f"Given back now {MINUS}50.00",
        "Stays paid 20.00 EUR",
    ]


def test_a_refund_outside_a_processor_says_that_it_was_handed_back(world: World, post: Post) -> None:
    kari = world.customer(country="GB")
    subscription = world.subscribe(kari, "100", net_terms_days=30)
    world.until("2026-01-01")
    (invoice,) = world.invoices(subscription, "id")
    record_payments(world.db, world.ctx, [ReceivedPayment(invoice, 10000, "cash", world.ctx.now)])
    request_refund(world.db, world.ctx, payment_of(world, subscription), 10000)
    text = post.letter("refund").text
    assert "on 1 January 2026 by cash" in text
    assert "handed back directly" in text
    assert "Stays paid 0.00 EUR" in table(text)


def test_a_dispute_is_told_to_staff_with_the_day_until_which_it_can_be_answered_and_how_it_ended(
    world: World, post: Post
) -> None:
    boss = administrator(world)
    administrator(world, role=Membership.MEMBER)
    kari = world.customer()
    world.subscribe(kari, "100", method=world.method(kari, "dispute_won", 3, 20))
    world.until("2026-01-06")
    (row,) = post.rows("dispute_opened")
    assert row.recipient == boss
    opened = post.letter("dispute_opened")
    (fee, due) = world.one(
        "SELECT fee_minor, evidence_due_on FROM dispute WHERE account_id = %s", world.ctx.id
    )
    assert opened.subject == "Test: Disputed: 100,00 EUR by Kari Nordmann"
    assert f"Send your evidence to the payment processor by {due.day} January 2026." in opened.text
    assert "The invoice stays paid and the subscription goes on" in opened.text
    taken = f"{(10000 + fee) // 100},{(10000 + fee) % 100:02}"
    assert f"Missing for now {MINUS}{taken} EUR" in table(opened.text)
    world.until("2026-01-30")
    won = post.letter("dispute_won").text
    assert "The money is yours again" in won
    assert "decided on 24 January 2026" in won
    assert "/subscriptions/" in won


def test_a_lost_dispute_says_what_it_cost(world: World, post: Post) -> None:
    administrator(world, "fi")
    kari = world.customer()
    world.subscribe(kari, "100", method=world.method(kari, "dispute_lost", 3, 20))
    world.until("2026-01-30")
    letter = post.letter("dispute_lost")
    assert letter.subject.startswith("Testi: Riita hävitty: 100,00 EUR")
    assert "Rahat on kirjattu tappioksi" in letter.text


@pytest.mark.parametrize(("kind", "named"), [("refund", "refund 7"), ("dispute_lost", "disputed payment 7")])
def test_a_letter_about_a_refund_or_a_dispute_that_is_gone_says_so(
    world: World, post: Post, kind: str, named: str
) -> None:
    tell(world, kind, 7, world.customer())
    with pytest.raises(CannotRender, match=named):
        render(world.db, world.ctx, post.rows(kind)[0])


# ---- changes


def test_a_change_says_what_is_different_how_it_was_before_and_what_comes_next(
    world: World, post: Post
) -> None:
    kari = world.customer(country="GB")
    old = world.method(kari)
    subscription = world.subscribe(kari, "100", method=old)
    world.until("2026-01-01")
    new = world.method(kari, kind="sepa")
    (line,) = world.rows("SELECT id FROM line_item WHERE parent_id = %s", subscription)[0]
    world.db.execute(
        "UPDATE subscription SET payment_method_id = %s, next_amount_minor = 20000, next_due_date = '2026-02-10' "
        "WHERE id = %s",
        [new, subscription],
    )
    data = {
        "changes": {
            "next_amount_minor": [10000, 20000],
            "next_due_date": ["2026-02-01", "2026-02-10"],
            "anchor_date": ["2026-01-01", "2026-02-10"],
            "payment_method_id": [old, new],
            "billing_city": [None, "Oslo"],
            "owner_id": [None, 5],
            "mrr_minor": [10000, 20000],
        },
        "lines": [[line, None]],
    }
    tell(world, "changed", subscription, kari, event(world, "edited", subscription, data))
    letter = post.letter("changed")
    assert letter.subject == "Test: Changed: Fleet Core at Nordlys Test AS"
    lines = table(letter.text)
    start = lines.index("Fleet Core removed")
    assert lines[start : lines.index("What happens next") - 1] == [
        "Fleet Core removed",
        "before: 100.00",
        "Next amount 200.00 EUR",
        "before: 100.00 EUR",
        "Next payment 10 February 2026",
        "before: 1 February 2026",
        "Payment method bank account ··4242",
        "before: Visa ··4242",
        "Billing address Oslo",
    ]
    assert f"The next payment of 200.00{SPACE}EUR is on 10 February 2026." in letter.text


def test_a_changed_line_is_told_with_its_price_before_and_after(world: World, post: Post) -> None:
    kari = world.customer(country="GB")
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    (line,) = world.rows("SELECT id FROM line_item WHERE parent_id = %s", subscription)[0]
    copied = (
        "INSERT INTO line_item (account_id, created_at, updated_at, parent_type, parent_id, position, name, "
        "unit_price, quantity, discount_percent, currency) "
        "SELECT account_id, created_at, updated_at, parent_type, parent_id, 1, %s, %s, %s, %s, currency "
        "FROM line_item WHERE id = %s RETURNING id"
    )
    (better,) = world.rows(copied, "Fleet Plus", Decimal("120.5"), 3, 10, line)[0]
    (added,) = world.rows(copied, "Support", 30, 1, 0, line)[0]
    data = {"changes": {}, "lines": [[line, better], [None, added]]}
    tell(world, "changed", subscription, kari, event(world, "edited", subscription, data))
    lines = table(post.letter("changed").text)
    assert "Fleet Plus 3 \N{MULTIPLICATION SIGN} 120.50, less 10 %" in lines
    assert "before: Fleet Core, 100.00" in lines
    assert lines[lines.index("Support 30.00") + 1] == "new"


def test_each_change_has_its_own_letter_though_the_clock_stands_still(world: World, post: Post) -> None:
    kari = world.customer(country="GB")
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    for before, after in (("A", "B"), ("B", "C")):
        data = {"changes": {"name": [before, after]}}
        tell(world, "changed", subscription, kari, event(world, "edited", subscription, data))
    told = [
        next(line for line in table(letter.text) if line.startswith("before"))
        for letter in post.letters("changed")
    ]
    assert told == ["before: A", "before: B"]


def test_a_pause_says_that_nothing_is_charged_and_when_it_ends_also_if_it_is_written_afterwards(
    world: World, post: Post
) -> None:
    kari = world.customer(country="GB")
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-01")
    pause(world.db, world.ctx, subscription, resume_on=dt.date(2026, 3, 10))
    paused = world.one(
        "SELECT max(id) FROM event WHERE object_id = %s AND kind = 'subscription.paused'", subscription
    )
    world.db.execute("DELETE FROM message WHERE account_id = %s AND kind = 'paused'", [world.ctx.id])
    tell(world, "paused", subscription, kari, str(paused[0]))
    world.until("2026-04-15")
    letter = post.letter("paused")
    assert letter.subject == "Test: Paused: Fleet Core at Nordlys Test AS"
    assert "This subscription is paused\nFleet Core\nsince 1 January 2026\n" in letter.text
    assert "The subscription goes on by itself on 10 March 2026." in letter.text


def test_a_pause_without_an_end_says_so_and_its_end_says_when_is_paid_next(world: World, post: Post) -> None:
    kari = world.customer(country="GB")
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-01")
    pause(world.db, world.ctx, subscription)
    assert "The pause lasts until you and Nordlys Test AS agree to go on." in post.letter("paused").text
    world.until("2026-03-10")
    resume(world.db, world.ctx, subscription)
    text = post.letter("resumed").text
    assert "This subscription goes on\nFleet Core\nsince 10 March 2026\n" in text
    assert f"The next payment of 100.00{SPACE}EUR is on 1 April 2026." in text
    assert "is not asked for" in text


def test_a_request_to_update_names_the_method_so_far_and_what_is_open(world: World, post: Post) -> None:
    kari = world.customer(country="GB")
    subscription = world.subscribe(kari, "100", method=world.method(kari, "expired"))
    world.until("2026-01-01")
    tell(world, "update_request", subscription, kari, "2026-01-01")
    change_payment_method(world.db, world.ctx, subscription, world.method(kari, kind="sepa"))
    letter = post.letter("update_request")
    assert "Please update how you pay for\nFleet Core\nso far from" in letter.text
    assert "Open invoice INV-1001 100.00 EUR" in table(letter.text)
    assert "A new payment method first pays what is overdue." in letter.text
    assert "Use the button below. It takes a minute." in letter.text
    assert f"Update payment method: {settings.PUBLIC_URL}/method/" in letter.text


def test_a_letter_tells_the_method_of_its_own_day(world: World, post: Post) -> None:
    kari = world.customer(country="GB")
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-01")
    tell(world, "update_request", subscription, kari, "2026-01-01")
    world.until("2026-01-02")
    change_payment_method(world.db, world.ctx, subscription, world.method(kari, kind="sepa"))
    assert f"so far from Visa{SPACE}··4242" in post.letter("update_request").text


def test_charges_that_were_given_up_before_they_were_sent_are_told_to_nobody(
    world: World, post: Post
) -> None:
    administrator(world)
    kari = world.customer()
    subscription = world.subscribe(kari, "100", method=world.method(kari, "insufficient_funds"))
    world.until("2026-01-01")
    world.db.execute("UPDATE charge_attempt SET status = 'intended' WHERE account_id = %s", [world.ctx.id])
    world.db.execute("UPDATE payment SET status = 'processing' WHERE account_id = %s", [world.ctx.id])
    world.db.execute("DELETE FROM message WHERE account_id = %s", [world.ctx.id])
    cancel_subscriptions(world.db, world.ctx, [subscription])
    assert {kind for kind, _ in world.letters()} == {"canceled"}
