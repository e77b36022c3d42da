"""A report: what it is called, what it says, and the function that fills it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from kalends.catalog.model import Text
from kalends.insight.answer import Answer
from kalends.insight.asked import Asked
from kalends.insight.charts import Form

Group = Literal["revenue", "customers", "cash", "breakdown"]
Shape = Literal["time", "kinds", "cohorts"]
"""Whether the columns are stretches of time, categories, or months since the start of a cohort (a series)."""

GROUPS: dict[Group, Text] = {
    "revenue": Text("Revenue", "Inntekt", "Tulot"),
    "customers": Text("Customers", "Kunder", "Asiakkaat"),
    "cash": Text("Cash", "Penger inn", "Kassavirta"),
    "breakdown": Text("Breakdown", "Fordeling", "Erittely"),
}


@dataclass(frozen=True, slots=True)
class Report:
    """A ready-made report. ``about`` says in a sentence or two what its figures mean.

    ``told`` are the series that a summary speaks of, in this order; the first ones where none are named.
    """

    name: str
    label: Text
    about: Text
    group: Group
    form: Form
    fill: Callable[[Report, Asked], Answer]
    shape: Shape = "time"
    told: tuple[str, ...] = ()
