"""Explanations, rehearsals, clocks and the feed of events."""

from __future__ import annotations

from kalends.api.openapi.described.examples import INVOICE, MOMENT, SUBSCRIPTION
from kalends.api.openapi.terms import (
    AFTER,
    ID,
    Operation,
    array,
    day,
    limit,
    mapping,
    moment,
    number,
    of,
    or_null,
    page,
    parameter,
    ref,
    shape,
    text,
)

_AMOUNTS = mapping(number(), "By currency, in its smallest unit.")
_SUBSCRIPTION = {"subscriptionId": ID, "subscriptionName": text()}
_CLOCK = {
    "accountId": 7,
    "mode": "sandbox",
    "now": "2026-01-02T05:00:00.000Z",
    "today": "2026-01-02",
    "timeZone": "Europe/Oslo",
    "billingDay": "2026-01-01",
}
_CLOCK_SHAPE = {
    "accountId": number(),
    "mode": text(enum=["live", "sandbox"]),
    "now": moment(),
    "today": day("In the account's time zone."),
    "timeZone": text(),
    "billingDay": day("The day up to which charges and invoices are due."),
}
_STEP = {
    "part": "price", "sign": "=", "text": "Total", "amount_minor": 10_000, "currency": "EUR", "rule": "total",
    "params": {},
}  # fmt: skip
_EVENT = {
    "id": "4711",
    "occurredAt": MOMENT,
    "kind": "subscription.paused",
    "objectType": "subscription",
    "objectTypeId": "0-69",
    "objectId": SUBSCRIPTION,
    "parentId": None,
    "actor": "api:12",
    "data": {"reason": "Parental leave"},
}

COMPONENTS = {
    "Explanation": shape(
        {
            "title": text(),
            "currency": text(),
            "facts": mapping(text()),
            "steps": array(ref("ExplanationStep")),
        },
        example={"title": "Invoice 2026-0001", "currency": "EUR", "facts": {}, "steps": [_STEP]},
    ),
    "ExplanationStep": shape(
        {
            "part": text(enum=["reason", "price", "payments", "change"]),
            "sign": text("`+`, `-`, `=`, or nothing for a step that only tells."),
            "text": text(),
            "amount_minor": or_null(number("In the currency's smallest unit.")),
            "currency": text(),
            "rule": text("The same for another language, with `params`."),
            "params": mapping(text()),
        }
    ),
    "Rehearsal": shape(
        {
            "asOf": moment(),
            "billingDay": day(),
            "invoices": number(),
            "charges": number(),
            "retries": number(),
            "waiting": number("Charges that wait for an answer."),
            "parked": number("Subscriptions that would be set aside."),
            "same": number("Cycles that come to what the one before came to."),
            "differing": number(),
            "firstTime": number(),
            "invoicedMinor": _AMOUNTS,
            "chargedMinor": _AMOUNTS,
            "sentMinor": _AMOUNTS,
            "creditedMinor": _AMOUNTS,
            "retriedMinor": _AMOUNTS,
            "beforeMinor": _AMOUNTS,
            "noLongerBilled": number("Subscriptions that had a cycle before and have none now."),
            "noLongerBilledMinor": _AMOUNTS,
            "firstInvoices": array(ref("RehearsedInvoice")),
            "firstParked": array(ref("RehearsedParking")),
            "firstDifferences": array(ref("RehearsedDifference")),
            "firstNoLongerBilled": array(ref("RehearsedEnd")),
        }
    ),
    "RehearsedInvoice": shape(
        {
            **_SUBSCRIPTION,
            "cycle": number("The first is 0."),
            "periodStart": day(),
            "dueDate": day(),
            "collection": text(),
            "currency": text(),
            "totalMinor": number(),
            "creditMinor": number(),
        }
    ),
    "RehearsedParking": shape({**_SUBSCRIPTION, "cycle": number(), "reason": text(), "remedy": text(), "code": text()}),
    "RehearsedDifference": shape(
        {**_SUBSCRIPTION, "currency": text(), "beforeMinor": number(), "nowMinor": number(), "why": text()}
    ),
    "RehearsedEnd": shape(
        {
            **_SUBSCRIPTION,
            "dueDate": day("When the next cycle would have begun."),
            "currency": text(),
            "beforeMinor": number("What the cycle before came to."),
            "reason": text(enum=["canceled", "paused", "completed", "parked", "no_due_date"]),
            "since": or_null(day()),
            "why": text(),
        }
    ),
    "Clock": shape(_CLOCK_SHAPE, example=_CLOCK),
    "ClockMoved": shape(
        {**_CLOCK_SHAPE, "from": moment(), "happened": mapping({}, "How much of what fell due.")},
        example={**_CLOCK, "from": "2026-01-01T05:00:00.000Z", "happened": {"invoiced": 1}},
    ),
    "ClockAdvance": shape(
        {
            "duration": text(
                "Years, months, weeks, days and hours, such as `1mo3d`.",
                pattern="^([0-9]{1,2}y)?([0-9]{1,3}mo)?([0-9]{1,4}w)?([0-9]{1,5}d)?([0-9]{1,6}h)?$",
                minLength=2,
            )
        }
    ),
    "ClockSet": shape({"to": of(["string", "integer"], "A moment, a day, or milliseconds since 1970.")}),
    "Event": shape(
        {
            "id": ID,
            "occurredAt": moment(),
            "kind": text(),
            "objectType": text(),
            "objectTypeId": or_null(text()),
            "objectId": ID,
            "parentId": or_null(ID),
            "actor": text(),
            "data": mapping({}),
        },
        example=_EVENT,
    ),
    "EventPage": page("Event", after=text("Ask with this for what comes next."),
                      example={"results": [_EVENT], "after": "4711"}),
}  # fmt: skip

OPERATIONS = (
    Operation("explanations.explain", "explainInvoice", "Billing", {200: "Explanation"}, version="v1",
        path={"id": INVOICE}, description="`{id}` is the invoice's id or its number."),
    Operation("explanations.explain_coming", "explainNextPayment", "Billing", {200: "Explanation"}, version="v1",
        path={"id": SUBSCRIPTION}),
    Operation("rehearsals.rehearse_run", "rehearseRun", "Billing", {200: "Rehearsal"}, version="v1",
        query=(parameter("catchUp", of("boolean", default=False), "Whether all that is overdue is billed."),)),
    Operation("clocks.show", "readClock", "Billing", {200: "Clock"}, version="v1"),
    Operation("clocks.advance_by", "advanceClock", "Billing", {200: "ClockMoved"}, version="v1",
        body="ClockAdvance", example={"duration": "1d"}),
    Operation("clocks.set_to", "setClock", "Billing", {200: "ClockMoved"}, version="v1",
        body="ClockSet", example={"to": "2026-02-15"}),
    Operation("feed.read_events", "listEvents", "Events", {200: "EventPage"}, version="v1",
        query=(limit(100, 1_000), AFTER)),
)  # fmt: skip
