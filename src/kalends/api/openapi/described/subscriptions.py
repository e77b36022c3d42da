"""The life of a subscription, and its edits."""

from __future__ import annotations

from kalends.api.openapi.described.examples import PAUSED, SUBSCRIPTION, SUBSCRIPTION_LINE
from kalends.api.openapi.terms import (
    GIVEN_ID,
    ID,
    Operation,
    array,
    day,
    flag,
    number,
    of,
    or_null,
    ref,
    shape,
    text,
)

_TAG = "Subscriptions"
_CURRENCY = text("In ISO 4217.")
_MINOR = "In the currency's smallest unit."
_COMING = {
    "payment": 2,
    "dueDate": "2026-02-01",
    "total": "100.00 EUR",
    "totalMinor": 10_000,
    "creditMinor": 0,
}
_TRIPLED = {**_COMING, "total": "300.00 EUR", "totalMinor": 30_000}
_EDIT = {
    "lines": [{"id": SUBSCRIPTION_LINE, "properties": {"quantity": "3"}},
              {"properties": {"name": "Support", "price": "25", "quantity": "1"}}],
    "name": "Gold",
}  # fmt: skip
_EDITED = {
    "lines": array(ref("LineEdit"), "Lines that change, go or come; the others stay.", maxItems=100),
    "nextDueDate": of(["string", "integer"], "A day, or the milliseconds of its midnight in UTC."),
    "contactId": GIVEN_ID,
    "paymentMethodId": GIVEN_ID,
    "name": text(minLength=1, maxLength=500),
    "prorate": flag("Whether it counts from today rather than from the next payment."),
}

COMPONENTS = {
    "Standing": shape(
        {
            "id": ID,
            "status": text(enum=["active", "past_due", "unpaid", "canceled", "expired", "scheduled", "paused"]),
            "nextPaymentDueDate": or_null(day()),
        },
        example={"id": SUBSCRIPTION, "status": "paused", "nextPaymentDueDate": None},
    ),
    "Pause": shape({}, {"pauseReason": text("One line, for its history.", maxLength=1000)}),
    "Unpause": shape(
        {},
        {"proposedNextBillingDate": of(["string", "integer"], "A day, a moment, or milliseconds since 1970.")},
    ),
    "Nothing": shape({}, description="No field is needed."),
    "LineEdit": shape(
        {},
        {
            "id": {**GIVEN_ID, "description": "The line item; a new one has none."},
            "properties": ref("LineItemInput"),
            "remove": flag("The line goes."),
        },
    ),
    "Edit": {**shape({}, _EDITED, description="What is not named stays."), "additionalProperties": False},
    "EditMade": {
        **shape({}, {**_EDITED, "offer": text("Of a prorated edit: the one that its preview told.")}),
        "additionalProperties": False,
    },
    "EditPreview": shape(
        {
            "id": ID,
            "currency": _CURRENCY,
            "before": array(ref("ComingInvoice"), maxItems=12),
            "after": array(ref("ComingInvoice"), maxItems=12),
            "prorated": or_null(ref("Prorated")),
        },
        example={"id": SUBSCRIPTION, "currency": "EUR", "before": [_COMING], "after": [_TRIPLED], "prorated": None},
    ),
    "ComingInvoice": shape(
        {
            "payment": number("The first is 1."),
            "dueDate": day(),
            "total": text("For people to read."),
            "totalMinor": number(_MINOR),
            "creditMinor": number(f"Paid from the customer's balance. {_MINOR}"),
        },
        example=_COMING,
    ),
    "Prorated": shape(
        {
            "on": day(),
            "offer": text("Stands for these very amounts."),
            "invoiceId": or_null(ID),
            "creditMinor": number(_MINOR),
            "settledMinor": number(_MINOR),
            "invoiceMinor": number(_MINOR),
            "usedMinor": number(_MINOR),
            "owedMinor": number(_MINOR),
            "balanceMinor": number(_MINOR),
            "amounts": array(ref("ProratedAmount")),
        },
        description="What is charged and credited today.",
    ),
    "ProratedAmount": shape(
        {
            "name": text(),
            "lineItemId": or_null(ID),
            "amountMinor": number(_MINOR),
            "wholeMinor": number(_MINOR),
            "days": number(),
            "daysLeft": number(),
            "credited": flag(),
            "invoice": or_null(text()),
            "how": text("How it came about, in words."),
        }
    ),
}  # fmt: skip

OPERATIONS = (
    Operation("lifecycle.pause", "pauseSubscription", _TAG, {200: "Standing"}, version="v1",
        path={"id": SUBSCRIPTION}, body="Pause", body_needed=False, example={"pauseReason": "Parental leave"},
        etag=True, if_match=True),
    Operation("lifecycle.unpause", "unpauseSubscription", _TAG, {200: "Standing"}, version="v1",
        path={"id": PAUSED}, body="Unpause", body_needed=False,
        example={"proposedNextBillingDate": "2026-03-15"}, etag=True, if_match=True),
    Operation("lifecycle.cancel", "cancelSubscription", _TAG, {200: "Standing"}, version="v1",
        path={"id": SUBSCRIPTION}, body="Nothing", body_needed=False, example={}, etag=True, if_match=True),
    Operation("edits.preview", "previewEdit", _TAG, {200: "EditPreview"}, version="v1",
        path={"id": SUBSCRIPTION}, body="Edit", body_needed=False, example=_EDIT, if_match=True),
    Operation("edits.make", "makeEdit", _TAG, {200: "EditPreview"}, version="v1",
        path={"id": SUBSCRIPTION}, body="EditMade", example=_EDIT, etag=True, if_match=True,
        description="A prorated edit is made for the amounts of its `offer`, or not at all (409)."),
)  # fmt: skip
