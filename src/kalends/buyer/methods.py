"""Stored ways to pay, as their owner recognizes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.utils.translation import gettext as _

from kalends.buyer.door import Guest
from kalends.messages.letters.facts import Method
from kalends.messages.letters.words import method_words


class StoredMethod(NamedTuple):
    """A stored way to pay of a contact's."""

    id: int
    kind: str
    brand: str | None
    last4: str
    bank: str | None
    expires_on: date | None
    processor: str

    @property
    def name(self) -> str:
        """What it is called: Visa ··4242."""
        words = method_words(Method(self.kind, self.brand, self.last4, self.bank))
        return words[:1].upper() + words[1:]

    @property
    def icon(self) -> str:
        """The picture of its kind."""
        return "credit-card" if self.kind == "card" else "landmark"

    def expires(self, today: date) -> str:
        """Until when a card holds; nothing for an account."""
        if self.expires_on is None:
            return ""
        given = {"date": f"{self.expires_on.month:02}/{self.expires_on.year % 100:02}"}
        return _("Expired %(date)s") % given if self.expires_on < today else _("Expires %(date)s") % given


def methods_of(guest: Guest, contact_id: int) -> list[StoredMethod]:
    """Every stored way to pay of a contact's, the newest first."""
    rows = guest.db.execute(
        "SELECT id, kind, brand, last4, bank_or_issuer, expires_on, processor FROM payment_method "
        "WHERE account_id = %s AND contact_id = %s AND last4 <> '' AND ended_at IS NULL ORDER BY id DESC",
        [guest.ctx.id, contact_id],
    ).fetchall()
    return [StoredMethod(*row) for row in rows]


def usable_methods(
    guest: Guest, contact_id: int, kinds: Sequence[str], processor: str | None
) -> list[StoredMethod]:
    """Those of them by which something can be paid now."""
    today = guest.ctx.today
    return [
        each
        for each in methods_of(guest, contact_id)
        if each.kind in kinds and each.processor == processor and (each.expires_on or today) >= today
    ]
