"""The letters there are, one test each: what brings it about, who gets it, what holds it back, and that it comes once.

"Once" is tried as two schedulers would: everything that decides on the letter is done a second time, on a connection
of its own, and the outbox still holds one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from kalends.accounts.change import change_settings
from kalends.accounts.models import Membership
from kalends.accounts.people import switch_notices
from kalends.billing.changes import (
    cancel_at_period_end,
    cancel_subscriptions,
    keep_after_all,
    pause,
    pause_later,
)
from kalends.billing.create import NewLine
from kalends.billing.edit import Edit, LineEdit, apply_edit
from kalends.core.pricing import LineTerms
from kalends.messages.ask import CannotAsk, request_new_method
from kalends.messages.exported import tell_of_export
from kalends.messages.letters.facts import Export
from kalends.messages.letters.kinds import KINDS
from kalends.messages.outbox import Letter, notify_owner, notify_staff, queue
from kalends.messages.reminders import queue_reminders
from kalends.payments.refund import request_refund
from tests.business.messages.post import Post, administrator
from tests.conftest import Connect
from tests.world import World

Sent = tuple[str, str, str]
SPACE = "\N{NO-BREAK SPACE}"


@pytest.fixture
def kari(world: World) -> int:
    return world.customer(country="GB", language="nb")


@pytest.fixture
def boss(world: World) -> str:
    """An administrator who is told of everything; a member without a say is there as well."""
    administrator(world, role=Membership.MEMBER)
    return administrator(world)


def address(world: World, contact: int) -> str:
    return world.one("SELECT email FROM contact WHERE id = %s", contact)[0]


def outbox(world: World, kind: str) -> list[Sent]:
    """Occasion, recipient and language of the letters of a kind, in order."""
    rows = world.rows(
        "SELECT occasion, recipient, language FROM message WHERE account_id = %s AND kind = %s ORDER BY id",
        world.ctx.id,
        kind,
    )
    return [(row[0], row[1], row[2]) for row in rows]


def decide_again(world: World, inside: Connect, kind: str) -> int:
    """A second scheduler decides on every letter of a kind once more; returns how many there are then."""
    rows = world.rows(
        "SELECT kind, object_id, contact_id, occasion FROM message WHERE account_id = %s AND kind = %s",
        world.ctx.id,
        kind,
    )
    letters = [Letter(*row) for row in rows]
    decide = notify_owner if kind == "pause_notice" else notify_staff if KINDS[kind].to_staff else queue
    decide(inside(), world.ctx.id, world.ctx.now, letters)
    return len(outbox(world, kind))


def switch_off(world: World, **settings: Any) -> None:
    world.ctx = change_settings(world.db, world.ctx, settings).ctx


# ---- N1 to N5: payments made and failed


def test_a_receipt_goes_to_the_buyer_for_the_first_payment_and_for_each_one_after_it(
    world: World, inside: Connect, kari: int
) -> None:
    world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-03-01")
    assert outbox(world, "receipt") == [("1", address(world, kari), "nb")] * 3
    assert decide_again(world, inside, "receipt") == 3


def test_administrators_are_told_of_each_payment_made_unless_they_switch_it_off(
    world: World, inside: Connect, kari: int, boss: str
) -> None:
    world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-01")
    assert outbox(world, "payment_made") == [("1", boss, "en")]
    assert decide_again(world, inside, "payment_made") == 1
    switch_notices(world.db, world.ctx.id, boss, {"payments_made": False})
    world.until("2026-02-01")
    assert len(outbox(world, "payment_made")) == 1
    assert len(outbox(world, "receipt")) == 2


def test_administrators_are_told_of_each_failed_attempt_unless_they_switch_it_off(
    world: World, inside: Connect, kari: int, boss: str
) -> None:
    world.subscribe(kari, "100", method=world.method(kari, "insufficient_funds"))
    world.until("2026-01-02")
    assert outbox(world, "payment_failed") == [("1", boss, "en"), ("2", boss, "en")]
    assert decide_again(world, inside, "payment_failed") == 2
    switch_notices(world.db, world.ctx.id, boss, {"payments_failed": False})
    world.until("2026-01-04")
    assert len(outbox(world, "payment_failed")) == 2


# ---- N6: reminder before a payment


def test_the_next_payment_is_announced_once_a_cycle_if_the_account_wants_it(
    world: World, inside: Connect, kari: int
) -> None:
    world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-20")
    assert outbox(world, "reminder") == []
    switch_off(world, reminder_days=14)
    assert queue_reminders(world.db, world.ctx) == 1
    assert queue_reminders(inside(), world.ctx) == 0
    assert outbox(world, "reminder") == [("2026-02-01", address(world, kari), "nb")]


# ---- N7 and N8: another payment method


def test_the_buyer_is_told_of_each_failed_attempt_unless_the_account_does_without(
    world: World, inside: Connect, kari: int
) -> None:
    world.subscribe(kari, "100", method=world.method(kari, "insufficient_funds"))
    world.until("2026-01-02")
    assert outbox(world, "charge_failed") == [
        (str(attempt), address(world, kari), "nb") for attempt in (1, 2)
    ]
    assert decide_again(world, inside, "charge_failed") == 2
    switch_off(world, failed_payment_letters=False)
    world.until("2026-01-08")
    assert len(outbox(world, "charge_failed")) == 2


def test_staff_ask_for_another_method_once_a_day_also_where_failed_payments_are_not_told(
    world: World, inside: Connect, kari: int, post: Post
) -> None:
    subscription = world.subscribe(kari, "100", method=world.method(kari, "insufficient_funds"))
    switch_off(world, failed_payment_letters=False)
    world.until("2026-01-01")
    assert request_new_method(world.db, world.ctx, subscription) == address(world, kari)
    with pytest.raises(CannotAsk, match="asked today, 2026-01-01, already"):
        request_new_method(inside(), world.ctx, subscription)
    world.until("2026-01-02")
    request_new_method(world.db, world.ctx, subscription)
    assert outbox(world, "update_request") == [
        (f"2026-01-0{day}", address(world, kari), "nb") for day in (1, 2)
    ]
    assert post.letters("update_request")[0].subject.startswith("Test: Oppdater hvordan du betaler")
    events = "SELECT count(*) FROM event WHERE object_id = %s AND kind = 'subscription.method_requested'"
    assert world.one(events, subscription) == (2,)


@pytest.mark.parametrize(
    ("prepare", "why"),
    [
        (
            lambda world, id_: cancel_subscriptions(world.db, world.ctx, [id_]),
            "nothing will be charged any more",
        ),
        (lambda world, id_: _set(world, id_, "creates_invoices = false"), "not billed here"),
        (lambda world, id_: _set(world, id_, "collection = 'manual'"), "paid by invoice"),
        (lambda world, id_: world.db.execute("UPDATE contact SET email = NULL"), "no email address"),
    ],
)
def test_a_customer_who_cannot_give_a_method_is_not_asked(
    world: World, kari: int, prepare: Callable[[World, int], None], why: str
) -> None:
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    prepare(world, subscription)
    with pytest.raises(CannotAsk, match=why):
        request_new_method(world.db, world.ctx, subscription)
    with pytest.raises(CannotAsk, match="no subscription 7 in"):
        request_new_method(world.db, world.ctx, 7)
    assert outbox(world, "update_request") == []


def _set(world: World, id_: int, what: str) -> None:
    world.db.execute(f"UPDATE subscription SET {what} WHERE id = %s", [id_])  # type: ignore[arg-type]


# ---- N9 and N10: canceled, changed


def test_the_customer_is_told_of_a_cancellation_once(world: World, inside: Connect, kari: int) -> None:
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    cancel_subscriptions(world.db, world.ctx, [subscription])
    assert outbox(world, "canceled") == [("", address(world, kari), "nb")]
    assert decide_again(world, inside, "canceled") == 1


def test_the_customer_is_told_of_each_edit_and_the_new_contact_instead_of_the_old_one(
    world: World, inside: Connect, kari: int
) -> None:
    ola = world.customer("Ola Nordmann", language="fi")
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-01")
    line = world.one("SELECT id FROM line_item WHERE parent_id = %s", subscription)[0]
    dearer = NewLine("Fleet Core", LineTerms(Decimal(120), Decimal(1)))
    apply_edit(world.db, world.ctx, subscription, Edit(lines=(LineEdit(line, dearer),)))
    apply_edit(world.db, world.ctx, subscription, Edit(contact_id=ola))
    told = [(recipient, language) for _, recipient, language in outbox(world, "changed")]
    assert told == [(address(world, kari), "nb"), (address(world, ola), "fi")]
    assert decide_again(world, inside, "changed") == 2
    cancel_subscriptions(world.db, world.ctx, [subscription])
    assert outbox(world, "canceled") == [("", address(world, ola), "fi")]


# ---- N11 and N12: invoices and their reminders


def test_each_recurring_invoice_goes_to_the_contact_once_unless_the_subscription_sends_none(
    world: World, inside: Connect, kari: int
) -> None:
    subscription = world.subscribe(kari, "100", net_terms_days=30)
    world.until("2026-02-01")
    assert outbox(world, "invoice") == [("", address(world, kari), "nb")] * 2
    assert decide_again(world, inside, "invoice") == 2
    _set(world, subscription, "email_invoices = false")
    world.until("2026-03-01")
    assert len(outbox(world, "invoice")) == 2
    assert len(world.invoices(subscription, "id")) == 3


def test_an_invoice_is_brought_to_mind_once_if_the_account_wants_it(
    world: World, inside: Connect, kari: int
) -> None:
    world.subscribe(kari, "100", net_terms_days=15)
    world.until("2026-01-12")
    assert outbox(world, "invoice_reminder") == []
    switch_off(world, invoice_reminder_days=5)
    assert queue_reminders(world.db, world.ctx) == 1
    assert queue_reminders(inside(), world.ctx) == 0
    assert outbox(world, "invoice_reminder") == [("2026-01-16", address(world, kari), "nb")]


# ---- N13 and N14: money back, disputes


def test_the_buyer_is_told_of_each_refund_when_it_is_given_back(
    world: World, inside: Connect, kari: int
) -> None:
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-01")
    payment = world.one("SELECT id FROM payment WHERE subscription_id = %s", subscription)[0]
    for amount in (3000, 2000):
        request_refund(world.db, world.ctx, payment, amount)
    world.until("2026-01-03")
    assert outbox(world, "refund") == [("", address(world, kari), "nb")] * 2
    assert decide_again(world, inside, "refund") == 2


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_administrators_are_told_when_a_dispute_begins_and_ends_unless_they_switch_it_off(
    world: World, inside: Connect, kari: int, boss: str, outcome: str
) -> None:
    world.subscribe(kari, "100", method=world.method(kari, f"dispute_{outcome}", 3, 20))
    world.until("2026-01-06")
    assert outbox(world, "dispute_opened") == [("", boss, "en")]
    assert decide_again(world, inside, "dispute_opened") == 1
    switch_notices(world.db, world.ctx.id, boss, {"disputes": False})
    world.until("2026-01-30")
    assert outbox(world, f"dispute_{outcome}") == []
    switch_notices(world.db, world.ctx.id, boss, {"disputes": True})
    kind = f"dispute_{outcome}"
    payment = world.one("SELECT payment_id FROM dispute WHERE account_id = %s", world.ctx.id)[0]
    for connection in (world.db, inside()):
        notify_staff(connection, world.ctx.id, world.ctx.now, [Letter(kind, payment, kari)])
    assert outbox(world, kind) == [("", boss, "en")]


# ---- N15: export ready


def test_who_asked_for_an_export_gets_the_link_once(
    world: World, inside: Connect, boss: str, post: Post
) -> None:
    user = world.one("SELECT id FROM app_user WHERE email = %s", boss)[0]
    export = Export("subscriptions.csv", 11300, "https://kalends.example/1/exports/7", dt.date(2026, 1, 31))
    assert tell_of_export(world.db, world.ctx, export_id=7, user_id=user, export=export)
    assert not tell_of_export(inside(), world.ctx, export_id=7, user_id=user, export=export)
    assert outbox(world, "export_ready") == [("", boss, "en")]
    letter = post.letter("export_ready")
    assert letter.subject == "Test: Export ready: subscriptions.csv"
    rows = [" ".join(line.split()) for line in letter.text.splitlines()]
    assert "Rows 11 300" in rows
    assert "Fetch the file: https://kalends.example/1/exports/7" in rows
    assert "once you have signed in" in letter.text
    assert "31 January 2026" in letter.text
    world.db.execute("UPDATE app_user SET is_active = false WHERE id = %s", [user])
    assert not tell_of_export(world.db, world.ctx, export_id=8, user_id=user, export=export)


# ---- pauses: the customer, and whoever looks after the subscription


def test_of_a_pause_the_owner_is_told_and_the_administrators_while_nobody_owns_it(
    world: World, inside: Connect, kari: int, boss: str, post: Post
) -> None:
    owned, free = (world.subscribe(kari, "100", method=world.method(kari)) for _ in range(2))
    owner = f"boss.{world.ctx.id}.member@seller.test"
    user = world.one("SELECT id FROM app_user WHERE email = %s", owner)[0]
    _set(world, owned, f"owner_id = {user}")
    world.until("2026-01-01")
    for subscription in (owned, free):
        pause(world.db, world.ctx, subscription, resume_on=dt.date(2026, 3, 1))
    assert [recipient for _, recipient, _ in outbox(world, "pause_notice")] == [owner, boss]
    assert [recipient for _, recipient, _ in outbox(world, "paused")] == [address(world, kari)] * 2
    assert decide_again(world, inside, "pause_notice") == 2
    letter = post.letters("pause_notice")[0]
    assert letter.subject == "Test: Paused: Fleet Core of Kari Nordmann"
    assert "A subscription is paused\nFleet Core\nsince 1 January 2026\n" in letter.text
    assert "It goes on by itself on 1 March 2026." in letter.text
    assert f"/subscriptions/{owned}" in letter.text


def test_an_owner_who_does_not_want_to_be_told_of_pauses_is_not_and_nobody_else_instead(
    world: World, kari: int, boss: str
) -> None:
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    owner = f"boss.{world.ctx.id}.member@seller.test"
    user = world.one("SELECT id FROM app_user WHERE email = %s", owner)[0]
    _set(world, subscription, f"owner_id = {user}")
    switch_notices(world.db, world.ctx.id, owner, {"pauses": False})
    world.until("2026-01-01")
    pause(world.db, world.ctx, subscription)
    assert outbox(world, "pause_notice") == []


def test_what_will_happen_on_a_day_to_come_is_told_and_so_is_that_it_will_not_after_all(
    world: World, inside: Connect, kari: int, post: Post
) -> None:
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-01")
    cancel_at_period_end(world.db, world.ctx, subscription)
    keep_after_all(world.db, world.ctx, subscription)
    pause_later(world.db, world.ctx, subscription, dt.date(2026, 2, 10), resume_on=dt.date(2026, 4, 1))
    keep_after_all(world.db, world.ctx, subscription)
    cancel_at_period_end(world.db, world.ctx, subscription)
    for kind, count in (("to_be_canceled", 2), ("to_be_paused", 1), ("kept", 2)):
        assert [letter[1:] for letter in outbox(world, kind)] == [(address(world, kari), "nb")] * count
        assert decide_again(world, inside, kind) == count
    world.until("2026-01-20")
    first, second = (letter.text for letter in post.letters("kept"))
    assert "Oppsigelsen som var planlagt, er trukket tilbake." in first
    assert "Pausen som var planlagt, blir ikke noe av." in second
    assert f"Neste betaling, på 100.00{SPACE}EUR, er 1. februar 2026." in first.replace("100,00", "100.00")
    ends = post.letters("to_be_canceled")[0]
    assert ends.subject == "Test: Avsluttes 1. februar 2026: Fleet Core hos Nordlys Test AS"
    assert "Ingen nye betalinger kreves." in ends.text
    pauses = post.letter("to_be_paused")
    assert "fra og med 10. februar 2026" in pauses.text
    assert "Abonnementet fortsetter av seg selv 1. april 2026." in pauses.text
    assert "er 1. februar 2026." in pauses.text


def test_a_payment_that_the_pause_comes_before_is_not_announced(world: World, kari: int, post: Post) -> None:
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-01")
    pause_later(world.db, world.ctx, subscription, dt.date(2026, 1, 20))
    text = post.letter("to_be_paused").text
    assert "Neste betaling" not in text
    assert "Pausen varer til du og Nordlys Test AS er enige om å fortsette." in text
