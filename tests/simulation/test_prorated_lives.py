"""Lives in which most of what happens is a prorated edit: the books add up, whatever comes between the edits.

The state machine of ``test_life`` has so many rules that two prorated edits in one period are rare in it. Here its
rules are drawn by weight instead. A seed is a life: one that fails is told by its number and can be lived again.
"""

from __future__ import annotations

import os
from random import Random
from typing import Any

import pytest

from kalends.core.calendar import Frequency
from kalends.proof.verify import verify
from tests.simulation.test_life import METHODS, Life

LIVES = int(os.environ.get("KALENDS_PRORATED_LIVES", "5"))
STEPS = 30


@pytest.mark.parametrize("seed", range(LIVES))
def test_the_books_add_up_after_any_prorated_edits(server: str, seed: int) -> None:
    draw, life = Random(seed), Life()
    life.begin()
    told: list[tuple[str, dict[str, Any]]] = []
    try:
        for name, given in _happenings(draw):
            told.append((name, given))
            getattr(life, name)(**given)
            if len(told) % 4 == 0:
                assert [str(each) for each in verify(life.db, life.world.ctx).differences] == [], told
        prorated = life.world.one(
            "SELECT count(*) FROM event WHERE account_id = %s AND data ? 'prorated'", life.world.ctx.id
        )
        assert prorated[0], "this life has no prorated edit; draw others"
    finally:
        life.teardown()


def _happenings(draw: Random) -> list[tuple[str, dict[str, Any]]]:
    """Three customers, one of whom always pays, some days, and then mostly prorated edits."""
    begun = [
        (
            "agree",
            {
                "method": METHODS[0] if number == 0 else draw.choice(METHODS),
                "frequency": draw.choice([Frequency.MONTHLY, Frequency.QUARTERLY]),
                "payments": draw.choice([None, None, 3]),
                "in_days": draw.randrange(5),
                "cents": draw.randrange(200, 99_999),
                "terms": draw.choice([0, 15, 60]),
            },
        )
        for number in range(3)
    ]
    return [*begun, ("days_pass", {"days": 6}), *(_happening(draw) for _ in range(STEPS))]


def _happening(draw: Random) -> tuple[str, dict[str, Any]]:
    which, cents, part = draw.randrange(99), draw.randrange(200, 99_999), draw.randrange(1, 4)
    what = draw.choice(["add", "replace", "replace", "remove", "bring into force"])
    acts = ["pause", "resume", "resume", "run out", "keep", "pause later"]
    weighted: list[tuple[int, str, dict[str, Any]]] = [
        (45, "edit_prorated", {"which": which, "cents": cents, "what": what}),
        (10, "edit", {"which": which, "cents": cents, "shift": draw.choice([None, None, 5, 31])}),
        (23, "days_pass", {"days": draw.choice([1, 1, 2, 3, 8, 25])}),
        (5, "credit", {"which": which, "part": part, "whole": draw.randrange(3) == 0}),
        (5, "money_comes", {"which": which, "part": part}),
        (3, "void", {"which": which}),
        (4, "new_method", {"which": which, "kind": draw.choice(["card", "sepa"]), "good": True}),
        (3, "staff_at_a_payment", {"which": which, "part": part, "act": draw.choice(["refund", "retry"])}),
        (2, "change_of_mind", {"which": which, "act": draw.choice(acts)}),
    ]
    weights = [weight for weight, _, _ in weighted]
    ((_, name, given),) = draw.choices(weighted, weights)
    return name, given
