"""What the page tells before anything is given: what for, by what so far, what is charged at once, and what next."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kalends.buyer.door import Guest, NotThere
from kalends.buyer.methods import StoredMethod, methods_of
from kalends.core.lifecycle import Status, is_terminal, may_be_charged
from kalends.payments.again import Overdue, overdue
from kalends.payments.methods import kinds_in
from kalends.payments.processors.interface import MethodKind


class Standing(NamedTuple):
    """A subscription that is charged by itself."""

    id: int
    name: str
    status: str
    currency: str
    contact_id: int
    method_id: int | None
    next_due_on: date | None
    next_minor: int | None
    accepted: list[str] | None

    @property
    def has_ended(self) -> bool:
        """Whether nothing is charged any more, ever."""
        return is_terminal(Status(self.status))

    @property
    def kinds(self) -> tuple[MethodKind, ...]:
        """The kinds of method that may be given."""
        return kinds_in(self.currency, self.accepted)


def standing_of(guest: Guest, subscription_id: int, contact_id: int) -> Standing:
    """The subscription of that contact's; one of another's, or that is invoiced, is not there. Raises ``NotThere``."""
    row = guest.db.execute(
        "SELECT id, name, status, currency, contact_id, payment_method_id, next_due_date, next_amount_minor, "
        "allowed_payment_methods FROM subscription WHERE account_id = %s AND id = %s AND contact_id = %s "
        "AND collection = 'automatic' AND archived_at IS NULL",
        [guest.ctx.id, subscription_id, contact_id],
    ).fetchone()
    if row is None:
        raise NotThere
    return Standing(*row)


def present_method(guest: Guest, standing: Standing) -> StoredMethod | None:
    """The means by which it is charged so far."""
    return next(
        (each for each in methods_of(guest, standing.contact_id) if each.id == standing.method_id), None
    )


def charged_at_once(guest: Guest, standing: Standing) -> list[Overdue]:
    """What a new method is charged for at once, oldest first."""
    if not may_be_charged(Status(standing.status)):
        return []
    return overdue(guest.db, guest.ctx, standing.id)
