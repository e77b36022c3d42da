"""A question about a segment only."""

from __future__ import annotations

from kalends.query import Associated, Filter, Member
from kalends.query.language import Term
from kalends.segments.segment import Segment


def within(wanted: Filter, segment: Segment) -> Filter:
    """A filter over subscriptions, narrowed to a segment of them, or of the records that they are tied to."""
    member: Term = Member(segment.id)
    if segment.object != "subscription":
        member = Associated(segment.object, (Member(segment.id),))
    return Filter(tuple((member, *group) for group in wanted.groups or ((),)))
