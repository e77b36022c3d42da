"""The invoice as a document: what the database says, and nothing reckoned anew."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest
from django.conf import settings

from kalends.accounts import signed_links
from kalends.billing.changes import cancel_subscriptions
from kalends.billing.create import NewLine
from kalends.billing.void import void_invoice
from kalends.core.pricing import LineTerms
from kalends.documents.invoice import (
    DocumentLine,
    InvoiceDocument,
    Party,
    UnknownInvoice,
    read_invoice,
    read_invoices,
)
from kalends.payments.record import ReceivedPayment, allow_partial_payments, record_payments
from tests.world import World


def read(world: World, subscription: int) -> InvoiceDocument:
    (id_,) = world.invoices(subscription, "id")
    return read_invoice(world.db, world.ctx, id_)


def two_taxes() -> list[NewLine]:
    seats = LineTerms(Decimal("19.99"), Decimal(3), discount_percent=Decimal(10), tax_rate=Decimal(25))
    book = LineTerms(Decimal("12.50"), Decimal(2), tax_rate=Decimal(15))
    return [
        NewLine("Seats", seats, tax_label="VAT"),
        NewLine("More seats", seats, tax_label="VAT"),
        NewLine("Book", book, tax_label="VAT"),
        NewLine("Donation", LineTerms(Decimal(5), Decimal(1))),
    ]


def test_its_amounts_are_those_of_the_database_and_add_up(world: World) -> None:
    subscription = world.subscribe(world.customer(), lines=two_taxes(), net_terms_days=15)
    world.until("2026-01-01")
    document = read(world, subscription)
    subtotal, tax, total = world.invoices(subscription, "subtotal_minor", "tax_minor", "total_minor")[0]
    assert (document.total_minor, document.tax_minor, document.due_minor) == (total, tax, total)
    assert sum(line.net_minor for line in document.lines) == subtotal
    assert sum(line.total_minor for line in document.lines) == total
    assert sum(one.tax_minor for one in document.taxes) == tax
    assert sum(one.base_minor for one in document.taxes) == subtotal
    assert [(one.label, one.rate) for one in document.taxes] == [
        ("VAT", Decimal(25)),
        ("VAT", Decimal(15)),
        (None, Decimal(0)),
    ]
    assert document.fees_tax_minor == 0
    assert (document.number, document.invoice_date, document.due_date) == (
        "INV-1001",
        dt.date(2026, 1, 1),
        dt.date(2026, 1, 16),
    )
    assert (document.period_start, document.period_end) == (dt.date(2026, 1, 1), dt.date(2026, 2, 1))


def test_what_is_paid_is_taken_off_what_is_due(world: World) -> None:
    subscription = world.subscribe(world.customer(), "100", net_terms_days=15)
    world.until("2026-01-01")
    (invoice,) = world.invoices(subscription, "id")
    allow_partial_payments(world.db, world.ctx, invoice)
    record_payments(world.db, world.ctx, [ReceivedPayment(invoice, 4000, "cash", world.ctx.now)])
    document = read(world, subscription)
    assert (document.total_minor, document.paid_minor, document.due_minor) == (10000, 4000, 6000)


def test_a_block_of_invoices_is_read_in_three_queries(world: World) -> None:
    for _ in range(5):
        world.subscribe(world.customer(), "100")
    world.until("2026-01-01")
    ids = [row[0] for row in world.rows("SELECT id FROM invoice WHERE account_id = %s", world.ctx.id)]
    asked: list[object] = []

    class Listening:
        def execute(self, *args: object) -> object:
            asked.append(args)
            return world.db.execute(*args)  # type: ignore[call-overload]

    found = read_invoices(Listening(), world.ctx, ids)  # type: ignore[arg-type]
    assert (len(asked), sorted(found)) == (3, sorted(ids))


def test_an_invoice_that_is_not_there_is_refused(world: World) -> None:
    with pytest.raises(UnknownInvoice, match="no invoice 5 in"):
        read_invoice(world.db, world.ctx, 5)


def test_the_buyer_is_the_company_at_the_invoices_own_address(world: World) -> None:
    kari = world.customer(language="nb")
    (company,) = world.rows(
        "INSERT INTO company (account_id, created_at, updated_at, name, address, zip, city, country) "
        "VALUES (%s, %s, %s, 'Åsen AS', 'Industriveien 21', '7650', 'Verdal', 'Norge') RETURNING id",
        world.ctx.id, world.ctx.now, world.ctx.now,
    )[0]  # fmt: skip
    subscription = world.subscribe(kari, "100")
    world.until("2026-01-01")
    world.db.execute("UPDATE contact SET primary_company_id = %s WHERE id = %s", [company, kari])
    document = read(world, subscription)
    assert document.language == "nb"
    assert document.buyer[:4] == ("Åsen AS", "Kari Nordmann", ("Industriveien 21", "7650 Verdal"), "NO")
    world.db.execute(
        "UPDATE invoice SET billing_address = '1 Main St', billing_city = 'Portland', billing_state = 'OR', "
        "billing_zip = '97201', billing_country = 'United States', tax_ids = 'EIN 1' WHERE subscription_id = %s",
        [subscription],
    )
    document = read(world, subscription)
    assert (document.buyer.address, document.buyer.country) == (("1 Main St", "Portland, OR 97201"), "US")
    assert (document.seller.tax_id, document.buyer.tax_id) == ("EIN 1", "")


def test_a_person_alone_is_the_buyer(world: World) -> None:
    subscription = world.subscribe(world.customer(country="GB"), "100")
    world.until("2026-01-01")
    buyer = read(world, subscription).buyer
    assert (buyer.name, buyer.attention, buyer.country) == ("Kari Nordmann", "", "GB")


def test_the_next_invoice_is_told_on_the_latest_alone_and_not_once_all_has_ended(world: World) -> None:
    subscription = world.subscribe(world.customer(), "100", net_terms_days=90)
    world.until("2026-02-01")
    first, second = world.invoices(subscription, "id")
    found = read_invoices(world.db, world.ctx, [first, second])
    assert [found[id_].next_invoice_on for id_ in (first, second)] == [None, dt.date(2026, 3, 1)]
    cancel_subscriptions(world.db, world.ctx, [subscription])
    assert read_invoice(world.db, world.ctx, second).next_invoice_on is None


def line(rate: int, *, inclusive: bool) -> DocumentLine:
    return DocumentLine(
        "X",
        None,
        Decimal(1),
        Decimal(1),
        Decimal(0),
        Decimal(0),
        Decimal(rate),
        inclusive,
        None,
        rate,
        100 + rate,
    )


@pytest.mark.parametrize(
    ("lines", "included"),
    [
        ((line(25, inclusive=True), line(0, inclusive=False)), True),
        ((line(25, inclusive=True), line(25, inclusive=False)), False),
        ((line(0, inclusive=True),), False),
    ],
)
def test_amounts_are_told_with_tax_when_every_taxed_price_has_it(
    lines: tuple[DocumentLine, ...], included: bool
) -> None:
    document = InvoiceDocument(
        "1", "open", "EUR", "en", Party("S"), Party("B"), dt.date(2026, 1, 1), dt.date(2026, 1, 1),
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC), lines, 0, 0,
    )  # fmt: skip
    assert document.tax_included is included
    assert dataclasses.replace(document, lines=()).taxes == ()


def test_an_open_invoice_names_the_page_that_it_is_paid_on(world: World) -> None:
    subscription = world.subscribe(world.customer(), net_terms_days=15)
    world.until("2026-01-01")
    page = read(world, subscription).pay_page
    purpose, _, token = page.removeprefix(f"{settings.PUBLIC_URL}/").partition("/")
    link = signed_links.read(token, purpose)
    assert link is not None
    assert (link.purpose, link.account_id, link.record_id) == (
        "invoice",
        world.ctx.id,
        *world.invoices(subscription, "id"),
    )
    assert link.contact_id == 0
    assert read(world, subscription).pay_page == page


def test_a_paid_or_voided_invoice_names_no_page(world: World) -> None:
    paid, voided = (world.subscribe(world.customer(), "49", net_terms_days=15) for _ in range(2))
    world.until("2026-01-01")
    first, second = (world.invoices(each, "id")[0] for each in (paid, voided))
    record_payments(world.db, world.ctx, [ReceivedPayment(first, 4_900, "check")])
    void_invoice(world.db, world.ctx, second)
    assert (read(world, paid).status, read(world, voided).status) == ("paid", "voided")
    assert (read(world, paid).pay_page, read(world, voided).pay_page) == ("", "")


def test_what_is_charged_by_itself_names_no_page(world: World) -> None:
    contact = world.customer()
    subscription = world.subscribe(contact, method=world.method(contact, "insufficient_funds"))
    world.until("2026-01-01")
    assert (read(world, subscription).status, read(world, subscription).pay_page) == ("open", "")


def test_a_currency_that_nobody_takes_online_names_no_page(world: World) -> None:
    subscription = world.subscribe(world.customer(), net_terms_days=15)
    world.until("2026-01-01")
    world.db.execute(
        "UPDATE subscription SET allowed_payment_methods = '{ach}' WHERE id = %s", [subscription]
    )
    assert read(world, subscription).pay_page == ""
