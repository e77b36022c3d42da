"""Credit notes: taken back line by line with the tax, off what is owed first, the rest to the customer's balance."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from kalends.billing.balance import credit_balances
from kalends.billing.block import bill_block
from kalends.billing.create import NewLine
from kalends.billing.credit import CannotCredit, CreditedLine, IssuedNote, issue_credit_note
from kalends.billing.void import CannotVoid, void_invoice
from kalends.core.pricing import LineTerms
from kalends.events.requests import RequestKeyRefused
from kalends.payments.give_back import send_refunds
from kalends.payments.record import ReceivedPayment, record_payments
from kalends.payments.refund import CannotRefund, request_refund
from kalends.proof.verify import verify
from tests.at_once import at_once
from tests.conftest import Connect
from tests.world import World

THREE_LINES = [
    NewLine("Phone", LineTerms(Decimal("0.33"), Decimal(1), tax_rate=Decimal(25))),
    NewLine("Data", LineTerms(Decimal("0.33"), Decimal(1), tax_rate=Decimal(25))),
    NewLine("Insurance", LineTerms(Decimal("0.33"), Decimal(1), tax_rate=Decimal(25))),
]
"""Their taxes are 0.25 together, and 0.24 if each were rounded by itself."""


def invoice_of(world: World, subscription: int) -> int:
    return world.invoices(subscription, "id")[-1]


def credit(world: World, invoice: int, *lines: CreditedLine, **more: Any) -> IssuedNote:
    return issue_credit_note(world.db, world.ctx, invoice, lines or None, **more)


def lines_of(world: World, invoice: int) -> list[int]:
    rows = world.rows("SELECT id FROM line_item WHERE parent_id = %s ORDER BY position, id", invoice)
    return [row[0] for row in rows]


def stands(world: World, invoice: int) -> tuple[str, int, int]:
    """Status, what was credited, and what is still owed."""
    return world.one(
        "SELECT status, credited_minor, total_minor - paid_minor - credited_minor FROM invoice WHERE id = %s",
        invoice,
    )


def the_books_add_up(world: World) -> None:
    assert [str(each) for each in verify(world.db, world.ctx).differences] == []


def pay(world: World, invoice: int, minor: int) -> None:
    record_payments(world.db, world.ctx, [ReceivedPayment(invoice, minor, "check", world.ctx.now)])


def take_part_payments(world: World, invoice: int) -> None:
    world.db.execute("UPDATE invoice SET allow_partial_payments = true WHERE id = %s", [invoice])


def test_an_open_invoice_owes_less_and_nothing_goes_to_the_balance(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, "100", tax="25", net_terms_days=14)
    world.until("2026-01-02")
    invoice = invoice_of(world, subscription)
    (line,) = lines_of(world, invoice)

    note = credit(world, invoice, CreditedLine(line, 5000), reason="Two weeks without service")

    assert note[1:] == ("CN-1001", 5000, 5000, 0)
    assert stands(world, invoice) == ("open", 5000, 7500)
    assert credit_balances(world.db, world.ctx, kari) == {}
    assert (world.balance("receivable"), world.balance("revenue"), world.balance("tax_payable")) == (
        7500,
        -6000,
        -1500,
    )
    the_books_add_up(world)


def test_an_invoice_that_owes_nothing_any_more_is_paid_and_its_subscription_recovers(world: World) -> None:
    subscription = world.subscribe(world.customer(), "100", net_terms_days=14)
    world.until("2026-01-20")
    invoice = invoice_of(world, subscription)
    assert world.subscription(subscription, "status") == "past_due"

    credit(world, invoice)

    assert stands(world, invoice) == ("paid", 10000, 0)
    assert world.subscription(subscription, "status", "completed_payments") == ("active", 0)
    the_books_add_up(world)


def test_a_paid_invoice_goes_to_the_balance_whole(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-02")
    invoice = invoice_of(world, subscription)

    note = credit(world, invoice)

    assert (note.applied_minor, note.to_balance_minor) == (0, 10000)
    assert stands(world, invoice) == ("paid", 0, 0)
    assert credit_balances(world.db, world.ctx, kari) == {"EUR": 10000}
    assert world.balance("customer_credit") == -10000
    the_books_add_up(world)


def test_what_was_paid_of_a_partly_paid_invoice_goes_to_the_balance(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, "100", net_terms_days=14)
    world.until("2026-01-02")
    invoice = invoice_of(world, subscription)
    take_part_payments(world, invoice)
    pay(world, invoice, 4000)

    note = credit(world, invoice)

    assert (note.applied_minor, note.to_balance_minor) == (6000, 4000)
    assert stands(world, invoice) == ("paid", 6000, 0)
    the_books_add_up(world)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_crediting_every_line_in_any_order_gives_the_invoice_to_the_cent(
    world: World, order: tuple[int, ...]
) -> None:
    """Pain 14."""
    kari = world.customer()
    subscription = world.subscribe(kari, lines=THREE_LINES, method=None, net_terms_days=14)
    world.until("2026-01-02")
    invoice = invoice_of(world, subscription)
    lines = lines_of(world, invoice)
    for place in order:
        if place == 1:
            credit(world, invoice, CreditedLine(lines[place], 17))
        credit(world, invoice, CreditedLine(lines[place]))

    assert world.one(
        "SELECT sum(net_minor)::int, sum(tax_minor)::int, sum(total_minor)::int FROM credit_note WHERE invoice_id = %s",
        invoice,
    ) == (99, 25, 124)
    assert stands(world, invoice) == ("paid", 124, 0)
    with pytest.raises(CannotCredit, match="nothing is left"):
        credit(world, invoice)
    the_books_add_up(world)


def test_numbers_run_without_a_hole_also_when_a_note_is_refused(world: World) -> None:
    subscription = world.subscribe(world.customer(), "100", net_terms_days=14)
    world.until("2026-01-02")
    invoice = invoice_of(world, subscription)
    (line,) = lines_of(world, invoice)
    numbers = [credit(world, invoice, CreditedLine(line, 100)).number]
    with pytest.raises(CannotCredit):
        credit(world, invoice, CreditedLine(line, 99_999))
    numbers.append(credit(world, invoice, CreditedLine(line, 100)).number)

    assert numbers == ["CN-1001", "CN-1002"]


def test_the_same_request_writes_one_note(world: World) -> None:
    subscription = world.subscribe(world.customer(), "100", net_terms_days=14)
    world.until("2026-01-02")
    invoice = invoice_of(world, subscription)
    (line,) = lines_of(world, invoice)

    first = credit(world, invoice, CreditedLine(line, 1000), request_key="click")
    again = credit(world, invoice, CreditedLine(line, 1000), request_key="click")

    assert again == first
    assert stands(world, invoice) == ("open", 1000, 9000)
    with pytest.raises(RequestKeyRefused):
        credit(world, invoice, CreditedLine(line, 2000), request_key="click")


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (
            10_001,
            "100.01 EUR cannot be credited of Fleet Core on invoice INV-1001: 100.00 EUR is left of that line",
        ),
        (-1, "-0.01 EUR cannot be credited"),
        (0, "nothing to credit"),
    ],
)
def test_a_line_is_credited_with_more_than_nothing_and_no_more_than_it_is(
    world: World, part: int, words: str
) -> None:
    subscription = world.subscribe(world.customer(), "100", net_terms_days=14)
    world.until("2026-01-02")
    invoice = invoice_of(world, subscription)
    (line,) = lines_of(world, invoice)
    with pytest.raises(CannotCredit, match=words):
        credit(world, invoice, CreditedLine(line, part))


def test_lines_of_other_invoices_and_lines_named_twice_are_refused(world: World) -> None:
    ones = world.subscribe(world.customer(), "100", net_terms_days=14)
    others = world.subscribe(world.customer(), "100", net_terms_days=14)
    world.until("2026-01-02")
    invoice, other = invoice_of(world, ones), invoice_of(world, others)
    (line,), (foreign,) = lines_of(world, invoice), lines_of(world, other)

    with pytest.raises(CannotCredit, match="has no line"):
        credit(world, invoice, CreditedLine(foreign))
    with pytest.raises(CannotCredit, match="stands twice"):
        credit(world, invoice, CreditedLine(line, 1), CreditedLine(line, 1))
    with pytest.raises(CannotCredit, match="no invoice"):
        credit(world, 1)


def test_a_voided_invoice_is_not_credited_and_a_credited_one_not_voided(world: World) -> None:
    ones = world.subscribe(world.customer(), "100", net_terms_days=14)
    others = world.subscribe(world.customer(), "100", net_terms_days=14)
    world.until("2026-01-02")
    voided, credited = invoice_of(world, ones), invoice_of(world, others)
    void_invoice(world.db, world.ctx, voided)
    credit(world, credited, CreditedLine(lines_of(world, credited)[0], 100))

    with pytest.raises(CannotCredit, match="voided"):
        credit(world, voided)
    with pytest.raises(CannotVoid, match="Write a credit note for what is left"):
        void_invoice(world.db, world.ctx, credited)


def test_what_is_being_collected_is_not_made_smaller(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, "100", method=world.method(kari, kind="sepa"))
    world.until("2026-01-02")
    invoice = invoice_of(world, subscription)

    with pytest.raises(CannotCredit, match="being charged right now"):
        credit(world, invoice)

    world.until("2026-01-12")
    assert credit(world, invoice).to_balance_minor == 10000
    the_books_add_up(world)


def test_refund_and_credit_together_never_give_back_more_than_was_paid(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-02")
    invoice = invoice_of(world, subscription)
    (line,) = lines_of(world, invoice)
    (payment,) = world.one("SELECT id FROM payment WHERE subscription_id = %s", subscription)
    request_refund(world.db, world.ctx, payment, 3000)

    with pytest.raises(CannotCredit, match=r"30.00 EUR was given back by refunds.*Credit at most 70.00 EUR"):
        credit(world, invoice)
    credit(world, invoice, CreditedLine(line, 5000))
    with pytest.raises(CannotRefund, match=r"20.00 EUR is left. 50.00 EUR of what was paid.*balance"):
        request_refund(world.db, world.ctx, payment, 2001)
    request_refund(world.db, world.ctx, payment, 2000)
    with pytest.raises(CannotCredit, match=r"Credit at most 0.00 EUR"):
        credit(world, invoice, CreditedLine(line, 1))
    send_refunds(world.db, world.ctx, world.processors)
    the_books_add_up(world)


def test_what_the_bank_may_give_back_is_not_credited_as_well(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, "100", method=world.method(kari, "dispute", 3), payments=1)
    world.until("2026-01-08")

    with pytest.raises(CannotCredit, match="is disputed at the customer's bank"):
        credit(world, invoice_of(world, subscription))


def test_a_failed_charge_is_tried_again_for_what_is_still_owed(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, "100", method=world.method(kari, "approved_after", 2))
    world.until("2026-01-01", hour=8)
    invoice = invoice_of(world, subscription)
    credit(world, invoice, CreditedLine(lines_of(world, invoice)[0], 3000))
    assert world.subscription(subscription, "status") == "unpaid"

    world.until("2026-01-02")

    assert stands(world, invoice) == ("paid", 3000, 0)
    assert world.subscription(subscription, "status", "collected_minor") == ("active", 7000)
    attempts = world.rows(
        "SELECT amount_minor FROM charge_attempt WHERE invoice_id = %s ORDER BY attempt", invoice
    )
    assert attempts == [(10000,), (7000,)]
    the_books_add_up(world)


def test_a_failed_charge_of_an_invoice_that_was_credited_is_not_tried_again(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, "100", method=world.method(kari, "approved_after", 2))
    world.until("2026-01-01", hour=8)
    invoice = invoice_of(world, subscription)
    credit(world, invoice)
    assert world.subscription(subscription, "status") == "active"

    world.until("2026-01-20")

    assert world.one("SELECT count(*) FROM charge_attempt WHERE invoice_id = %s", invoice) == (1,)
    the_books_add_up(world)


def test_a_rest_too_small_to_be_charged_is_not_charged(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, "100", method=world.method(kari, "approved_after", 2))
    world.until("2026-01-01", hour=8)
    invoice = invoice_of(world, subscription)
    credit(world, invoice, CreditedLine(lines_of(world, invoice)[0], 9_980))

    world.until("2026-01-20")

    assert stands(world, invoice) == ("open", 9_980, 20)
    assert world.one("SELECT count(*) FROM charge_attempt WHERE invoice_id = %s", invoice) == (1,)
    the_books_add_up(world)


def test_the_journal_and_the_customer_are_told(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, "100", net_terms_days=14)
    world.until("2026-01-02")
    invoice = invoice_of(world, subscription)

    note = credit(world, invoice, reason="Sent twice", actor="cli")

    actor, data = world.one(
        "SELECT actor, data FROM event WHERE object_id = %s AND parent_id = %s AND kind = 'credit_note.issued'",
        invoice,
        subscription,
    )
    assert actor == "cli"
    assert (data["number"], data["amount_minor"], data["reason"]) == (note.number, 10000, "Sent twice")
    assert data["changes"] == {"credited_minor": [0, 10000], "status": ["open", "paid"]}
    assert [kind for kind, _ in world.letters("credit_note")] == ["credit_note"]


def test_a_note_can_be_part_of_a_larger_change(world: World) -> None:
    subscription = world.subscribe(world.customer(), "100", net_terms_days=14)
    world.until("2026-01-02")
    invoice = invoice_of(world, subscription)
    with world.db.transaction(force_rollback=True):
        credit(world, invoice)

    assert stands(world, invoice) == ("open", 0, 10000)
    assert credit(world, invoice).number == "CN-1001"


def test_days_that_were_taken_back_are_kept_with_the_line(world: World) -> None:
    subscription = world.subscribe(world.customer(), "100", net_terms_days=14)
    world.until("2026-01-02")
    invoice = invoice_of(world, subscription)
    (line,) = lines_of(world, invoice)

    note = credit(world, invoice, CreditedLine(line, 5000, dt.date(2026, 1, 16)))

    assert world.one(
        "SELECT unused_from, total_minor FROM credit_note_line WHERE credit_note_id = %s", note.id
    ) == (
        dt.date(2026, 1, 16),
        5000,
    )


def test_two_who_credit_the_same_at_the_same_moment_do_it_once(world: World, inside: Connect) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-02")
    invoice, ctx = invoice_of(world, subscription), world.ctx
    machines = [inside() for _ in range(4)]

    done = at_once(*[partial(issue_credit_note, machine, ctx, invoice) for machine in machines])

    assert sorted(type(each).__name__ for each in done) == ["CannotCredit"] * 3 + ["IssuedNote"]
    assert credit_balances(world.db, ctx, kari) == {"EUR": 10000}
    the_books_add_up(world)


def test_a_refund_and_a_credit_note_at_the_same_moment_give_back_once(world: World, inside: Connect) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-02")
    invoice, ctx = invoice_of(world, subscription), world.ctx
    (payment,) = world.one("SELECT id FROM payment WHERE subscription_id = %s", subscription)

    done = at_once(
        partial(issue_credit_note, inside(), ctx, invoice),
        partial(request_refund, inside(), ctx, payment, 10000),
    )

    assert sum(isinstance(each, CannotCredit | CannotRefund) for each in done) == 1
    send_refunds(world.db, ctx, world.processors)
    the_books_add_up(world)


def test_a_note_and_a_billing_run_at_the_same_moment_keep_the_balance_right(
    world: World, inside: Connect
) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-02")
    (line,) = lines_of(world, invoice := invoice_of(world, subscription))
    credit(world, invoice, CreditedLine(line, 1000))
    ctx = replace(world.ctx, now=dt.datetime(2026, 2, 1, 12, tzinfo=dt.UTC))

    done = at_once(
        partial(bill_block, inside(), ctx),
        *[
            partial(issue_credit_note, inside(), ctx, invoice, [CreditedLine(line, 100 + n)])
            for n in range(3)
        ],
    )

    assert not [each for each in done if isinstance(each, BaseException)]
    world.ctx = ctx
    the_books_add_up(world)
