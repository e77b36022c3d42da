"""A subscription whose debit came back while it was paused: resumed it is unpaid, and its customer is lost that day."""

from __future__ import annotations

import datetime as dt

from kalends.billing.changes import cancel_subscriptions, pause, resume
from kalends.proof.verify import verify
from tests.world import World


def test_the_day_of_resuming_is_the_churn_date_of_what_failed_during_the_pause(world: World) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari, "insufficient_funds", kind="sepa"))
    world.until("2026-01-02")
    pause(world.db, world.ctx, id_)
    world.until("2026-01-20")

    resume(world.db, world.ctx, id_)

    assert world.subscription(id_, "status", "churn_date") == ("unpaid", dt.date(2026, 1, 20))
    assert [str(each) for each in verify(world.db, world.ctx).differences] == []

    world.until("2026-01-22")
    cancel_subscriptions(world.db, world.ctx, [id_])
    assert [str(each) for each in verify(world.db, world.ctx).differences] == []
