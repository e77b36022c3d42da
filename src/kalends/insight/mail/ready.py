"""A ready-made report as it was kept: its words become a question about the days that they mean today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.permissions import Place
from kalends.insight.answer import Answer
from kalends.insight.ask import ask
from kalends.insight.period import PERIODS, span_of
from kalends.insight.question import WrongQuestion, read_question
from kalends.insight.within import within
from kalends.segments.segment import Segment, SegmentRefused, find_segment


def answered(
    db: Connection[Any], ctx: AccountContext, name: str, words: Mapping[str, str], place: Place
) -> Answer:
    """The answer of a report to the words of a question, about what somebody may see. Raises ``WrongQuestion``.

    A page leaves out what is wrong in the words and says so; here nobody could choose another: no figures are better
    than those of another question.
    """
    asked = {word: value for word, value in words.items() if value}
    segment = _segment(db, ctx, asked.pop("segment", ""), place)
    period = asked.pop("period", "")
    if period and period not in PERIODS:
        raise WrongQuestion("period", f"{period!r} is no period. Give {', '.join(PERIODS)}.")
    if period or not ("from" in asked or "to" in asked):
        span = span_of(period or next(iter(PERIODS)), ctx.today)
        asked |= {"from": span.first.isoformat(), "to": span.last.isoformat()}
    question = read_question(asked, ctx)
    if segment is not None:
        question = replace(question, filter=within(question.filter, segment))
    return ask(db, ctx, name, question, sight=place.sight(), user_id=place.user_id)


def _segment(db: Connection[Any], ctx: AccountContext, word: str, place: Place) -> Segment | None:
    if not word:
        return None
    try:
        segment = find_segment(db, ctx, int(word))
    except (ValueError, SegmentRefused) as problem:
        raise WrongQuestion("segment", f"There is no segment {word}.") from problem
    if not place.grants.allows("view", segment.object):
        raise WrongQuestion("segment", f"The segment {word} is of records that the reader may not see.")
    return segment
