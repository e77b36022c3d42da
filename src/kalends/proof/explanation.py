"""What an explanation is made of, and the parts that invoices and the next payment have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.sql import load
from kalends.core.explanation import explain_document
from kalends.core.money import format_minor
from kalends.core.pricing import LineTerms
from kalends.proof.oracle.dates import Anchor
from kalends.proof.words import EVERY, why_this_day


class Fact(NamedTuple):
    """A line at the head of an explanation. ``name`` is stable, ``label`` is for people."""

    name: str
    label: str
    value: str


class Step(NamedTuple):
    """One step of an explanation.

    ``part`` is ``reason``, ``price``, ``payments`` or ``change``. A ``+`` or ``-`` changes the amount reached so
    far, an ``=`` names it; a step without a sign only tells. ``rule`` and ``params`` say the same for another language.
    """

    part: str
    sign: str
    text: str
    amount_minor: int | None
    currency: str
    rule: str
    params: Mapping[str, str]


@dataclass(slots=True)
class Explanation:
    """Why something comes to its amount: what it is, and the steps that lead there."""

    title: str
    currency: str
    facts: list[Fact] = field(default_factory=list[Fact])
    steps: list[Step] = field(default_factory=list[Step])

    def tell(self, part: str, rule: str, text: str, **params: object) -> None:
        """Add a step that changes no amount."""
        self.steps.append(Step(part, "", text, None, self.currency, rule, _words(params)))

    def count(self, part: str, sign: str, rule: str, text: str, amount_minor: int, **params: object) -> None:
        """Add a step with an amount."""
        self.steps.append(Step(part, sign, text, amount_minor, self.currency, rule, _words(params)))

    def money(self, minor: int) -> str:
        """An amount in the currency of what is explained."""
        return format_minor(minor, self.currency)

    def as_json(self) -> dict[str, Any]:
        """The explanation for programs."""
        return {
            "title": self.title,
            "currency": self.currency,
            "facts": {fact.name: fact.value for fact in self.facts},
            "steps": [{**step._asdict(), "params": dict(step.params)} for step in self.steps],
        }


def _words(params: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in params.items() if value is not None}


class NamedLine(NamedTuple):
    """A line as it is stored: its id, its name, its terms, and the cycles it bills."""

    id: int
    name: str
    terms: LineTerms
    from_cycle: int
    until_cycle: int | None

    def bills(self, cycle: int) -> bool:
        """Whether it is billed in that cycle."""
        return self.from_cycle <= cycle and (self.until_cycle is None or cycle < self.until_cycle)


def lines_of(db: Connection[Any], account_id: int, parent: int) -> list[NamedLine]:
    """The lines of an invoice or a subscription."""
    rows = db.execute(
        load("kalends.proof", "explain_lines"), {"account_id": account_id, "parent": parent}
    ).fetchall()
    return [NamedLine(id_, name, LineTerms(*terms), first, until) for id_, name, *terms, first, until in rows]


def tell_price(explanation: Explanation, lines: Sequence[NamedLine]) -> int:
    """Line by line, with roundings and taxes; returns the total."""
    total = 0
    for step in explain_document([(line.name, line.terms) for line in lines], explanation.currency):
        explanation.steps.append(
            Step(
                "price", step.sign, step.text, step.amount_minor, explanation.currency, step.rule, step.params
            )
        )
        total = step.amount_minor
    return total


def tell_schedule(explanation: Explanation, anchor: Anchor, frequency: str, cycle: int) -> None:
    """Why a cycle falls on its day."""
    rule = "cycle-begins-on-anchor" if cycle == anchor.cycle else "cycle-counted-from-anchor"
    explanation.tell(
        "reason",
        rule,
        f"{why_this_day(anchor, frequency, cycle)}.",
        cycle=cycle + 1,
        periods=cycle - anchor.cycle,
        anchor=anchor.day,
        frequency=frequency,
        every=EVERY[frequency],
    )
    if anchor.cycle < 0:
        skipped = -anchor.cycle
        explanation.tell(
            "reason",
            "cycles-skipped-by-pause",
            f"Dates that were passed over while it was paused are counted, and never billed: {skipped}.",
            skipped=skipped,
        )
