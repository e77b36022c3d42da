"""Verify, explain and replay on command; each JSON answer is one document and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give
from tests.conftest import AnyConnection
from tests.world import World

_HEADINGS = "customerID,tenure,Contract,PaymentMethod,MonthlyCharges,Churn"
_BOOK = f"""{_HEADINGS}
A-1,3,Month-to-month,Credit card (automatic),29.85,No
A-2,2,One year,Mailed check,56.95,Yes
A-3,4,Two year,Electronic check,42.30,No
A-4,0,Two year,Bank transfer (automatic),20.00,No
"""


def test_verify_finds_nothing_in_good_books_and_names_what_is_broken(
    world: World, here: Give, owner: AnyConnection
) -> None:
    kari = world.customer()
    world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-02")
    good = here("verify", "--json")
    assert (good.code, good.json()["checked"], good.json()["differences"]) == (0, 1, 0)

    owner.execute("UPDATE invoice SET paid_minor = 5000 WHERE account_id = %s", [world.ctx.id])
    broken = here("verify")
    assert broken.code == ExitCode.PROBLEM_FOUND
    assert "INV-1001" in broken.out
    assert "50.00 EUR" in broken.out


def test_an_invoice_is_explained_by_its_number(world: World, here: Give) -> None:
    world.subscribe(world.customer(), "100", tax="25")
    world.until("2026-01-02")
    told = here("explain", "INV-1001")
    assert told.code == 0
    assert "125.00 EUR" in told.out
    assert here("explain", "inv-1001", "--json").json()["currency"] == "EUR"
    assert here("explain", "INV-9999").code == ExitCode.BAD_INPUT


def test_the_next_payment_is_explained_by_its_subscription(world: World, here: Give) -> None:
    subscription = world.subscribe(world.customer(), "100")
    assert "100.00 EUR" in here("explain", "--next", subscription).out
    assert here("explain", "--next", "INV-1").code == ExitCode.BAD_INPUT


def test_a_small_book_is_replayed_and_proved(tmp_path: Path, shell: Give) -> None:
    book = tmp_path / "book.csv"
    book.write_text(_BOOK)
    answer = shell("replay", book, "--format", "telco", "--until", "2026-03-01", "--json")
    assert answer.code == 0
    numbers = answer.json()
    assert numbers.pop("seconds") > 0
    assert set(numbers) == {
        "customers", "invoices", "invoiced_minor", "collected_minor", "processing_minor", "open_minor",
        "subscriptions", "mrr_minor", "verify", "reports",
    }  # fmt: skip
    assert (numbers["customers"], numbers["invoices"]) == (4, 9)
    assert numbers["invoiced_minor"] == 3 * 2985 + 2 * 5695 + 4 * 4230
    settled = numbers["collected_minor"] + numbers["processing_minor"] + numbers["open_minor"]
    assert settled == numbers["invoiced_minor"]
    assert numbers["subscriptions"] == {"active": 2, "canceled": 1, "scheduled": 1}
    assert numbers["mrr_minor"] == 2985 + 4230
    assert numbers["verify"] == {"checked": 9, "differences": 0}
    reports = numbers["reports"]
    assert reports.pop("compared") > 20
    assert reports == {"differences": 0, "churn": "25.0 %"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "column customerID is missing"),
        (_HEADINGS + "\n", "no customers"),
        (_BOOK.replace("29.85", "free"), "'free'"),
        (_BOOK.replace("29.85", "0.50"), "'0.50'"),
        (_BOOK.replace("29.85", "29.855"), "'29.855'"),
        (_BOOK.replace("A-2,2", "A-2,-2"), "'-2'"),
        (_BOOK.replace("Mailed check", "Barter"), "'Barter'"),
        (_BOOK.replace("A-3", "a-1"), "a-1 stands twice"),
        ("\udcff\udcfe" + _BOOK, "utf-8"),
    ],
    ids=[
        "empty",
        "no rows",
        "no amount",
        "too small",
        "no cents",
        "no tenure",
        "no method",
        "twice",
        "not UTF-8",
    ],
)
def test_a_book_that_cannot_be_read_is_refused_before_anything_is_made(
    tmp_path: Path, give: Give, text: str, named: str
) -> None:
    book = tmp_path / "book.csv"
    book.write_bytes(text.encode(errors="surrogateescape"))
    answer = give("replay", book, "--format", "telco", "--until", "2026-03-01")
    assert answer.code == ExitCode.BAD_INPUT
    assert named in answer.err
    assert str(book) in answer.err


def test_a_json_answer_is_one_document_and_nothing_else(world: World, shell: Give) -> None:
    for words in (("status",), ("bill", "--rehearse")):
        answer = shell(*words, "--account", world.ctx.id, "--json")
        assert answer.code == 0, words
        assert answer.json(), words
