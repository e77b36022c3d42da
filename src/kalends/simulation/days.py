"""One day in an account: who comes when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta

from kalends.simulation import learn, money, people, plans, sell, trouble
from kalends.simulation.acts import Act, perform
from kalends.simulation.office import Office
from kalends.simulation.rounds import billing_round, deliver_letters, night, walk

Wish = Callable[[Office], Act | None]

EAGERNESS = 0.06
"""How likely it is on a day that something happens to a subscription."""

WISHES: tuple[tuple[int, Wish], ...] = (
    (10, lambda office: money.edit_one(office, prorate=False)),
    (12, lambda office: money.edit_one(office, prorate=True)),
    (10, people.pause_one),
    (14, people.resume_one),
    (4, people.cancel_one),
    (4, people.let_run_out),
    (6, plans.keep_one),
    (6, plans.plan_pause_one),
    (6, plans.switch_on_one),
    (1, plans.switch_off_one),
    (12, money.change_method),
    (12, money.money_comes),
    (8, money.pay_on_the_page),
    (5, money.refund_one),
    (6, money.retry_one),
    (5, money.credit_one),
    (2, money.void_one),
)


def live_a_day(office: Office, day: date, *, share: int) -> None:
    """A day: perhaps a round at night, one in the morning, people, one in the evening, letters, and a night's work."""
    dice = office.dice
    held = trouble.hold_or_release(office)
    if dice.random() < 0.2 and not held:
        walk(office, office.moment(day, time(6, 30)))
    elif dice.random() < 0.2:
        billing_round(office, office.moment(day, time(2, 30)))
    drifted = trouble.let_an_amount_drift(office, day)
    billing_round(office, office.moment(day, time(7 + dice.choice([0, 0, 1, 2]), dice.choice([0, 1, 30]))))
    if drifted is not None:
        trouble.repair(office, *drifted)
    office.stands_at(office.ctx.now + timedelta(hours=3))
    _people_come(office, share)
    billing_round(office, office.moment(day, time(18, dice.randint(0, 59))))
    sell.learn_of_purchases(office)
    deliver_letters(office)
    if dice.random() < 0.3:
        night(office)
        sell.learn_of_purchases(office)


def _people_come(office: Office, share: int) -> None:
    dice = office.dice
    living = sum(not each.is_over() for each in office.diary.agreements.values())
    missing = share - living
    newcomers = min(missing, 1 + share // 20) if missing > 0 else 0
    for _ in range(newcomers):
        way = dice.random()
        if way < 0.25:
            sell.buy_at_link(office)
        elif way < 0.32:
            sell.sell_by_quote(office)
        elif way < 0.4:
            sell.sell_on_the_quotes_page(office)
        else:
            perform(office, people.subscribe(office))
    count = sum(dice.random() < EAGERNESS for _ in range(living))
    if dice.random() < 0.04:
        money.method_ends(office)
    for wish in dice.choices([wish for _, wish in WISHES], [weight for weight, _ in WISHES], k=count):
        act = wish(office)
        if act is not None:
            perform(office, act)
    learn.take_as_read(office)
