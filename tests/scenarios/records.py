"""What a record of a story shows: a subscription with its invoices and payments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from kalends.core.money import format_minor
from kalends.documents.invoice import InvoiceDocument, read_invoices

if TYPE_CHECKING:
    from tests.scenarios.shop import Shop

_SUBSCRIPTION = (
    "SELECT status, currency, next_due_date, next_amount_minor, last_payment_on, last_payment_amount_minor, "
    "end_date, churn_date, completed_payments, expected_payments, collected_minor, mrr_minor, arr_minor "
    "FROM subscription WHERE id = %s"
)


class Bill(NamedTuple):
    """An invoice on a list: its day, what it comes to, where it stands."""

    day: str
    total: str
    status: str


class Paid(NamedTuple):
    """A payment on a list."""

    day: str
    amount: str
    status: str


class Dated(NamedTuple):
    """A day and an amount."""

    day: str
    amount: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as its record shows it."""

    shop: Shop
    id: int

    def _read(self, name: str) -> Any:
        world = self.shop.world
        row = world.one(_SUBSCRIPTION, self.id)
        names = [part.strip() for part in _SUBSCRIPTION.removeprefix("SELECT ").split(" FROM ")[0].split(",")]
        return dict(zip(names, row, strict=True))[name]

    def _money(self, name: str) -> str:
        return format_minor(self._read(name), self._read("currency"))

    def _dated(self, day: str, amount: str) -> Dated | None:
        on = self._read(day)
        return None if on is None else Dated(str(on), self._money(amount))

    @property
    def status(self) -> str:
        return self._read("status")

    @property
    def next_payment(self) -> Dated | None:
        return self._dated("next_due_date", "next_amount_minor")

    @property
    def last_payment(self) -> Dated | None:
        return self._dated("last_payment_on", "last_payment_amount_minor")

    @property
    def end_date(self) -> str | None:
        day = self._read("end_date")
        return None if day is None else str(day)

    @property
    def churn_date(self) -> str | None:
        day = self._read("churn_date")
        return None if day is None else str(day)

    @property
    def payments_made(self) -> int:
        return self._read("completed_payments")

    @property
    def payments_expected(self) -> int | None:
        return self._read("expected_payments")

    @property
    def collected(self) -> str:
        return self._money("collected_minor")

    @property
    def mrr(self) -> str:
        return self._money("mrr_minor")

    @property
    def arr(self) -> str:
        return self._money("arr_minor")

    @property
    def bills(self) -> list[Bill]:
        """Its invoices in the order of their cycles."""
        rows = self.shop.world.invoices(self.id, "invoice_date", "total_minor", "currency", "status")
        return [
            Bill(str(day), format_minor(total, currency), status) for day, total, currency, status in rows
        ]

    @property
    def bill_ids(self) -> list[int]:
        """The invoices' numbers in the database, in the order of their cycles."""
        return self.shop.world.invoices(self.id, "id")

    @property
    def payments(self) -> list[Paid]:
        """Its payments, oldest first."""
        zone = self.shop.world.ctx.time_zone
        rows = self.shop.world.rows(
            "SELECT (initiated_at AT TIME ZONE %s)::date, amount_minor, currency, status FROM payment "
            "WHERE subscription_id = %s ORDER BY id",
            zone,
            self.id,
        )
        return [
            Paid(str(day), format_minor(amount, currency), status) for day, amount, currency, status in rows
        ]

    @property
    def payment_ids(self) -> list[int]:
        """The payments' numbers in the database, oldest first."""
        rows = self.shop.world.rows("SELECT id FROM payment WHERE subscription_id = %s ORDER BY id", self.id)
        return [row[0] for row in rows]

    @property
    def history(self) -> list[str]:
        """What happened to it and its invoices and payments, in the words of the journal."""
        rows = self.shop.world.rows(
            "SELECT kind FROM event WHERE account_id = %s AND %s IN (parent_id, object_id) ORDER BY id",
            self.shop.world.ctx.id,
            self.id,
        )
        return [row[0] for row in rows]

    def line(self, name: str) -> int:
        """The line of that name that bills the coming cycles."""
        return self.shop.world.one(
            "SELECT id FROM line_item WHERE parent_id = %s AND parent_type = 'subscription' AND name = %s "
            "AND until_cycle IS NULL",
            self.id,
            name,
        )[0]

    def invoice_lines(self, number: int = 0) -> list[tuple[int, int]]:
        """The lines of one of its invoices: id, and what the customer pays for it in minor units."""
        rows = self.shop.world.rows(
            "SELECT id, total_minor::int FROM line_item WHERE parent_id = %s AND parent_type = 'invoice' ORDER BY id",
            self.bill_ids[number],
        )
        return [(row[0], row[1]) for row in rows]

    def document(self, number: int = 0) -> InvoiceDocument:
        """One of its invoices as the document that the customer holds in hand."""
        (found,) = read_invoices(self.shop.world.db, self.shop.world.ctx, [self.bill_ids[number]]).values()
        return found
