"""Rows of a file as records to be: what each is known by, its values, its ties and its line item, or what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kalends.catalog.model import ObjectType, Property
from kalends.catalog.registry import get_object
from kalends.imports.cells import CellReader, goes_on, refuse_broken
from kalends.imports.plan import KEY, RECORD_ID, Plan, Target, parse_target
from kalends.imports.problems import BadCell, Problem, shortened
from kalends.imports.sheets import Cell, Row, shown

_TEXT_MAX = 200
_NAMED = "hs_name"
_OF_LINE = {"hs_recurring_billing_frequency": "recurringbillingfrequency"}
"""What a line item takes over from the subscription of its row."""


class TieWish(NamedTuple):
    """A record that a row is to be tied to: its object, what names it (id, key, email ...), and the name."""

    heading: str
    to: str
    by: str
    value: str


@dataclass(slots=True)
class RowDraft:
    """A row as a record to be. ``identity`` is what it is known by in the file and in the account."""

    line: int
    properties: dict[str, str] = field(default_factory=dict[str, str])
    line_item: dict[str, str] = field(default_factory=dict[str, str])
    ties: list[TieWish] = field(default_factory=list[TieWish])
    key: str | None = None
    identity: str | None = None
    record_id: int | None = None
    tied: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    problems: list[Problem] = field(default_factory=list[Problem])
    changed: bool = False
    created: bool = False

    def wrong(self, column: str, value: object, remedy: str, code: str) -> None:
        """Note what cannot be used, where it stands, and what would be right."""
        self.problems.append(Problem(self.line, column, shortened(str(value)), remedy, code))


class _Column(NamedTuple):
    heading: str
    target: Target
    property: Property | None


class DraftReader:
    """Reads rows by a plan."""

    def __init__(self, obj: ObjectType, plan: Plan, headings: Sequence[str], cells: CellReader) -> None:
        self._obj, self._plan, self._cells = obj, plan, cells
        self._columns: list[_Column | None] = []
        for heading, text in zip(headings, plan.targets, strict=True):
            self._columns.append(self._column(heading, parse_target(text)) if text else None)

    def _column(self, heading: str, target: Target) -> _Column:
        if target.kind == "line":
            return _Column(heading, target, get_object("line_item").by_name[target.name])
        return _Column(heading, target, self._obj.by_name.get(target.name))

    def heading_of(self, name: str, kind: str = "property") -> str:
        """The heading above a property, to tell problems by; nothing where no column becomes it."""
        return next(
            (
                each.heading
                for each in self._columns
                if each is not None and each.target.name == name and each.target.kind == kind
            ),
            "",
        )

    def read(self, row: Row) -> RowDraft:
        """A row; everything that is wrong with its cells is noted."""
        draft = RowDraft(row.line)
        if row.problem:
            draft.wrong("", "", row.problem, "csv")
            return draft
        for column, cell in zip(self._columns, row.cells, strict=True):
            if column is not None and cell is not None and (not isinstance(cell, str) or cell.strip()):
                try:
                    self._take(draft, column, cell)
                except BadCell as bad:
                    draft.wrong(bad.column, bad.value, bad.remedy, bad.code)
        self._complete(draft)
        self._identify(draft)
        return draft

    def _take(self, draft: RowDraft, column: _Column, cell: Cell) -> None:
        heading, target, prop = column
        refuse_broken(self._plan, heading, cell)
        text = shown(cell).strip()
        match target.kind:
            case "key":
                draft.key = _short(heading, text)
            case "tie":
                for value in dict.fromkeys(part.strip() for part in text.split(";")):
                    if value:
                        draft.ties.append(TieWish(heading, target.to, target.name, _short(heading, value)))
            case "going_on":
                if not goes_on(cell):
                    draft.wrong(
                        heading,
                        text,
                        "It has ended, and what has ended is not imported as a subscription. Import what was paid "
                        "for it as payments.",
                        "ended",
                    )
            case "line" if prop is not None:
                draft.line_item[prop.name] = self._cells.read(prop, heading, cell)
            case _ if prop is not None:
                draft.properties[prop.name] = self._cells.read(prop, heading, cell)

    def _complete(self, draft: RowDraft) -> None:
        """Let a subscription and the line item of its row say the same where only one of them says it."""
        if not draft.line_item:
            return
        line = draft.line_item
        for theirs, ours in _OF_LINE.items():
            if theirs in draft.properties:
                line.setdefault(ours, draft.properties[theirs])
        line.setdefault("name", draft.properties.get(_NAMED, ""))
        if line["name"]:
            draft.properties.setdefault(_NAMED, line["name"])

    def _identify(self, draft: RowDraft) -> None:
        name = self._plan.identify
        if not name:
            return
        given = draft.key if name == KEY else draft.properties.get(name)
        if not given:
            if name in (KEY, RECORD_ID) or self._plan.mode == "update":
                draft.wrong(
                    self.heading_of(name, "key" if name == KEY else "property"),
                    "",
                    "This is empty, and records are known by it: fill it in.",
                    "identity",
                )
            return
        draft.identity = given if name == KEY else given.strip().casefold()
        if name == RECORD_ID and not given.isdecimal():
            draft.wrong(
                self.heading_of(name),
                given,
                "A Record ID is a number: take it from an export of this account.",
                "not_there",
            )


def _short(heading: str, text: str) -> str:
    if len(text) > _TEXT_MAX:
        raise BadCell(heading, text, f"Give at most {_TEXT_MAX} characters.", "long")
    return text


def refuse_repeated(drafts: Sequence[RowDraft], heading: str, before: Mapping[str, int]) -> None:
    """Refuse rows known by what an earlier row is known by; ``before`` are those of earlier blocks, by identity."""
    seen = dict(before)
    for draft in drafts:
        if draft.identity is None:
            continue
        first = seen.setdefault(draft.identity, draft.line)
        if first != draft.line:
            draft.wrong(
                heading,
                draft.identity,
                f"Row {first} says this already: each record has one row.",
                "repeated",
            )
            draft.identity = None
