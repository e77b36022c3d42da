"""Editing a subscription: what may be changed, from when it counts, and how its next invoices look before and after.

Without proration an edit counts from the next cycle, and the last one saved before that counts. With proration it
counts from today: the days left of the running period are charged and credited at once
(:mod:`kalends.billing.prorate`), for the amounts of a preview whose ``offer`` is handed back. Old lines are closed and
new ones added, so that every past invoice can still be worked out from what was agreed for its cycle.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.billing import prorate as proration_of
from kalends.billing.balance import credit_balances
from kalends.billing.compose import AgreedLine, DueSubscription, cycle_date, lines_of_cycle, price_cycle
from kalends.billing.create import NewLine
from kalends.billing.edit_plan import Edit, EditRefused, LineEdit, Plan, agreed, plan_edit
from kalends.billing.edit_write import take_into_force, take_line, write_lines, write_subscription
from kalends.billing.prorate import Issued, ProratedAmount, Proration
from kalends.core.credit import credit_used
from kalends.core.money import minimum_charge
from kalends.events import journal
from kalends.messages import outbox

__all__ = [
    "SHOWN",
    "Edit",
    "EditPreview",
    "EditRefused",
    "LineEdit",
    "OfferChanged",
    "Prorated",
    "ProratedAmount",
    "Upcoming",
    "adopt_line",
    "apply_edit",
    "preview_edit",
    "upcoming",
]

SHOWN = 12
"""How many invoices a preview shows."""


class Upcoming(NamedTuple):
    """An invoice to come: its cycle, its day, its total in minor units, and what of that credit is expected to pay."""

    cycle: int
    due_date: date
    total_minor: int
    credit_minor: int = 0


@dataclass(frozen=True, slots=True)
class Prorated:
    """What a prorated edit charges and gives back today, in minor units: an offer that is kept or asked again.

    ``amounts`` say one by one how they came about. ``credit_minor`` is credited, ``settled_minor`` of it on invoices
    that were not paid yet. ``invoice_minor`` is invoiced; the customer's credit pays ``used_minor`` of it, and
    ``owed_minor`` is charged now, or asked for by the invoice. ``balance_minor`` is to the customer's credit then.
    ``invoice_id`` is the invoice that was made; a preview has none.
    """

    on: date
    automatic: bool
    amounts: Sequence[ProratedAmount]
    credit_minor: int
    settled_minor: int
    invoice_minor: int
    used_minor: int
    owed_minor: int
    balance_minor: int
    offer: str = ""
    invoice_id: int | None = None


@dataclass(frozen=True, slots=True)
class EditPreview:
    """The next twelve invoices as they are and as they would be; and what a prorated edit comes to today."""

    currency: str
    before: list[Upcoming]
    after: list[Upcoming]
    prorated: Prorated | None = None


class OfferChanged(EditRefused):
    """A prorated edit would come to something else than was offered: not made. ``preview`` has the new offer."""

    def __init__(self, preview: EditPreview) -> None:
        super().__init__(
            "The subscription, the day or a price is no longer what it was when these amounts were shown. Look at the "
            "new amounts, and save the edit again if they are right."
        )
        self.preview = preview


def preview_edit(
    db: Connection[Any], ctx: AccountContext, id_: int, edit: Edit, *, prorate: bool = False
) -> EditPreview:
    """What the edit would do to the next invoices, and today if it is prorated; nothing is changed.

    A prorated edit is really made, and taken back: what is shown is what it does. Raises as ``apply_edit`` would.
    """
    with db.transaction(force_rollback=True):
        made = _make(db, ctx, id_, edit, prorate=prorate, actor="system")
    if made.prorated is None:
        return made
    return replace(made, prorated=replace(made.prorated, invoice_id=None))


def apply_edit(
    db: Connection[Any],
    ctx: AccountContext,
    id_: int,
    edit: Edit,
    *,
    prorate: bool = False,
    offer: str | None = None,
    actor: str = "system",
) -> EditPreview:
    """Save the edit; the customer is told of what concerns billing. Returns what it came to.

    A prorated edit needs the ``offer`` of its preview. Raises ``UnknownSubscription``, ``EditRefused`` when it may not
    be edited (now), ``OfferChanged`` when the amounts are no longer those that were offered, and
    ``InvalidSubscription`` for a value that is not possible; nothing is changed then.
    """
    if prorate and offer is None:
        raise EditRefused(
            "A prorated edit charges and credits at once. Preview it first, and hand back the offer of the preview."
        )
    with db.transaction():
        made = _make(db, ctx, id_, edit, prorate=prorate, actor=actor)
        if made.prorated is not None and made.prorated.offer != offer:
            raise OfferChanged(replace(made, prorated=replace(made.prorated, invoice_id=None)))
    return made


def adopt_line(
    db: Connection[Any], ctx: AccountContext, id_: int, line_id: int, line: NewLine, *, actor: str = "system"
) -> None:
    """Edit a subscription by a line that was made before, and has no parent: it is billed from the next cycle on.

    ``line`` is what it says. Raises as :func:`apply_edit` does.
    """
    edit = Edit(lines=[LineEdit(line=line)])
    with db.transaction():
        plan = plan_edit(db, ctx, id_, edit, prorate=False)
        take_line(db, ctx, plan, line_id)
        event: dict[str, Any] = {
            "changes": write_subscription(db, ctx, plan, edit),
            "lines": _pairs(edit, [line_id]),
        }
        _announce(db, ctx, plan, edit, event, actor=actor)


def upcoming(
    subscription: DueSubscription, lines: Sequence[AgreedLine], count: int = SHOWN
) -> list[Upcoming]:
    """The next invoices of a subscription that is billed."""
    if subscription.next_due_date is None:
        return []
    last = subscription.next_cycle + count
    if subscription.expected_payments is not None:
        last = min(last, subscription.expected_payments)
    return [
        Upcoming(
            cycle,
            cycle_date(subscription, cycle),
            price_cycle(lines_of_cycle(lines, cycle), subscription.currency).total_minor,
        )
        for cycle in range(subscription.next_cycle, last)
    ]


def _make(
    db: Connection[Any], ctx: AccountContext, id_: int, edit: Edit, *, prorate: bool, actor: str
) -> EditPreview:
    """Make the edit in the caller's transaction, whoever keeps it or takes it back; returns what it comes to."""
    plan = plan_edit(db, ctx, id_, edit, prorate=prorate)
    worked_out = proration_of.work_out(db, ctx, plan) if prorate else None
    before = less_credit(
        upcoming(plan.before, agreed(plan.lines_before)), plan.before, _balance(db, ctx, plan)
    )
    added = write_lines(db, ctx, plan, None if worked_out is None else ctx.today)
    if worked_out is not None:
        begun = [line.id for line in worked_out.begun if line.id > 0]
        take_into_force(db, ctx, ctx.today, begun, [line.id for line in worked_out.ended])
    event: dict[str, Any] = {
        "changes": write_subscription(db, ctx, plan, edit),
        "lines": _pairs(edit, added),
    }
    if prorate:
        event["prorated"] = {"reason": None if worked_out is None else worked_out.reason}
    _announce(db, ctx, plan, edit, event, actor=actor)
    issued = Issued()
    if worked_out is not None:
        issued = proration_of.issue(db, ctx, plan, worked_out, added, actor=actor)
    balance = _balance(db, ctx, plan)
    prorated = None
    if prorate:
        prorated = _offered(ctx, plan, edit, worked_out, issued, balance)
    after = less_credit(upcoming(plan.after, agreed(plan.lines_after)), plan.after, balance)
    return EditPreview(plan.before.currency, before, after, prorated)


def _announce(
    db: Connection[Any], ctx: AccountContext, plan: Plan, edit: Edit, data: dict[str, Any], *, actor: str
) -> None:
    id_ = plan.before.id
    event = journal.NewEvent("subscription.edited", "subscription", id_, id_, data)
    event_id = journal.write_one(db, ctx.id, ctx.now, event, actor)
    if edit.concerns_billing and plan.after.contact_id is not None:
        letter = outbox.Letter("changed", id_, plan.after.contact_id, str(event_id))
        outbox.queue(db, ctx.id, ctx.now, [letter], status=ctx.settings.letters)


def _pairs(edit: Edit, added: Sequence[int]) -> list[list[int | None]]:
    """For each changed line its id before and after, None where there was none or is none any more."""
    fresh = iter(added)
    return [[change.line_id, None if change.line is None else next(fresh)] for change in edit.lines]


def _balance(db: Connection[Any], ctx: AccountContext, plan: Plan) -> int:
    """What the customer has to their credit now, in the subscription's currency."""
    contact = plan.after.contact_id
    return 0 if contact is None else credit_balances(db, ctx, contact).get(plan.before.currency, 0)


def less_credit(
    invoices: Sequence[Upcoming], subscription: DueSubscription, balance_minor: int
) -> list[Upcoming]:
    """Invoices to come with the credit that is expected to pay them, if no other subscription uses it up before."""
    shown: list[Upcoming] = []
    for invoice in invoices:
        automatic = subscription.collection == "automatic"
        smallest = minimum_charge(subscription.currency, invoice.due_date) if automatic else 0
        used = credit_used(balance_minor, invoice.total_minor, smallest)
        balance_minor -= used
        shown.append(invoice._replace(credit_minor=used))
    return shown


def _offered(
    ctx: AccountContext, plan: Plan, edit: Edit, worked_out: Proration | None, issued: Issued, balance: int
) -> Prorated:
    """What the edit came to, as an offer: a digest of everything that it starts from and comes to.

    Nobody gains by making one up: the edit is worked out again, and only what that comes to is ever charged.
    """
    prorated = Prorated(
        on=ctx.today,
        automatic=plan.after.collection == "automatic",
        amounts=[] if worked_out is None else worked_out.amounts,
        credit_minor=issued.credit_minor,
        settled_minor=issued.settled_minor,
        invoice_minor=issued.invoice_minor,
        used_minor=issued.used_minor,
        owed_minor=issued.owed_minor,
        balance_minor=balance,
    )
    content = {
        "account": ctx.id,
        "subscription": plan.before,
        "lines": plan.lines_before,
        "edit": asdict(edit),
        "prorated": asdict(prorated),
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    offer = hashlib.sha256(canonical.encode()).hexdigest()
    return replace(prorated, offer=offer, invoice_id=issued.invoice_id)
