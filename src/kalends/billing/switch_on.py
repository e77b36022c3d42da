"""Beginning to bill what was only a record of something billed elsewhere; and the way back while nothing was billed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.billing.block import agreed_lines
from kalends.billing.compose import AgreedLine, DueSubscription, lines_of_cycle
from kalends.billing.create import InvalidSubscription, NewLine, NewSubscription, check, nets_without_tax
from kalends.billing.locking import locked
from kalends.core.calendar import Frequency, due_date
from kalends.core.lifecycle import RefusedTransition, Status, initial_status, may_be_edited
from kalends.core.revenue import arr_minor, mrr_minor
from kalends.events import journal


@dataclass(frozen=True, slots=True)
class BillingTerms:
    """What a subscription says of how it is billed; the names are those of its columns."""

    name: str
    creates_invoices: bool
    status: str
    collection: str
    contact_id: int | None
    payment_method_id: int | None
    start_date: date
    anchor_date: date
    anchor_cycle: int
    next_cycle: int
    next_due_date: date | None
    next_amount_minor: int | None
    expected_payments: int | None
    end_date: date | None
    mrr_minor: int
    arr_minor: int


def start_billing(
    db: Connection[Any],
    ctx: AccountContext,
    id_: int,
    first_due: date,
    *,
    cycles_before: int | None = None,
    payments: int | None = None,
    contact_id: int | None = None,
    payment_method_id: int | None = None,
    automatic: bool | None = None,
    actor: str = "system",
) -> BillingTerms:
    """Bill a record from ``first_due`` on, which becomes the day of its cycles; returns how it is billed now.

    ``cycles_before`` counts the cycles that were billed elsewhere: they count towards a fixed number of ``payments``
    and are never billed here; without any, the day is also the start date. However many they are, the lines that were
    agreed last are billed. What is None stays as the record has it.
    It is checked as a new subscription is: a contact, a line item that recurs, a payment method and the smallest
    charge if it is charged automatically.

    Raises ``UnknownSubscription``; ``RefusedTransition`` when it is billed here already, has ended or is paused; and
    ``InvalidSubscription``, naming what is missing. Nothing is changed then.
    """
    with db.transaction():
        (row,) = locked(db, ctx, [id_])
        before = _terms(db, ctx, id_)
        _refuse_status(before)
        if first_due < ctx.today:
            raise InvalidSubscription(
                "first due date", f"{first_due} is past. Bill from today, {ctx.today}, or a day to come."
            )
        asked = replace(
            before,
            contact_id=contact_id or before.contact_id,
            payment_method_id=payment_method_id or before.payment_method_id,
            collection=before.collection if automatic is None else "automatic" if automatic else "manual",
            expected_payments=payments or before.expected_payments,
            next_cycle=before.next_cycle if cycles_before is None else cycles_before,
        )
        # Nothing was billed here yet, so what was agreed last holds from the first cycle on, whatever its number.
        moved = {"account_id": ctx.id, "id": id_, "by": asked.next_cycle - before.next_cycle}
        if moved["by"]:
            db.execute(load("kalends.billing", "move_lines"), moved)
        after = _with_schedule(db, ctx, row, asked, first_due)
        db.execute(
            load("kalends.billing", "start_billing"),
            {**asdict(after), "account_id": ctx.id, "id": id_, "now": ctx.now},
        )
        old, new = asdict(before), asdict(after)
        changes = journal.changed(**{name: (old[name], new[name]) for name in old})
        event = journal.NewEvent("subscription.billing_started", "subscription", id_, id_, changes)
        journal.write(db, ctx.id, ctx.now, [event], actor)
    return after


def stop_billing(db: Connection[Any], ctx: AccountContext, id_: int, *, actor: str = "system") -> None:
    """Make a subscription a mere record again, as long as nothing was ever billed on it here.

    Raises ``UnknownSubscription``, and ``RefusedTransition`` when it is a record already, or something was billed.
    """
    with db.transaction():
        locked(db, ctx, [id_])
        before = _terms(db, ctx, id_)
        if not before.creates_invoices:
            raise RefusedTransition(
                "It creates no invoices: it is a record of what is billed elsewhere already."
            )
        params = {"account_id": ctx.id, "id": id_}
        billed = db.execute(load("kalends.billing", "ever_billed"), params).fetchone()
        assert billed is not None
        if billed[0]:
            raise RefusedTransition(
                "It was billed here already, so its books stay here. Cancel it, and record what is billed elsewhere "
                "as a subscription of its own."
            )
        db.execute(
            "UPDATE subscription SET creates_invoices = false, next_due_date = NULL, next_amount_minor = NULL, "
            "cancel_on = NULL, updated_at = %s WHERE account_id = %s AND id = %s",
            [ctx.now, ctx.id, id_],
        )
        db.execute("DELETE FROM parked_subscription WHERE account_id = %s AND id = %s", [ctx.id, id_])
        changes = journal.changed(
            creates_invoices=(True, False),
            next_due_date=(before.next_due_date, None),
            next_amount_minor=(before.next_amount_minor, None),
        )
        event = journal.NewEvent("subscription.billing_stopped", "subscription", id_, id_, changes)
        journal.write(db, ctx.id, ctx.now, [event], actor)


def _terms(db: Connection[Any], ctx: AccountContext, id_: int) -> BillingTerms:
    row = db.execute(load("kalends.billing", "billing_terms"), {"account_id": ctx.id, "id": id_}).fetchone()
    assert row is not None
    return BillingTerms(*row)


def _refuse_status(before: BillingTerms) -> None:
    if before.creates_invoices:
        raise RefusedTransition(
            f"It is billed here already; it is next due on {before.next_due_date or 'no day any more'}. Edit it to "
            f"move that day."
        )
    if not may_be_edited(Status(before.status)):
        raise RefusedTransition(
            f"The record is {before.status.replace('_', ' ')}. Only an active or a scheduled one can be billed: resume "
            f"one that is paused, and make a new subscription for one that has ended."
        )


def _with_schedule(
    db: Connection[Any], ctx: AccountContext, row: DueSubscription, asked: BillingTerms, first_due: date
) -> BillingTerms:
    """The terms with schedule, amounts and status worked out. Raises ``InvalidSubscription``."""
    if asked.contact_id is None:
        raise InvalidSubscription(
            "contact", "A subscription that is billed needs a contact to bill; give one."
        )
    for table, value in (("contact", asked.contact_id), ("payment_method", asked.payment_method_id)):
        if value is not None and _missing(db, ctx, table, value):
            named = table.replace("_", " ")
            raise InvalidSubscription(named, f"There is no {named} {value} in this account.")
    frequency, cycle = Frequency(row.frequency), asked.next_cycle
    lines = lines_of_cycle(agreed_lines(db, ctx.id, [row]).get(row.id, ()), cycle)
    fresh = NewSubscription(
        name=asked.name,
        contact_id=asked.contact_id,
        frequency=frequency,
        start=first_due,
        currency=row.currency,
        lines=_named(db, ctx, lines),
        automatic=asked.collection == "automatic",
        payments=asked.expected_payments,
        payment_method_id=asked.payment_method_id,
        cycles_before=cycle,
    )
    priced = check(fresh, ctx)
    nets = nets_without_tax(priced)
    payments = asked.expected_payments
    return replace(
        asked,
        creates_invoices=True,
        status=initial_status(first_due, ctx.today).value,
        start_date=first_due if cycle == 0 else asked.start_date,
        anchor_date=first_due,
        anchor_cycle=cycle,
        next_due_date=first_due,
        next_amount_minor=priced.total_minor,
        end_date=None if payments is None else due_date(first_due, frequency, payments - cycle),
        mrr_minor=mrr_minor(nets, frequency),
        arr_minor=arr_minor(nets, frequency),
    )


def _missing(db: Connection[Any], ctx: AccountContext, table: str, id_: int) -> bool:
    query = sql.SQL("SELECT FROM {} WHERE account_id = %s AND id = %s").format(sql.Identifier(table))
    return db.execute(query, [ctx.id, id_]).fetchone() is None


def _named(db: Connection[Any], ctx: AccountContext, lines: Sequence[AgreedLine]) -> list[NewLine]:
    """The lines as a new subscription would have them; refusals call them by their names."""
    rows = db.execute(
        "SELECT id, name FROM line_item WHERE account_id = %s AND id = ANY(%s)",
        [ctx.id, [line.id for line in lines]],
    ).fetchall()
    names = dict(rows)
    return [NewLine(names[line.id], line.terms) for line in lines]
