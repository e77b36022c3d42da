"""A made-up invoice for previews: one believable customer per language."""

from datetime import UTC, date, datetime
from decimal import Decimal

from kalends.documents.credit_note import CreditedDocumentLine, CreditNoteDocument
from kalends.documents.invoice import DocumentLine, InvoiceDocument, Party

_DAY, _NEXT = date(2026, 11, 15), date(2026, 12, 15)
_TAXES = {"en": "VAT", "nb": "MVA", "fi": "ALV"}
_SELLER = Party(
    "Skarv Software AS",
    address=("Kaigata 2", "0150 Oslo"),
    country="NO",
    tax_id="888 888 888 MVA",
    email="billing@skarv.example",
)
_BUYERS = {
    "en": Party("Brekke Transport Ltd", "Ingrid Brekke", ("4 Quay Street", "Leith, EH6 6JL"), "GB"),
    "nb": Party("Brekke Transport AS", "Ingrid Brekke", ("Industriveien 21", "7650 Verdal"), "NO"),
    "fi": Party("Korhonen Kuljetus Oy", "Aino Korhonen", ("Satamakatu 4", "33200 Tampere"), "FI"),
}


def sample_invoice(language: str) -> InvoiceDocument:
    """An open invoice of two lines; the customer lives where the language is spoken."""

    def line(name: str, quantity: int, price: int, discount: int, tax_minor: int) -> DocumentLine:
        return DocumentLine(
            name,
            description=None,
            quantity=Decimal(quantity),
            unit_price=Decimal(price),
            discount_per_unit=Decimal(0),
            discount_percent=Decimal(discount),
            tax_rate=Decimal(25),
            tax_inclusive=False,
            tax_label=_TAXES[language],
            tax_minor=tax_minor,
            total_minor=tax_minor * 5,
            period_start=_DAY,
            period_end=_NEXT,
        )

    return InvoiceDocument(
        number="INV-2026-1102",
        status="open",
        currency="NOK",
        language=language,
        seller=_SELLER,
        buyer=_BUYERS[language],
        invoice_date=_DAY,
        due_date=_NEXT,
        issued_at=datetime(2026, 11, 15, 6, 0, tzinfo=UTC),
        lines=(line("Fleet Pro", 42, 690, 10, 652050), line("Support Plus", 1, 3900, 0, 97500)),
        total_minor=3747750,
        tax_minor=749550,
        net_terms_days=30,
        period_start=_DAY,
        period_end=_NEXT,
        subscription="Fleet Pro",
        next_invoice_on=_NEXT,
    )


def sample_credit_note(language: str) -> CreditNoteDocument:
    """A credit note of the second line of that invoice, which was partly paid."""
    return CreditNoteDocument(
        number="CN-2026-1007",
        issued_on=_DAY,
        issued_at=datetime(2026, 11, 15, 8, 0, tzinfo=UTC),
        reason="",
        invoice=sample_invoice(language),
        lines=(CreditedDocumentLine("Support Plus", _TAXES[language], Decimal(25), 390000, 97500),),
        net_minor=390000,
        tax_minor=97500,
        applied_minor=300000,
        to_balance_minor=187500,
    )
