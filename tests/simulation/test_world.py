"""Nine weeks in the life of two accounts: nothing is wrong on any evening, and the same seed lives the same life."""

from __future__ import annotations

import pytest

from kalends.simulation import days, money, people, plans
from kalends.simulation.world import Plan, opened_world

pytestmark = pytest.mark.usefixtures("still")

PRORATED: tuple[tuple[int, days.Wish], ...] = (
    (50, lambda office: money.edit_one(office, prorate=True)),
    (10, lambda office: money.edit_one(office, prorate=False)),
    (5, money.credit_one),
    (5, money.money_comes),
    (3, money.void_one),
    (4, money.change_method),
    (3, money.refund_one),
    (2, people.pause_one),
    (2, people.resume_one),
    (2, people.let_run_out),
    (2, plans.keep_one),
    (2, plans.plan_pause_one),
)
"""Wishes of which most are prorated edits, so that one period has several, and other things come between them."""


def test_nothing_is_wrong_on_any_day_of_a_wild_world(plan: Plan) -> None:
    with opened_world(plan) as world:
        outcome = world.live()
    happened = {what for what, times in outcome.tally.items() if times}
    wild = {
        "processes killed",
        "double clicks",
        "rounds of two schedulers",
        "timeouts, charged",
        "reports lost",
        "planned pauses begun",
    }
    assert wild <= happened, f"This world was too tame: it had no {', '.join(sorted(wild - happened))}."
    assert outcome.facts["invoices"] > plan.customers


def test_nothing_is_wrong_in_a_world_full_of_prorated_edits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "WISHES", PRORATED)
    monkeypatch.setattr(days, "EAGERNESS", 1)
    with opened_world(Plan(seed=4, days=7, customers=60, wildness=0.3)) as world:
        outcome = world.live()
    assert outcome.tally["edit, prorated"] > 15


def test_the_same_seed_lives_the_same_life() -> None:
    lives = []
    for _ in range(2):
        with opened_world(Plan(seed=5, days=8, customers=8, wildness=3)) as world:
            lives.append(world.live())
    assert lives[0] == lives[1]
