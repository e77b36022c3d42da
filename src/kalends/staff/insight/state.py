"""What an address asks of a report: the words of the question, a period that follows the day, and a segment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from django.http import QueryDict
from django.utils.translation import gettext as _

from kalends.insight import Question, WrongQuestion, read_question
from kalends.insight.period import PERIODS, span_of
from kalends.insight.within import within
from kalends.segments.segment import Segment, SegmentRefused, find_segment
from kalends.staff.visit import Visit

WORDS = ("period", "from", "to", "every", "currency", "owner", "product", "segment", "filter")
FIRST_PERIOD = next(iter(PERIODS))


@dataclass(frozen=True, slots=True)
class Asking:
    """A question with the words of its address; ``wrong`` says what could not be understood and was left out."""

    question: Question
    words: Mapping[str, str]
    period: str
    wrong: tuple[str, ...] = ()

    def query(self, **changes: str) -> str:
        """The query of an address that asks this, with some words changed; a word changed to nothing is left out."""
        said = {**self.words, **changes}
        told = [f"{word}={quote(value, safe=',:')}" for word, value in said.items() if value]
        return f"?{'&'.join(told)}" if told else ""

    def in_period(self, name: str) -> str:
        """The same question about another period."""
        return self.query(period="" if name == FIRST_PERIOD else name, **{"from": "", "to": ""})


def read_asking(visit: Visit, given: QueryDict) -> Asking:
    """The question of an address. What is wrong in it is told, and left out."""
    said = {word: ",".join(filter(None, given.getlist(word))) for word in WORDS}
    said = {word: value.replace("\x00", "") for word, value in said.items()}
    wrong: list[str] = []
    period = _period(visit, said, wrong)
    segment = _segment(visit, said, wrong)
    while True:
        asked = {word: value for word, value in said.items() if value}
        if period:
            span = span_of(period, visit.ctx.today)
            asked |= {"from": span.first.isoformat(), "to": span.last.isoformat()}
        try:
            question = read_question(asked, visit.ctx)
            break
        except WrongQuestion as problem:
            wrong.append(wrong_words(problem.field, asked.get(problem.field, "")))
            # Days that nobody gave for a length of time that is the usual one already: the days are what is wrong.
            dropped = [problem.field] if said.get(problem.field) else ["from", "to"]
            said |= dict.fromkeys(dropped, "")
            period = period if said["from"] or said["to"] else FIRST_PERIOD
    if segment is not None:
        question = replace(question, filter=within(question.filter, segment))
    kept = {word: value for word, value in said.items() if value}
    if period:
        kept.pop("from", None)
        kept.pop("to", None)
        kept.pop("period", None)
        kept |= {"period": period} if period != FIRST_PERIOD else {}
    return Asking(question, {word: kept[word] for word in WORDS if word in kept}, period, tuple(wrong))


def _period(visit: Visit, said: dict[str, str], wrong: list[str]) -> str:
    """The period, unless days of their own are given that are not the period's."""
    name = said["period"]
    if name and name not in PERIODS:
        wrong.append(wrong_words("period", name))
        name = said["period"] = ""
    days = (said["from"], said["to"])
    if not any(days):
        return name or FIRST_PERIOD
    span = span_of(name or FIRST_PERIOD, visit.ctx.today)
    if days == (span.first.isoformat(), span.last.isoformat()):
        return name or FIRST_PERIOD
    said["period"] = ""
    return ""


def _segment(visit: Visit, said: dict[str, str], wrong: list[str]) -> Segment | None:
    word = said["segment"]
    if not word:
        return None
    try:
        known = word.isascii() and word.isdigit() and len(word) < 19
        segment = find_segment(visit.psycopg(), visit.ctx, int(word)) if known else None
    except SegmentRefused:
        segment = None
    if segment is None or not visit.may("view", segment.object):
        wrong.append(wrong_words("segment", word))
        said["segment"] = ""
        return None
    return segment


def wrong_words(word: str, value: str) -> str:
    """What is wrong with a word of an address, and what would be right."""
    shown = value if len(value) <= 60 else f"{value[:57]}..."
    said = {
        "from": _("The first day %(value)s is no day, or lies after the last one. Choose another one."),
        "to": _("The last day %(value)s is no day between 1970 and 2200. Choose another one."),
        "every": _("The frequency %(value)s does not fit: choose longer columns, or fewer days."),
        "currency": _("%(value)s is no currency. Choose one of the list."),
        "owner": _("%(value)s names no owner. Choose one of the list."),
        "product": _("%(value)s names no product. Choose one of the list."),
        "segment": _("The segment %(value)s is no longer there. Choose one of the list."),
        "period": _("%(value)s is no period. Choose one of the list."),
        "filter": _("The filter %(value)s cannot be read. Choose a segment instead."),
    }
    return said[word] % {"value": shown}
