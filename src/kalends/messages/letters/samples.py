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
_FLEET = Line("Fleet Pro", Decimal(42), Decimal(690), Decimal(0), Decimal(10), Decimal(25), False, None, 652050, 3260250)
_SUPPORT = Line("Support Plus", Decimal(1), Decimal(3900), Decimal(0), Decimal(0), Decimal(25), False, None, 97500, 487500)


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
