"""Which workflows name a segment, for whoever is about to delete it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from kalends.accounts.context import AccountContext
from kalends.segments.segment import Use, register_uses
from kalends.workflows.flows import Db, definition_json, list_workflows


def register_use() -> None:
    """Let segments ask."""
    register_uses(_workflows)


def _workflows(db: Db, ctx: AccountContext, segment_id: int) -> Iterable[Use]:
    for each in list_workflows(db, ctx):
        if names_segment(definition_json(db, ctx, each.id, each.version), segment_id):
            yield Use("workflow", each.id, each.name)


def names_segment(data: object, segment_id: int) -> bool:
    """Whether a definition names a segment, in a filter or in an action.

    >>> names_segment({"suppress": {"groups": [[{"segment": "47"}]]}}, 47)
    True
    """
    if isinstance(data, Mapping):
        body = cast("Mapping[str, Any]", data)
        return str(body.get("segment")) == str(segment_id) or any(
            names_segment(each, segment_id) for each in body.values()
        )
    return isinstance(data, list) and any(names_segment(each, segment_id) for each in cast("list[Any]", data))
