"""A proof may look at any moment: books add up after each commit of a run, and not only when it has ended."""

from __future__ import annotations

from contextlib import closing

from kalends.billing.clock import advance
from kalends.proof.verify import verify
from kalends.simulation.crashes import Fate, Processes
from tests.conftest import Connect
from tests.world import World


def test_books_add_up_after_each_commit_of_a_run(world: World, inside: Connect) -> None:
    kari = world.customer()
    world.subscribe(kari, "100", method=world.method(kari))
    world.subscribe(kari, "50", method=world.method(kari, "insufficient_funds"))
    eye, looked_at, found = inside(), set[int](), list[str]()

    def look() -> None:
        if fate.committed in looked_at:
            return
        looked_at.add(fate.committed)
        ctx = world.reload()
        found.extend(f"commit {fate.committed}: {each}" for each in verify(eye, ctx).differences)

    fate = Fate(interrupt=look)
    until = world.ctx.now.replace(hour=12)
    with closing(Processes(world.ctx.id)) as processes:
        ended = processes.live(lambda db: advance(db, world.ctx, world.processors, until), fate)
    assert (ended, found) == (None, [])
    assert len(looked_at) > 5
    assert len(world.rows("SELECT FROM invoice WHERE account_id = %s", world.ctx.id)) == 2
