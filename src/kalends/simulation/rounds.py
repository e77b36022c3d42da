"""Schedulers that come round: alone or two at once, killed at any statement, and again until one was let finish."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime, time, timedelta
from typing import Any

from kalends.billing.clock import advance
from kalends.billing.run import run_due
from kalends.messages.backends.interface import MailUnavailable
from kalends.messages.delivery import deliver
from kalends.payments.processors.interface import ProcessorUnavailable
from kalends.proof.nightly import reconcile_days
from kalends.sales.charges import any_lost, settle_lost
from kalends.simulation.bank import NONSENSE
from kalends.simulation.crashes import Fate, Killed, Mortal
from kalends.simulation.learn import learn_of_turns
from kalends.simulation.office import Office

DISTURBED = 4
"""How many times in a row a round may be killed; after that it is left in peace."""
TRIED = 9
"""How many times a round is tried. The last times the processor answers."""


_DONE = {"delivery": "deliveries of letters", "night": "nights of comparing"}


class BrokeOff(Exception):
    """A run ended with what no run may end with; the message has the traceback."""


def billing_round(office: Office, moment: datetime) -> None:
    """Everything that is due at that moment, whatever happens to those who do it."""
    office.stands_at(moment)
    office.turn_the_page(moment)

    def work(db: Mortal) -> None:
        size = office.fate.choice([1, 3, 10, 5000])
        run_due(db, office.ctx, office.processors, size=size)
        if not office.diary.held and any_lost(db, office.ctx):
            settle_lost(db, office.ctx, office.processors)

    until_done(office, work, "billing round", two=office.fate.random() < 0.3 * office.wildness)
    learn_of_turns(office)


def walk(office: Office, moment: datetime) -> None:
    """Let the account's clock run until that moment by itself; somebody looks at noon of each day on the way."""
    first, last = office.ctx.today, moment.astimezone(office.zone).date()
    for n in range(1, (last - first).days):
        _walk_on(office, office.moment(first + timedelta(days=n), time(12)))
    _walk_on(office, moment)


def _walk_on(office: Office, moment: datetime) -> None:
    office.turn_the_page(moment)
    until_done(office, lambda db: advance(db, office.ctx, office.processors, moment), "clock walk")
    office.stands_at(moment)
    learn_of_turns(office)


def night(office: Office) -> None:
    """What was lost is asked for, and the product compares its books with the processor's by itself."""
    office.bank.find_lost_reports()

    def work(db: Mortal) -> None:
        now = office.ctx.now + timedelta(days=1)
        done = reconcile_days(db, office.ctx, office.processors, office.bank.name, now)
        said = [each for each in done.found if NONSENSE not in each]
        office.accusations += [f"the nightly comparison says: {each}" for each in said]

    until_done(office, work, "night")


def deliver_letters(office: Office) -> None:
    """The postman comes, and may be killed between two letters, or while one is being handed over."""
    waits = office.rows(
        "SELECT 1 FROM message WHERE account_id = %s AND status IN ('queued', 'sending') LIMIT 1"
    )
    if waits:
        until_done(
            office,
            lambda db: deliver(db, office.ctx, office.letterbox, 500, now=office.ctx.now),
            "delivery",
            died=office.letterbox.somebody_died,
        )


def until_done(
    office: Office,
    work: Callable[[Mortal], Any],
    name: str,
    *,
    two: bool = False,
    died: Callable[[], None] = lambda: None,
) -> None:
    """Begin a work again and again until it was done once without being disturbed. Raises ``BrokeOff``."""
    for attempt in range(TRIED):
        with office.bank.honest() if attempt >= DISTURBED + 2 else nullcontext():
            ends = _once(office, work, two=two and attempt < DISTURBED, disturbed=attempt < DISTURBED)
        for end in ends:
            _tell(office, end, name, died)
        if not any(ends):
            office.tally[_DONE.get(name, f"{name}s")] += 1
            return
    raise BrokeOff(f"A {name} was not done after {TRIED} tries, the last of them in peace.")


def _once(office: Office, work: Callable[[Mortal], Any], *, two: bool, disturbed: bool) -> Sequence[Any]:
    def death() -> int | None:
        if disturbed and office.fate.random() < 0.12 * office.wildness:
            return office.fate.randint(1, office.moments)
        return None

    if two:
        office.tally["rounds of two schedulers"] += 1
        ends, passed = office.processes.in_turns(office.fate, [work, work], [death(), death()])
        office.tally["changes between two schedulers"] += passed
        return ends
    fate = Fate(death())
    end = office.processes.live(work, fate)
    office.moments = max(20, (office.moments * 7 + fate.moments) // 8)
    return [end]


def _tell(office: Office, end: BaseException | None, name: str, died: Callable[[], None]) -> None:
    if end is None:
        return
    if isinstance(end, Killed):
        office.tally["processes killed"] += 1
        died()
    elif isinstance(end, ProcessorUnavailable):
        office.tally["rounds that the processor broke off"] += 1
    elif isinstance(end, MailUnavailable):
        office.tally["deliveries broken off"] += 1
    else:
        text = "".join(traceback.format_exception(end))
        raise BrokeOff(f"A {name} ended with {type(end).__name__}: {end}\n{text}") from end
