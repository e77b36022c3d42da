"""What a contact has: subscriptions with their cycles, what is charged next, invoices, and who they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from kalends.accounts import signed_links
from kalends.billing.balance import credit_balances
from kalends.buyer.door import NotThere
from kalends.buyer.portal.session import Owner
from kalends.catalog import OBJECTS
from kalends.catalog.status_shapes import SUBSCRIPTION_SHAPES
from kalends.core.calendar import Frequency, due_date
from kalends.core.credit import credit_used
from kalends.core.lifecycle import Status, is_terminal
from kalends.core.money import minimum_charge
from kalends.messages.letters.facts import Terms
from kalends.messages.letters.words import discounted
from kalends.proof.explain import explain_next
from kalends.proof.tell import Why, Writer, tell

PAST, TO_COME = 6, 3
INVOICES, BANNERS = 60, 3

_TONES = {"active": "ok", "past_due": "warn", "unpaid": "bad", "scheduled": "info", "paused": "warn"}
_COLUMNS = """
    SELECT s.id, s.name, s.status, s.currency, s.frequency, s.collection = 'automatic', s.next_due_date,
        s.next_amount_minor, s.cancel_on, s.pause_on, s.resume_on, s.payment_method_id, s.anchor_date, s.anchor_cycle,
        s.next_cycle, s.expected_payments, s.end_date
    FROM subscription AS s
    WHERE s.account_id = %s AND s.contact_id = %s AND s.archived_at IS NULL
"""


class Subscription(NamedTuple):
    """A subscription of the contact's."""

    id: int
    name: str
    status: str
    currency: str
    frequency: str
    automatic: bool
    next_due_on: date | None
    next_minor: int | None
    cancel_on: date | None
    pause_on: date | None
    resume_on: date | None
    method_id: int | None
    anchor_date: date
    anchor_cycle: int
    next_cycle: int
    expected_payments: int | None
    end_date: date | None

    @property
    def has_ended(self) -> bool:
        """Whether nothing is charged any more."""
        return is_terminal(Status(self.status))

    @property
    def tone(self) -> str:
        """The color of its status."""
        return _TONES.get(self.status, "")

    @property
    def icon(self) -> str:
        """The shape of its status."""
        return SUBSCRIPTION_SHAPES[self.status]

    def status_word(self, language: str) -> str:
        """Its status in words."""
        return OBJECTS["subscription"].by_name["hs_status"].option_label(self.status, language)

    def rhythm(self, language: str) -> str:
        """How often it is billed, in words."""
        frequency = OBJECTS["subscription"].by_name["hs_recurring_billing_frequency"]
        return frequency.option_label(self.frequency, language)

    @property
    def paid_until(self) -> date | None:
        """The day up to which it was billed; ``None`` before its first bill."""
        if self.next_cycle <= 0:
            return None
        return due_date(self.anchor_date, Frequency(self.frequency), self.next_cycle - self.anchor_cycle)

    def to_come(self, count: int) -> list[date]:
        """The next due dates; none for what is not billed any more."""
        if self.next_due_on is None:
            return []
        last = self.expected_payments if self.expected_payments is not None else self.next_cycle + count
        return [
            due_date(self.anchor_date, Frequency(self.frequency), cycle - self.anchor_cycle)
            for cycle in range(self.next_cycle, min(last, self.next_cycle + count))
        ]


class Coming(NamedTuple):
    """A payment to come: what the bill comes to, and what the customer's credit pays of it, as things stand."""

    found: Subscription
    credit_minor: int

    @property
    def left_minor(self) -> int:
        """What is left to be charged."""
        return (self.found.next_minor or 0) - self.credit_minor


class Dot(NamedTuple):
    """One billing cycle on the rail: paid, wait, fail, skip, next or todo."""

    state: str
    on: date
    words: str


class Invoice(NamedTuple):
    """An invoice of the contact's, with the path of its page."""

    id: int
    number: str
    status: str
    on: date
    due_on: date | None
    currency: str
    total_minor: int
    owed_minor: int
    under_way: bool
    automatic: bool
    is_late: bool
    page: str

    @property
    def tone(self) -> str:
        """The color of its status."""
        return "ok" if self.status == "paid" else "info" if self.status == "open" else ""

    @property
    def words(self) -> str:
        """Its status in a word or two."""
        if self.status == "open":
            return _("On its way") if self.under_way and not self.owed_minor else _("Open")
        return _("Paid") if self.status == "paid" else _("Voided")

    @property
    def can_be_paid(self) -> bool:
        """Whether something is left to pay now."""
        return self.status == "open" and self.owed_minor > 0


class LineRow(NamedTuple):
    """What is in a subscription: how many, what one costs, and what is taken off."""

    name: str
    quantity: str
    price: str
    discount: str


def subscriptions_of(owner: Owner) -> list[Subscription]:
    """What the contact has, the living before the ended, each by its next payment."""
    rows = owner.guest.db.execute(_COLUMNS, [owner.guest.ctx.id, owner.contact.id]).fetchall()
    found = [Subscription(*row) for row in rows]
    return sorted(found, key=lambda each: (each.has_ended, each.next_due_on or date.max, each.id))


def coming_of(owner: Owner, found: Sequence[Subscription]) -> list[Coming]:
    """The next payment of each that is billed, the nearest first; credit is used up in that order, as billing does."""
    balances = credit_balances(owner.guest.db, owner.guest.ctx, owner.contact.id)
    told: list[Coming] = []
    for each in sorted(found, key=lambda each: (each.next_due_on or date.max, each.id)):
        if each.next_due_on is None or each.has_ended:
            continue
        smallest = minimum_charge(each.currency, each.next_due_on) if each.automatic else 0
        used = credit_used(balances.get(each.currency, 0), each.next_minor or 0, smallest)
        if used:
            balances[each.currency] -= used
        told.append(Coming(each, used))
    return told


def subscription_of(owner: Owner, id_: int) -> Subscription:
    """One of them. Raises ``NotThere`` for any other."""
    row = owner.guest.db.execute(
        _COLUMNS + " AND s.id = %s", [owner.guest.ctx.id, owner.contact.id, id_]
    ).fetchone()
    if row is None:
        raise NotThere
    return Subscription(*row)


def rail_of(owner: Owner, found: Subscription) -> list[Dot]:
    """The last billing cycles and the next ones, oldest first."""
    rows: Sequence[Any] = owner.guest.db.execute(
        "SELECT i.status, coalesce(i.period_start, i.invoice_date), EXISTS (SELECT FROM payment AS p "
        "WHERE p.account_id = i.account_id AND p.invoice_id = i.id AND p.status = 'failed' AND p.archived_at IS NULL), "
        "i.due_date < %s FROM invoice AS i WHERE i.account_id = %s AND i.subscription_id = %s AND i.reason = 'cycle' "
        "AND i.status <> 'draft' ORDER BY i.cycle DESC LIMIT %s",
        [owner.guest.ctx.today, owner.guest.ctx.id, found.id, PAST],
    ).fetchall()
    words = {
        "paid": _("paid"),
        "wait": _("waiting for the money"),
        "fail": _("not collected"),
        "skip": _("voided"),
    }
    past = [(_state(status, failed=failed, overdue=overdue), on) for status, on, failed, overdue in rows]
    dots = [Dot(state, on, words[state]) for state, on in reversed(past)]
    for number, on in enumerate(found.to_come(TO_COME + 1)):
        state, said = ("todo", _("to come")) if number else ("next", _("next payment"))
        dots.append(Dot(state, on, said))
    return dots


def _state(status: str, *, failed: bool, overdue: bool | None) -> str:
    if status in ("paid", "voided"):
        return "paid" if status == "paid" else "skip"
    return "fail" if failed or overdue else "wait"


def invoices_of(owner: Owner) -> list[Invoice]:
    """The contact's invoices, the newest first."""
    ctx = owner.guest.ctx
    rows: Sequence[Any] = owner.guest.db.execute(
        "SELECT i.id, i.number, i.status, i.invoice_date, i.due_date, i.currency, i.total_minor, "
        "i.total_minor - i.paid_minor - i.credited_minor - way.minor, way.minor > 0, i.collection = 'automatic', "
        "coalesce(i.due_date < %s, false) "
        "FROM invoice AS i CROSS JOIN LATERAL (SELECT coalesce(sum(p.amount_minor), 0)::bigint AS minor "
        "FROM payment AS p WHERE p.account_id = i.account_id AND p.invoice_id = i.id "
        "AND p.status = 'processing') AS way "
        "WHERE i.account_id = %s AND i.contact_id = %s AND i.status <> 'draft' AND i.archived_at IS NULL "
        "ORDER BY i.invoice_date DESC, i.id DESC LIMIT %s",
        [ctx.today, ctx.id, owner.contact.id, INVOICES],
    ).fetchall()
    return [Invoice(*row, page=_page(owner, row[0])) for row in rows]


def first_due(invoices: Sequence[Invoice]) -> list[Invoice]:
    """What the customer has to see to, the oldest first: what nobody charges by itself, and what is overdue."""
    waiting = [each for each in invoices if each.can_be_paid and (not each.automatic or each.is_late)]
    return sorted(waiting, key=lambda each: (each.due_on or each.on, each.id))[:BANNERS]


def lines_of(owner: Owner, found: Subscription) -> list[LineRow]:
    """What its next bill is made of; of one that is not billed any more, the last."""
    formats = owner.guest.formats
    rows = owner.guest.db.execute(
        "SELECT name, quantity, unit_price, discount_per_unit, discount_percent FROM line_item "
        "WHERE account_id = %s AND parent_type = 'subscription' AND parent_id = %s AND archived_at IS NULL "
        "AND from_cycle <= %s AND (until_cycle IS NULL OR until_cycle > %s) ORDER BY position, id",
        [owner.guest.ctx.id, found.id, found.next_cycle, found.next_cycle],
    ).fetchall()
    return [
        LineRow(
            each.name,
            formats.number(each.quantity),
            formats.price(each.unit_price, found.currency),
            discounted(each, found.currency, formats),
        )
        for each in (Terms(*row) for row in rows)
    ]


def why_next(owner: Owner, found: Subscription) -> Why:
    """Why its next payment comes to its amount."""
    guest = owner.guest
    writer = Writer(guest.language, guest.formats.locale, guest.formats.figure, guest.formats.short_day)
    return tell(explain_next(guest.db, guest.ctx, found.id), writer)


def _page(owner: Owner, invoice_id: int) -> str:
    token = signed_links.token(
        signed_links.INVOICE,
        owner.guest.ctx.id,
        invoice_id,
        owner.guest.ctx.now,
        contact_id=owner.contact.id,
        email=owner.contact.email,
    )
    return f"/invoice/{token}"


def method_page(owner: Owner, subscription_id: int) -> str:
    """The page that takes another means of payment for a subscription."""
    token = signed_links.token(
        signed_links.METHOD,
        owner.guest.ctx.id,
        subscription_id,
        owner.guest.ctx.now,
        contact_id=owner.contact.id,
        email=owner.contact.email,
    )
    return f"/method/{token}"
