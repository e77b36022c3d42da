"""A world on command: what happened in it, or the fault that ended it and the command that lives it again."""

from __future__ import annotations

from typing import Any

import pytest

from kalends.platform import scratch
from kalends.platform.databases_for_tests import fresh_database
from kalends.platform.errors import ExitCode
from kalends.simulation import world
from kalends.simulation.checks import Finding
from kalends.simulation.office import Office
from tests.cli.conftest import Give

WORLD = ("simulate", "--seed", 2, "--days", 2, "--customers", 4)


@pytest.fixture(autouse=True)
def cloned(monkeypatch: pytest.MonkeyPatch) -> None:
    """The world's own database is a clone of one that is migrated: to migrate another would take seconds."""
    monkeypatch.setattr(scratch, "scratch_database", fresh_database)


def test_a_world_tells_what_happened_in_it(give: Give) -> None:
    told = give(*WORLD, "--json").json()
    assert (told["seed"], told["days"], told["found"]) == (2, 2, [])
    assert told["happened"]["looks at everything"] >= 2
    assert told["replay"] == "./kalends simulate --seed 2 --days 2 --customers 4"

    in_words = give(*WORLD)
    assert "Nothing was wrong on any day." in in_words.out
    assert "looks at everything" in in_words.out


def test_the_server_learns_nothing_of_a_world_on_its_way(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it learns changes the order of rows, and that the order of charges: the seed would live another life."""
    looked_after: list[Any] = []

    def look(office: Office) -> list[Finding]:
        query = (
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
            "AND (reloptions IS NULL OR NOT 'autovacuum_enabled=off' = ANY (reloptions))"
        )
        looked_after.append(office.eye.execute(query).fetchall())
        return []

    monkeypatch.setattr(world, "CHECKS", (look,))
    assert give(*WORLD).code == 0
    assert looked_after
    assert not any(looked_after)


def test_a_fault_ends_the_world_with_the_command_that_lives_it_again(
    give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(office: Office) -> list[Finding]:
        return [Finding("planted", f"wrong in {office.ctx.name}")]

    monkeypatch.setattr(world, "CHECKS", (wrong,))
    answer = give(*WORLD)
    assert answer.code == ExitCode.PROBLEM_FOUND
    assert "planted: wrong in Oslo" in answer.err
    assert "./kalends simulate --seed 2 --days 2 --customers 4" in answer.err

    told: dict[str, Any] = give(*WORLD, "--json").json()
    assert told["account"] == "Oslo"
    assert told["found"] == [{"check": "planted", "what": "wrong in Oslo"}]
