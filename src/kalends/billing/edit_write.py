"""Writing an edit down: lines closed and added, lines taken into and out of force, and what the subscription says."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, load, take_ids
from kalends.billing.agreement import ADDRESS_PARTS
from kalends.billing.compose import cycle_date, price_cycle
from kalends.billing.create import nets_without_tax
from kalends.billing.edit_plan import Edit, Plan, agreed
from kalends.core.calendar import Frequency
from kalends.core.revenue import arr_minor, mrr_minor
from kalends.events import journal

_COLUMNS = (
    "ids replaced positions names descriptions skus prices quantities discounts percents taxes inclusives tax_labels "
    "costs products variants product_types tax_groups"
).split()


def write_lines(
    db: Connection[Any], ctx: AccountContext, plan: Plan, in_force_from: date | None
) -> list[int]:
    """Close and add lines; returns the ids of the added ones, in order.

    Added lines count from the day ``in_force_from``, where it is given, and bill from the next cycle on.
    """
    ids = take_ids(db, len(plan.added))
    if plan.closed:
        db.execute(
            "UPDATE line_item SET until_cycle = %s, updated_at = %s WHERE account_id = %s AND id = ANY(%s)",
            [plan.before.next_cycle, ctx.now, ctx.id, plan.closed],
        )
    if plan.added:
        params = {
            "account_id": ctx.id,
            "now": ctx.now,
            "subscription": plan.before.id,
            "currency": plan.before.currency,
            "frequency": plan.before.frequency,
            "first_cycle": plan.before.next_cycle,
            "in_force_from": in_force_from,
            **arrays(_COLUMNS, _line_rows(plan, ids)),
        }
        db.execute(load("kalends.billing", "add_lines"), params)
    return ids


def _line_rows(plan: Plan, ids: Iterable[int]) -> list[tuple[Any, ...]]:
    return [
        (
            id_, added.replaces, added.position, added.new.name, added.new.description, added.new.sku,
            added.new.terms.unit_price, added.new.terms.quantity, added.new.terms.discount_per_unit,
            added.new.terms.discount_percent, added.new.terms.tax_rate, added.new.terms.tax_inclusive,
            added.new.tax_label, added.new.unit_cost, added.new.product_id, added.new.variant_id,
            added.new.product_type, added.new.tax_rate_group_id,
        )
        for id_, added in zip(ids, plan.added, strict=True)
    ]  # fmt: skip


def take_line(db: Connection[Any], ctx: AccountContext, plan: Plan, line_id: int) -> None:
    """Let a line without a parent be the one that the edit adds."""
    row, (added,) = plan.before, plan.added
    db.execute(
        "UPDATE line_item SET parent_type = 'subscription', parent_id = %s, position = %s, currency = %s, "
        "frequency = %s, from_cycle = %s, updated_at = %s WHERE account_id = %s AND id = %s",
        [row.id, added.position, row.currency, row.frequency, row.next_cycle, ctx.now, ctx.id, line_id],
    )


def take_into_force(
    db: Connection[Any], ctx: AccountContext, on: date, begun: Sequence[int], ended: Sequence[int]
) -> None:
    """Say of lines that wait for the next cycle that they count from a day on, and of others that they end on it."""
    for column, ids in (("in_force_from", begun), ("in_force_until", ended)):
        if ids:
            update = sql.SQL(
                "UPDATE line_item SET {} = %s, updated_at = %s WHERE account_id = %s AND id = ANY(%s)"
            )
            db.execute(update.format(sql.Identifier(column)), [on, ctx.now, ctx.id, list(ids)])


def write_subscription(
    db: Connection[Any], ctx: AccountContext, plan: Plan, edit: Edit
) -> dict[str, list[Any]]:
    """Write what the subscription says after the edit; returns what changed."""
    row, after = plan.before, plan.after
    priced = price_cycle(agreed(plan.following), row.currency)
    nets, frequency = nets_without_tax(priced), Frequency(row.frequency)
    values: dict[str, Any] = {
        "anchor_date": after.anchor_date,
        "anchor_cycle": after.anchor_cycle,
        "next_due_date": after.next_due_date,
        "payment_method_id": after.payment_method_id,
        "contact_id": after.contact_id,
    }
    if edit.lines:
        values |= {
            "next_amount_minor": priced.total_minor,
            "mrr_minor": mrr_minor(nets, frequency),
            "arr_minor": arr_minor(nets, frequency),
        }
    if edit.next_due is not None and row.expected_payments is not None:
        values["end_date"] = cycle_date(after, row.expected_payments)
    if edit.next_due is not None and row.next_cycle == 0:
        values["start_date"] = edit.next_due
    values |= {
        name: value for name, value in (("name", edit.name), ("owner_id", edit.owner_id)) if value is not None
    }
    if edit.address is not None:
        values |= {f"billing_{part}": edit.address.get(part) for part in ADDRESS_PARTS}
    return _update(db, ctx, row.id, values)


def _update(
    db: Connection[Any], ctx: AccountContext, id_: int, values: dict[str, Any]
) -> dict[str, list[Any]]:
    columns = [sql.Identifier(name) for name in values]
    read = sql.SQL("SELECT {} FROM subscription WHERE account_id = %s AND id = %s")
    before = db.execute(read.format(sql.SQL(", ").join(columns)), [ctx.id, id_]).fetchone()
    assert before is not None
    write = sql.SQL("UPDATE subscription SET {}, updated_at = %s WHERE account_id = %s AND id = %s")
    assignments = sql.SQL(", ").join(sql.SQL("{} = %s").format(column) for column in columns)
    db.execute(write.format(assignments), [*values.values(), ctx.now, ctx.id, id_])
    return journal.changes(**{name: (old, values[name]) for name, old in zip(values, before, strict=True)})
