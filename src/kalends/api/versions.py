"""Lost updates: every single record has a version, and a change may say which one it means to change.

The version is the number of the last event that happened to the record, or to what belongs to a subscription. It is
told as ``ETag``; with ``If-Match``, a record that has moved on in the meantime stays as it is. A read tells a
fingerprint of its answer besides, since what is worked out from other records and from the day changes without an
event of the record: with ``If-None-Match``, an answer that would be the same again is not sent.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from kalends.api.call import Call
from kalends.api.errors import ApiError
from kalends.catalog.model import ObjectType
from kalends.crm.records import lock

_LAST_EVENT = """
    SELECT greatest(
        (SELECT max(id) FROM event WHERE account_id = %(account_id)s AND object_id = %(id)s),
        (SELECT max(id) FROM event WHERE account_id = %(account_id)s AND parent_id = %(id)s))
"""
_TAGS = re.compile(r'(W/)?"([^"]*)"')


def etag(call: Call, id_: int) -> dict[str, str]:
    """The header that tells a record's version."""
    return ask_for_etag(call, id_)(None)


def ask_for_etag(call: Call, id_: int) -> Callable[[Any], dict[str, str]]:
    """Ask for a record's version; what is returned gives the header, for what was ``shown`` of it besides."""
    cursor = call.db.execute(_LAST_EVENT, {"account_id": call.ctx.id, "id": id_})
    return lambda shown: _tag(id_, cursor.fetchone(), shown)


def _tag(id_: int, row: Sequence[Any] | None, shown: Any) -> dict[str, str]:
    fingerprint = "" if shown is None else f"-{hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]}"
    return {"ETag": f'"{id_}-{(row and row[0]) or 0}{fingerprint}"'}


def has_it(call: Call, tag: str) -> bool:
    """Whether the asker has this very answer already, and said so."""
    if call.if_none_match is None:
        return False
    return call.if_none_match.strip() == "*" or tag.strip('"') in {
        each for _, each in _TAGS.findall(call.if_none_match)
    }


def require_known(call: Call, obj: ObjectType, id_: int | None) -> None:
    """Let only those change a record who know its version, if they say which they know. Raises ``ApiError`` (412).

    The record is locked first, so that the version is still the same when it is changed. What is not there has no
    version; the handler says so.
    """
    if call.if_match is None or id_ is None or call.if_match.strip() == "*":
        return
    if not lock(call.db, call.ctx, obj, [id_]):
        return
    now = etag(call, id_)
    known = {"-".join(tag.split("-")[:2]) for weak, tag in _TAGS.findall(call.if_match) if not weak}
    if now["ETag"].strip('"') not in known:
        raise ApiError(
            412,
            "PRECONDITION_FAILED",
            "The record was changed since it was read. Read it again, and send the change with its new ETag.",
            headers=now,
        )
