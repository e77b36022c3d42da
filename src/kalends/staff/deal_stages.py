"""Pipelines of deals and their stages as choices, by the names that people know, in the reader's language."""

from __future__ import annotations

from typing import NamedTuple

from kalends.catalog import get_object
from kalends.crm.pipelines import pipelines
from kalends.crm.schema import account_object
from kalends.staff.visit import Visit


class DealPipeline(NamedTuple):
    """A pipeline and its stages; each stage is its internal name and what it is called."""

    name: str
    label: str
    stages: list[tuple[str, str]]


def deal_pipelines(visit: Visit) -> list[DealPipeline]:
    """The living pipelines of deals in their order. One with the name that it came with has it in every language."""
    db, deal = visit.psycopg(), account_object(visit.psycopg(), visit.ctx, "deal")
    words = {
        (name, option.value): option.label.in_language(visit.language)
        for name in (deal.pipeline, deal.stage)
        if name
        for option in deal.by_name[name].options
    }
    return [
        DealPipeline(
            each.name,
            words.get((deal.pipeline, each.name), each.label),
            [(stage.name, words.get((deal.stage, stage.name), stage.label)) for stage in each.stages],
        )
        for each in pipelines(db, visit.ctx, get_object("deal"))
    ]
