"""Which records events of the journal occurred to, as workflows ask for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kalends.events.feed import Happened
from kalends.workflows.definition import Occurrence
from kalends.workflows.flows import Flow


def occurred(flow: Flow, wanted: Occurrence, events: Sequence[Happened]) -> dict[int, int]:
    """To which records something occurred since the workflow was turned on, and in which event."""
    places = frozenset(flow.object.by_name[name].journal_name for name in wanted.changed)
    found: dict[int, int] = {}
    for event in events:
        if event.id <= flow.since:
            continue
        own = event.object_type == flow.object.name
        of_parent = flow.object.name == "subscription" and event.parent_id is not None and not own
        if not own and not of_parent:
            continue
        if event.kind in wanted.kinds or (places and places & _changed(event, own=own)):
            found[event.object_id if own else event.parent_id or 0] = event.id
    return found


def _changed(event: Happened, *, own: bool) -> set[str]:
    if "changes" not in event.data:
        return set()
    data: dict[str, Any] = json.loads(event.data)
    return set(data.get("changes" if own else "parent_changes") or ())
