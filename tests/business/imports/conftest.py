"""Files to import, written in a few words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kalends.imports.load import import_file
from kalends.imports.mapping import ImportMapping, read_mapping
from kalends.imports.outcome import Outcome
from tests.world import World

CONTACTS = """
object = "contact"
key = "No"
[columns]
"Email" = "email"
"First" = "firstname"
"Last" = "lastname"
"Phone" = "phone"
"""
SUBSCRIPTIONS = """
object = "subscription"
key = "No"
create_contacts = true
currencies = ["NOK"]
[columns]
"Email" = "contact.email"
"Plan" = "line_item.name"
"Price" = "line_item.price"
"Quantity" = "line_item.quantity"
"Interval" = "hs_recurring_billing_frequency"
"Start" = "hs_recurring_billing_start_date"
"Paid until" = "billed.until"
"Payments" = "hs_number_of_expected_payments"
"Token" = "payment_method.token"
"Last4" = "payment_method.last4"
"Currency" = "hs_currency_code"
"Note" = "hs_invoice_comments"
"""
CONTACT_HEADINGS = "No,Email,First,Last,Phone"
SUBSCRIPTION_HEADINGS = (
    "No,Email,Plan,Price,Quantity,Interval,Start,Paid until,Payments,Token,Last4,Currency,Note"
)

Import = Callable[..., Outcome]


@pytest.fixture
def mapping(tmp_path: Path) -> Callable[[str], ImportMapping]:
    """Reads a mapping from its text."""

    def read(text: str) -> ImportMapping:
        path = tmp_path / "map.toml"
        path.write_text(text)
        return read_mapping(path)

    return read


@pytest.fixture
def load(tmp_path: Path, world: World, mapping: Callable[[str], ImportMapping]) -> Import:
    """Imports rows under headings into the test's account; a row is one text with commas."""

    def load_rows(text: str, headings: str, *rows: str | bytes, **wishes: Any) -> Outcome:
        path = tmp_path / "file.csv"
        lines = [row if isinstance(row, bytes) else row.encode() for row in (headings, *rows)]
        path.write_bytes(b"\n".join(lines) + b"\n")
        return import_file(world.db, world.ctx, path, mapping(text), **wishes)

    return load_rows


def places(outcome: Outcome) -> list[tuple[int, str]]:
    """Row and column of each problem."""
    return [(problem.row, problem.column) for problem in outcome.problems.in_order()]
