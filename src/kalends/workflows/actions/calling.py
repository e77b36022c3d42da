"""Webhooks of workflows: what is told is decided on here, once; :mod:`kalends.workflows.calls` sends it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from kalends.accounts.sql import arrays
from kalends.catalog.registry import get_property
from kalends.catalog.render import moment, to_api
from kalends.workflows.actions.block import Block
from kalends.workflows.definition import CallWebhook
from kalends.workflows.places import Place, Result

_INSERT = """
INSERT INTO workflow_call (account_id, enrollment_id, nth, workflow_id, url, body, status, tries, created_at)
SELECT %(account_id)s, f.enrollment, f.nth, %(workflow)s, %(url)s, f.body, 'waiting', 0, %(now)s
FROM unnest(%(enrollments)s::bigint[], %(nths)s::int[], %(bodies)s::text[]) AS f (enrollment, nth, body)
ON CONFLICT ON CONSTRAINT workflow_call_once DO NOTHING
"""


def call_webhook(block: Block, action: CallWebhook, places: Sequence[Place]) -> dict[int, Result]:
    """Decide on a call for each record, with its properties as they are now."""
    obj = block.flow.object
    rows = block.values(places, action.properties)
    bodies: list[tuple[int, int, str]] = []
    for place in places:
        row = rows.get(place.record_id, {})
        told = {
            "portalId": block.ctx.id,
            "workflowId": block.flow.id,
            "enrollmentId": place.id,
            "actionId": action.id,
            "occurredAt": moment(block.ctx.now),
            "objectTypeId": obj.type_id,
            "objectId": place.record_id,
            "properties": {
                name: to_api(get_property(obj, name), row.get(name)) for name in action.properties
            },
        }
        bodies.append((place.id, place.done, json.dumps(told, ensure_ascii=False, separators=(",", ":"))))
    shared = {"account_id": block.ctx.id, "workflow": block.flow.id, "url": action.url, "now": block.ctx.now}
    block.db.execute(_INSERT, {**shared, **arrays(("enrollments", "nths", "bodies"), bodies)})
    return {place.id: Result("done", action.url, action.next) for place in places}
