"""What many calls answer in the same way: the envelope of a batch, and what services refuse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kalends.api.call import Answer, Call
from kalends.api.errors import ApiError, invalid, not_found
from kalends.api.shapes import Shape, moment
from kalends.crm.association_types import CannotAssociate, LabelRefused, UnknownLabel
from kalends.crm.associations import NotThere
from kalends.crm.merge import MergeRefused, NotMerged
from kalends.crm.owners import UnknownOwner
from kalends.crm.pipelines import PipelineRefused, UnknownPipeline
from kalends.crm.properties import UnknownProperty
from kalends.crm.property_groups import PropertyRefused, Taken, UnknownGroup
from kalends.platform.clock import system_now

EXISTS = "OBJECT_ALREADY_EXISTS"

_MISSING = (NotMerged, NotThere, UnknownGroup, UnknownLabel, UnknownOwner, UnknownPipeline, UnknownProperty)
_REFUSED = (CannotAssociate, LabelRefused, MergeRefused, PipelineRefused, PropertyRefused)


def batch_answer(call: Call, status: int, results: Sequence[Shape], errors: Sequence[Shape]) -> Answer:
    """The answer to a batch: 207 where some of it was not done."""
    body: Shape = {
        "status": "COMPLETE",
        "results": list(results),
        "startedAt": moment(call.now),
        "completedAt": moment(max(call.now, system_now())),
    }
    if errors:
        body |= {"numErrors": len(errors), "errors": list(errors)}
    return Answer(207 if errors else status, body)


@contextmanager
def in_words() -> Iterator[None]:
    """Tell what services of the schema and of associations refuse as errors of the API."""
    try:
        yield
    except Taken as taken:
        raise ApiError(409, EXISTS, str(taken), headers={"x-should-retry": "false"}) from taken
    except _MISSING as missing:
        raise not_found(str(missing)) from missing
    except _REFUSED as refusal:
        raise invalid(str(refusal)) from refusal
