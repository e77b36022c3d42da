"""Whoever loses against others in the database tries again, and nobody is told."""

from __future__ import annotations

import threading

import psycopg
import pytest

from kalends.platform.patience import TRIES_MAX, patiently
from tests.at_once import at_once
from tests.conftest import AnyConnection, Connect
from tests.world import World


def test_two_who_wait_for_each_other_both_get_done(world: World, inside: Connect) -> None:
    first, second = world.customer("Ola"), world.customer("Kari")
    both_hold_one = threading.Barrier(2, timeout=30)

    def change(db: AnyConnection, order: tuple[int, int]) -> int:
        tried = 0

        def do() -> int:
            nonlocal tried
            tried += 1
            with db.transaction():
                for place, contact in enumerate(order):
                    db.execute("UPDATE contact SET last_name = last_name || '.' WHERE id = %s", [contact])
                    if place == 0 and tried == 1:
                        both_hold_one.wait()
            return tried

        return patiently(do)

    one, two = inside(), inside()
    tries = at_once(lambda: change(one, (first, second)), lambda: change(two, (second, first)))

    assert sorted(tries) == [1, 2], "nobody was in a deadlock, or somebody was told of it"
    assert world.one("SELECT last_name FROM contact WHERE id = %s", first)[0].endswith("..")


def test_patience_ends_after_some_tries_each_longer_than_the_last() -> None:
    waits: list[float] = []

    def lose() -> None:
        raise psycopg.errors.DeadlockDetected

    with pytest.raises(psycopg.errors.DeadlockDetected):
        patiently(lose, wait=waits.append)

    assert len(waits) == TRIES_MAX - 1
    assert waits == sorted(waits)


def test_any_other_failure_is_not_tried_again() -> None:
    tries: list[int] = []

    def fail() -> None:
        tries.append(1)
        raise psycopg.errors.CheckViolation

    with pytest.raises(psycopg.errors.CheckViolation):
        patiently(fail, wait=lambda _: None)
    assert tries == [1]
