"""Erasure, tax rates, and whether payments can be taken."""

from __future__ import annotations

from kalends.api.openapi.described.examples import CONTACT, MOMENT, TAX_RATE
from kalends.api.openapi.terms import ID, Operation, array, flag, moment, of, or_null, page, shape, text

_TAX_RATE = {
    "id": TAX_RATE,
    "name": "Norway, general",
    "label": "MVA",
    "percentageRate": 25,
    "active": True,
    "createdAt": MOMENT,
    "updatedAt": MOMENT,
}
_PROCESSORS = ["HS_PAYMENTS", "BYO_STRIPE", "NOT_ENROLLED"]

COMPONENTS = {
    "Erasure": shape(
        {
            "objectId": of(
                ["string", "integer"], "A contact's number, or the value of the property in `idProperty`."
            )
        },
        {"idProperty": or_null(text("A property that identifies a contact, such as `email`."))},
    ),
    "TaxRate": shape(
        {
            "id": ID,
            "name": text("What staff know it by."),
            "label": text("What buyers read."),
            "percentageRate": of("number", "In per cent.", minimum=0, maximum=100),
            "active": flag("Whether it may be given to line items."),
            "createdAt": moment(),
            "updatedAt": moment(),
        },
        example=_TAX_RATE,
    ),
    "TaxRatePage": page("TaxRate", example={"results": [_TAX_RATE]}),
    "PaymentAccountStatus": shape(
        {
            "id": ID,
            "processorType": text(enum=_PROCESSORS),
            "eligibleProcessorTypes": array(text(enum=_PROCESSORS)),
            "enrollmentState": text(enum=["ACTIVE", "NOT_STARTED"]),
            "canTransact": flag("Whether charges are made."),
            "canPayout": flag("Always false: Kalends pays nothing out."),
            "hasTransacted": flag("Whether a processor ever collected a payment."),
            "processor": or_null(text("The processor by Kalends' own name for it.")),
            "test": flag("Whether its money is not real."),
            "methods": array(text(), "The kinds of payment methods that can be charged."),
        },
        {
            "createdAt": moment(),
            "updatedAt": moment(),
            "lastTransactedAt": moment("When the payment that was made last was collected."),
        },
        example={
            "id": "7",
            "processorType": "HS_PAYMENTS",
            "eligibleProcessorTypes": ["HS_PAYMENTS"],
            "enrollmentState": "ACTIVE",
            "canTransact": True,
            "canPayout": False,
            "hasTransacted": False,
            "processor": "sandbox",
            "test": True,
            "methods": ["card", "sepa"],
            "createdAt": MOMENT,
            "updatedAt": MOMENT,
        },
    ),
}

OPERATIONS = (
    Operation("erasure.erase_record", "eraseContact", "Records", {204: ""},
        path={"type": "contacts"}, types=("contacts",), body="Erasure", example={"objectId": CONTACT},
        description="Gone for good, with what letters, payments and the journal say of the person; the books keep "
        "their amounts. Refused with all its reasons while the person is billed, owes something or has credit."),
    Operation("tax_rates.read_list", "listTaxRates", "Account", {200: "TaxRatePage"}, version="v1"),
    Operation("tax_rates.read_one", "readTaxRate", "Account", {200: "TaxRate"}, version="v1",
        path={"id": TAX_RATE}),
    Operation("payment_accounts.read_status", "readPaymentAccountStatus", "Account",
        {200: "PaymentAccountStatus"}, version="2026-09-beta"),
)  # fmt: skip
