"""What a subscription that is a mere record brings in, worked out of its line items whenever they change."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.billing.block import agreed_lines
from kalends.billing.compose import lines_of_cycle, price_cycle
from kalends.billing.create import nets_without_tax
from kalends.billing.locking import locked
from kalends.core.calendar import Frequency
from kalends.core.revenue import arr_minor, mrr_minor
from kalends.events import journal


def reckon_worth(db: Connection[Any], ctx: AccountContext, id_: int, actor: str = "system") -> None:
    """Write the monthly and yearly recurring revenue of a record down. Raises ``UnknownSubscription``."""
    (row,) = locked(db, ctx, [id_])
    lines = lines_of_cycle(agreed_lines(db, ctx.id, [row]).get(id_, ()), row.next_cycle)
    nets = nets_without_tax(price_cycle(lines, row.currency))
    frequency = Frequency(row.frequency)
    after = {"mrr_minor": mrr_minor(nets, frequency), "arr_minor": arr_minor(nets, frequency)}
    before = db.execute(
        "SELECT mrr_minor, arr_minor FROM subscription WHERE account_id = %s AND id = %s", [ctx.id, id_]
    ).fetchone()
    assert before is not None
    changes = journal.changes(
        mrr_minor=(before[0], after["mrr_minor"]), arr_minor=(before[1], after["arr_minor"])
    )
    if not changes:
        return
    db.execute(
        "UPDATE subscription SET mrr_minor = %s, arr_minor = %s, updated_at = %s WHERE account_id = %s AND id = %s",
        [after["mrr_minor"], after["arr_minor"], ctx.now, ctx.id, id_],
    )
    event = journal.NewEvent("subscription.updated", "subscription", id_, id_, {"changes": changes})
    journal.write(db, ctx.id, ctx.now, [event], actor)
