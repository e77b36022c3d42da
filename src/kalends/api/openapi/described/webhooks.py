"""Webhooks: where an app is told of changes, and of which."""

from __future__ import annotations

from kalends.api.openapi.described.examples import MOMENT
from kalends.api.openapi.terms import ID, Operation, batch, flag, inputs, listed, moment, number, shape, text
from kalends.events.webhooks.networks import URL_LENGTH_MAX
from kalends.events.webhooks.settings import CALLS_AT_ONCE_MOST
from kalends.events.webhooks.signatures import OLDER_VERSIONS

APP, WEBHOOK_SUBSCRIPTION = "1021", "1022"
_WISH = {
    "eventType": "object.propertyChange",
    "objectTypeId": "0-69",
    "propertyName": "hs_status",
    "active": True,
}
_SUBSCRIPTION = {"id": WEBHOOK_SUBSCRIPTION, **_WISH, "createdAt": MOMENT, "updatedAt": MOMENT}
_SETTINGS_WISH = {"targetUrl": "https://example.org/webhooks", "throttling": {"maxConcurrentRequests": 10}}
_EVENT_TYPE = text("Such as contact.creation, or object.propertyChange with `objectTypeId`.", minLength=1)
_URL = text("Begins with https:// and leads to the public internet.", minLength=1, maxLength=URL_LENGTH_MAX)
_THROTTLING = shape(
    {"maxConcurrentRequests": number("Requests at once.", minimum=1, maximum=CALLS_AT_ONCE_MOST)}
)
_OLDER = text("Which of HubSpot's older signatures comes besides the third.", enum=list(OLDER_VERSIONS))

COMPONENTS = {
    "WebhookSettingsWish": shape(
        {"targetUrl": _URL}, {"throttling": _THROTTLING, "signatureVersion": _OLDER}
    ),
    "WebhookSettings": shape(
        {
            "targetUrl": _URL,
            "throttling": _THROTTLING,
            "signatureVersion": _OLDER,
            "createdAt": moment(),
            "updatedAt": moment(),
        },
        example={**_SETTINGS_WISH, "signatureVersion": "v1", "createdAt": MOMENT, "updatedAt": MOMENT},
    ),
    "WebhookSubscriptionWish": shape(
        {"eventType": _EVENT_TYPE},
        {
            "objectTypeId": text("The kind of records, where the event type leaves it open."),
            "propertyName": text("The property, where the event type is a propertyChange."),
            "active": flag("Whether it begins at once; without, it waits to be switched on."),
        },
    ),
    "WebhookSubscription": shape(
        {
            "id": ID,
            "eventType": _EVENT_TYPE,
            "objectTypeId": text("The kind of records."),
            "active": flag("Whether it is told of what happens."),
            "createdAt": moment(),
            "updatedAt": moment(),
        },
        {"propertyName": text("The property, of a propertyChange.")},
        example=_SUBSCRIPTION,
    ),
    "WebhookSubscriptionList": listed("WebhookSubscription", example={"results": [_SUBSCRIPTION]}),
    "WebhookSwitch": shape({}, {"active": flag("Whether it is told of what happens.")}),
    "WebhookSwitches": inputs(
        shape({"id": {"type": ["integer", "string"]}, "active": flag("Whether it is told of what happens.")}),
        100,
    ),
    "WebhookSubscriptionBatch": batch("WebhookSubscription"),
}

_HERE = {"app_id": APP}
_ONE = {**_HERE, "subscription_id": WEBHOOK_SUBSCRIPTION}

OPERATIONS = (
    Operation("webhooks.read_settings", "readWebhookSettings", "Webhooks", {200: "WebhookSettings"}, path=_HERE,
        security="hapikey"),
    Operation("webhooks.write_settings", "writeWebhookSettings", "Webhooks", {200: "WebhookSettings"}, path=_HERE,
        body="WebhookSettingsWish", example=_SETTINGS_WISH, security="hapikey",
        description="What is left out stays as it is."),
    Operation("webhooks.clear_settings", "clearWebhookSettings", "Webhooks", {204: ""}, path=_HERE,
        security="hapikey", description="What was not sent yet is dropped; subscriptions stay."),
    Operation("webhooks.list_subscriptions", "listWebhookSubscriptions", "Webhooks",
        {200: "WebhookSubscriptionList"}, path=_HERE, security="hapikey"),
    Operation("webhooks.make_subscription", "createWebhookSubscription", "Webhooks", {201: "WebhookSubscription"},
        path=_HERE, body="WebhookSubscriptionWish", example=_WISH, security="hapikey"),
    Operation("webhooks.change_subscriptions", "updateWebhookSubscriptions", "Webhooks",
        {200: "WebhookSubscriptionBatch", 207: "WebhookSubscriptionBatch"}, path=_HERE, body="WebhookSwitches",
        example={"inputs": [{"id": 1022, "active": False}]}, security="hapikey"),
    Operation("webhooks.read_subscription", "readWebhookSubscription", "Webhooks", {200: "WebhookSubscription"},
        path=_ONE, security="hapikey"),
    Operation("webhooks.change_subscription", "updateWebhookSubscription", "Webhooks",
        {200: "WebhookSubscription"}, path=_ONE, body="WebhookSwitch", example={"active": False},
        security="hapikey"),
    Operation("webhooks.delete_subscription", "deleteWebhookSubscription", "Webhooks", {204: ""}, path=_ONE,
        security="hapikey"),
)  # fmt: skip
