"""The customer book of a telecom, as IBM published it for teaching: one row a customer, a month of tenure an invoice.

A customer with tenure n started n months before the month in which the book ends, on a day of the month derived
from the customer's id, and pays the monthly charge by the method the book names.
"""

import csv
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from kalends.core.calendar import Frequency, due_date
from kalends.core.digits import whole_number

METHODS = {
    "Credit card (automatic)": "card",
    "Bank transfer (automatic)": "ach",
    "Electronic check": "ach",
    "Mailed check": None,
}
"""How each payment method of the book is collected; None is a recurring invoice, paid by check."""

COLUMNS = ("customerID", "tenure", "Contract", "PaymentMethod", "MonthlyCharges", "Churn")
LONGEST_TENURE_MONTHS = 600


class BadRow(ValueError):
    """A row that cannot be read; names the line, the column, the value and what would be right."""


@dataclass(frozen=True, slots=True)
class TelcoCustomer:
    """A customer of the book. ``method`` is None for mailed checks; ``monthly`` is in US dollars."""

    id: str
    tenure: int
    contract: str
    method: str | None
    monthly: Decimal
    churned: bool

    @property
    def start_day(self) -> int:
        """A day of the month from 1 to 31, always the same for the same customer."""
        return zlib.crc32(self.id.encode()) % 31 + 1

    def start(self, until: date) -> date:
        """The first day of billing: ``tenure`` months before the month of ``until``, in short months the last day."""
        first = due_date(until.replace(day=1), Frequency.MONTHLY, -self.tenure)
        following = due_date(first, Frequency.MONTHLY, 1)
        return first.replace(day=min(self.start_day, (following - first).days))


def read_book(path: Path) -> list[TelcoCustomer]:
    """All customers of the file. Raises ``BadRow`` for the first row that cannot be read, ``OSError`` for no file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise BadRow(
                f"{path.name}: column {missing[0]} is missing; a telco book has {', '.join(COLUMNS)}."
            )
        customers = [_customer(row, f"{path.name}, line {rows.line_num}") for row in rows]
    _refuse_twice(customers)
    return customers


def _refuse_twice(customers: Iterable[TelcoCustomer]) -> None:
    seen: set[str] = set()
    for customer in customers:
        name = customer.id.lower()
        if name in seen:
            raise BadRow(f"Customer {customer.id} stands twice in the book; each customer has one row.")
        seen.add(name)


def _is_charge(monthly: Decimal) -> bool:
    """Whether an amount in dollars can be charged every month: at least a dollar, in whole cents, and no fortune."""
    return monthly.is_finite() and 1 <= monthly < 1_000_000 and monthly == monthly.quantize(Decimal("0.01"))


def _customer(row: dict[str, str | None], place: str) -> TelcoCustomer:
    values = {name: (row[name] or "").strip() for name in COLUMNS}
    if not values["customerID"]:
        raise BadRow(f"{place}, column customerID: it is empty; each customer needs an id.")
    tenure = whole_number(values["tenure"])
    if tenure is None or tenure > LONGEST_TENURE_MONTHS:
        raise BadRow(
            f"{place}, column tenure: {values['tenure']!r} is no whole number of months from 0 to "
            f"{LONGEST_TENURE_MONTHS}."
        )
    try:
        monthly = Decimal(values["MonthlyCharges"])
    except InvalidOperation:
        monthly = Decimal(-1)
    if not _is_charge(monthly):
        raise BadRow(
            f"{place}, column MonthlyCharges: {values['MonthlyCharges']!r} is not 1 dollar or more, like 29.85."
        )
    if values["PaymentMethod"] not in METHODS:
        known = ", ".join(METHODS)
        raise BadRow(f"{place}, column PaymentMethod: {values['PaymentMethod']!r} is not one of {known}.")
    if values["Churn"] not in ("Yes", "No"):
        raise BadRow(f"{place}, column Churn: {values['Churn']!r} is neither Yes nor No.")
    return TelcoCustomer(
        id=values["customerID"],
        tenure=tenure,
        contract=values["Contract"],
        method=METHODS[values["PaymentMethod"]],
        monthly=monthly,
        churned=values["Churn"] == "Yes",
    )
