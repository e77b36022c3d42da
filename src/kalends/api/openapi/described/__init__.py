"""What the document says of each operation, by area: an entry in ``OPERATIONS``, and in ``COMPONENTS`` its schemas.

Whoever adds a handler adds its entry here; ``tests/api/test_openapi.py`` names those that have none, and sends each
example to a real server.
"""

from __future__ import annotations

from kalends.api.openapi.described import (
    account,
    associations,
    automation,
    batches,
    beyond,
    exports,
    imports,
    lists,
    neighbors,
    oauth,
    pipelines,
    properties,
    records,
    selling,
    subscriptions,
    webhooks,
)
from kalends.api.openapi.terms import Operation, Schema

_AREAS = (
    records,
    batches,
    associations,
    properties,
    pipelines,
    account,
    subscriptions,
    neighbors,
    selling,
    lists,
    automation,
    exports,
    imports,
    beyond,
    oauth,
    webhooks,
)

OPERATIONS: tuple[Operation, ...] = tuple(each for area in _AREAS for each in area.OPERATIONS)
COMPONENTS: dict[str, Schema] = {name: schema for area in _AREAS for name, schema in area.COMPONENTS.items()}

TAGS: dict[str, str] = {
    "Records": "Contacts, companies, subscriptions, invoices, payments and eleven kinds more, one by one. "
    "`{type}` is the plural, the singular or the type id of an object, in any case.",
    "Batches": "Up to a hundred records at once. What is missing is told beside the results, with status 207.",
    "Associations": "What records are tied to. Every tie is seen from both sides, each with a type id of its own.",
    "Properties": "What properties an object has: those of the product, and the account's own.",
    "Pipelines": "Where deals, tickets and orders stand.",
    "Account": "The account of a token, and its users.",
    "Subscriptions": "The life of a subscription: paused, resumed, canceled, edited.",
    "Selling": "Payment links, on which customers buy by themselves, and discount codes.",
    "Lists": "Segments, under HubSpot's name: records that a filter finds, or that were put together by hand.",
    "Workflows": "What happens by itself to records when something is true, occurs or falls due.",
    "Exports": "Files of records: asked for, made in the background, and fetched by a link.",
    "Imports": "Files that become records: checked row by row, and written in the background.",
    "Billing": "Why an amount is what it is, what a run would do, and a sandbox's clock.",
    "Events": "The journal as a feed.",
    "OAuth": "Tokens of apps that accounts install. Bodies are forms; an app comes in with its secret.",
    "Webhooks": "Where an app is told of changes, and of which. It comes in with its developer key.",
}
"""The groups of operations, in the order in which they are shown."""
