"""What is too old is forgotten, and what is not stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest

from kalends.events import answers, requests
from kalends.events.answers import Asked, Given
from kalends.worker.cleaning import forget_old
from kalends.worker.loop import Worker
from tests.conftest import FIRST_MOMENT
from tests.worker.conftest import Clock
from tests.world import World


def ask(world: World, key: str) -> int:
    """A request that is done once."""
    return requests.once(world.db, world.ctx, "refund", key, {"of": key}, lambda: len(key))


def known(world: World, table: str) -> list[str]:
    """The keys that the account knows."""
    return [row[0] for row in world.rows(f"SELECT key FROM {table} ORDER BY key")]


@pytest.mark.parametrize(("days", "kept"), [(399, ["a"]), (401, [])])
def test_a_request_is_known_for_four_hundred_days_of_its_account(
    world: World, days: int, kept: list[str]
) -> None:
    ask(world, "a")
    world.until(FIRST_MOMENT.date() + dt.timedelta(days=days))

    forget_old(world.db, world.ctx, FIRST_MOMENT)

    assert known(world, "request") == kept


@pytest.mark.parametrize(("days", "kept"), [(29, ["a"]), (31, [])])
def test_an_answer_is_kept_for_thirty_days(world: World, days: int, kept: list[str]) -> None:
    asked = Asked(1, "a", "fingerprint")
    with world.db.transaction():
        assert answers.given_before(world.db, world.ctx.id, asked, FIRST_MOMENT) is None
        answers.remember(world.db, world.ctx.id, asked, Given(201, "{}"), FIRST_MOMENT)

    forget_old(world.db, world.ctx, FIRST_MOMENT + dt.timedelta(days=days))

    assert known(world, "answer") == kept


def test_a_buyer_who_was_kept_goes_on_the_day_after_the_last_one(world: World) -> None:
    for invoice, until in ((1, "2025-12-31"), (2, "2026-01-01")):
        world.db.execute(
            "INSERT INTO kept_buyer (account_id, id, name, attention, address, country, until) "
            "VALUES (%s, %s, 'Kari', '', '{}', 'NO', %s)",
            [world.ctx.id, invoice, until],
        )

    forget_old(world.db, world.ctx, FIRST_MOMENT)

    assert world.rows("SELECT id FROM kept_buyer") == [(2,)]


def test_the_oldest_go_first_and_the_rest_next_time(world: World) -> None:
    for place, key in enumerate("abc"):
        moment = replace(world.ctx, now=FIRST_MOMENT - dt.timedelta(days=500 - place))
        requests.once(world.db, moment, "refund", key, {}, lambda: 1)

    assert requests.prune(world.db, world.ctx, 2) == 2
    assert known(world, "request") == ["c"]


def test_the_worker_forgets_in_its_rounds(
    worker: Worker, new_world: Callable[..., World], clock: Clock
) -> None:
    world = new_world()
    ask(world, "a")
    clock.move(days=401)

    worker.round()

    assert known(world, "request") == []
