"""Short words for prorated edits in tests."""

import datetime as dt
from decimal import Decimal
from typing import Any

from kalends.billing.balance import credit_balances
from kalends.billing.create import NewLine
from kalends.billing.edit import (
    Edit,
    EditPreview,
    LineEdit,
    apply_edit,
    preview_edit,
)
from kalends.core.pricing import LineTerms
from kalends.proof.verify import verify
from tests.world import World


def line(price: str, quantity: str = "1", name: str = "Fleet Core", **terms: Any) -> NewLine:
    return NewLine(name, LineTerms(Decimal(price), Decimal(quantity), **terms))


def agree(
    world: World,
    *lines: NewLine,
    start: str = "2026-04-01",
    today: str = "2026-04-16",
    automatic: bool = True,
    outcome: str = "approved",
    **more: Any,
) -> int:
    """A monthly subscription from 1 April with its first payment made; today is 16 April, with 15 of 30 days left."""
    kari = world.customer()
    method = world.method(kari, outcome) if automatic else None
    id_ = world.subscribe(
        kari, lines=lines or [line("100")], start=dt.date.fromisoformat(start), method=method, **more
    )
    world.until(today)
    return id_


def current(world: World, subscription: int, name: str = "Fleet Core") -> int:
    """The line of that name that bills the next payment."""
    return world.one(
        "SELECT id FROM line_item WHERE parent_id = %s AND name = %s AND until_cycle IS NULL",
        subscription,
        name,
    )[0]


def replaced(world: World, subscription: int, new: NewLine) -> Edit:
    return Edit(lines=[LineEdit(current(world, subscription, new.name), new)])


def prorate(world: World, subscription: int, edit: Edit) -> EditPreview:
    """Preview an edit, and save it for what was previewed."""
    preview = preview_edit(world.db, world.ctx, subscription, edit, prorate=True)
    assert preview.prorated is not None
    return apply_edit(world.db, world.ctx, subscription, edit, prorate=True, offer=preview.prorated.offer)


def change(world: World, subscription: int, *new: NewLine) -> EditPreview:
    """Replace lines by name, prorated."""
    lines = [LineEdit(current(world, subscription, each.name), each) for each in new]
    return prorate(world, subscription, Edit(lines=lines))


def balance(world: World, subscription: int) -> int:
    contact, currency = world.subscription(subscription, "contact_id", "currency")
    return credit_balances(world.db, world.ctx, contact).get(currency, 0)


def prorations(world: World, subscription: int, *columns: str) -> list[Any]:
    rows = world.rows(
        f"SELECT {', '.join(columns)} FROM invoice WHERE subscription_id = %s AND reason <> 'cycle' ORDER BY id",
        subscription,
    )
    return [row[0] for row in rows] if len(columns) == 1 else rows


def proven(world: World) -> None:
    assert [str(each) for each in verify(world.db, world.ctx).differences] == []
