"""The report of a proof: for people who keep books, as text, as JSON, and as a page that is printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, NamedTuple

from kalends.core.money import format_minor
from kalends.proving.copy import megabytes
from kalends.proving.prove import Proof

HARMLESS = (
    "Everything happened on copies, on a database server of the proof's own, which are gone by now. The original was "
    "only read. No money was moved, no letter left and nobody was called: customers of the copies pay through a "
    "processor that is not real, and the processes could open no connection to anywhere."
)


WHY = (
    "Would the books be right if computers failed in the middle of billing? To find out, the coming months were billed "
    "on a copy of the books, while programs that bill and the database itself were ended without warning (“killed”), "
    "as when a machine loses its power. What was left half done was finished as it would be the next morning. Then "
    "every figure was worked out again, and compared with a second copy that was billed in peace."
)
_KILLED = {
    "billing run": "a billing run",
    "clock": "the program that goes from day to day",
    "database server": "the database",
    "worker": "a worker, which writes letters and settles payments",
}
"""What was killed, for people who do not run it."""


class Section(NamedTuple):
    """A part of the report: its head, facts by name, and sentences."""

    head: str
    facts: list[tuple[str, str]]
    sentences: list[str]


@dataclass(frozen=True, slots=True)
class Telling:
    """A proof with what its report says about the occasion: when it was made and with which version."""

    proof: Proof
    made_at: datetime
    version: str

    @property
    def verdict(self) -> str:
        """The answer, in a sentence."""
        wrong = [finding for finding in self.proof.findings if not finding.holds]
        kills = self.proof.trouble.total
        if not wrong:
            return f"Proved. After {kills} kills everything is as if there had been none."
        if all(finding.name == "books as copied" for finding in wrong):
            return "Not proved: the books did not agree before the proof began. `kalends verify` names each difference."
        return f"Not proved: {len(wrong)} of {len(self.proof.findings)} questions have the wrong answer."

    def sections(self) -> Iterator[Section]:
        """The report in its parts, in the order in which one reads it."""
        yield Section("Verdict", [], [self.verdict])
        yield Section("What this is about", [], [WHY])
        yield Section("What was copied", self._copied(), [HARMLESS])
        yield Section("What was billed in the meantime", self._billed(), [])
        yield Section("What was done to it", self._trouble(), [])
        answers = [(finding.question, finding.answer) for finding in self.proof.findings]
        yield Section("What was asked of the books afterwards", answers, [])
        for finding in self.proof.findings:
            if not finding.holds:
                more = finding.wrong - len(finding.first)
                yield Section(
                    f"Found wrong: {finding.question}",
                    [],
                    [*finding.first, *([f"and {more:,} more"] if more else [])],
                )
        yield Section("To repeat it", self._repeat(), [])

    def _copied(self) -> list[tuple[str, str]]:
        copied = self.proof.copied
        names = ", ".join(f"{name} ({id_})" for id_, name in copied.accounts[:12])
        more = len(copied.accounts) - 12
        return [
            ("Accounts", names + (f" and {more:,} more" if more > 0 else "")),
            ("Customers", f"{copied.count('contact'):,} contacts, {copied.count('company'):,} companies"),
            ("Subscriptions", f"{copied.count('subscription'):,}"),
            ("Invoices", f"{copied.count('invoice'):,}"),
            ("Payments", f"{copied.count('payment'):,}"),
            ("Size of the database", megabytes(self.proof.room.original)),
        ]

    def _billed(self) -> list[tuple[str, str]]:
        billed = self.proof.billed
        facts = [("Days", f"{self.proof.first} to {self.proof.until}")]
        for currency in sorted(billed.invoices):
            total = format_minor(billed.invoiced_minor[currency], currency)
            facts.append((f"Invoiced in {currency}", f"{total} on {billed.invoices[currency]:,} invoices"))
        for currency in sorted(billed.charges):
            total = format_minor(billed.collected_minor[currency], currency)
            facts.append((f"Collected in {currency}", f"{total} by {billed.charges[currency]:,} charges"))
        facts.append(("Letters decided on", f"{sum(billed.letters.values()):,}, none of which left"))
        return facts

    def _trouble(self) -> list[tuple[str, str]]:
        trouble = self.proof.trouble
        by_name = [
            (f"Of that {_KILLED.get(name, name)}", _times(count))
            for name, count in sorted(trouble.kills.items())
            if count
        ]
        return [
            ("Killed", _times(trouble.total)),
            *by_name,
            ("Asked for", f"{self.proof.wishes.kills} kills"),
            ("Processes started", f"{trouble.started:,}"),
            ("Compared with", "a second copy, which was billed to the same days by one process in peace"),
        ]

    def _repeat(self) -> list[tuple[str, str]]:
        wishes = self.proof.wishes
        accounts = self.proof.copied.accounts
        whose = f" --account {accounts[0][0]}" if len(accounts) == 1 else ""
        return [
            (
                "Command",
                f"kalends prove{whose} --kills {wishes.kills} --months {wishes.months} --seed {wishes.seed}",
            ),
            ("Version", f"Kalends {self.version}"),
            ("Made", f"{self.made_at:%Y-%m-%d %H:%M} UTC"),
        ]


def _times(count: int) -> str:
    """How often.

    >>> _times(0), _times(1), _times(2000)
    ('never', 'once', '2,000 times')
    """
    return {0: "never", 1: "once"}.get(count, f"{count:,} times")


def as_text(telling: Telling) -> str:
    """For a terminal."""
    lines: list[str] = []
    for section in telling.sections():
        lines += ["", section.head, "-" * len(section.head)]
        width = max((len(name) for name, _ in section.facts), default=0)
        lines += [f"{name:<{width}}  {value}" for name, value in section.facts]
        lines += section.sentences
    return "\n".join(lines[1:])


def as_json(telling: Telling) -> dict[str, Any]:
    """For programs; amounts in minor units."""
    proof = telling.proof
    return {
        "proved": proof.holds,
        "verdict": telling.verdict,
        "made_at": telling.made_at,
        "version": telling.version,
        "seed": proof.wishes.seed,
        "months": proof.wishes.months,
        "copied": {
            "accounts": [{"id": id_, "name": name} for id_, name in proof.copied.accounts],
            "bytes": proof.room.original,
            "rows": {table: rows for table, rows in sorted(proof.copied.rows.items()) if rows},
        },
        "billed": {
            "from": proof.first,
            "until": proof.until,
            "invoices": dict(proof.billed.invoices),
            "invoiced_minor": dict(proof.billed.invoiced_minor),
            "charges": dict(proof.billed.charges),
            "collected_minor": dict(proof.billed.collected_minor),
            "letters": dict(proof.billed.letters),
        },
        "kills": {
            "asked_for": proof.wishes.kills,
            "total": proof.trouble.total,
            "of": dict(proof.trouble.kills),
            "processes_started": proof.trouble.started,
        },
        "questions": [finding.as_json() for finding in proof.findings],
    }


_STYLE = """
    body { font: 11pt/1.45 Georgia, serif; color: #1b1b1b; max-width: 46rem; margin: 2.5rem auto; padding: 0 1rem }
    h1 { font-size: 19pt; margin-bottom: .2rem } h2 { font-size: 13pt; margin: 1.8rem 0 .4rem }
    table { border-collapse: collapse; width: 100% }
    th, td { border-top: 1px solid #ccc; padding: .35rem .6rem .35rem 0; text-align: left; vertical-align: top }
    th { font-weight: normal; width: 45% }
    .proved, .not-proved { border: 2px solid; padding: .7rem 1rem; font-size: 13pt }
    .proved { border-color: #12664f } .not-proved { border-color: #a32020 }
    @media print { body { margin: 0; max-width: none } h2 { break-after: avoid } tr { break-inside: avoid } }
"""


def as_page(telling: Telling) -> str:
    """A page of its own that needs nothing else, to be read in a browser, printed, or filed."""
    verdict, *sections = telling.sections()
    kind = "proved" if telling.proof.holds else "not-proved"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><title>Proof of the books</title>',
        f"<style>{_STYLE}</style></head><body>",
        "<h1>Proof of the books</h1>",
        f"<p>Kalends {escape(telling.version)}, {telling.made_at:%Y-%m-%d %H:%M} UTC</p>",
        f'<p class="{kind}">{escape(" ".join(verdict.sentences))}</p>',
    ]
    for section in sections:
        parts.append(f"<h2>{escape(section.head)}</h2>")
        if section.facts:
            rows = "".join(f"<tr><th>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in section.facts)
            parts.append(f"<table>{rows}</table>")
        parts += [f"<p>{escape(sentence)}</p>" for sentence in section.sentences]
    return "\n".join([*parts, "</body></html>", ""])
