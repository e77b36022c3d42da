"""The table of an answer: the words of every figure, and where each leads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from kalends.insight import Answer, Behind, Figure, table

Link = Callable[[Behind | None], str]


class Cell(NamedTuple):
    """A figure in words, and where its records are."""

    text: str
    link: str = ""


class Line(NamedTuple):
    """A row: what it is about, its figures, and whether it sums up the others."""

    head: str
    cells: list[Cell]
    is_total: bool = False


class Grid(NamedTuple):
    """A table with its heads."""

    heads: list[str]
    lines: list[Line]


def grid(answer: Answer, language: str, link: Link) -> Grid:
    """The table of an answer with a link at each figure behind which there are records."""
    heads, rows = table(answer, language)
    figures = _figures(answer)
    lines = [
        Line(
            row[0],
            [Cell(text, link(figure.behind)) for text, figure in zip(row[1:], beside, strict=True)],
            is_total=number == len(answer.columns) and answer.report.shape != "cohorts",
        )
        for number, (row, beside) in enumerate(zip(rows, figures, strict=False))
    ]
    return Grid(heads, lines)


def _figures(answer: Answer) -> list[Sequence[Figure]]:
    """The figures of each row of the table, in its order."""
    if answer.report.shape == "cohorts":
        return [(*(lead.figure for lead in each.lead), *each.figures) for each in answer.series]
    rows = [[each.figures[at] for each in answer.series] for at in range(len(answer.columns))]
    return [*rows, list(answer.total)]
