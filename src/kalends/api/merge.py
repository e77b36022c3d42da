"""Two records that turn out to be the same."""

from __future__ import annotations

from kalends.api import shapes
from kalends.api.call import Answer, Call
from kalends.api.envelopes import in_words
from kalends.api.fields import require, wrong
from kalends.api.routes import of_object, route
from kalends.api.wire import record_id
from kalends.crm.merge import merge


@route("objects", "/{type}/merge", "POST", of_object("write"))
def merge_records(call: Call) -> Answer:
    """Let one record have everything that another had; the answer is the one that stays, under its own id."""
    obj, body = call.object(), call.json()
    require(body, ["primaryObjectId", "objectIdToMerge"])
    numbers: list[int] = []
    for name in ("primaryObjectId", "objectIdToMerge"):
        number = record_id(body[name])
        if number is None:
            raise wrong(name, f"{name} is to be the number of a record")
        numbers.append(number)
    with in_words():
        merge(call.db, call.ctx, obj, *numbers, actor=call.who.actor)
    return Answer(200, shapes.written(call, obj, numbers[:1], ())[numbers[0]])
