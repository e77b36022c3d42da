"""Made-up facts for previews: one believable customer per language."""

from datetime import date
from decimal import Decimal

from kalends.messages.letters.facts import Agreement, Charge, Customer, Document, Facts, Line, Open, Seller

_DAY = date(2026, 11, 15)
_NEXT = date(2026, 12, 15)
_CUSTOMERS = {
    "en": Customer("Ingrid", "Brekke", "ingrid@brekke.example", "Brekke Transport AS", "GB"),
    "nb": Customer("Ingrid", "Brekke", "ingrid@brekke.example", "Brekke Transport AS", "NO"),
    "fi": Customer("Aino", "Korhonen", "aino@korhonen.example", "Korhonen Kuljetus Oy", "FI"),
}
_TAXES = {"en": "VAT", "nb": "MVA", "fi": "ALV"}
_FLEET = Line(
    name="Fleet Pro",
    quantity=Decimal(42),
    unit_price=Decimal(690),
    discount_per_unit=Decimal(0),
    discount_percent=Decimal(10),
    tax_rate=Decimal(25),
    tax_inclusive=False,
    tax_label=None,
    tax_minor=652050,
    total_minor=3260250,
)
_SUPPORT = _FLEET._replace(
    name="Support Plus",
    quantity=Decimal(1),
    unit_price=Decimal(3900),
    discount_percent=Decimal(0),
    tax_minor=97500,
    total_minor=487500,
)


def sample(kind: str, language: str) -> Facts:
    """Facts for a letter of this kind; the customer lives where the language is spoken."""
    failed = kind in ("charge_failed", "payment_failed")
    canceled = kind == "canceled"
    charge = Charge(
        3747750,
        "NOK",
        _DAY,
        "card",
        brand="Visa",
        last4="4417",
        fee_minor=0 if failed else 56216,
        failure="insufficient_funds" if failed else None,
        retry_on=date(2026, 11, 16) if failed else None,
    )
    document = Document(
        "INV-2026-1102",
        "NOK",
        _DAY,
        _NEXT if kind == "invoice" else _DAY,
        3747750,
        tuple(line._replace(tax_label=_TAXES[language]) for line in (_FLEET, _SUPPORT)),
        _DAY,
        _NEXT,
    )
    agreement = Agreement(
        "Fleet Pro",
        "NOK",
        kind != "invoice",
        None if canceled else _NEXT,
        None if canceled else 3747750,
        _DAY if canceled else None,
        "http://localhost:8000/1/subscriptions/1",
    )
    return Facts(
        Seller("Skarv Software AS", "NO"),
        _CUSTOMERS[language],
        charge=charge,
        document=document,
        agreement=agreement,
        open=(Open("INV-2026-1101", "NOK", 3747750),) if canceled else (),
        debits=(Charge(3747750, "NOK", date(2026, 11, 13), "sepa"),) if canceled else (),
    )
