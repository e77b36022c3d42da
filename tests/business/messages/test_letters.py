"""What letters say: each kind from the books, at the moment it was decided on."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from kalends.accounts.models import Membership
from kalends.billing.changes import cancel_subscriptions
from kalends.billing.create import NewLine
from kalends.core.pricing import LineTerms
from kalends.messages.letters.render import CannotRender, MessageRow, render
from kalends.payments.record import ReceivedPayment, allow_partial_payments, record_payments
from tests.business.messages.post import Post, administrator
from tests.world import World

SPACE = "\N{NO-BREAK SPACE}"
RETRIES = ["2026-01-02", "2026-01-04", "2026-01-06", "2026-01-08"]


def fleet(discount: str = "0", tax: str = "25", inclusive: bool = False) -> list[NewLine]:
    terms = LineTerms(
        Decimal("690"),
        Decimal(42),
        discount_percent=Decimal(discount),
        tax_rate=Decimal(tax),
        tax_inclusive=inclusive,
    )
    return [
        NewLine("Fleet Pro", terms, tax_label="VAT"),
        NewLine(
            "Support",
            LineTerms(Decimal("3900"), Decimal(1), tax_rate=Decimal(tax), tax_inclusive=inclusive),
            tax_label="VAT",
        ),
    ]


def test_a_receipt_says_what_was_paid_when_how_for_what_and_what_comes_next(world: World, post: Post) -> None:
    ingrid = world.customer("Ingrid Brekke", country="United Kingdom")
    world.subscribe(ingrid, lines=fleet("10"), currency="NOK", method=world.method(ingrid))
    world.until("2026-01-01")
    letter = post.letter("receipt")
    assert letter.subject == "Test: Receipt: 37,477.50 NOK to Nordlys Test AS"
    for words in (
        "This is a test. No real money is moved.",
        "Thank you, Ingrid. We received\n37,477.50 NOK\non 1 January 2026 from Visa\N{NO-BREAK SPACE}··4242\n",
        "Invoice INV-1001",
        f"  42 \N{MULTIPLICATION SIGN} 690.00, less 10{SPACE}%",
        f"The next payment of 37,477.50{SPACE}NOK is on 1 February 2026, from the same card.",
        "You get this because you pay for Fleet Core at Nordlys Test AS.",
    ):
        assert words in letter.text
    rows = [
        line.split("  ")[0::1]
        for line in letter.text.splitlines()
        if line.startswith(("Fleet", "Support", "VAT"))
    ]
    amounts = [row[-1].strip() for row in rows]
    assert amounts == ["26,082.00", "3,900.00", "7,495.50"]


def test_a_tax_that_is_in_the_prices_is_told_after_the_total(world: World, post: Post) -> None:
    ingrid = world.customer("Ingrid Brekke", country="GB")
    world.subscribe(ingrid, lines=fleet(inclusive=True)[1:], currency="NOK", method=world.method(ingrid))
    world.until("2026-01-01")
    text = post.letter("receipt").text
    table = [" ".join(line.split()) for line in text.splitlines()]
    total = table.index("Paid 3,900.00 NOK")
    assert table[total + 1] == "of which VAT 25 % 780.00"
    assert "Support 3,900.00" in table[:total]


def test_a_receipt_in_part_names_the_whole_and_the_part(world: World, post: Post) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, "100", net_terms_days=30)
    world.until("2026-01-01")
    (invoice,) = world.invoices(subscription, "id")
    allow_partial_payments(world.db, world.ctx, invoice)
    record_payments(world.db, world.ctx, [ReceivedPayment(invoice, 4000, "check", world.ctx.now)])
    table = [" ".join(line.split()) for line in post.letter("receipt").text.splitlines()]
    assert "on 1 January 2026 by check" in table
    assert "Invoice total 100,00 EUR" in table
    assert "Paid 40,00 EUR" in table
    assert "The next invoice, of 100,00 EUR, comes on 1 February 2026." in table


def test_a_receipt_that_is_written_late_tells_how_things_stood_then(world: World, post: Post) -> None:
    kari = world.customer(country="GB")
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-03-15")
    cancel_subscriptions(world.db, world.ctx, [subscription])
    texts = [letter.text for letter in post.letters("receipt")]
    assert len(texts) == 3
    for text, month in zip(texts, ("February", "March", "April"), strict=True):
        assert f"is on 1 {month} 2026" in text
        assert "canceled" not in text


def test_the_receipt_of_the_last_agreed_payment_says_that_none_follows(world: World, post: Post) -> None:
    kari = world.customer()
    world.subscribe(kari, "100", method=world.method(kari), payments=1)
    world.until("2026-01-01")
    assert "No further payment is planned." in post.letter("receipt").text


def test_a_failed_charge_says_why_and_when_it_is_tried_again(world: World, post: Post) -> None:
    kari = world.customer(country="GB")
    world.subscribe(kari, "100", method=world.method(kari, "insufficient_funds"))
    world.until("2026-01-01")
    text = post.letter("charge_failed").text
    assert "Hello Kari. We could not collect\n100.00 EUR" in text
    assert "There was not enough money in the account." in text
    assert f"We charge 100.00{SPACE}EUR again on 2 January 2026, from Visa{SPACE}··4242." in text


def test_each_attempt_has_a_letter_with_its_own_next_day_and_the_last_has_none(
    world: World, post: Post
) -> None:
    kari = world.customer()
    world.subscribe(kari, "100", method=world.method(kari, "insufficient_funds"))
    world.until("2026-01-20")
    texts = [letter.text for letter in post.letters("charge_failed")]
    promised = [dt.date.fromisoformat(day) for day in RETRIES]
    assert len(texts) == 5
    for text, day in zip(texts[:4], promised, strict=True):
        assert f"again on {day.day} January 2026" in text
    assert "We do not try again by ourselves." in texts[4]


def test_a_customer_is_not_told_that_a_card_was_reported_stolen_but_staff_is(
    world: World, post: Post
) -> None:
    administrator(world)
    kari = world.customer()
    world.subscribe(kari, "100", method=world.method(kari, "stolen"))
    world.until("2026-01-01")
    assert "stolen" not in post.letter("charge_failed").text
    assert "The bank did not accept the payment." in post.letter("charge_failed").text
    notice = post.letter("payment_failed").text
    assert "The card was reported stolen." in notice
    assert "This charge is not tried again by itself." in notice


def test_an_invoice_says_what_to_pay_until_when(world: World, post: Post) -> None:
    kari = world.customer(country="GB", language="en")
    world.subscribe(kari, "100", net_terms_days=30, tax="25")
    world.until("2026-01-01")
    letter = post.letter("invoice")
    assert letter.subject == "Test: Invoice INV-1001 from Nordlys Test AS: 125.00 EUR"
    assert (
        "Hello Kari. Please pay\n125.00 EUR\nby 31 January 2026\nInvoice INV-1001 of 1 January 2026\n"
        in letter.text
    )
    assert "Please give the invoice number INV-1001 with your payment." in letter.text


def test_an_invoice_of_nothing_asks_for_nothing(world: World, post: Post) -> None:
    kari = world.customer()
    world.subscribe(kari, "0")
    world.until("2026-01-01")
    text = post.letter("invoice").text
    assert "Nothing is to be paid" in text
    assert "with your payment" not in text


def test_a_cancellation_says_what_is_still_under_way_and_what_stays_open(world: World, post: Post) -> None:
    kari = world.customer(country="GB")
    debit = world.subscribe(kari, "100", method=world.method(kari, kind="sepa"))
    invoiced = world.subscribe(kari, "70", net_terms_days=30)
    world.until("2026-01-02")
    cancel_subscriptions(world.db, world.ctx, [debit, invoiced])
    for_debit, for_invoice = sorted(
        post.letters("canceled"), key=lambda letter: "bank debit" not in letter.text
    )
    assert "since 2 January 2026" in for_debit.text
    assert "You will not be charged again." in for_debit.text
    assert (
        f"The bank debit of 100.00{SPACE}EUR from 1 January 2026 was sent before. "
        "It is neither stopped nor refunded by this."
    ) in for_debit.text
    assert "Open invoice" not in for_debit.text
    assert "Open invoices stay open." in for_invoice.text
    assert f"70.00{SPACE}EUR" in for_invoice.text


def test_staff_is_told_who_paid_and_what_is_left_after_the_fee(world: World, post: Post) -> None:
    boss = administrator(world, "nb")
    administrator(world, role=Membership.MEMBER)
    kari = world.customer()
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-01")
    (row,) = post.rows("payment_made")
    assert row.recipient == boss
    fee, net = world.one(
        "SELECT fee_minor, amount_minor - fee_minor FROM payment WHERE account_id = %s", world.ctx.id
    )
    text = post.letter("payment_made").text
    assert (
        f"Åpne abonnementet: http://localhost:8000{reverse('subscription', args=[world.ctx.id, subscription])}"
        in text
    )
    assert "Kari Nordmann betalte\n100,00 EUR" in text
    assert fee > 0
    assert f"{net // 100},{net % 100:02}{SPACE}EUR" in text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nb", "Takk, Kari. Vi har mottatt\n100,00 EUR"),
        ("fi", "Kiitos, Kari. Saimme maksun\n100,00 EUR"),
        ("sv", "Thank you, Kari."),
    ],
)
def test_a_letter_is_written_in_the_language_of_its_reader(
    world: World, post: Post, language: str, words: str
) -> None:
    kari = world.customer(language=language)
    world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-01")
    assert words in post.letter("receipt").text


def test_a_contact_without_a_language_is_written_to_in_the_accounts(world: World, post: Post) -> None:
    world.db.execute("UPDATE account SET language = 'fi' WHERE id = %s", [world.ctx.id])
    kari = world.customer()
    world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-01")
    assert "Saimme maksun" in post.letter("receipt").text


def test_names_cannot_break_out_of_a_letter(world: World, post: Post) -> None:
    kari = world.customer("<b>Kari</b> Nordmann")
    world.subscribe(kari, "100", method=world.method(kari), lines=[
        NewLine("Fleet\r\nBcc: all@example.com <script>", LineTerms(Decimal(100), Decimal(1)))
    ])  # fmt: skip
    world.until("2026-01-01")
    letter = post.letter("receipt")
    assert "<script>" not in letter.html
    assert "<b>" not in letter.html
    assert "&lt;b&gt;Kari&lt;/b&gt;" in letter.html


def test_a_block_is_read_in_as_many_queries_as_one_letter(world: World, post: Post) -> None:
    for _ in range(12):
        kari = world.customer()
        world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-01")
    rows = post.rows("receipt")
    assert len(rows) == 12
    counted = [len(post.statements("receipt", block)) for block in (rows[:1], rows)]
    assert counted == [5, 5]


def test_an_invoice_is_read_with_what_stands_on_its_page_in_as_many_queries_for_a_block(
    world: World, post: Post
) -> None:
    for _ in range(5):
        world.subscribe(world.customer(), "100", net_terms_days=30)
    world.until("2026-01-01")
    rows = post.rows("invoice")
    assert len(rows) == 5
    assert [len(post.statements("invoice", block)) for block in (rows[:1], rows)] == [7, 7]


def test_a_letter_about_something_that_is_gone_says_so(world: World) -> None:
    row = MessageRow(1, "receipt", 999_999_999, "1", "kari@customers.test", "en", world.ctx.now)
    with pytest.raises(CannotRender, match="payment 999999999"):
        render(world.db, world.ctx, row)


def test_a_kind_that_nobody_knows_is_refused_with_those_that_are_known(world: World) -> None:
    row = MessageRow(1, "greeting", 1, "", "kari@customers.test", "en", world.ctx.now)
    with pytest.raises(CannotRender, match="'greeting'; known are receipt"):
        render(world.db, world.ctx, row)
