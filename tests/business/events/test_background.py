"""Work that somebody asked for and does not wait for: how it is told, and how its death is noticed."""

from __future__ import annotations

import datetime as dt

from kalends.events import background
from tests.conftest import Connect
from tests.world import World

NOW = dt.datetime(2026, 1, 1, 9, tzinfo=dt.UTC)


def test_work_tells_how_far_it_has_come_and_what_came_of_it(world: World) -> None:
    with background.begun(world.db, world.ctx.id, "rehearsal", actor="user:7", now=NOW, total=10) as id_:
        background.report(world.db, world.ctx.id, id_, 4)
        under_way = background.find(world.db, world.ctx.id, id_)
        background.end(world.db, world.ctx.id, id_, now=NOW, result={"invoices": 3})
    ended = background.latest(world.db, world.ctx.id, "rehearsal")

    assert under_way is not None
    assert ended is not None
    assert (under_way.done, under_way.total, under_way.alive, under_way.stopped) == (4, 10, True, False)
    assert (ended.id, ended.result, ended.alive, ended.stopped) == (id_, {"invoices": 3}, False, False)


def test_work_whose_worker_is_gone_is_stopped(world: World, connect: Connect) -> None:
    from kalends.accounts.sql import enter_account

    worker = connect()
    enter_account(worker, world.ctx.id)
    with background.begun(worker, world.ctx.id, "clock", actor="user:7", now=NOW) as id_:
        worker.close()
    # The server notices that somebody is gone a moment later.
    for _ in range(200):
        found = background.find(world.db, world.ctx.id, id_)
        assert found is not None
        if found.stopped:
            return
        world.db.execute("SELECT pg_sleep(0.05)")
    raise AssertionError("work without a worker is told to be alive")


def test_what_has_ended_keeps_its_first_end(world: World) -> None:
    with background.begun(world.db, world.ctx.id, "clock", actor="user:7", now=NOW) as id_:
        background.end(world.db, world.ctx.id, id_, now=NOW, problem="held")
        background.end(world.db, world.ctx.id, id_, now=NOW, result={"invoiced": 1})
    found = background.find(world.db, world.ctx.id, id_)

    assert found is not None
    assert (found.problem, found.result) == ("held", None)


def test_another_accounts_work_is_not_found(world: World) -> None:
    with background.begun(world.db, world.ctx.id, "clock", actor="user:7", now=NOW) as id_:
        background.end(world.db, world.ctx.id, id_, now=NOW)

    assert background.find(world.db, world.ctx.id + 1, id_) is None
