"""What customers have to their credit is used up by their next invoices, before anything is charged."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from kalends.billing import balance
from kalends.billing.balance import credit_balances
from kalends.billing.block import bill_block
from kalends.billing.credit import CreditedLine, issue_credit_note
from kalends.billing.rehearse import rehearse
from kalends.core.calendar import Frequency
from kalends.payments.give_back import send_refunds
from kalends.payments.refund import CannotRefund, request_refund
from kalends.proof.verify import verify
from tests.world import World


def to_balance(world: World, contact: int, euros: str, currency: str = "EUR") -> None:
    """Let somebody pay for something once, and take it back: the same is then to their credit."""
    subscription = world.subscribe(
        contact, euros, method=world.method(contact), payments=1, currency=currency
    )
    bill_and_collect(world)
    issue_credit_note(world.db, world.ctx, world.invoices(subscription, "id")[0])


def bill_and_collect(world: World) -> None:
    world.until(world.ctx.today)


def invoice(world: World, subscription: int, cycle: int = 0) -> tuple[str, int, int, int]:
    """Status, total, what was credited and what was paid of the invoice of a cycle."""
    return world.invoices(subscription, "status", "total_minor", "credited_minor", "paid_minor")[cycle]


def charges(world: World, subscription: int) -> list[int]:
    rows = world.rows("SELECT amount_minor FROM payment WHERE subscription_id = %s ORDER BY id", subscription)
    return [row[0] for row in rows]


def the_books_add_up(world: World) -> None:
    assert [str(each) for each in verify(world.db, world.ctx).differences] == []


def test_the_next_charge_is_less_by_the_credit(world: World) -> None:
    kari = world.customer()
    to_balance(world, kari, "30")
    subscription = world.subscribe(
        kari, "100", start=dt.date(2026, 2, 1), method=world.method(kari), tax="25"
    )

    world.until("2026-02-01")

    assert invoice(world, subscription) == ("paid", 12500, 3000, 9500)
    assert charges(world, subscription) == [9500]
    assert credit_balances(world.db, world.ctx, kari) == {}
    assert world.subscription(subscription, "collected_minor", "next_amount_minor") == (9500, 12500)
    the_books_add_up(world)


def test_an_invoice_asks_for_less_by_the_credit(world: World) -> None:
    kari = world.customer()
    to_balance(world, kari, "30")
    subscription = world.subscribe(kari, "100", start=dt.date(2026, 2, 1), net_terms_days=14)

    world.until("2026-02-01")

    assert invoice(world, subscription) == ("open", 10000, 3000, 0)
    the_books_add_up(world)


def test_what_credit_pays_wholly_is_paid_at_once_and_charged_to_nobody(world: World) -> None:
    kari = world.customer()
    to_balance(world, kari, "250")
    subscription = world.subscribe(
        kari, "100", start=dt.date(2026, 2, 1), method=world.method(kari), payments=3
    )

    world.until("2026-04-01")

    assert [row[:3] for row in world.invoices(subscription, "status", "total_minor", "credited_minor")] == [
        ("paid", 10000, 10000),
        ("paid", 10000, 10000),
        ("paid", 10000, 5000),
    ]
    assert charges(world, subscription) == [5000]
    assert world.subscription(subscription, "completed_payments") == 1, "nothing was paid twice"
    assert [kind for kind, _ in world.letters("invoice")] == ["invoice", "invoice"], (
        "no receipt, so the invoice"
    )
    world.until("2026-05-01")
    assert world.subscription(subscription, "status") == "expired"
    the_books_add_up(world)


def test_so_much_credit_is_kept_that_the_rest_can_be_charged(world: World) -> None:
    kari = world.customer()
    to_balance(world, kari, "99.80")
    subscription = world.subscribe(kari, "100", start=dt.date(2026, 2, 1), method=world.method(kari))

    world.until("2026-02-01")

    assert charges(world, subscription) == [100], "1.00 EUR is the smallest charge"
    assert credit_balances(world.db, world.ctx, kari) == {"EUR": 80}
    the_books_add_up(world)


def test_an_invoice_that_is_not_charged_may_be_left_with_a_trifle(world: World) -> None:
    kari = world.customer()
    to_balance(world, kari, "99.80")
    subscription = world.subscribe(kari, "100", start=dt.date(2026, 2, 1))

    world.until("2026-02-01")

    assert invoice(world, subscription) == ("open", 10000, 9980, 0)
    the_books_add_up(world)


def test_the_oldest_due_uses_credit_first_whichever_subscription_it_is_of(world: World) -> None:
    kari = world.customer()
    to_balance(world, kari, "150")
    later = world.subscribe(kari, "100", start=dt.date(2026, 2, 3), net_terms_days=14)
    sooner = world.subscribe(kari, "100", start=dt.date(2026, 2, 1), net_terms_days=14)
    world.ctx = replace(world.ctx, now=dt.datetime(2026, 2, 4, 12, tzinfo=dt.UTC))

    assert bill_block(world.db, world.ctx).invoiced == 2

    assert (invoice(world, sooner)[2], invoice(world, later)[2]) == (10000, 5000)


def test_credit_stays_in_its_currency_and_with_its_customer(world: World) -> None:
    kari, ola = world.customer(), world.customer("Ola")
    to_balance(world, kari, "30", "NOK")
    ones = world.subscribe(kari, "100", start=dt.date(2026, 2, 1), method=world.method(kari))
    others = world.subscribe(ola, "100", start=dt.date(2026, 2, 1), method=world.method(ola), currency="NOK")

    world.until("2026-02-01")

    assert (charges(world, ones), charges(world, others)) == ([10000], [10000])
    assert credit_balances(world.db, world.ctx, kari) == {"NOK": 3000}
    assert credit_balances(world.db, world.ctx, ola) == {}


def test_a_charge_that_fails_leaves_the_credit_used_and_asks_again_for_the_rest(world: World) -> None:
    kari = world.customer()
    to_balance(world, kari, "30")
    method = world.method(kari, "approved_after", 2)
    subscription = world.subscribe(kari, "100", start=dt.date(2026, 2, 1), method=method)

    world.until("2026-02-02")

    assert invoice(world, subscription) == ("paid", 10000, 3000, 7000)
    the_books_add_up(world)


def test_crediting_an_invoice_that_credit_paid_gives_the_credit_back(world: World) -> None:
    kari = world.customer()
    to_balance(world, kari, "30")
    subscription = world.subscribe(
        kari, "100", start=dt.date(2026, 2, 1), method=world.method(kari), payments=1
    )
    world.until("2026-02-02")

    note = issue_credit_note(world.db, world.ctx, world.invoices(subscription, "id")[0])

    assert note.to_balance_minor == 10000
    assert credit_balances(world.db, world.ctx, kari) == {"EUR": 10000}
    the_books_add_up(world)


def test_the_money_may_be_refunded_and_the_credit_given_back_beside_it(world: World) -> None:
    kari = world.customer()
    to_balance(world, kari, "30")
    subscription = world.subscribe(
        kari, "100", start=dt.date(2026, 2, 1), method=world.method(kari), payments=1
    )
    world.until("2026-02-02")
    (line,) = world.rows(
        "SELECT l.id FROM line_item AS l JOIN invoice AS i ON i.id = l.parent_id WHERE i.subscription_id = %s",
        subscription,
    )
    (payment,) = world.one("SELECT id FROM payment WHERE subscription_id = %s", subscription)
    (invoice_id,) = world.invoices(subscription, "id")
    issue_credit_note(world.db, world.ctx, invoice_id, [CreditedLine(line[0], 3000)])
    with pytest.raises(CannotRefund):
        request_refund(world.db, world.ctx, payment, 7001)
    request_refund(world.db, world.ctx, payment, 7000)
    send_refunds(world.db, world.ctx, world.processors)
    the_books_add_up(world)


def test_the_journal_and_the_ledger_tell_of_the_use(world: World) -> None:
    kari = world.customer()
    to_balance(world, kari, "30")
    subscription = world.subscribe(kari, "100", start=dt.date(2026, 2, 1), method=world.method(kari))
    world.until("2026-02-01")

    (data,) = world.one(
        "SELECT data FROM event WHERE parent_id = %s AND kind = 'invoice.issued' ORDER BY id", subscription
    )
    assert (data["total_minor"], data["credited_minor"]) == (10000, 3000)
    assert world.balance("customer_credit") == 0


def test_a_rehearsal_tells_what_the_run_charges(world: World) -> None:
    kari = world.customer()
    to_balance(world, kari, "150")
    due = dt.date(2026, 2, 1)
    ones = world.subscribe(kari, "100", start=due, method=world.method(kari))
    others = world.subscribe(kari, "80", start=due, net_terms_days=14, frequency=Frequency.ANNUALLY)
    world.ctx = replace(world.ctx, now=dt.datetime(2026, 2, 1, 12, tzinfo=dt.UTC))

    told = rehearse(world.db, world.ctx)
    bill_block(world.db, world.ctx)

    assert [(each.subscription_id, each.total_minor, each.credit_minor) for each in told.first_invoices] == [
        (ones, 10000, 10000),
        (others, 8000, 5000),
    ]
    assert (told.charges, told.charged_minor["EUR"], told.sent_minor["EUR"], told.credited_minor["EUR"]) == (
        0,
        0,
        3000,
        15000,
    )
    assert (invoice(world, ones)[2], invoice(world, others)[2]) == (10000, 5000)


def test_nobody_with_credit_costs_one_statement(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        world.subscribe(world.customer(), "100")
    asked: list[str] = []
    fetch = balance.fetch

    def counted(db: object, query: str, params: object) -> list[object]:
        asked.append(query)
        return fetch(db, query, params)

    monkeypatch.setattr(balance, "fetch", counted)
    world.until("2026-01-01")

    assert len(asked) == 1
