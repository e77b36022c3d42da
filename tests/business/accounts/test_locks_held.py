"""Who works on something holds an advisory lock; ``locks_held`` says which are held, whoever asks."""

from __future__ import annotations

import json

from tests.conftest import AnyConnection, Connect

HELD = "SELECT EXISTS (SELECT FROM locks_held() AS held WHERE held.key = %s)"


def is_held(db: AnyConnection, key: int) -> bool:
    return db.execute(HELD, [key]).fetchone() == (True,)


def test_a_lock_is_held_until_its_holder_lets_go_or_is_gone(db: AnyConnection, connect: Connect) -> None:
    for key in (7, -7, 2**40 + 1, -(2**62)):
        assert not is_held(db, key)
        holder = connect()
        holder.execute("SELECT pg_advisory_lock(%s)", [key])
        assert is_held(db, key)
        assert is_held(holder, key)
        holder.execute("SELECT pg_advisory_unlock(%s)", [key])
        assert not is_held(db, key)
        holder.execute("SELECT pg_advisory_lock(%s)", [key])
        holder.close()
        db.execute("SELECT pg_advisory_lock(%s)", [key])  # waits until the server has noticed
        db.execute("SELECT pg_advisory_unlock(%s)", [key])
        assert not is_held(db, key)


def test_locks_of_two_numbers_are_others(db: AnyConnection, connect: Connect) -> None:
    other = connect()
    other.execute("SELECT pg_advisory_lock(0, 11)")
    assert not is_held(db, 11)


def test_a_statement_reads_the_locks_once_however_many_senders_it_asks_about(db: AnyConnection) -> None:
    row = db.execute(
        "EXPLAIN (FORMAT JSON, ANALYZE, TIMING OFF) SELECT count(*) FROM generate_series(1, 5000) AS sender "
        "WHERE NOT EXISTS (SELECT FROM locks_held() AS held WHERE held.key = sender)"
    ).fetchone()
    assert row is not None
    plan = row[0] if isinstance(row[0], list) else json.loads(row[0])
    readers = [each for each in _nodes(plan[0]["Plan"]) if each.get("Function Name") == "pg_lock_status"]
    assert [each["Actual Loops"] for each in readers] == [1]


def _nodes(plan: dict[str, object]) -> list[dict[str, object]]:
    return [plan, *(node for part in plan.get("Plans", []) for node in _nodes(part))]  # type: ignore[attr-defined]
