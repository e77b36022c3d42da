"""Made-up facts for previews: one believable customer per language."""

from datetime import date
from decimal import Decimal

from kalends.messages.letters.facts import (
    Agreement,
    Change,
    Charge,
    Comparison,
    Credit,
    Customer,
    DashboardTold,
    Dispute,
    Document,
    Export,
    Facts,
    Line,
    LineChange,
    MailingTold,
    Method,
    Open,
    ProofTold,
    QuoteTold,
    Refund,
    Seller,
    Terms,
    WorkflowTold,
)

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


_VISA = Method("card", "Visa", "4417")
_AMOUNT = 3747750
_FAILED = frozenset({"charge_failed", "payment_failed"})
_INVOICED = frozenset({"invoice", "invoice_reminder"})
_OWED = frozenset({"canceled", "to_be_canceled", "update_request"})
_ENDS, _BEGINS, _RESUMES = date(2026, 12, 15), date(2027, 1, 1), date(2027, 2, 15)

_DASHBOARD = DashboardTold(
    "Monday's figures",
    date(2026, 11, 15),
    (("MRR over time", "MRR: 11,300.00 EUR in Nov 2026"),),
    "http://localhost:8000/1/analytics/dashboards/1",
    {},
)


def sample(kind: str, language: str) -> Facts:
    """Facts for a letter of this kind; the customer lives where the language is spoken."""
    canceled = kind == "canceled"
    return Facts(
        Seller("Skarv Software AS", "NO"),
        _CUSTOMERS[language],
        _DAY,
        charge=_charge(failed=kind in _FAILED),
        document=_document(kind, language),
        agreement=_agreement(kind),
        open=(Open("INV-2026-1101", "NOK", _AMOUNT),) if kind in _OWED else (),
        debits=(Charge(_AMOUNT, "NOK", date(2026, 11, 13), "sepa"),) if canceled else (),
        credit=Credit("CN-2026-1007", _DAY, "", 487500, 300000, 187500, 0, (("Support Plus", 487500),)),
        refund=Refund(1000000, "NOK", _DAY, 2247750),
        dispute=Dispute(
            _AMOUNT, 15000, "NOK", _DAY, date(2026, 11, 22), None if kind == "dispute_opened" else _NEXT
        ),
        change=_CHANGES.get(kind),
        portal=f"{_PAGES}/portal/example",
        export=Export(
            "subscriptions-2026-11-15.xlsx", 11300, "http://localhost:8000/1/exports/1", date(2026, 12, 15)
        ),
        dashboard=_DASHBOARD,
        comparison=Comparison(
            date(2026, 11, 12),
            date(2026, 11, 14),
            1,
            ("Charge pi_1 at stripe: fee in the ledger is 5.60 NOK.",),
            f"{_PAGES}/1/settings/processor",
        ),
        proof=_PROOF,
        workflow=WorkflowTold(
            "Fleet Pro ends soon",
            "Hello Kari.\n\nYour agreement ends on 15 December 2026. Shall we renew it?",
            "http://localhost:8000/1/subscriptions/1" if kind == "workflow_note" else "",
            "Renewal before the end date",
            "" if kind == "workflow_note" else f"{_PAGES}/unsubscribe/example",
        ),
        mailing=MailingTold(
            "News for your fleet",
            "Hello Kari.\n\nFrom January your vans can be tracked on the phone as well.",
            f"{_PAGES}/unsubscribe/example",
        ),
        quote=QuoteTold(
            title="Fleet Pro",
            number="20261115-4711",
            expires_on=date(2026, 12, 15),
            currency="NOK",
            first_minor=_AMOUNT,
            recurs=True,
            version=1,
            link=f"{_PAGES}/quote/example",
            code="482913",
            minutes=15,
            signer="Kari Nordmann",
        ),
    )


def _charge(*, failed: bool) -> Charge:
    return Charge(
        _AMOUNT,
        "NOK",
        _DAY,
        "card",
        brand="Visa",
        last4="4417",
        fee_minor=0 if failed else 56216,
        failure="insufficient_funds" if failed else None,
        retry_on=date(2026, 11, 16) if failed else None,
    )


def _document(kind: str, language: str) -> Document:
    return Document(
        "INV-2026-1102",
        "NOK",
        _DAY,
        _NEXT if kind in _INVOICED else _DAY,
        _AMOUNT,
        tuple(line._replace(tax_label=_TAXES[language]) for line in (_FLEET, _SUPPORT)),
        _DAY,
        _NEXT,
        paid_minor=1000000 if kind == "invoice_reminder" else 0,
        page=f"{_PAGES}/invoice/example",
        payable=True,
    )


def _agreement(kind: str) -> Agreement:
    ended = kind == "canceled"
    waits = ended or kind in ("paused", "pause_notice", "to_be_canceled")
    return Agreement(
        "Fleet Pro",
        "NOK",
        kind not in _INVOICED,
        None if waits else _NEXT,
        None if waits else _AMOUNT,
        _DAY if ended else None,
        "http://localhost:8000/1/subscriptions/1",
        method=_VISA,
        resume_on=_RESUMES if kind in ("paused", "pause_notice", "to_be_paused") else None,
        update_page=f"{_PAGES}/method/example" if kind in _ASK_FOR_A_METHOD else "",
    )


_PAGES = "http://localhost:8000"
_PROOF = ProofTold(
    _DAY,
    2,
    1,
    ("Invoice INV-2026-1101: total is 4,875.00 NOK, but should be 4,785.00 NOK.",),
    f"{_PAGES}/1/status",
)
_ASK_FOR_A_METHOD = frozenset({"update_request", "charge_failed", "reminder"})

_EDITED = Change(
    {
        "next_amount_minor": (3260250, _AMOUNT),
        "next_due_date": (date(2026, 12, 1), _NEXT),
        "payment_method_id": (Method("sepa", last4="0087"), _VISA),
    },
    (
        LineChange(
            Terms("Fleet Pro", Decimal(40), Decimal(690), Decimal(0), Decimal(10)),
            Terms("Fleet Pro", Decimal(42), Decimal(690), Decimal(0), Decimal(10)),
        ),
        LineChange(None, Terms("Support Plus", Decimal(1), Decimal(3900), Decimal(0), Decimal(0))),
        LineChange(Terms("Onboarding", Decimal(2), Decimal(1200), Decimal(0), Decimal(0)), None),
    ),
)
_CHANGES = {
    "changed": _EDITED,
    "to_be_canceled": Change({"cancel_on": (None, _ENDS)}),
    "to_be_paused": Change({"pause_on": (None, _BEGINS), "resume_on": (None, _RESUMES)}),
    "kept": Change({"cancel_on": (_ENDS, None)}),
    "pause_notice": Change({"status": ("active", "paused")}),
}
