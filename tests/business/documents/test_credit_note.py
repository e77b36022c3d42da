"""The credit note as a document, and the invoice that credit has paid."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from kalends.billing.create import NewLine
from kalends.billing.credit import CreditedLine, issue_credit_note
from kalends.core.pricing import LineTerms
from kalends.documents.credit_note import UnknownCreditNote, credit_sheet, read_credit_note
from kalends.documents.invoice import read_invoice
from kalends.documents.samples import sample_credit_note
from kalends.documents.sheet import sheet
from kalends.documents.typeset import pdf
from tests.world import World

LINES = [
    NewLine("Fiber", LineTerms(Decimal(80), Decimal(1), tax_rate=Decimal(25)), tax_label="VAT"),
    NewLine("Book", LineTerms(Decimal(100), Decimal(1), tax_rate=Decimal(15)), tax_label="VAT"),
]


def invoiced(world: World, **more: Any) -> int:
    subscription = world.subscribe(world.customer(), lines=LINES, **more)
    world.until("2026-01-01")
    return world.invoices(subscription, "id")[0]


def sums(page: Any) -> list[tuple[str, str]]:
    return [(row["label"], row["value"]) for row in page["sums"]]


def test_it_names_its_invoice_its_lines_and_each_tax(world: World) -> None:
    invoice = invoiced(world, net_terms_days=14)
    note = issue_credit_note(world.db, world.ctx, invoice, reason="Never delivered")
    document = read_credit_note(world.db, world.ctx, note.id)

    assert (document.net_minor, document.tax_minor, document.total_minor) == (18000, 3500, 21500)
    assert [(tax.label, tax.rate, tax.base_minor, tax.tax_minor) for tax in document.taxes] == [
        ("VAT", Decimal(25), 8000, 2000),
        ("VAT", Decimal(15), 10000, 1500),
    ]
    page = credit_sheet(document)
    assert page["title"] == "Credit note"
    assert dict(map(tuple, page["facts"]))["For invoice"] == "INV-1001"
    assert page["notes"] == ["Never delivered"]
    assert [line["name"] for line in page["lines"]] == ["Fiber", "Book"]
    assert page["payment"][0].endswith("is taken off what is owed on invoice INV-1001.")


def test_days_that_were_taken_back_are_told(world: World) -> None:
    invoice = invoiced(world, net_terms_days=14)
    (line, *_) = world.rows("SELECT id FROM line_item WHERE parent_id = %s ORDER BY position", invoice)
    taken = CreditedLine(line[0], 5000, dt.date(2026, 1, 17))
    note = issue_credit_note(world.db, world.ctx, invoice, [taken])

    (told,) = credit_sheet(read_credit_note(world.db, world.ctx, note.id))["lines"]
    assert "17" in told["details"][0]
    assert "31" in told["details"][0]


def test_an_invoice_tells_what_credit_paid_and_what_is_to_be_paid(world: World) -> None:
    kari = world.customer()
    once = world.subscribe(kari, "30", method=world.method(kari), payments=1)
    world.until("2026-01-01")
    issue_credit_note(world.db, world.ctx, world.invoices(once, "id")[0])
    subscription = world.subscribe(kari, "100", start=dt.date(2026, 2, 1), net_terms_days=14)
    world.until("2026-02-01")

    document = read_invoice(world.db, world.ctx, world.invoices(subscription, "id")[0])
    assert (document.credit_used_minor, document.due_minor) == (3000, 7000)
    labels = [label for label, _ in sums(sheet(document))]
    assert labels[-3:] == ["Total", "Credit used", "To pay"]


def test_an_unknown_credit_note_is_said_to_be_so(world: World) -> None:
    with pytest.raises(UnknownCreditNote):
        read_credit_note(world.db, world.ctx, 1)


@pytest.mark.parametrize("language", ["en", "nb", "fi"])
def test_it_is_typeset_and_is_the_same_each_time(language: str) -> None:
    document = sample_credit_note(language)
    assert pdf(document).startswith(b"%PDF-")
    assert pdf(document) == pdf(document)
