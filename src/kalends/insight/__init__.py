"""Reports on what subscriptions bring in: pure definitions over the journal of revenue, payments and the schedule."""

from kalends.insight.answer import Answer, Behind, Column, Figure, Lead, Series, read_behind
from kalends.insight.ask import REPORTS, UnknownReport, ask, report_of
from kalends.insight.behind import Row, records
from kalends.insight.charting import chart_of
from kalends.insight.every import EVERY_LABELS, Every
from kalends.insight.question import Question, WrongQuestion, read_question
from kalends.insight.report import GROUPS, Report
from kalends.insight.words import summary, table, written

__all__ = [
    "EVERY_LABELS",
    "GROUPS",
    "REPORTS",
    "Answer",
    "Behind",
    "Column",
    "Every",
    "Figure",
    "Lead",
    "Question",
    "Report",
    "Row",
    "Series",
    "UnknownReport",
    "WrongQuestion",
    "ask",
    "chart_of",
    "read_behind",
    "read_question",
    "records",
    "report_of",
    "summary",
    "table",
    "written",
]
