"""Nine weeks in the life of two accounts: nothing is wrong on any evening, and the same seed lives the same life."""

from __future__ import annotations

from kalends.simulation.world import Plan, opened_world


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
    }
    assert wild <= happened, f"This world was too tame: it had no {', '.join(sorted(wild - happened))}."
    assert outcome.facts["invoices"] > plan.customers


def test_the_same_seed_lives_the_same_life(server: str) -> None:
    lives = []
    for _ in range(2):
        with opened_world(Plan(seed=5, days=8, customers=8, wildness=3)) as world:
            lives.append(world.live())
    assert lives[0] == lives[1]
