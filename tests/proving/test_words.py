"""The report of a proof says what was done and found, in words that people who keep books can read."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter

import pytest

from kalends.cli.show import print_json
from kalends.proving.copy import Copied, Room
from kalends.proving.findings import Finding
from kalends.proving.kills import Trouble
from kalends.proving.prove import Billed, Proof
from kalends.proving.theater import Wishes
from kalends.proving.words import Telling, as_json, as_page, as_text

MADE = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def telling(*findings: Finding) -> Telling:
    proof = Proof(
        wishes=Wishes(20, 7, 2),
        copied=Copied([(1, "Skarv & Sønn <AS>")], {"subscription": 240, "invoice": 2024}),
        room=Room(27_262_976, 1),
        first=dt.date(2026, 3, 1),
        until=dt.date(2026, 5, 1),
        trouble=Trouble(Counter({"worker": 12, "database server": 8}), 44),
        billed=Billed(Counter({"EUR": 3}), Counter({"EUR": 123_450})),
        findings=list(findings),
    )
    return Telling(proof, MADE, "0.1.0")


def right() -> Finding:
    return Finding("invoice once", "Was each cycle invoiced once?", "invoices", 2024)


def wrong(name: str = "charge once") -> Finding:
    finding = Finding(name, "Was nothing charged twice?", "charges", 9)
    finding.add("Invoice INV-1001 was charged 2 times.")
    return finding


def test_it_tells_what_was_copied_billed_killed_and_asked_and_how_to_repeat_it() -> None:
    told = as_text(telling(right()))
    for words in (
        "Proved. After 20 kills everything is as if there had been none.",
        "Skarv & Sønn <AS> (1)",
        "2,024",
        "26 MB",
        "1,234.50 EUR on 3 invoices",
        "Of that the database",
        "Of that a worker, which writes letters and settles payments  12 times\n",
        "Would the books be right if computers failed in the middle of billing?",
        "Was each cycle invoiced once?  yes, 2,024 invoices looked at",
        "kalends prove --account 1 --kills 20 --months 2 --seed 7",
        "Kalends 0.1.0",
        "No money was moved, no letter left and nobody was called",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("charge once", "Not proved: 1 of 2 questions have the wrong answer."),
        ("books as copied", "Not proved: the books did not agree before the proof began."),
    ],
)
def test_what_is_wrong_is_said_first_and_named(name: str, verdict: str) -> None:
    told = as_text(telling(right(), wrong(name)))
    assert told.splitlines()[2].startswith(verdict)
    assert "NO: 1 found wrong, 9 charges looked at" in told
    assert "Invoice INV-1001 was charged 2 times." in told


def test_the_page_needs_nothing_else_and_takes_names_as_they_are() -> None:
    page = as_page(telling(right(), wrong()))
    assert "Skarv &amp; Sønn &lt;AS&gt; (1)" in page
    assert 'class="not-proved"' in page
    assert "@media print" in page
    assert not any(outside in page for outside in ("http://", "https://", "src=", "<script"))


def test_for_programs_it_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(as_json(telling(right(), wrong())))
    told = json.loads(capsys.readouterr().out)
    assert (told["proved"], told["billed"]["invoiced_minor"], told["billed"]["until"]) == (
        False,
        {"EUR": 123_450},
        "2026-05-01",
    )
    assert [question["holds"] for question in told["questions"]] == [True, False]
